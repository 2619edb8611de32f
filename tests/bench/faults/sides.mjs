// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// A person in a measured call: a gst-launch line with callbin, or the page in Chromium.
//
//   .pictures   Map: display name to the times at which its pictures came, ms of Date.now ()
//   .signs      [{at, what}…]: when it showed that something was other than it should be
//   .lost       Map: display name to the pictures that are missing between others; of its own
//               name: those that its camera left out on a busy machine
//   collect()   brings these up to date; forget() empties them
//   joined()    resolves with the time of its welcome
//   again()     another one by that name, after leave() or after it was killed
//   pid         of the process that is weighed

import { readFileSync, readdirSync } from 'node:fs';
import { launch } from '../../lib/browser.mjs';
import { startPeer } from '../../lib/gst-peer.mjs';

export const FPS = 15;
const GAP = 1e9 / FPS; // ns between pictures
const SIZE = 'video/x-raw,width=320,height=180';
const VIEWPORT = { width: 480, height: 320 }; // what a page draws costs as much as its call

class Side {
  pictures = new Map();
  lost = new Map();
  signs = [];

  constructor(options) {
    this.options = options;
    this.name = options.name;
  }

  async collect() {}

  forget() {
    this.pictures.clear();
    this.lost.clear();
    this.signs.length = 0;
  }

  picture(name, at) {
    if (!this.pictures.has(name))
      this.pictures.set(name, []);
    this.pictures.get(name).push(at);
  }
}

class GstSide extends Side {
  #peer;
  #names = new Map(); // slot to who is in it
  #last = new Map(); // slot to the running time of its last picture

  constructor(options) {
    super(options);
    this.again();
  }

  again() {
    const { name, uri, prefix = [], env = {}, slots = 1, call = {} } = this.options;
    this.#names.clear();
    this.#peer = startPeer({ name, uri, prefix, env, slots, call, fakes: 'video=1,audio=1',
      video: `callvideosrc ! ${SIZE},framerate=${FPS}/1 ! videoanalyse name=own`, listen: 'level interval=1000000000' });
    this.#peer.onElement = (element, fields) => this.#read(element, fields);
  }

  get pid() { return this.#peer.pid; }
  get alive() { return this.#peer.alive; }
  get errors() { return this.#peer.errors; }

  #read(element, fields) {
    const [, slot] = /^picture_(\d+)$/.exec(element) ?? [];
    if (slot !== undefined) {
      const name = this.#names.get(Number(slot));
      this.#missing(name, slot, fields);
      this.picture(name, Date.now());
    } else if (element === 'own') {
      this.#missing(this.name, element, fields);
    } else {
      this.#event(fields);
    }
  }

  #missing(name, where, { 'running-time': now }) {
    const gap = now - (this.#last.get(where) ?? Infinity);
    this.#last.set(where, now);
    if (gap > 1.5 * GAP)
      this.lost.set(name, (this.lost.get(name) ?? 0) + Math.round(gap / GAP) - 1);
  }

  #event({ name, state, slot, connected, 'display-name': who }) {
    const sign = (what) => this.signs.push({ at: Date.now(), what });
    if (name === 'call-peer-joined')
      this.#names.set(slot, who);
    if (name === 'call-state' && !['connected', 'connecting'].includes(state))
      sign(state);
    if (name === 'call-signalling' && state === 'reconnecting')
      sign('signalling');
    if (name === 'call-error' || name === 'call-peer-left')
      sign(name);
    if (name === 'call-peer-changed' && connected === false)
      sign('not connected');
  }

  async joined() {
    await this.#peer.joined();
    return Date.now();
  }

  signal(name) { this.#peer.signal(name); }
  leave() { return this.#peer.interrupt().catch(() => this.#peer.kill()); }
}

// Runs in the page, in step with its pictures
function watchPage() {
  const seen = new Map(); // video element to the pictures it had
  const record = window.record = { pictures: [], signs: [], joined: 0 };
  let before = '';
  const now = () => performance.timeOrigin + performance.now();
  function look() {
    requestAnimationFrame(look);
    const call = window.gstCall;
    if (!call)
      return;
    for (const video of document.querySelectorAll('.tile:not(.self) video')) {
      const count = video.getVideoPlaybackQuality().totalVideoFrames;
      if (count > (seen.get(video) ?? 0))
        record.pictures.push([video.closest('.tile').querySelector('.name')?.textContent, now()]);
      seen.set(video, count);
    }
    record.joined ||= call.state === 'open' && now();
    const state = `${call.state === 'open' ? '' : 'signalling '}${call.peers.map(({ link, connected }) =>
      (link === 'connected' && connected ? '' : link)).join(' ')} ${call.peers.length}`;
    if (state !== before && record.joined)
      record.signs.push([state, now()]);
    before = state;
  }
  requestAnimationFrame(look);
}

const onlyRelays = () => {
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(options) { super({ ...options, iceTransportPolicy: 'relay' }); }
  };
};

const childrenOf = (pid) => readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).filter((entry) => {
  try {
    return Number(readFileSync(`/proc/${entry}/stat`, 'latin1').split(') ').at(-1).split(' ')[1]) === pid;
  } catch {
    return false; // it has ended meanwhile
  }
}).map(Number);

const familyOf = (pid) => [pid, ...childrenOf(pid).flatMap(familyOf)];

// One browser for the pages of all calls on that side: a fault befalls all of them
export class Host {
  constructor({ origin, prefix = [], env = {} }) {
    const args = [`--unsafely-treat-insecure-origin-as-secure=${origin}`, '--disable-background-timer-throttling',
      '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'];
    this.options = { prefix, env, fps: FPS, cameras: 1, args };
  }

  async start() {
    const old = new Set(childrenOf(process.pid));
    this.browser = await launch('chromium', this.options);
    [this.pid] = childrenOf(process.pid).filter((child) => !old.has(child));
  }

  signal(name) {
    for (const pid of familyOf(this.pid))
      process.kill(pid, name);
  }
}

class ChromiumSide extends Side {
  #page = null;

  get pid() { return this.options.host.pid; }
  get alive() { return true; }
  get errors() { return []; }

  async again() {
    const { name, uri, host, relay } = this.options;
    const url = new URL(uri.replace(/^ws/, 'http'));
    url.search = new URLSearchParams({ name, autojoin: '1', size: '320x180', fps: String(FPS) });
    this.#page = await host.browser.open(url.href, { viewport: VIEWPORT, before: relay ? [watchPage, onlyRelays] : [watchPage] });
  }

  async collect() {
    const { pictures, signs } = await this.#page.evaluate(() => {
      const { record } = window;
      return { pictures: record.pictures.splice(0), signs: record.signs.splice(0) };
    });
    for (const [name, at] of pictures)
      this.picture(name, at);
    this.signs.push(...signs.map(([what, at]) => ({ at, what })));
  }

  async joined() {
    await this.#page.until(() => window.record?.joined, null, { timeout: 60000 });
    return this.#page.evaluate(() => window.record.joined);
  }

  async leave() {
    await this.#page.click('.bar [data-action=leave]').catch(() => {});
    await this.#page.close();
  }
}

export async function startSide(kind, options) {
  const side = kind === 'callbin' ? new GstSide(options) : new ChromiumSide(options);
  if (kind === 'chromium')
    await side.again();
  return side;
}
