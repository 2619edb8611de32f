// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// operations.mjs BROWSER FIRST [COUNT [SEED]]
//
// COUNT and SEED are those of GST_CALL_OPERATIONS and GST_CALL_SEED unless told otherwise.
//
// Given a gst-launch line with callbin and a bare RTCPeerConnection of that browser in one
// room, FIRST of them ("callbin" or "page") there first,
// when the browser does COUNT things of what browsers do in a call, in an order that SEED
// gives: it adds a screen with or without sound, pauses, stops and adds it anew, stops its
// camera, turns directions, takes tracks away and gives them back, prefers another codec,
// restarts ICE, offers by itself, asks for an offer, lets both cross, starts over without a word,
// then after each what should flow does, what should not does not, nobody reports an error,
// and at the end there are no more m-lines than a call of this kind has, and no more threads (6),
// descriptors (10) and memory (80 MB since the middle) than the encoder and the decoder of a
// second codec take, which a call may have at its end and not at its beginning.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { pagePeer } from '../../lib/page-peer.mjs';
import { done, step } from '../../lib/tap.mjs';

const { GST_CALL_OPERATIONS = '12', GST_CALL_SEED = 1 } = process.env;
const [name = 'chromium', first = 'callbin', count = GST_CALL_OPERATIONS, seedText = GST_CALL_SEED] = process.argv.slice(2);
const seed = Number(seedText);
watchdog(90 + 6 * Number(count));

const QUIET = 400; // ms without anything, where nothing should come
const TIMEOUT = 20000; // ms of each wait
const MAX_LINES = 6; // camera, microphone, screen, its sound, data, and one to spare

// The page's side

function operator() {
  const GREYS = { camera: 60, screen: 200 };

  // A picture of one brightness that moves
  function picture(grey) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    const paint = canvas.getContext('2d');
    let x = 0;
    const timer = setInterval(() => {
      paint.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      paint.fillRect(0, 0, 320, 240);
      paint.fillStyle = 'rgb(128 128 128)';
      paint.fillRect(x = (x + 7) % 300, 100, 20, 40);
    }, 66);
    const [track] = canvas.captureStream(15).getVideoTracks();
    track.done = () => clearInterval(timer);
    return track;
  }

  // Firefox has no audio context without a sound card, but its microphone hums; Chromium's beeps
  async function tone() {
    if (/Firefox/.test(navigator.userAgent)) {
      const [track] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
      return Object.assign(track, { done: () => {} });
    }
    const audio = new AudioContext();
    const oscillator = new OscillatorNode(audio);
    const out = audio.createMediaStreamDestination();
    oscillator.connect(out);
    oscillator.start();
    return Object.assign(out.stream.getAudioTracks()[0], { done: () => audio.close() });
  }

  const MAKE = { camera: () => picture(GREYS.camera), sound: tone, screen: () => picture(GREYS.screen), screenSound: tone };

  window.Operator = class extends window.PagePeer {
    parts = {}; // name: its transceiver
    tracks = {};

    async add(part) {
      const track = this.tracks[part] = await MAKE[part]();
      const sender = this.pc.addTrack(track, this.stream ??= new MediaStream());
      this.parts[part] = this.pc.getTransceivers().find((t) => t.sender === sender);
    }

    drop(part) {
      this.tracks[part].stop();
      this.tracks[part].done();
      delete this.tracks[part];
      delete this.parts[part];
    }

    async prepare() {
      this.channel = this.pc.createDataChannel('gst-call', { negotiated: true, id: 0 });
      await this.add('sound');
      await this.add('camera');
    }

    // A session of ours, as the newcomer
    async begin(to) {
      this.connect(crypto.randomUUID(), to);
      await this.prepare();
    }

    // Without a word to anybody
    end() {
      for (const part of Object.keys(this.parts))
        this.drop(part);
      this.pc.close();
    }

    async until(test, what) {
      for (const end = Date.now() + 20000; !test();) {
        if (Date.now() > end)
          throw new Error(`no ${what}; ${this.pc.signalingState}, ${JSON.stringify(this.taken)}, rolled back ${this.rolledBack}, ` +
            `${this.errors.join(', ')}, last ${this.inbox.slice(-3).map((m) => `${m.type} ${m.code ?? ''} ${m.text ?? ''}`).join(', ')}`);
        await new Promise((resolve) => { setTimeout(resolve, 20); });
      }
    }

    async offers() {
      const { answer } = this.taken;
      await this.reoffer();
      await this.until(() => this.taken.answer > answer, 'answer');
    }

    async asks() {
      const { offer } = this.taken;
      this.ask();
      await this.until(() => this.taken.offer > offer, 'offer');
    }

    async crosses(askFirst) {
      const { taken: { offer, answer }, rolledBack } = this;
      if (askFirst) {
        this.ask();
        await this.reoffer();
      } else {
        await this.reoffer();
        this.ask();
      }
      await this.until(() => this.taken.offer > offer, 'offer that crosses');
      if (this.rolledBack > rolledBack)
        await this.offers();
      else
        await this.until(() => this.taken.answer > answer, 'answer to the offer that crosses');
    }

    // What has come in, by stream
    async received() {
      const all = [...(await this.pc.getStats()).values()].filter((s) => s.type === 'inbound-rtp');
      return Object.fromEntries(all.map((s) => [`${s.kind} ${s.ssrc}`,
        s.kind === 'video' ? s.framesDecoded ?? 0 : s.packetsReceived ?? 0]));
    }

    ended() {
      return Object.keys(this.parts).filter((part) => this.parts[part].currentDirection === 'stopped');
    }

    // Is the path one of those that were found last?
    async isThrough() {
      const stats = await this.pc.getStats();
      return [...stats.values()].some((s) => s.type === 'candidate-pair' && s.selected &&
        this.pc.localDescription.sdp.includes(` ${stats.get(s.localCandidateId)?.port} typ`));
    }

    async describe() {
      return [...(await this.pc.getStats()).values()].filter((s) => /bound-rtp/.test(s.type)).map((s) => JSON.stringify(
        Object.fromEntries(['type', 'kind', 'mid', 'ssrc', 'codecId', 'packetsReceived', 'packetsSent', 'framesDecoded',
          'framesEncoded', 'keyFramesDecoded', 'pliCount', 'active', 'packetsLost'].map((key) => [key, s[key]]))));
    }

    // How this browser names its video codecs; first: that one before the others
    prefer(part, codec, only) {
      const { codecs } = RTCRtpReceiver.getCapabilities('video');
      const is = ({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`;
      const rest = codecs.filter((c) => (only ? /rtx/i.test(c.mimeType) : !is(c)));
      this.parts[part].setCodecPreferences([...codecs.filter(is), ...rest]);
    }
  };
}

// The node's side

const server = await startServer();
const browser = await launch(name);
const deeds = []; // what has been done, for the report
let lab;
let ann;
let luma = 0;

// Mulberry32
let mulberry = seed;
function random() {
  mulberry = (mulberry + 0x6d2b79f5) | 0;
  let t = Math.imul(mulberry ^ (mulberry >>> 15), 1 | mulberry);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];

// What should be: parts by name, {direction, track}, and which of them have the lines that
// callbin sends on. A line that was stopped is given to the next of its kind.
const VIDEO = ['camera', 'screen'];
const state = { parts: {}, lines: { video: [], audio: [] } };
const kindOf = (part) => (VIDEO.includes(part) ? 'video' : 'audio');

function appears(part) {
  const lines = state.lines[kindOf(part)];
  const free = lines.indexOf(null);
  lines[free < 0 ? lines.length : free] = part;
  state.parts[part] = { direction: 'sendrecv', track: true };
}

function disappears(part) {
  const lines = state.lines[kindOf(part)];
  lines[lines.indexOf(part)] = null;
  delete state.parts[part];
}

function begins() {
  Object.assign(state, { parts: {}, lines: { video: [], audio: [] } });
  appears('sound');
  appears('camera');
}

const sends = (part) => state.parts[part]?.track && /send/.test(state.parts[part].direction);
const fromPage = (kind) => Object.keys(state.parts).filter((part) => kindOf(part) === kind && sends(part));
const toPage = (kind) => /recv/.test(state.parts[state.lines[kind][0]]?.direction ?? '');

// Doing

const inPage = (fn, arg) => lab.evaluate(fn, arg);

async function negotiates(how) {
  await inPage(([way, first]) => window.peer[way](first), [how, random() < 0.5]);
}

// Ways to agree on what needs no further m-line, and on what does
const anyWay = () => (first === 'page' ? pick(['offers', 'asks', 'crosses']) : 'offers');
const ownWay = () => (first === 'page' ? pick(['offers', 'crosses']) : 'offers');

const DIRECTIONS = ['sendrecv', 'recvonly', 'sendonly', 'inactive'];

// name: [whether it can be now, what to do; gives what to report]
const OPERATIONS = {
  add: [() => ['camera', 'screen', 'screenSound'].some((part) => !state.parts[part]), async () => {
    const missing = ['camera', 'screen', 'screenSound'].filter((part) => !state.parts[part]);
    const parts = missing.sort(() => random() - 0.5).slice(0, 1 + Math.floor(random() * 2));
    const way = ownWay();
    for (const part of parts) {
      await inPage((p) => window.peer.add(p), part);
      appears(part);
    }
    await negotiates(way);
    return [...parts, way];
  }],
  // Not the microphone: its m-line has the transport of all. Firefox falls silent towards
  // Firefox, too, when that one is stopped, and Chromium starts another DTLS association.
  stop: [() => Object.keys(state.parts).length > 1, async () => {
    const part = pick(Object.keys(state.parts).filter((p) => p !== 'sound'));
    // Firefox ends an m-line in its next offer only, and if that one begins another for the
    // same SSRC of ours, it takes nothing from it
    const way = name === 'firefox' ? ownWay() : anyWay();
    await inPage((p) => {
      window.peer.parts[p].stop();
      window.peer.drop(p);
    }, part);
    disappears(part);
    await negotiates(way);
    return [part, way];
  }],
  direction: [() => true, async () => {
    const part = pick(Object.keys(state.parts));
    const direction = pick(DIRECTIONS.filter((d) => d !== state.parts[part].direction));
    const way = anyWay();
    await inPage(([p, d]) => { window.peer.parts[p].direction = d; }, [part, direction]);
    state.parts[part].direction = direction;
    await negotiates(way);
    return [part, direction, way];
  }],
  track: [() => true, async () => {
    const part = pick(Object.keys(state.parts));
    const track = !state.parts[part].track;
    await inPage(([p, on]) => window.peer.parts[p].sender.replaceTrack(on ? window.peer.tracks[p] : null), [part, track]);
    state.parts[part].track = track;
    return [part, track ? 'back' : 'away'];
  }],
  codec: [() => state.parts.camera && codecs.length > 1, async () => {
    const codec = pick(codecs);
    const only = random() < 0.5;
    const way = anyWay();
    await inPage(([c, o]) => window.peer.prefer('camera', c, o), [codec, only]);
    await negotiates(way);
    return [codec, only ? 'only' : 'first', way];
  }],
  nothing: [() => true, async () => {
    const way = anyWay();
    await negotiates(way);
    return [way];
  }],
  again: [() => random() < 0.3, async () => {
    await inPage(() => window.peer.end());
    await starts();
    return [];
  }],
  restart: [() => true, async () => {
    await inPage(() => window.peer.pc.restartIce());
    // Firefox has no path for a moment if it restarts again, or takes a restart back, before it
    // is through with one; what a data channel sends just then fails its DTLS transport for good
    const way = name === 'firefox' ? 'offers' : ownWay();
    await negotiates(way);
    if (name === 'firefox')
      await within(() => inPage(() => window.peer.isThrough()), () => 'no path after the restart');
    return [way];
  }],
};

// A session begins: callbin, if it came later, is asked for it
async function starts() {
  begins();
  const { 'peer-id': id } = await ann.joined();
  if (first === 'callbin') {
    await inPage(async (to) => {
      await window.peer.begin(to);
      await window.peer.offers();
    }, id);
  } else {
    await inPage(async () => {
      const { peer, peer: { taken: { offer } } } = window;
      if (peer.session) {
        peer.send({ type: 'close', to: peer.to, session: peer.session, code: 'bye' });
        peer.ask();
      }
      await peer.until(() => peer.taken.offer > offer, 'offer');
    });
  }
}

// Looking

// Resolves once test() holds, or, with quiet, once value() has not changed for a while
async function within(test, what) {
  for (const end = Date.now() + TIMEOUT; !(await test()); await sleep(50))
    assert.ok(Date.now() < end, `not within ${TIMEOUT / 1000} s: ${what()}`);
}

async function quiet(value, what) {
  let [last, since] = [await value(), Date.now()];
  await within(async () => {
    const now = await value();
    if (now !== last)
      [last, since] = [now, Date.now()];
    return Date.now() - since > QUIET;
  }, () => `still ${what}`);
}

const sum = (received, kind) => Object.entries(received).filter(([key]) => key.startsWith(kind))
  .reduce((total, [, n]) => total + n, 0);
const grew = (before, now, kind, least) => Object.keys(now).some((key) => key.startsWith(kind) &&
  now[key] - (before[key] ?? 0) >= least);

async function pageGets(kind) {
  const received = () => inPage(() => window.peer.received());
  const before = await received();
  if (toPage(kind))
    await within(async () => grew(before, await received(), kind, kind === 'video' ? 3 : 5), () => `${kind} to the page`);
  else
    await quiet(async () => sum(await received(), kind), `${kind} to the page`);
}

// Whose picture it is, by its brightness
const shown = () => (luma > 0.5 ? 'screen' : 'camera');

async function annSees() {
  const from = fromPage('video');
  if (from.length === 0) {
    await quiet(() => ann.seen().frames, 'pictures of the page');
    return;
  }
  await ann.sees({ pictures: 3, timeout: TIMEOUT });
  await within(() => from.includes(shown()), () => `the picture is of ${shown()}, not of ${from}`);
}

async function annHears() {
  if (fromPage('audio').length > 0)
    await ann.hears({ tenths: 2, timeout: TIMEOUT });
  else
    await quiet(() => ann.seen().heard, 'sound of the page');
}

async function allIsRight() {
  await Promise.all([pageGets('video'), pageGets('audio'), annSees(), annHears()]);
  assert.deepEqual(ann.events.filter((event) => event.name === 'call-error'), []);
  assert.deepEqual(ann.warnings, []);
  assert.deepEqual(await inPage(() => window.peer.errors), []);
  assert.deepEqual(await inPage(() => window.peer.ended()), [], 'lines that nobody has stopped');
}

// Everything as at the beginning
async function comesHome() {
  for (const part of Object.keys(state.parts)) {
    if (part.startsWith('screen')) {
      await inPage((p) => {
        window.peer.parts[p].stop();
        window.peer.drop(p);
      }, part);
      disappears(part);
    }
  }
  await negotiates('offers');
  for (const part of ['camera', 'sound']) {
    if (!state.parts[part]) {
      await inPage((p) => window.peer.add(p), part);
      appears(part);
    }
    await inPage(async (p) => {
      window.peer.parts[p].direction = 'sendrecv';
      await window.peer.parts[p].sender.replaceTrack(window.peer.tracks[p]);
    }, part);
    state.parts[part] = { direction: 'sendrecv', track: true };
  }
  await negotiates('offers');
  await allIsRight();
}

function usage() {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${ann.pid}/status`, 'utf8'));
  return { threads: readdirSync(`/proc/${ann.pid}/task`).length, files: readdirSync(`/proc/${ann.pid}/fd`).length,
    megabytes: Math.round(kilobytes / 1024) };
}

const lines = () => inPage(() => window.peer.pc.localDescription.sdp.match(/^m=/gm).length);
const report = () => `seed ${seed}: ${deeds.join(' | ')}`;
let codecs;
let before;
let half; // all codecs have been used, and every buffer is there

console.log(`# ${name}, ${first} first, ${count} operations, seed ${seed}`);

await step('a call', async () => {
  const enter = async () => {
    lab = await browser.open(server.page('tea', { name: 'Lab', autojoin: false }), { before: [pagePeer, operator] });
    await inPage(() => { window.peer = new window.Operator({ displayName: 'Lab', polite: true }); });
    await lab.until(() => window.peer.inbox.some((m) => m.type === 'welcome'), null, { what: 'welcome' });
  };
  const call = async () => {
    ann = startPeer({ name: 'Ann', uri: roomUri(server, 'tea') });
    ann.onElement = (element, fields) => {
      if (element === 'picture_0')
        luma = fields['luma-average'];
    };
    await ann.joined();
  };
  for (const next of first === 'page' ? [enter, call] : [call, enter])
    await next();
  await starts();
  await allIsRight();
  const known = await inPage(() => RTCRtpReceiver.getCapabilities('video').codecs.map(({ mimeType }) => mimeType.toLowerCase()));
  codecs = ['vp8', 'h264'].filter((codec) => known.includes(`video/${codec}`));
  before = usage();
});

await step(`${count} operations`, async () => {
  for (let i = 0; i < Number(count); i++) {
    const possible = Object.entries(OPERATIONS).filter(([, [can]]) => can()).map(([operation]) => operation);
    const operation = pick(possible);
    try {
      deeds.push(operation);
      const details = await OPERATIONS[operation][1]();
      deeds.push([deeds.pop(), ...details].join(' '));
      await allIsRight();
    } catch (error) {
      throw new Error([`operation ${i + 1}: ${error.message}`, report(), JSON.stringify(state),
        ...await inPage(() => window.peer.describe()), ann.describe()].join('\n'));
    }
    if (i + 1 === Math.ceil(count / 2))
      half = usage();
    if ((i + 1) % 50 === 0)
      console.log(`# after ${i + 1}: ${JSON.stringify(usage())}`);
    assert.ok(await lines() <= MAX_LINES, `${await lines()} m-lines; ${report()}`);
  }
});

await step('nothing is left of them', async () => {
  await comesHome();
  await within(() => usage().threads <= before.threads + 6, () => `threads: ${JSON.stringify([before, usage()])}; ${report()}`);
  const after = usage();
  console.log(`# before ${JSON.stringify(before)}, after ${JSON.stringify(after)}, ${await lines()} m-lines`);
  // an encoder and a decoder of another codec have some of their own, and 45 MB
  assert.ok(after.files <= before.files + 10, `descriptors; ${report()}`);
  assert.ok(after.megabytes <= half.megabytes + 80, `memory; ${report()}`);
});

// A tab of Firefox says as little to the server: its seat is kept for half a minute
if (name === 'chromium') {
  await step('the page is gone without a word: it leaves the call', async () => {
    await lab.close();
    await ann.event('call-peer-left', undefined, { timeout: 60000 });
  });
}

await step('callbin ends as it should', async () => {
  assert.deepEqual(ann.errors, []);
  assert.equal(await ann.interrupt(), 0);
});

await server.stop();
await browser.close();
done();
