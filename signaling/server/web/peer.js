// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// One other person: one RTCPeerConnection at a time, named by its session.
//
// Who offers: of two peers the one with the greater seat. It starts a session
// with all m-lines laid out up front (audio, video, data), so nothing has to be
// renegotiated when a track comes, goes or is switched. We call ourselves polite:
// we may offer too, and roll back when offers cross.
//
// Events
//   change    .link, .stream or .reason changed
//
// .link: 'waiting' (they offer) 'connecting' 'connected' 'interrupted'
//        'retrying' 'failed' 'closed'

import { Channels } from './channels.js';

const CONNECT_TIMEOUT = 20000; // ms from the offer to a connection
const INSIST = 2000; // ms until what may have got lost is said again, and twice that, and again
const MAX_INSIST = 8000;
const INTERRUPTED_TIMEOUT = 60000; // ms without contact before a fresh session
const STABLE = 10000; // ms connected until a failure is a first one again
const MAX_RETRY = 10000; // ms between fresh sessions; the first comes at once
const BEAT = 1000; // ms between two looks whether they are there
const MISSED = 2; // looks without a word until the connection counts as interrupted
const RESTART_BEATS = 5; // between two ICE restarts
const STATS_TIMEOUT = 2000; // ms
const MAX_EARLY_CANDIDATES = 256;

// PROTOCOL.md, section 4, byte by byte
const PING = '{"type":"ping"}';
const PONG = '{"type":"pong"}';

// After a `close` with one of these the offering side tries again
const RETRIED = new Set(['ice-failed', 'timeout', 'negotiation-failed', 'internal']);

// 128 bits, URL-safe
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

// Firefox offers candidates for RTCP on its own, which nobody of us uses
const isRtcp = (candidate) => candidate.candidate.split(' ')[1] === '2';

// VP8 is what every peer of ours speaks; the others stay as a choice
function preferVp8(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs;
  if (!codecs || !transceiver.setCodecPreferences)
    return;
  const isVp8 = (codec) => codec.mimeType.toLowerCase() === 'video/vp8';
  transceiver.setCodecPreferences([...codecs.filter(isVp8), ...codecs.filter((c) => !isVp8(c))]);
}

export class Peer extends EventTarget {
  #send;
  #introduce;
  #iceServers;
  #tracks; // {audio, video}: what we send now
  #outgoing = new MediaStream(); // groups our two tracks for lip-sync
  #pc = null;
  #work = Promise.resolve();
  #early = []; // candidates before the remote description
  #makingOffer = false;
  #ignoreOffer = false;
  #offerId = 0; // of our newest in this session
  #theirOfferId = 0; // of the last that we took; 0: they do not tell
  #answer = null; // ours to that
  #found = []; // our candidates of this session, as they went out
  #timer = 0;
  #insistTimer = 0;
  #stableTimer = 0;
  #attempts = 0; // fresh sessions since it was good
  #met = false; // there was a connection once
  #beat = 0; // interval
  #answers = false; // they know pings
  #missed = 0;
  #restartIn = 0; // beats
  #lastSession = ''; // to ask for another when it is over

  session = '';
  link = 'waiting';
  reason = ''; // code of the `close` that ended the last session
  stream = new MediaStream(); // what we receive
  channel = null; // `gst-call` of the running session: signs of life
  channels = new Channels(); // what people send

  // info: the peer of PROTOCOL.md; self: ours; send: sends one message to the room;
  // introduce: tells all in it that we are here
  constructor({ info, self, iceServers, tracks, send, introduce }) {
    super();
    this.info = info;
    this.self = self;
    this.#iceServers = iceServers;
    this.#tracks = { ...tracks };
    this.#send = (message) => send({ ...message, to: info.peerId });
    this.#introduce = introduce;
  }

  get offers() { return this.self.seat > this.info.seat; }
  get connection() { return this.#pc; }

  // Begins, if it is ours to begin
  start() {
    if (this.offers)
      this.#offerSession();
    else
      this.#watch(CONNECT_TIMEOUT);
  }

  // By hand, after all has failed
  retry() {
    this.#attempts = 0;
    this.#begin();
  }

  update(info) {
    this.info = info;
    this.#changed();
  }

  // For what is gathered from now on, also at an ICE restart
  updateIceServers(iceServers) {
    this.#iceServers = iceServers;
    this.#pc?.setConfiguration({ ...this.#pc.getConfiguration(), iceServers });
  }

  // Takes effect at once and without renegotiation
  async setTrack(kind, track) {
    this.#tracks[kind] = track;
    const transceiver = this.#transceiver(kind);
    await transceiver?.sender.replaceTrack(track);
  }

  setBudget(bitrate) {
    this.bitrate = bitrate;
    this.#applyBudget();
  }

  // One message of the six that go from peer to peer. They are handled one after the
  // other; what waits for a connection that was closed meanwhile would wait for ever,
  // so each session has its own queue.
  receive(message) {
    if (message.type === 'offer' && message.session !== this.session) {
      if (this.offers) {
        this.#send({ type: 'close', session: message.session, code: 'bad-session' });
        return;
      }
      this.#connect(message.session);
    }
    this.#work = this.#work.then(() => this.#handle(message)).catch((error) => {
      console.error(`peer ${this.info.peerId}:`, error);
      if (message.session === this.session)
        this.#close('bad-sdp', error.message);
    });
  }

  // Ends the session, if there is one, and says so
  close(code) {
    this.#close(code);
  }

  // They or we left the room
  end() {
    this.#drop();
  }

  // In Firefox the promise of a connection that is closed meanwhile never settles
  getStats() {
    const nothing = new Map();
    return this.#pc ? Promise.race([this.#pc.getStats(),
      new Promise((resolve) => { setTimeout(resolve, STATS_TIMEOUT, nothing); })]) : nothing;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #setLink(link) {
    if (this.link === link)
      return;
    this.link = link;
    this.#changed();
  }

  #transceiver(kind) {
    return this.#pc?.getTransceivers().find((t) => !t.stopped && t.receiver.track.kind === kind);
  }

  // ---- connection

  #drop() {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    clearTimeout(this.#insistTimer);
    clearTimeout(this.#stableTimer);
    const pc = this.#pc;
    this.#pc = null;
    this.channel = null;
    this.channels.detach();
    this.session = '';
    this.#early = [];
    this.#found = [];
    this.#offerId = this.#theirOfferId = 0;
    this.#answer = null;
    this.#work = Promise.resolve();
    for (const track of this.stream.getTracks())
      this.stream.removeTrack(track);
    pc?.close();
  }

  #connect(session) {
    this.#drop();
    this.session = session;
    this.#lastSession = session;
    this.reason = '';
    this.#makingOffer = false;
    this.#ignoreOffer = false;
    const pc = new RTCPeerConnection({
      iceServers: this.#iceServers,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    });
    this.#pc = pc;
    this.channels.attach(pc);
    const mine = (handler) => (event) => this.#pc === pc && handler(event);
    pc.addEventListener('icecandidate', mine(({ candidate }) => this.#tell(candidate)));
    pc.addEventListener('track', mine(({ track }) => this.#arrived(track)));
    pc.addEventListener('negotiationneeded', mine(() => this.#offer()));
    pc.addEventListener('connectionstatechange', mine(() => this.#connectionChanged()));
    this.#setLink(this.#attempts ? 'retrying' : 'connecting');
    this.#watch(CONNECT_TIMEOUT);
    this.#insist(INSIST);
    return pc;
  }

  // What they have already does no harm. If they were not told of us, an offer is nothing to them.
  #insist(wait) {
    this.#insistTimer = setTimeout(() => {
      if (this.#pc.signalingState === 'have-local-offer') {
        this.#introduce();
        this.#sendOffer();
      }
      for (const message of this.#found)
        this.#send(message);
      if (wait < MAX_INSIST)
        this.#insist(2 * wait);
    }, wait);
  }

  #openChannel() {
    const channel = this.#pc.createDataChannel('gst-call', { negotiated: true, id: 0 });
    this.channel = channel;
    this.#answers = false;
    channel.addEventListener('open', () => {
      if (channel !== this.channel)
        return;
      channel.send(PING); // do they answer?
      this.channels.ready();
    });
    channel.addEventListener('message', ({ data }) => {
      if (channel !== this.channel)
        return;
      this.#missed = 0;
      this.#answers ||= data === PING || data === PONG;
      if (data === PING)
        channel.send(PONG);
    });
  }

  // Beats are counted, not time: a tab that was asleep has not waited for them
  #look() {
    if (this.#pc.connectionState === 'closed') { // not by us
      this.#failed('ice-failed');
      return;
    }
    const silent = this.#missed++ >= MISSED && this.#answers;
    if (this.channel?.readyState === 'open')
      this.channel.send(PING);
    if (silent || ['disconnected', 'failed'].includes(this.#pc.connectionState))
      this.#interrupted();
    else if (this.link === 'interrupted')
      this.#connectionChanged();
  }

  // The old path stays in use until there is another, if it ever works again
  #interrupted() {
    if (this.link !== 'interrupted') {
      clearTimeout(this.#stableTimer);
      this.#setLink('interrupted');
      this.#watch(INTERRUPTED_TIMEOUT);
      this.#restartIn = 0;
    }
    if (this.#restartIn-- > 0)
      return;
    this.#restartIn = RESTART_BEATS;
    if (this.offers)
      this.#restartIce();
    else
      this.#send({ type: 'renegotiate', session: this.session, iceRestart: true });
  }

  // One side only makes these offers, as both miss the other at the same time: when two cross,
  // Chromium goes on with a picture that stands still after its own was rolled back
  #restartIce() {
    if (this.#pc.signalingState === 'stable' && !this.#makingOffer)
      this.#pc.restartIce(); // `negotiationneeded` follows
  }

  #offerSession() {
    const pc = this.#connect(newId());
    for (const kind of ['audio', 'video']) {
      const transceiver = pc.addTransceiver(this.#tracks[kind] ?? kind,
        { direction: 'sendrecv', streams: [this.#outgoing] });
      if (kind === 'video')
        preferVp8(transceiver);
    }
    this.#openChannel();
    // `negotiationneeded` follows
  }

  #watch(timeout) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#failed('timeout'), timeout);
  }

  #connectionChanged() {
    switch (this.#pc.connectionState) {
      case 'connected':
        clearTimeout(this.#timer);
        clearTimeout(this.#insistTimer);
        clearTimeout(this.#stableTimer);
        this.#stableTimer = setTimeout(() => { this.#attempts = 0; }, STABLE);
        this.#met = true;
        this.#missed = 0;
        clearInterval(this.#beat);
        this.#beat = setInterval(() => this.#look(), BEAT);
        this.#setLink('connected');
        this.#applyBudget();
        break;
      case 'disconnected':
        this.#interrupted();
        break;
      case 'failed':
        if (this.link === 'connected' || this.link === 'interrupted')
          this.#interrupted();
        else
          this.#failed('ice-failed');
        break;
    }
  }

  // The offerer begins a fresh session; the other asks for one
  #begin() {
    if (this.offers) {
      this.#offerSession();
    } else {
      if (this.#lastSession)
        this.#send({ type: 'renegotiate', session: this.#lastSession });
      this.#setLink('retrying');
      this.#watch(CONNECT_TIMEOUT);
    }
  }

  // Whom we have met we try to meet again while they are in the room
  #mayRetry() { return this.#met || this.#attempts === 0; }

  #again() {
    const wait = this.#attempts ? Math.min(1000 * 2 ** (this.#attempts - 1), MAX_RETRY) : 0;
    this.#attempts++;
    this.#setLink('retrying');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), wait);
  }

  #failed(code) {
    if (!this.#mayRetry()) {
      this.#close(code);
      return;
    }
    if (this.session && !this.offers)
      this.#send({ type: 'close', session: this.session, code });
    this.#drop();
    this.#again();
  }

  #close(code, text) {
    if (this.session) {
      const message = { type: 'close', session: this.session, code };
      if (text)
        message.text = text.slice(0, 200);
      this.#send(message);
    }
    this.#drop();
    this.reason = code;
    this.#setLink('failed');
    this.#changed();
  }

  #tell(candidate) {
    if (candidate === null) {
      this.#send({ type: 'end-of-candidates', session: this.session });
    } else if (candidate.candidate && !isRtcp(candidate)) {
      const message = { type: 'candidate', session: this.session, candidate: candidate.candidate };
      if (candidate.sdpMid !== null)
        message.sdpMid = candidate.sdpMid;
      if (candidate.sdpMLineIndex !== null)
        message.sdpMLineIndex = candidate.sdpMLineIndex;
      this.#found.push(message);
      this.#send(message);
    }
  }

  #arrived(track) {
    for (const old of this.stream.getTracks())
      if (old.kind === track.kind)
        this.stream.removeTrack(old);
    this.stream.addTrack(track);
    this.#changed();
  }

  async #applyBudget() {
    const sender = this.#transceiver('video')?.sender;
    if (!sender?.getParameters || !this.bitrate)
      return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length)
      return;
    parameters.encodings[0].maxBitrate = this.bitrate;
    await sender.setParameters(parameters).catch(() => {}); // a wish, not a need
  }

  // ---- negotiation

  #sendOffer() {
    this.#send({ type: 'offer', session: this.session, sdp: this.#pc.localDescription.sdp, offerId: this.#offerId });
  }

  async #offer() {
    const pc = this.#pc;
    try {
      this.#makingOffer = true;
      await pc.setLocalDescription();
      if (this.#pc === pc && pc.localDescription.type === 'offer') {
        this.#offerId++;
        this.#sendOffer();
      }
    } catch (error) {
      if (this.#pc === pc) {
        console.error(`offer to ${this.info.peerId}:`, error);
        this.#close('internal', error.message);
      }
    } finally {
      if (this.#pc === pc)
        this.#makingOffer = false;
    }
  }

  async #handle(message) {
    // They pressed a button after all had failed
    if (message.type === 'renegotiate' && !this.#pc && this.offers && message.session === this.#lastSession)
      this.retry();
    if (!this.session || message.session !== this.session)
      return; // of a session that is over
    if (this.#pc.signalingState === 'closed' && message.type !== 'close') {
      this.#failed('ice-failed'); // not by us
      return;
    }
    switch (message.type) {
      case 'offer':
        await this.#handleOffer(message);
        break;
      case 'answer':
        if (this.#pc.signalingState !== 'have-local-offer' || (message.offerId ?? this.#offerId) !== this.#offerId)
          return;
        await this.#pc.setRemoteDescription({ type: 'answer', sdp: message.sdp });
        await this.#addEarly();
        break;
      case 'candidate':
        await this.#addCandidate({ candidate: message.candidate,
          sdpMid: message.sdpMid ?? null, sdpMLineIndex: message.sdpMLineIndex ?? null });
        break;
      case 'end-of-candidates':
        await this.#addCandidate(null);
        break;
      case 'renegotiate':
        if (message.iceRestart)
          this.#restartIce();
        else
          await this.#renegotiate();
        break;
      case 'close':
        this.#closed(message.code);
        break;
    }
  }

  async #renegotiate() {
    if (this.#pc.signalingState === 'stable' && !this.#makingOffer)
      await this.#offer();
  }

  // A `close` ends this session only; they are still in the room
  #closed(code) {
    const again = this.offers && this.#mayRetry() && RETRIED.has(code);
    this.#drop();
    this.reason = code;
    this.#setLink('closed');
    this.#changed();
    if (again)
      this.#again();
  }

  async #handleOffer({ session, sdp, offerId = 0 }) {
    const pc = this.#pc;
    // Said again, as its answer may be lost: another answer would be taken for that to a later offer
    if (offerId && offerId <= this.#theirOfferId) {
      if (offerId === this.#theirOfferId && this.#answer)
        this.#send(this.#answer);
      return;
    }
    const crossing = this.#makingOffer || pc.signalingState !== 'stable';
    // Two polite pages: the one that offered first stands its ground
    const yields = !this.offers || !this.info.polite;
    this.#ignoreOffer = crossing && !yields; // and what comes with it
    if (this.#ignoreOffer)
      return;
    await pc.setRemoteDescription({ type: 'offer', sdp }); // rolls back ours
    if (this.#pc !== pc)
      return;
    this.#theirOfferId = offerId;
    this.#answer = null;
    await this.#prepareAnswer(sdp);
    await this.#addEarly();
    await pc.setLocalDescription();
    if (this.#pc !== pc)
      return;
    this.#answer = { type: 'answer', session, sdp: pc.localDescription.sdp, ...(offerId ? { offerId } : {}) };
    this.#send(this.#answer);
  }

  // Our tracks into their m-lines
  async #prepareAnswer(sdp) {
    for (const kind of ['audio', 'video']) {
      const transceiver = this.#transceiver(kind);
      if (!transceiver)
        continue;
      if (transceiver.direction !== 'sendrecv')
        transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(this.#outgoing);
      if (kind === 'video')
        preferVp8(transceiver);
      if (transceiver.sender.track !== this.#tracks[kind])
        await transceiver.sender.replaceTrack(this.#tracks[kind]);
    }
    if (!this.channel && /^m=application /m.test(sdp))
      this.#openChannel();
  }

  async #addCandidate(candidate) {
    if (!this.#pc.remoteDescription) {
      if (this.#early.length < MAX_EARLY_CANDIDATES)
        this.#early.push(candidate);
      return;
    }
    try {
      await this.#pc.addIceCandidate(candidate);
    } catch (error) {
      // One candidate that cannot be used does not end the call
      if (!this.#ignoreOffer)
        console.warn(`candidate of ${this.info.peerId}: ${error.message}`);
    }
  }

  async #addEarly() {
    for (const candidate of this.#early.splice(0))
      await this.#addCandidate(candidate);
  }
}
