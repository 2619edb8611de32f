// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The socket to the room: says hello, numbers what it sends, drops what it has
// seen, and takes its seat back when the connection breaks, while calls go on.
//
// Events
//   message   detail: a checked message of PROTOCOL.md, `welcome` included
//   state     .state changed: 'connecting' 'open' 'reconnecting' 'closed'
//   failed    detail {code, text}: it cannot heal; .state is 'closed' after it

import { SUBPROTOCOL, VERSION, check, parse, stringify } from './message.js';

const BACKOFF_FIRST = 100; // ms, doubled with each try, half of it by chance
const BACKOFF_MAX = 5000; // ms
const WELCOME_TIMEOUT = 10000; // ms from opening the socket to the welcome
const WINDOW = 64; // messages that one may overtake
const MAX_KEPT = 512; // messages kept for sending again after a resume

// An answer to hello with one of these is final
const FINAL = new Set(['token-required', 'token-refused', 'room-full', 'peer-id-taken',
  'unsupported-version', 'bad-room', 'bad-message', 'too-large', 'too-deep']);

// WebSocket close codes after which we stay away
const AWAY = new Map([[4000, 'replaced'], [4001, 'removed']]);

export class Signaller extends EventTarget {
  #url;
  #hello;
  #socket = null;
  #timer = 0;
  #tries = 0;
  #resume = '';
  #old = false; // #resume is of a seat that the page had before a reload
  #sent = 0; // newest number we gave
  #seen = 0; // newest number we saw
  #missing = new Set(); // of the WINDOW before it
  #kept = []; // what we sent and do not know to have arrived
  #written = 0; // newest number that went out on a socket
  #welcomed = false; // on this socket
  #online = () => this.#retryNow();

  state = 'closed';

  // hello: function that returns {peer, token?} at the time of each hello
  // oldSeat: what .seat was before a reload; that seat is given up before we join
  constructor({ url, hello, oldSeat }) {
    super();
    this.#url = url;
    this.#hello = hello;
    if (oldSeat?.resume) {
      this.#old = true;
      this.#resume = oldSeat.resume;
      this.#seen = oldSeat.seen;
      this.#sent = oldSeat.sent;
    }
  }

  get seat() {
    return { resume: this.#resume, seen: this.#seen, sent: this.#sent };
  }

  open() {
    this.#setState('connecting');
    window.addEventListener('online', this.#online);
    this.#connect();
  }

  // While reconnecting it is kept and sent after the resume
  send(message) {
    if (this.state === 'closed' || this.state === 'connecting')
      return;
    const numbered = { ...message, seq: this.#sent + 1 };
    try {
      check(numbered);
    } catch (error) {
      console.error(`${message.type} cannot be sent:`, error.message);
      return;
    }
    this.#sent++;
    this.#kept.push(numbered);
    if (this.#kept.length > MAX_KEPT)
      this.#kept.shift();
    if (this.#welcomed)
      this.#write(numbered);
  }

  // Leaves the room. Safe to call from `pagehide`.
  close() {
    const socket = this.#socket;
    this.#stop();
    if (!socket)
      return;
    if (this.#welcomed)
      socket.send(stringify({ type: 'bye', seq: ++this.#sent }));
    else if (socket.readyState === WebSocket.OPEN) // the seat that hello takes would stay for a while
      socket.send(stringify({ type: 'bye', seq: Number.MAX_SAFE_INTEGER }));
    this.#welcomed = false;
    socket.close(1000);
  }

  #write(message) {
    this.#socket.send(stringify(message));
    this.#written = message.seq;
  }

  #stop() {
    clearTimeout(this.#timer);
    window.removeEventListener('online', this.#online);
    this.#socket = null;
    this.#setState('closed');
  }

  #setState(state) {
    if (this.state === state)
      return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  #fail(code, text) {
    this.#socket?.close();
    this.#welcomed = false;
    this.#stop();
    this.dispatchEvent(new CustomEvent('failed', { detail: { code, text } }));
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    this.#welcomed = false;
    this.#timer = setTimeout(() => socket.close(), WELCOME_TIMEOUT);
    const mine = (handler) => (event) => this.#socket === socket && handler(event);
    socket.addEventListener('open', mine(() => this.#sayHello()));
    socket.addEventListener('message', mine(({ data }) => this.#receive(data)));
    socket.addEventListener('close', mine(({ code }) => this.#lost(code)));
  }

  #sayHello() {
    const { peer, token } = this.#hello();
    const hello = { type: 'hello', version: VERSION, peer };
    if (token)
      hello.token = token;
    if (this.#resume)
      Object.assign(hello, { resume: this.#resume, lastSeq: this.#seen });
    this.#socket.send(stringify(hello));
  }

  #receive(data) {
    let message;
    try {
      message = parse(data);
    } catch (error) {
      console.warn('unreadable message from the server:', error.message);
      return;
    }
    if (!this.#welcomed) {
      if (message.type === 'error')
        this.#refused(message);
      else if (message.type === 'welcome')
        this.#welcome(message);
      return;
    }
    if (message.seq !== undefined) { // an error about an unreadable message has none
      if (!this.#isNew(message.seq))
        return;
    }
    this.#emit(message);
  }

  #isNew(seq) {
    if (seq <= this.#seen)
      return this.#missing.delete(seq);
    for (let i = Math.max(this.#seen + 1, seq - WINDOW); i < seq; i++)
      this.#missing.add(i);
    this.#missing.forEach((i) => i < seq - WINDOW && this.#missing.delete(i));
    this.#seen = seq;
    return true;
  }

  #welcome(message) {
    clearTimeout(this.#timer);
    if (message.resumed && (this.#old || this.#forgot(message.lastSeq))) {
      this.#startAnew();
      return;
    }
    this.#tries = 0;
    this.#old = false;
    this.#welcomed = true;
    this.#resume = message.resume ?? '';
    if (message.resumed) {
      // A restarted server lost count: what went out before is not said twice
      const arrived = message.lastSeq ?? this.#written;
      this.#kept = this.#kept.filter(({ seq }) => seq > arrived);
    } else {
      this.#kept = [];
      this.#sent = 0;
      this.#seen = 0;
      this.#missing.clear();
    }
    for (const kept of this.#kept)
      this.#write(kept);
    this.#setState('open');
    this.#emit(message);
  }

  // Something that did not arrive is no longer kept
  #forgot(lastSeq) {
    return lastSeq < this.#sent && (this.#kept[0]?.seq ?? Infinity) > lastSeq + 1;
  }

  #startAnew() {
    const socket = this.#socket;
    socket.send(stringify({ type: 'bye', seq: ++this.#sent }));
    socket.close(1000);
    this.#resume = '';
    this.#old = false;
    this.#connect();
  }

  #refused({ code, text, retryAfter }) {
    if (FINAL.has(code) && !(this.#resume && code === 'peer-id-taken')) {
      this.#fail(code, text);
      return;
    }
    const socket = this.#socket;
    this.#lost(1013, retryAfter);
    socket.close();
  }

  #emit(message) {
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  #lost(code, retryAfter = 0) {
    this.#socket = null;
    this.#welcomed = false;
    clearTimeout(this.#timer);
    if (AWAY.has(code)) {
      this.#fail(AWAY.get(code), '');
      return;
    }
    this.#setState(this.#resume && !this.#old ? 'reconnecting' : 'connecting');
    this.dispatchEvent(new CustomEvent('lost', { detail: { tries: ++this.#tries } }));
    const wait = Math.min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** (this.#tries - 1));
    this.#timer = setTimeout(() => this.#connect(),
      Math.max(retryAfter * 1000, wait * (0.5 + Math.random() / 2)));
  }

  // The network is back: no need to wait
  #retryNow() {
    if (!this.#socket && this.state !== 'closed')
      this.#connect();
  }
}
