// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files from one person. What comes is trusted in nothing: who sends too much,
// too many or in disorder is refused. Files are kept by the browser, in memory or
// where it keeps large ones, until they are removed by hand.

import { HIGH } from './channels.js';
import { Bucket } from './chat.js';
import { ACK_EVERY, cleanFileName, control, parseChunk, sha256 } from './file-protocol.js';
import { pictureOf } from './picture.js';

export const MAX_SIZE = 256 * 1024 * 1024; // bytes of one file
const MAX_HELD = 2 * MAX_SIZE; // of all files of one person
const MAX_HELD_ALL = 4 * MAX_SIZE; // of everybody's
const AT_ONCE = 16; // files of one person
const AT_ONCE_ALL = 64;
const BURST = 64; // offers of one person at once
const RATE = 8; // and then each second
const NOTICES = [8, 0.5]; // refusals of one person that are shown, likewise
const MAX_KEYS = 64; // of files that are done, or that we do not want
const PART = 1024 * 1024; // bytes after which they are handed to the browser
const KEEP = 600000; // ms that a part of a file waits for the rest
const BUSY = 2 * HIGH; // bytes waiting to go out: who does not take answers gets no more

// What all receivers of this page have together
export class Budget {
  held = 0; // bytes
  running = 0; // files
}

// .state: 'receiving' 'checking' 'done' 'interrupted' (waits for its sender) 'refused' (by us)
//   'cancelled' (here) 'withdrawn' (there)
class Incoming {
  #parts = [];
  #tail = [];
  #tailSize = 0;

  own = false;
  state = 'receiving';
  code = '';
  position = 0; // bytes that are here
  acked = 0;
  round = 0; // grows when a check is no longer wanted
  blob = null; // when it is done
  picture = null; // {type, width, height}, then

  constructor({ id, key, name, size }, who) {
    Object.assign(this, { id, key, name: cleanFileName(name), size, who });
  }

  get running() { return ['receiving', 'checking', 'interrupted'].includes(this.state); }
  get progress() { return this.size > 0 ? this.position / this.size : 0; }

  append(bytes) {
    this.#tail.push(bytes);
    this.#tailSize += bytes.length;
    this.position += bytes.length;
    if (this.#tailSize < PART)
      return;
    this.#parts.push(new Blob(this.#tail));
    this.#tail = [];
    this.#tailSize = 0;
  }

  whole(type = '') {
    return new Blob([...this.#parts, ...this.#tail], { type });
  }

  drop() {
    this.#parts = [];
    this.#tail = [];
  }
}

class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export class Receiver {
  #link;
  #budget;
  #tell;
  #held = 0;
  #running = new Map(); // id to file that is coming
  #kept = new Map(); // key to file whose sender is gone
  #timers = new Map(); // key to timer, of these
  #done = new Map(); // key to {offered, size, sha256}: their `file-done` may not have arrived
  #doneById = new Map(); // the same by the newest id
  #unwanted = new Set(); // keys
  #offers = new Bucket(BURST, RATE);
  #notices = new Bucket(...NOTICES);

  // link: {buffered, send (text)}; tell: called with 'added' or 'changed' and the file,
  // or with 'refused' and {name, code} of one that is not taken
  constructor(link, budget, tell) {
    this.#link = link;
    this.#budget = budget;
    this.#tell = tell;
  }

  // who: the sender's name
  receive(message, who) {
    const file = this.#running.get(message.id);
    switch (message.type) {
      case 'file-offer':
        this.#offered(message, who);
        break;
      case 'file-end':
        if (file?.state === 'receiving')
          this.#check(file, message).catch((error) => this.#refuse(file, error));
        else if (!file && this.#offers.take())
          this.#endedAgain(message);
        break;
      case 'file-cancel':
        if (file)
          this.#finish(file, 'withdrawn');
        break;
    }
  }

  chunk(buffer) {
    const chunk = parseChunk(buffer);
    const file = chunk && this.#running.get(chunk.id);
    if (file?.state !== 'receiving')
      return;
    try {
      this.#append(file, chunk);
    } catch (error) {
      this.#refuse(file, error);
    }
  }

  // By hand, on this side
  cancel(file) {
    if (!file.running)
      return;
    this.#remember(this.#unwanted, file.key);
    if (this.#running.get(file.id) === file)
      this.#answer('file-cancel', { id: file.id, by: 'receiver', text: '' });
    this.#finish(file, 'cancelled');
  }

  // What is done is wanted no more
  remove(file) {
    this.cancel(file);
    this.#release(file);
    file.blob = null;
  }

  // The connection, or who sends, is gone
  closed() {
    for (const file of [...this.#running.values()]) {
      this.#forget(file);
      this.#kept.set(file.key, file);
      this.#timers.set(file.key, setTimeout(() => this.#finish(file, 'withdrawn'), KEEP));
      this.#change(file, 'interrupted');
    }
    for (const file of [...this.#kept.values()].slice(0, -AT_ONCE))
      this.#finish(file, 'withdrawn');
  }

  #answer(type, fields) {
    if (this.#link.buffered < BUSY)
      this.#link.send(control(type, fields));
  }

  #change(file, state, code = '') {
    file.state = state;
    file.code = code;
    file.round++;
    this.#tell('changed', file);
  }

  #remember(where, key, value) {
    if (where instanceof Set)
      where.add(key);
    else
      where.set(key, value);
    if (where.size > MAX_KEYS)
      where.delete(where.keys().next().value);
  }

  #hold(file, bytes) {
    this.#held += bytes;
    this.#budget.held += bytes;
    file.held = (file.held ?? 0) + bytes;
  }

  #release(file) {
    this.#hold(file, -(file.held ?? 0));
    file.drop();
  }

  // It takes no place among those that are coming
  #forget(file) {
    if (this.#running.get(file.id) === file) {
      this.#running.delete(file.id);
      this.#budget.running--;
    }
    clearTimeout(this.#timers.get(file.key));
    this.#timers.delete(file.key);
    this.#kept.delete(file.key);
  }

  #finish(file, state, code) {
    this.#forget(file);
    this.#release(file);
    this.#change(file, state, code);
  }

  #refuse(file, error) {
    if (!(error instanceof Refusal))
      throw error;
    this.#answer('file-refuse', { id: file.id, code: error.code, text: '' });
    this.#finish(file, 'refused', error.code);
  }

  // ---- offers

  #offered(offer, who) {
    const { id, key } = offer;
    const busy = this.#running.get(id);
    if (busy && busy.key !== key)
      this.#finish(busy, 'withdrawn'); // they have begun another one
    const done = this.#done.get(key);
    if (done?.offered === offer.size) {
      this.#remember(this.#doneById, id, done);
      this.#answer('file-accept', { id, offset: done.size });
      return;
    }
    try {
      const file = this.#find(offer) ?? this.#add(offer, who);
      file.id = id;
      this.#running.set(id, file);
      this.#budget.running++;
      file.acked = file.position;
      this.#answer('file-accept', { id, offset: file.position });
    } catch (error) {
      if (!(error instanceof Refusal))
        throw error;
      this.#answer('file-refuse', { id, code: error.code, text: '' });
      if (error.code !== 'refused' && this.#notices.take())
        this.#tell('refused', { name: cleanFileName(offer.name), code: error.code, size: offer.size });
    }
  }

  // One that is here in part
  #find({ key, size }) {
    const file = this.#kept.get(key) ?? [...this.#running.values()].find((other) => other.key === key);
    if (file && file.size !== size) {
      this.#finish(file, 'withdrawn');
      return null;
    }
    if (file) {
      this.#forget(file);
      this.#change(file, 'receiving');
    }
    return file ?? null;
  }

  #add(offer, who) {
    if (this.#unwanted.has(offer.key))
      throw new Refusal('refused');
    if (!this.#offers.take() || this.#running.size >= AT_ONCE || this.#budget.running >= AT_ONCE_ALL)
      throw new Refusal('too-many');
    if (!globalThis.crypto?.subtle)
      throw new Refusal('failed'); // its hash cannot be checked here
    if (offer.size > MAX_SIZE)
      throw new Refusal('too-big');
    const promised = [...this.#running.values()].reduce((sum, { size, position }) => sum + Math.max(0, size - position), 0);
    if (this.#held + promised + offer.size > MAX_HELD || this.#budget.held + offer.size > MAX_HELD_ALL)
      throw new Refusal('no-space');
    const file = new Incoming(offer, who);
    this.#tell('added', file);
    return file;
  }

  // ---- bytes

  #append(file, { offset, bytes }) {
    if (offset > file.position)
      throw new Refusal('bad-order');
    if (offset + bytes.length > (file.size < 0 ? MAX_SIZE : file.size))
      throw new Refusal('too-big');
    const fresh = bytes.subarray(file.position - offset);
    if (!fresh.length)
      return; // all of it is here
    if (this.#held + fresh.length > MAX_HELD || this.#budget.held + fresh.length > MAX_HELD_ALL)
      throw new Refusal('no-space');
    file.append(fresh);
    this.#hold(file, fresh.length);
    if (file.position - file.acked < ACK_EVERY && file.position !== file.size)
      return;
    file.acked = file.position;
    this.#answer('file-ack', { id: file.id, offset: file.position });
    this.#tell('changed', file);
  }

  #endedAgain({ id, size, sha256: wanted }) {
    const done = this.#doneById.get(id);
    if (done && size === done.size && wanted === done.sha256)
      this.#answer('file-done', { id });
    else
      this.#answer('file-refuse', { id, code: done ? 'bad-hash' : 'failed', text: '' });
  }

  async #check(file, { size, sha256: wanted }) {
    if (size > file.position)
      throw new Refusal('bad-order');
    if (size !== file.position || (file.size >= 0 && size !== file.size))
      throw new Refusal('bad-hash');
    this.#change(file, 'checking');
    const { round } = file;
    const blob = file.whole();
    const found = await sha256(blob).catch(() => '');
    const picture = await pictureOf(blob).catch(() => null);
    if (file.round !== round)
      return; // cancelled, or offered once more
    if (found !== wanted)
      throw new Refusal(found ? 'bad-hash' : 'failed');
    // Whatever they call it: no page of ours is made of it
    file.blob = file.whole(picture?.type ?? 'application/octet-stream');
    file.drop();
    file.picture = picture;
    this.#forget(file);
    const done = { offered: file.size, size, sha256: found };
    this.#remember(this.#done, file.key, done);
    this.#remember(this.#doneById, file.id, done);
    file.size = size;
    this.#answer('file-done', { id: file.id });
    this.#change(file, 'done');
  }
}
