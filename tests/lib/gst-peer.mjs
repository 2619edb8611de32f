// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// A gst-launch line with callbin as a person in a call, for tests.
//
//   const ann = startPeer({ name: 'Ann', uri: server.room('tea') });
//   await ann.joined();
//   await ann.sees();                     // pictures that move, from now on
//   await ann.hears({ slot: 1 });         // sound, from the second peer
//   await ann.event('call-peer-left');    // an element message, past or to come
//   await ann.interrupt();                // Ctrl-C; resolves with the exit status
//
// What it says is read from `gst-launch-1.0 -m`; pictures and sound are what
// `videoanalyse` and `level`, ordinary elements of the line, post. Waits are
// answered by what is read, and fail at once when the process ends unasked.
// It ends with the process that started it.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { environment, isCritical } from './criticals.mjs';

const TIMEOUT = 45000; // ms, of every wait unless told otherwise
const EXIT_TIMEOUT = 5000; // ms from Ctrl-C to the end
const SILENCE = -60; // dB
const BUILD = process.env.GST_CALL_BUILD_ROOT;

const children = new Set();

process.on('exit', () => {
  for (const child of children)
    child.kill('SIGKILL');
});

export const SMALL = 'video/x-raw,width=320,height=240,framerate=15/1';

// GstStructure's text form

class Reader {
  #text;
  #at = 0;

  constructor(text) { this.#text = text; }

  #skip(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found)
      this.#at = pattern.lastIndex;
    return found?.[0] ?? '';
  }

  #quoted() {
    const raw = this.#skip(/"(?:[^"\\]|\\.)*"/gys).slice(1, -1);
    const bytes = raw.replace(/\\([0-7]{3}|.)/gs, (all, c) =>
      (c.length === 3 ? String.fromCharCode(parseInt(c, 8)) : c));
    // octal escapes are bytes of UTF-8
    // eslint-disable-next-line no-control-regex
    return /^[\x00-\xff]*$/.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes;
  }

  #list(end) {
    const items = [];
    this.#at++;
    for (;;) {
      this.#skip(/[\s,]*/gy);
      if (this.#at >= this.#text.length || this.#text[this.#at] === end)
        break;
      items.push(this.#value());
    }
    this.#at++;
    return items;
  }

  #value() {
    const type = this.#skip(/\([\w-]+\)/gy).slice(1, -1);
    this.#skip(/\s*/gy);
    const first = this.#text[this.#at];
    const end = { '{': '}', '<': '>', '[': ']' }[first];
    if (end)
      return this.#list(end);
    const text = first === '"' ? this.#quoted() : this.#skip(/[^,;}>\]]*/gy).trim();
    if (type === 'structure' || type === 'GstStructure')
      return new Reader(text).structure();
    if (type === 'boolean')
      return text === 'true';
    return /^(u?int|guint64|gint64|double|float)$/.test(type) ? Number(text) : text;
  }

  structure() {
    const fields = { name: this.#skip(/[^,;]*/gy).trim() };
    while (this.#skip(/[,\s]+/gy)) {
      const key = this.#skip(/[^=,;]+/gy);
      this.#at++;
      fields[key] = this.#value();
    }
    return fields;
  }
}

export const parseStructure = (text) => new Reader(text).structure();

// The line

const words = (text) => text.split(/\s+/).filter(Boolean);

function slotWords(slot, convert, listen) {
  return words(`call.remote_video_${slot} ! ${convert} videoanalyse name=picture_${slot} ! fakesink sync=true
    call.remote_audio_${slot} ! ${listen} name=sound_${slot} ! fakesink sync=true`);
}

function line({ name, uri, call, video, audio, slots, convert, listen, more }) {
  const properties = { ...(uri ? { uri } : {}), 'display-name': name, ...call };
  return ['callbin', 'name=call', ...Object.entries(properties).map(([key, value]) => `${key}=${value}`),
    ...(video ? words(`${video} ! call.video_0`) : []), ...(audio ? words(`${audio} ! call.audio_0`) : []),
    ...Array.from({ length: slots }, (_, slot) => slotWords(slot, convert, listen)).flat(), ...words(more)];
}

class Peer {
  events = []; // element messages of callbin: {name, …fields}
  errors = []; // what gst-launch prints of errors and warnings
  warnings = [];
  elements = new Set(); // names of those that have changed their state
  lines = []; // what the line wrote to file descriptor 3 (fdsink fd=3)
  exit = null; // {code, signal} once it has ended
  onElement = null; // (element, fields) => …, of each element message
  #child;
  #name;
  #tail = []; // the last lines of stderr
  #slots = new Map();
  #waiters = new Set();
  #ending = false;

  constructor(child, name) {
    this.#child = child;
    this.#name = name;
    createInterface({ input: child.stdout }).on('line', (text) => this.#read(text));
    createInterface({ input: child.stderr }).on('line', (text) => this.#readError(text));
    if (child.stdio[3])
      createInterface({ input: child.stdio[3] }).on('line', (text) => {
        this.lines.push(text);
        this.#wake();
      });
    child.on('error', (error) => this.#ended({ code: -1, signal: error.message }));
    child.on('close', (code, signal) => this.#ended({ code, signal }));
  }

  get pid() { return this.#child.pid; }
  get alive() { return this.exit === null; }

  #ended(exit) {
    this.exit ??= exit;
    this.#wake();
  }

  #slot(slot) {
    if (!this.#slots.has(slot))
      this.#slots.set(slot, { frames: 0, moved: 0, luma: null, sounds: 0, heard: 0, loudest: -Infinity, quietest: 0 });
    return this.#slots.get(slot);
  }

  #picture(slot, { 'luma-average': average, 'luma-variance': variance }) {
    const luma = `${average} ${variance}`;
    slot.frames++;
    if (slot.luma !== null && slot.luma !== luma)
      slot.moved++;
    slot.luma = luma;
  }

  #sound(slot, { rms: [rms] }) {
    slot.sounds++;
    if (rms > SILENCE)
      slot.heard++;
    slot.loudest = Math.max(slot.loudest, rms);
    slot.quietest = Math.min(slot.quietest, rms);
  }

  #read(text) {
    if (/^WARNING/.test(text)) {
      this.warnings.push(text);
      this.#wake();
    }
    const [, changed] = /^Got message #\d+ from element "([^"]+)" \(state-changed\)/.exec(text) ?? [];
    if (changed)
      this.elements.add(changed);
    const [, element, body] = /^Got message #\d+ from element "([^"]+)" \(element\): (.*)$/.exec(text) ?? [];
    if (!element)
      return;
    const [, kind, slot] = /^(picture|sound)_(\d+)$/.exec(element) ?? [];
    const fields = parseStructure(body);
    this.onElement?.(element, fields);
    if (kind === 'picture')
      this.#picture(this.#slot(Number(slot)), fields);
    else if (kind === 'sound')
      this.#sound(this.#slot(Number(slot)), fields);
    else
      this.events.push(fields);
    this.#wake();
  }

  #readError(text) {
    if (isCritical(text))
      this.#child.kill('SIGTRAP');
    this.#tail.push(text);
    this.#tail.splice(0, this.#tail.length - 30);
    if (/^ERROR/.test(text))
      this.errors.push(text);
    this.#wake();
  }

  #wake() {
    for (const waiter of [...this.#waiters])
      waiter();
  }

  // What it looked like, for messages about failures
  describe() {
    const events = this.events.filter(({ name }) => name !== 'call-stats').slice(-12).map((e) => JSON.stringify(e));
    const slots = [...this.#slots].map(([slot, seen]) => `slot ${slot}: ${JSON.stringify(seen)}`);
    return [`${this.#name} (pid ${this.pid}, exit ${JSON.stringify(this.exit)})`, ...slots, ...events, ...this.warnings.slice(-5), ...this.#tail].join('\n  ');
  }

  // Resolves with test()'s first true value. ended: the process may have ended.
  until(test, what, { timeout = TIMEOUT, ended = false } = {}) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        settle(value);
      };
      const look = () => {
        const value = test();
        if (value)
          finish(resolve, value);
        else if (this.exit && !ended && !this.#ending)
          finish(reject, new Error(`ended while waiting for ${what}: ${this.describe()}`));
      };
      const timer = setTimeout(() => finish(reject,
        new Error(`not within ${timeout / 1000} s: ${what}; ${this.describe()}`)), timeout);
      this.#waiters.add(look);
      look();
    });
  }

  // An element message by that name that fits, which may have come already.
  // since: only those with this index or later
  event(name, fits = () => true, { since = 0, ...options } = {}) {
    return this.until(() => this.events.find((event, i) => i >= since && event.name === name && fits(event)),
      `${name} ${fits}`, options);
  }

  // A line into its standard input (fdsrc); null: the end of it
  type(text) { return text === null ? this.#child.stdin.end() : this.#child.stdin.write(`${text}\n`); }

  // That line has come out of its fdsink fd=3
  reads(text, options) { return this.until(() => this.lines.includes(text), `the line ${text}`, options); }

  joined(options) { return this.event('call-joined', undefined, options); }

  // What came in a slot so far: frames, moved, sounds, heard…
  seen(slot = 0) { return { ...this.#slot(slot) }; }

  // So many pictures that differ from the one before, from now on
  sees({ slot = 0, pictures = 10, ...options } = {}) {
    const { moved } = this.#slot(slot);
    return this.until(() => this.#slot(slot).moved >= moved + pictures, `moving pictures in slot ${slot}`, options);
  }

  // So many tenths of a second that are no silence, from now on
  hears({ slot = 0, tenths = 5, ...options } = {}) {
    const { heard } = this.#slot(slot);
    return this.until(() => this.#slot(slot).heard >= heard + tenths, `sound in slot ${slot}`, options);
  }

  meets(options) { return Promise.all([this.sees(options), this.hears(options)]); }

  // The next call-stats (asked for with stats-interval)
  stats(options) { return this.event('call-stats', undefined, { since: this.events.length, ...options }); }

  // inbound-rtp of the first peer's audio or video, once it fits (with stats-interval)
  async receives(kind, fits = () => true) {
    const since = this.events.length;
    const found = (stats) => Object.entries(stats).filter(([name]) => name.startsWith('peer-') && name !== 'peer-id')
      .flatMap(([, peer]) => Object.values(peer)).find((entry) => entry.name === 'inbound-rtp' && entry.kind === kind);
    const fitting = (stats) => {
      const entry = found(stats);
      return entry !== undefined && fits(entry);
    };
    return found(await this.event('call-stats', fitting, { since }));
  }

  // Resolves with what it printed as ERROR once it has ended with one
  async fails(options) {
    await this.until(() => this.exit, 'the end', { ended: true, ...options });
    if (this.exit.code !== 1 && this.exit.code !== 255 || this.exit.signal)
      throw new Error(`no error: ${this.describe()}`);
    return this.#tail.join('\n');
  }

  signal(name) { this.#child.kill(name); }

  // Ctrl-C. Resolves with the exit status. One that does not end leaves a core, see show-cores.
  async interrupt({ timeout = EXIT_TIMEOUT } = {}) {
    this.#ending = true;
    this.signal('SIGINT');
    try {
      await this.until(() => this.exit, 'the end after SIGINT', { timeout, ended: true });
    } catch (error) {
      this.signal('SIGABRT');
      await this.until(() => this.exit, 'the end after SIGABRT', { ended: true });
      throw error;
    }
    if (this.exit.signal)
      throw new Error(`killed by ${this.exit.signal}: ${this.describe()}`);
    return this.exit.code;
  }

  async kill() {
    this.#ending = true;
    this.signal('SIGKILL');
    await this.until(() => this.exit, 'the end after SIGKILL', { ended: true });
  }
}

// name: display-name; uri: of the room, ws[s]:
//   call     further properties of callbin
//   video, audio  what is sent: a launch text that ends before the pad, '' for nothing
//   slots    how many remote_video_N and remote_audio_N are watched
//   convert  words before videoanalyse, such as 'decodebin !'
//   listen   level, with properties of its own
//   more     further launch text
//   talk     it has a standard input and a file descriptor 3: type(), reads()
//   fakes    GST_CALL_FAKE_DEVICES; '' for the real devices
//   env      further environment
//   prefix   words before gst-launch-1.0, such as those of link.mjs
export function startPeer({ name = 'Ann', uri = '', call = {}, video = `callvideosrc ! ${SMALL}`, audio = 'callaudiosrc',
  slots = 1, convert = '', listen = 'level', more = '', talk = false, fakes = 'video=3,audio=2', env = {}, prefix = [] } = {}) {
  const [program, ...args] = [...prefix, 'gst-launch-1.0'];
  const child = spawn(program, [...args, '-m', '--no-fault',
    ...line({ name, uri, call, video, audio, slots, convert, listen, more })], {
    stdio: talk ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), GST_PLUGIN_PATH: process.env.GST_PLUGIN_PATH ?? `${BUILD}/gst`,
      GST_REGISTRY: process.env.GST_REGISTRY ?? `${BUILD}/registry-tests.bin`,
      GST_CALL_FAKE_DEVICES: fakes, NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...env },
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return new Peer(child, name);
}

// Room of a server of call-server.mjs, for callbin
export const roomUri = ({ address = '127.0.0.1', port }, room, scheme = 'ws') => `${scheme}://${address}:${port}/room/${room}`;
