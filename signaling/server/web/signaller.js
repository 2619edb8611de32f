// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The socket to the room: says hello, numbers what it sends, drops what it has
// seen, and takes its seat back when the connection breaks, while calls go on.
//
// Events
//   message   detail: a checked message of PROTOCOL.md, `welcome` included
//   state     .state changed: 'connecting' 'open' 'reconnecting' 'closed'
//   failed    detail {code, text}: it cannot heal; .state is 'closed' after it

import { SUBPROTOCOL, VERSION, parse, stringify } from './message.js';

const BACKOFF_FIRST = 250; // ms, doubled with each try, halved at random
const BACKOFF_MAX = 8000; // ms
const WELCOME_TIMEOUT = 10000; // ms from opening the socket to the welcome
const MAX_KEPT = 512; // messages kept for sending again after a resume

// An answer to hello with one of these is final
const FINAL = new Set(['token-required', 'token-refused', 'room-full', 'peer-id-taken',
  'unsupported-version', 'bad-room', 'bad-message', 'too-large', 'too-deep']);

export class Signaller extends EventTarget {
  #url;
  #hello;
  #socket = null;
  #timer = 0;
  #tries = 0;
  #resume = '';
  #sent = 0; // newest number we gave
  #seen = 0; // newest number we saw
  #kept = []; // what we sent and do not know to have arrived
  #welcomed = false; // on this socket
  #online = () => this.#retryNow();

  state = 'closed';

  // hello: function that returns {peer, token?} at the time of each hello
  constructor({ url, hello }) {
    super();
    this.#url = url;
    this.#hello = hello;
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
    const numbered = { ...message, seq: ++this.#sent };
    this.#kept.push(numbered);
    if (this.#kept.length > MAX_KEPT)
      this.#kept.shift();
    if (this.#welcomed)
      this.#socket.send(stringify(numbered));
  }

  // Leaves the room. Safe to call from `pagehide`.
  close() {
    const socket = this.#socket;
    this.#stop();
    if (!socket)
      return;
    if (this.#welcomed)
      socket.send(stringify({ type: 'bye', seq: ++this.#sent }));
    this.#welcomed = false;
    socket.close(1000);
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
    socket.addEventListener('close', mine(({ code, reason }) => this.#lost(code, reason)));
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
      if (message.seq <= this.#seen)
        return;
      this.#seen = message.seq;
    }
    this.#emit(message);
  }

  #welcome(message) {
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.#welcomed = true;
    this.#resume = message.resume ?? '';
    if (message.resumed) {
      this.#kept = this.#kept.filter(({ seq }) => seq > message.lastSeq);
    } else {
      this.#kept = [];
      this.#sent = 0;
      this.#seen = 0;
    }
    for (const kept of this.#kept)
      this.#socket.send(stringify(kept));
    this.#setState('open');
    this.#emit(message);
  }

  #refused({ code, text, retryAfter }) {
    if (FINAL.has(code) && !(this.#resume && code === 'peer-id-taken')) {
      this.#fail(code, text);
      return;
    }
    const socket = this.#socket;
    this.#lost(1013, code, retryAfter);
    socket.close();
  }

  #emit(message) {
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  #lost(code, reason, retryAfter = 0) {
    this.#socket = null;
    this.#welcomed = false;
    clearTimeout(this.#timer);
    if (code === 1008 || (code >= 4000 && code < 5000)) {
      this.#fail(reason || 'closed', '');
      return;
    }
    this.#setState(this.#resume ? 'reconnecting' : 'connecting');
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
