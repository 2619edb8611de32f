// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Being in a room: the signaller, and one Peer for everybody else in it.
// Knows no elements of the page.
//
// Events
//   state          .state changed (the signaller's)
//   joined         the first welcome
//   peer-added     detail: Peer
//   peer-changed   detail: Peer
//   peer-removed   detail: Peer, with .reason 'bye' 'timeout' 'removed' 'gone'; who is gone may be added again
//   failed         detail {code, text}; the call is over
//   warning        detail {code, text}; it goes on

import { Signaller } from './signaller.js';
import { Peer } from './peer.js';

const VIDEO_UPLINK = 3e6; // bit/s for all peers together
const VIDEO_MAX = 1.5e6; // bit/s to one peer
const VIDEO_MIN = 1.5e5;
const GONE = 1000; // ms without a socket and a sign of life until they are gone
const MIN_ASK = 1000; // ms between two questions for ICE servers, whatever the server says

export class Call extends EventTarget {
  #devices;
  #signaller;
  #iceServers = [];
  #iceTimer = 0;
  #gone = new Map(); // peerId to timer, of whom the server does not list
  #missed = new Map(); // peerId to timer, of who is neither heard nor connected
  #onTrack = ({ detail: { kind, track } }) => this.#setTrack(kind, track);
  #onDevices = () => this.#sendState();
  #sentState = '';
  #saidState = ''; // by the last hello

  peers = new Map(); // peerId to Peer, in the order of their seats
  self = null; // our peer of the welcome

  // url: ws[s]://host/room/ROOM; oldSeat: .seat of the call before a reload
  constructor({ url, displayName, token, devices, oldSeat }) {
    super();
    this.#devices = devices;
    this.#signaller = new Signaller({ url, oldSeat, hello: () => this.#hello(displayName, token) });
    this.#signaller.addEventListener('message', ({ detail }) => this.#receive(detail));
    this.#signaller.addEventListener('state', () => this.dispatchEvent(new Event('state')));
    this.#signaller.addEventListener('lost', ({ detail }) => this.#tell('lost', detail));
    this.#signaller.addEventListener('failed', ({ detail }) => this.#fail(detail));
    devices.addEventListener('track', this.#onTrack);
    devices.addEventListener('change', this.#onDevices);
  }

  get seat() { return this.#signaller.seat; }
  get state() { return this.#signaller.state; }

  join() {
    this.#signaller.open();
  }

  // The others are told before their connections break
  leave() {
    this.#signaller.close();
    this.#end();
  }

  #hello(displayName, token) {
    const { audio, video } = this.#devices;
    this.#sentState = this.#saidState = `${audio} ${video}`;
    const peer = { polite: true, audio, video };
    if (displayName)
      peer.displayName = displayName;
    return { peer, token };
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #end() {
    clearTimeout(this.#iceTimer);
    this.#devices.removeEventListener('track', this.#onTrack);
    this.#devices.removeEventListener('change', this.#onDevices);
    for (const peerId of [...this.peers.keys()])
      this.#remove(peerId, 'bye');
  }

  #fail(detail) {
    this.#end();
    this.#tell('failed', detail);
  }

  #sendState({ anew = false } = {}) {
    const { audio, video } = this.#devices;
    const state = `${audio} ${video}`;
    if ((state === this.#sentState && !anew) || !this.self)
      return;
    this.#sentState = state;
    this.#signaller.send({ type: 'state', peer: { audio, video } });
  }

  #setTrack(kind, track) {
    for (const peer of this.peers.values())
      peer.setTrack(kind, track).catch((error) => console.error(error));
  }

  #receive(message) {
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        break;
      case 'peer-joined':
        this.#upsert(message.peer);
        break;
      case 'peer-changed':
        this.#upsert(message.peer);
        break;
      case 'peer-left':
        if (this.peers.get(message.peer.peerId)?.info.seat === message.peer.seat)
          this.#remove(message.peer.peerId, message.code);
        break;
      case 'ice-servers':
        this.#takeIceServers(message);
        break;
      case 'error':
        this.#tell('warning', { code: message.code, text: message.text });
        break;
      default:
        this.peers.get(message.from)?.receive(message);
    }
  }

  // The credentials in them may expire: new ones are asked for before that
  #takeIceServers({ iceServers = [], iceServersTimeout = 0 }) {
    this.#iceServers = iceServers;
    for (const known of this.peers.values())
      known.updateIceServers(iceServers);
    clearTimeout(this.#iceTimer);
    if (iceServersTimeout > 0)
      this.#iceTimer = setTimeout(() => this.#signaller.send({ type: 'ice-servers' }), Math.max(iceServersTimeout * 500, MIN_ASK));
  }

  #welcome(message) {
    const { peer, peers, resumed, resumeTimeout } = message;
    const first = !this.self;
    if (!first && !resumed)
      for (const peerId of [...this.peers.keys()])
        this.#remove(peerId, 'removed'); // we are a newcomer now
    if (!resumed)
      this.#sentState = this.#saidState; // what was to be sent is dropped
    this.self = peer;
    this.#takeIceServers(message);
    for (const info of peers)
      this.#upsert(info);
    this.#expireUnlisted(peers, resumeTimeout);
    if (first)
      this.#tell('joined');
    this.#sendState();
  }

  // A server that was restarted learns of the others as they come back
  #expireUnlisted(listed, seconds) {
    const ids = new Set(listed.map(({ peerId }) => peerId));
    for (const peerId of this.peers.keys())
      if (!ids.has(peerId) && !this.#gone.has(peerId))
        this.#gone.set(peerId, setTimeout(() => this.#remove(peerId, 'timeout'), seconds * 1000));
  }

  #upsert(info) {
    if (info.peerId === this.self.peerId)
      return;
    clearTimeout(this.#gone.get(info.peerId));
    this.#gone.delete(info.peerId);
    const known = this.peers.get(info.peerId);
    if (known?.info.seat === info.seat) {
      known.update(info);
      return;
    }
    if (known)
      this.#remove(info.peerId, 'removed');
    if (info.connected) // else they may come back
      this.#add(info);
  }

  // Their seat is kept by the server: they may come back to it
  #look(peer) {
    const { peerId, connected } = peer.info;
    const missed = !connected && !['connecting', 'connected'].includes(peer.link);
    if (missed === this.#missed.has(peerId) || this.peers.get(peerId) !== peer)
      return;
    clearTimeout(this.#missed.get(peerId));
    this.#missed.delete(peerId);
    if (missed)
      this.#missed.set(peerId, setTimeout(() => {
        peer.close('timeout');
        this.#remove(peerId, 'gone');
      }, GONE));
  }

  #add(info) {
    const peer = new Peer({
      info,
      self: this.self,
      iceServers: this.#iceServers,
      tracks: { audio: this.#devices.audioTrack, video: this.#devices.videoTrack },
      send: (message) => this.#signaller.send(message),
      introduce: () => this.#sendState({ anew: true }),
    });
    peer.addEventListener('change', () => {
      this.#look(peer);
      this.#tell('peer-changed', peer);
    });
    this.peers.set(info.peerId, peer);
    this.#share();
    this.#tell('peer-added', peer);
    peer.start();
  }

  #remove(peerId, reason) {
    const peer = this.peers.get(peerId);
    for (const timers of [this.#gone, this.#missed]) {
      clearTimeout(timers.get(peerId));
      timers.delete(peerId);
    }
    if (!peer)
      return;
    this.peers.delete(peerId);
    peer.end();
    peer.reason = reason;
    this.#share();
    this.#tell('peer-removed', peer);
  }

  // The uplink is shared among the peers
  #share() {
    const bitrate = Math.max(VIDEO_MIN, Math.min(VIDEO_MAX, VIDEO_UPLINK / (this.peers.size || 1)));
    for (const peer of this.peers.values())
      peer.setBudget(bitrate);
  }
}
