// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files to others. An Upload is one file; it has a part for each who gets it. A
// Sender sends the parts of one person: some at once, each within its window,
// and again from where they are when the connection was another one meanwhile.

import { CHUNK, MAX_ID, WINDOW, cleanFileName, cleanMediaType, control, makeChunk, sha256 } from './file-protocol.js';
import { HIGH } from './channels.js';
import { Bucket } from './chat.js';
import { newId } from './peer.js';

const AT_ONCE = 8; // parts of one person; the others wait
const READ = 16 * CHUNK; // bytes read at once
const OFFERS = [48, 6]; // of one person at once, and then each second: others refuse more
const PACE = 200; // ms until the next one is tried
const ANSWER = 120000; // ms to the answer to an offer: a person may have to give it
const KEEP = 600000; // ms that a part waits for one who left
const RUNNING = new Set(['waiting', 'offered', 'sending', 'ended']);

let lastId = 0; // of this page: never used twice

export class Upload {
  #hash = null;

  own = true;
  key = newId();
  parts = []; // one for each who gets it, see Part

  constructor(file) {
    this.file = file;
    this.name = cleanFileName(file.name);
    this.size = file.size;
    this.mediaType = cleanMediaType(file.type);
  }

  get running() { return this.parts.some((part) => part.running); }

  // 0 to 1, of what all get
  get progress() {
    const share = (part) => part.state === 'done' ? 1 : this.size ? part.acked / this.size : 0;
    return this.parts.reduce((sum, part) => sum + share(part), 0) / (this.parts.length || 1);
  }

  sha256() {
    return this.#hash ??= sha256(this.file);
  }
}

// .state: 'waiting' (for a connection, or for others to be done) 'offered' 'sending'
//   'ended' (they check it) 'done' 'gone' (they left) 'refused' 'cancelled' 'failed'
class Part {
  id = ++lastId;
  state = 'waiting';
  code = ''; // why it is refused or failed
  sent = 0;
  acked = 0;
  round = 0; // grows with each start: what is read for an earlier one is not sent
  told = false; // that it has ended

  constructor(upload, peerId, who) {
    Object.assign(this, { upload, peerId, who });
  }

  get running() { return RUNNING.has(this.state); }
  get room() { return Math.min(this.upload.size, this.acked + WINDOW) - this.sent; }
}

export class Sender {
  #link;
  #changed;
  #queue = []; // parts that wait for their turn
  #active = new Map(); // id to part that is offered, or is going to be at the next connection
  #timer = 0; // while they are gone
  #later = 0; // timer until there may be another offer
  #offers = new Bucket(...OFFERS);
  #pumping = false;

  // link: {open, buffered, ensure (), send (data)}; changed: called with an upload
  constructor(link, changed) {
    this.#link = link;
    this.#changed = changed;
  }

  add(upload, peerId, who) {
    const part = new Part(upload, peerId, who);
    upload.parts.push(part);
    if (part.id > MAX_ID)
      this.#finish(part, 'failed', 'failed');
    else
      this.#queue.push(part);
    this.#link.ensure();
    this.#fill();
  }

  // By hand, on this side
  cancel(upload) {
    for (const part of [...this.#queue, ...this.#active.values()])
      if (part.upload === upload)
        this.#cancel(part, 'cancelled');
  }

  opened() {
    clearTimeout(this.#timer);
    for (const part of this.#queue)
      this.#start(part, 'waiting');
    for (const part of this.#active.values())
      this.#offer(part);
    this.#fill();
  }

  closed() {
    for (const part of this.#active.values())
      this.#start(part, 'waiting');
    if (this.#active.size)
      this.#link.ensure();
  }

  // They left; they may come back
  left() {
    for (const part of [...this.#queue, ...this.#active.values()])
      this.#start(part, 'gone');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#queue = [];
      this.#active.clear();
    }, KEEP);
  }

  low() {
    this.#pump();
  }

  // One of their answers
  receive({ type, id, offset, code }) {
    const part = this.#active.get(id);
    if (!part?.running)
      return;
    switch (type) {
      case 'file-accept':
        if (part.state === 'offered' && offset <= part.upload.size)
          this.#accepted(part, offset);
        break;
      case 'file-ack':
        if (['sending', 'ended'].includes(part.state) && offset > part.acked && offset <= part.sent) {
          part.acked = offset;
          this.#changed(part.upload);
          this.#pump();
        }
        break;
      case 'file-done':
        if (part.told)
          this.#finish(part, 'done');
        break;
      case 'file-refuse':
        this.#finish(part, 'refused', code);
        break;
      case 'file-cancel':
        this.#finish(part, 'refused', 'refused');
        break;
    }
  }

  #start(part, state) {
    part.state = state;
    part.told = false;
    part.round++;
    this.#changed(part.upload);
  }

  #finish(part, state, code = '') {
    this.#active.delete(part.id);
    this.#queue = this.#queue.filter((other) => other !== part);
    part.code = code;
    this.#start(part, state);
    this.#fill();
  }

  #cancel(part, state, code) {
    if (this.#active.has(part.id) && part.state !== 'waiting')
      this.#link.send(control('file-cancel', { id: part.id, by: 'sender', text: '' }));
    this.#finish(part, state, code);
  }

  #fill() {
    while (this.#link.open && this.#active.size < AT_ONCE && this.#queue.length) {
      if (!this.#offers.take()) {
        this.#later ||= setTimeout(() => {
          this.#later = 0;
          this.#fill();
        }, PACE);
        return;
      }
      const part = this.#queue.shift();
      this.#active.set(part.id, part);
      this.#offer(part);
    }
  }

  #offer(part) {
    const { key, name, size, mediaType } = part.upload;
    this.#start(part, 'offered');
    const { round } = part;
    setTimeout(() => part.round === round && this.#cancel(part, 'failed', 'unanswered'), ANSWER);
    this.#link.send(control('file-offer', { id: part.id, key, name, size, mediaType }));
  }

  #accepted(part, offset) {
    part.sent = part.acked = offset;
    this.#start(part, 'sending');
    if (offset === part.upload.size)
      this.#end(part);
    this.#pump();
  }

  // Files of one person take turns
  #next() {
    if (!this.#link.open || this.#link.buffered >= HIGH)
      return null;
    const part = [...this.#active.values()].find(({ state, room }) => state === 'sending' && room > 0);
    if (part) {
      this.#active.delete(part.id);
      this.#active.set(part.id, part); // last in the row
    }
    return part ?? null;
  }

  // Goes on until there is no room; whatever makes room calls it again
  async #pump() {
    if (this.#pumping)
      return;
    this.#pumping = true;
    for (let part = this.#next(); part; part = this.#next())
      await this.#feed(part);
    this.#pumping = false;
  }

  async #feed(part) {
    const { round, sent } = part;
    const free = Math.ceil((HIGH - this.#link.buffered) / CHUNK) * CHUNK;
    const length = Math.min(READ, part.room, free);
    let bytes;
    try {
      bytes = new Uint8Array(await part.upload.file.slice(sent, sent + length).arrayBuffer());
    } catch {
      bytes = new Uint8Array(0); // it was moved or changed
    }
    if (part.round !== round)
      return;
    if (bytes.length !== length) {
      this.#cancel(part, 'failed', 'unreadable');
      return;
    }
    for (let at = 0; at < length; at += CHUNK) {
      const piece = bytes.subarray(at, at + CHUNK);
      if (!this.#link.send(makeChunk(part.id, part.sent, piece)))
        return; // `closed` follows
      part.sent += piece.length;
    }
    if (part.sent === part.upload.size)
      this.#end(part);
  }

  async #end(part) {
    const { upload } = part;
    this.#start(part, 'ended');
    const { round } = part;
    let hash = '';
    try {
      hash = await upload.sha256();
    } catch {
      // it was moved or changed
    }
    if (part.round !== round)
      return;
    if (hash) {
      part.told = true;
      this.#link.send(control('file-end', { id: part.id, size: upload.size, sha256: hash }));
    } else {
      this.#cancel(part, 'failed', 'unreadable');
    }
  }
}
