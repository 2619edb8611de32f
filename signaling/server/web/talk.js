// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// What people write and send to each other beside pictures and sound: ties the
// people of a call and their channels to the list that the view shows. The list
// outlives a call; it is as long as the page and of bounded length.
//
// Its items are {text, own, who}, {note}, Upload (file-sender.js) and what
// file-receiver.js tells; each has .time.

import { Bucket, Line, messageOf } from './chat.js';
import { parseControl } from './file-protocol.js';
import { MAX_SIZE, Budget, Receiver } from './file-receiver.js';
import { Sender, Upload } from './file-sender.js';
import { pictureOf } from './picture.js';
import { nameOf } from './tile.js';
import { chatProblem, refusedOffer } from './text.js';

const FILES = 'files';
const MAX_ITEMS = 500;
const MAX_PICKED = 64; // files at once
const SHOW = 100; // ms between two looks at what changed
const KEEP = 600000; // ms that files of one who left wait for them

const FROM_RECEIVER = new Set(['file-accept', 'file-ack', 'file-done', 'file-refuse']);

// One other person, known by peerId even when they leave and come back
class Person {
  #peer = null;
  #line = null;

  // events: {text (person, text), flood (person), changed (item), file (what, item, person)}
  constructor(events, budget) {
    const self = this;
    const link = {
      get open() { return self.#peer?.channels.isOpen(FILES) ?? false; },
      get buffered() { return self.#peer?.channels.buffered(FILES) ?? 0; },
      ensure: () => this.#peer?.channels.ensure(FILES),
      send: (data) => this.#peer?.channels.send(FILES, data) ?? false,
    };
    this.events = events;
    this.sender = new Sender(link, events.changed);
    this.receiver = new Receiver(link, budget, (what, item) => events.file(what, item, this));
  }

  get here() { return this.#peer !== null; }

  meet(peer) {
    this.#peer = peer;
    this.name = nameOf(peer.info);
    this.#line = new Line(peer.channels);
    const mine = (handler) => ({ detail }) => this.#peer === peer && handler(detail);
    peer.channels.addEventListener('open', mine(({ label }) => (label === FILES ? this.sender : this.#line).opened()));
    peer.channels.addEventListener('closed', mine(({ label }) => label === FILES && this.#closed()));
    peer.channels.addEventListener('low', mine(({ label }) => label === FILES && this.sender.low()));
    peer.channels.addEventListener('message', mine(({ label, data }) =>
      label === FILES ? this.#received(data) : this.#heard(data)));
  }

  write(message) {
    this.#line.send(message);
  }

  left() {
    this.#peer = null;
    this.receiver.closed();
    this.sender.left();
  }

  // They may send on another one of that label
  #closed() {
    this.sender.closed();
    if (!this.#peer.channels.isOpen(FILES))
      this.receiver.closed();
  }

  #heard(data) {
    const text = this.#line.receive(data);
    if (text)
      this.events.text(this, text);
    else if (text === null)
      this.events.flood(this);
  }

  #received(data) {
    if (typeof data !== 'string') {
      this.receiver.chunk(data);
      return;
    }
    const message = parseControl(data);
    if (!message)
      return; // not for us
    if (FROM_RECEIVER.has(message.type) || message.by === 'receiver')
      this.sender.receive(message);
    else
      this.receiver.receive(message, this.name);
  }
}

export class Talk {
  #view;
  #call = null;
  #people = new Map(); // peerId to Person
  #timers = new Map(); // peerId to timer, of who left
  #budget = new Budget();
  #owners = new WeakMap(); // item to Person, of received files
  #changes = new Set(); // items to be shown anew
  #timer = 0;
  #floods = new Bucket(3, 0.1);

  items = [];

  constructor(view) {
    this.#view = view;
    view.addEventListener('send', ({ detail: { text } }) => this.#send(text));
    view.addEventListener('files', ({ detail: { files } }) => this.#offer(files));
    view.addEventListener('cancel', ({ detail: { item } }) => this.#cancel(item));
    view.addEventListener('remove', ({ detail: { item } }) => this.#remove(item));
  }

  // For window.gstCall: copies
  get messages() {
    return this.items.filter(({ text }) => text !== undefined).map(({ own, who, text, time }) => ({ own, who, text, time }));
  }

  get notes() {
    return this.items.filter(({ note }) => note).map(({ note }) => note);
  }

  get files() {
    const part = ({ id, who, state, code, sent, acked }) => ({ id, who, state, code, sent, acked });
    const file = ({ own, who, name, size, state, code, position, progress, running, parts = [] }) =>
      ({ own, who, name, size, state, code, position, progress, running, parts: parts.map(part) });
    return this.items.filter(({ name }) => name !== undefined).map(file);
  }

  begin(call) {
    this.#call = call;
    call.addEventListener('peer-added', ({ detail: peer }) => this.#meet(peer));
    call.addEventListener('peer-changed', ({ detail: { info } }) => {
      const person = this.#people.get(info.peerId);
      if (person)
        person.name = nameOf(info);
    });
    call.addEventListener('peer-removed', ({ detail: { info } }) => this.#left(info.peerId));
  }

  end() {
    this.#call = null;
  }

  #meet(peer) {
    const { peerId } = peer.info;
    clearTimeout(this.#timers.get(peerId));
    const person = this.#people.get(peerId) ?? new Person({
      text: ({ name }, text) => this.#add({ own: false, who: name, text }),
      flood: ({ name }) => this.#floods.take() && this.#add({ note: chatProblem('flood', name) }),
      changed: (item) => this.#changed(item),
      file: (what, item, from) => this.#file(what, item, from),
    }, this.#budget);
    this.#people.set(peerId, person);
    person.meet(peer);
  }

  #left(peerId) {
    this.#people.get(peerId)?.left();
    this.#timers.set(peerId, setTimeout(() => {
      this.#people.delete(peerId);
      this.#timers.delete(peerId);
    }, KEEP));
  }

  #here() {
    return [...this.#people].filter(([, person]) => person.here);
  }

  #send(text) {
    let message;
    try {
      message = messageOf(text);
    } catch ({ code }) {
      this.#view.setStatus(chatProblem(code));
      return;
    }
    const people = this.#here();
    this.#view.setStatus(people.length ? '' : chatProblem('alone'));
    if (!people.length)
      return;
    for (const [, person] of people)
      person.write(message);
    this.#add({ own: true, who: nameOf(this.#call.self), text: message.slice(0, -1) });
    this.#view.clearText();
  }

  #offer(files) {
    const people = this.#here();
    const problem = globalThis.crypto?.subtle ? people.length ? '' : 'alone' : 'insecure';
    const large = files.find(({ size }) => size > MAX_SIZE);
    const rest = files.length > MAX_PICKED;
    this.#view.setStatus(chatProblem(problem || (large && 'too-big') || (rest && 'too-many'), large?.name));
    if (problem)
      return;
    for (const file of files.filter(({ size }) => size <= MAX_SIZE).slice(0, MAX_PICKED)) {
      const upload = Object.assign(new Upload(file), { who: nameOf(this.#call.self) });
      this.#add(upload);
      this.#showOwn(upload);
      for (const [peerId, person] of people)
        person.sender.add(upload, peerId, person.name);
    }
  }

  async #showOwn(upload) {
    upload.picture = await pictureOf(upload.file).catch(() => null);
    upload.blob = upload.picture && new Blob([upload.file], { type: upload.picture.type });
    this.#changed(upload);
  }

  #file(what, item, person) {
    if (what === 'refused') {
      this.#add({ note: refusedOffer(person.name, item) });
    } else if (what === 'added') {
      this.#owners.set(item, person);
      this.#add(item);
    } else {
      this.#changed(item);
    }
  }

  #cancel(item) {
    if (item.own)
      for (const person of this.#people.values())
        person.sender.cancel(item);
    else
      this.#owners.get(item)?.receiver.cancel(item);
  }

  #remove(item) {
    this.#cancel(item);
    this.#owners.get(item)?.receiver.remove(item);
    this.items = this.items.filter((other) => other !== item);
    this.#changes.delete(item);
    this.#view.remove(item);
  }

  // What is under way stays in the list, if it can
  #add(item) {
    item.time = new Date();
    this.items.push(item);
    this.#view.add(item);
    if (this.items.length > MAX_ITEMS)
      this.#remove(this.items.find((other) => !other.running) ?? this.items[0]);
  }

  #changed(item) {
    this.#changes.add(item);
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      for (const changed of this.#changes)
        this.#view.update(changed);
      this.#changes.clear();
    }, SHOW);
  }
}
