// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text to and from everybody in the room: one message of the channel `chat` each.
// A line feed at its end is added when it goes out and cut when it comes in, so
// that a gst-launch line with fdsink shows lines.

import { MAX_MESSAGE } from './channels.js';

const LABEL = 'chat';
const MAX_PENDING = 64; // messages kept for one who is being connected
const BURST = 200; // messages of one person at once
const RATE = 50; // and then each second

const utf8 = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true });

// So many at once, and then so many a second
export class Bucket {
  #left;
  #time = performance.now();

  constructor(burst, rate) {
    Object.assign(this, { burst, rate });
    this.#left = burst;
  }

  take() {
    const now = performance.now();
    this.#left = Math.min(this.burst, this.#left + (now - this.#time) * this.rate / 1000);
    this.#time = now;
    if (this.#left < 1)
      return false;
    this.#left--;
    return true;
  }
}

// What is left of a text when nothing but letters and line ends may be in it; '' if nothing
export function cleanText(text) {
  const clean = text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]|\p{Cs}/gu, '').replace(/\n+$/, '');
  return clean.trim() ? clean : '';
}

// Of a received message; '' if there is nothing to show
export function textOf(data) {
  if (typeof data === 'string')
    return cleanText(data);
  try {
    return cleanText(strict.decode(data));
  } catch {
    return ''; // not UTF-8
  }
}

// The text of one person
export class Line {
  #channels;
  #pending = [];
  #bucket = new Bucket(BURST, RATE);

  constructor(channels) {
    this.#channels = channels;
  }

  opened() {
    while (this.#pending.length && this.#channels.send(LABEL, this.#pending[0]))
      this.#pending.shift();
  }

  send(text) {
    this.#channels.ensure(LABEL);
    if (this.#pending.length || !this.#channels.send(LABEL, text))
      this.#pending.push(text);
    this.#pending.splice(0, this.#pending.length - MAX_PENDING);
  }

  // null: more than anybody reads
  receive(data) {
    return this.#bucket.take() ? textOf(data) : null;
  }
}

// The message for a text that may go out; throws Error with .code 'empty' or 'too-long'
export function messageOf(text) {
  const clean = cleanText(text);
  const message = `${clean}\n`;
  const problem = clean === '' ? 'empty' : utf8.encode(message).length > MAX_MESSAGE ? 'too-long' : '';
  if (problem)
    throw Object.assign(new Error(problem), { code: problem });
  return message;
}
