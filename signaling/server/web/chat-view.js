// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The panel beside the tiles, or over them where there is no room: the list, the
// line to write in, files that are dropped, picked or pasted. What others sent
// gets into the page as text and as pictures only.
//
// Events: 'send' {text}, 'files' {files}, 'cancel' {item}, 'remove' {item}

import { FileEntry } from './file-view.js';
import { bytesWords } from './text.js';
import { make } from './tile.js';

const NARROW = matchMedia('(max-width: 720px)');
const TOUCH = matchMedia('(pointer: coarse)');
const AT_END = 40; // px from the end of the list that count as there
const MAX_ROWS = 5;
const MAX_SPOKEN = 300; // characters
const $ = (id) => document.getElementById(id);

const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const hasFiles = (event) => event.dataTransfer?.types.includes('Files');

function head(item) {
  const time = make('time', '', clock.format(item.time));
  time.dateTime = item.time.toISOString();
  const who = make('bdi', 'who', item.own ? `${item.who} (you)` : item.who);
  return make('p', 'meta', who, ' ', time);
}

function textEntry(item) {
  const text = make('p', 'text', item.text);
  text.dir = 'auto';
  return make('div', item.own ? 'entry own' : 'entry', head(item), text);
}

export class ChatView extends EventTarget {
  #announce;
  #button = document.querySelector('[data-action=chat]');
  #entries = new Map(); // item to {root, update?, remove?}
  #unread = 0;
  #drags = 0;
  #atEnd = true; // of the list, which then follows what comes
  #top = 0;
  #frame = 0;

  // announce: says words to who cannot see them
  constructor(announce) {
    super();
    this.#announce = announce;
    $('chat-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#emit('send', { text: $('chat-text').value });
    });
    $('chat-close').addEventListener('click', () => this.close());
    $('chat').addEventListener('keydown', (event) => event.key === 'Escape' && !event.isComposing && this.close());
    $('chat-text').addEventListener('keydown', (event) => this.#key(event));
    $('chat-text').addEventListener('input', () => this.#grow());
    $('chat-attach').addEventListener('click', () => $('chat-files').click());
    $('chat-files').addEventListener('change', () => {
      this.#pick($('chat-files').files);
      $('chat-files').value = '';
    });
    $('chat-text').addEventListener('paste', (event) => {
      if (event.clipboardData.files.length) {
        event.preventDefault();
        this.#pick(event.clipboardData.files);
      }
    });
    NARROW.addEventListener('change', () => this.#cover());
    $('chat-log').addEventListener('scroll', () => this.#scrolled());
    $('chat-log').addEventListener('load', () => this.#follow(), true); // of a picture
    new ResizeObserver(() => this.#follow()).observe($('chat-log'));
    this.#listenToDrops();
    this.#showUnread();
  }

  get isOpen() { return !$('chat').hidden; }

  toggle() {
    if (this.isOpen)
      this.close();
    else
      this.open();
  }

  // focus: where one writes; on a touch screen that would bring up the keyboard
  open({ focus = true } = {}) {
    $('chat').hidden = false;
    $('call').classList.add('with-chat');
    this.#unread = 0;
    this.#cover();
    this.#showUnread();
    this.#atEnd = true;
    this.#follow();
    if (focus)
      (TOUCH.matches ? $('chat-title') : $('chat-text')).focus();
  }

  close() {
    const hadFocus = $('chat').contains(document.activeElement);
    $('chat').hidden = true;
    $('call').classList.remove('with-chat');
    this.#cover();
    this.#showUnread();
    if (hadFocus)
      this.#button.focus();
  }

  // Of what was written last; '' for nothing
  setStatus(text) {
    $('chat-status').textContent = text;
    if (text)
      this.open({ focus: false });
  }

  clearText() {
    $('chat-text').value = '';
    this.#grow();
  }

  add(item) {
    const entry = this.#entry(item);
    this.#entries.set(item, entry);
    $('chat-log').append(entry.root);
    $('chat-hint').hidden = true;
    this.#atEnd ||= item.own;
    this.#follow();
    if (item.own || this.isOpen)
      return;
    this.#unread++;
    this.#showUnread();
    this.#announce(this.#spoken(item));
  }

  update(item) {
    const said = this.#entries.get(item)?.update();
    if (said)
      this.#announce(said);
    this.#follow();
  }

  remove(item) {
    const entry = this.#entries.get(item);
    const hadFocus = entry?.root.contains(document.activeElement);
    entry?.remove?.();
    entry?.root.remove();
    this.#entries.delete(item);
    if (hadFocus)
      $('chat-log').focus();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #entry(item) {
    if (item.note)
      return { root: make('p', 'entry note', item.note) };
    if (item.text !== undefined)
      return { root: textEntry(item) };
    return new FileEntry(item, {
      head: head(item),
      cancel: () => this.#emit('cancel', { item }),
      remove: () => this.#emit('remove', { item }),
    });
  }

  // Once before the page is drawn, however many have come: the height takes a layout
  #follow() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#atEnd)
        $('chat-log').scrollTop = $('chat-log').scrollHeight;
    });
  }

  // Only who scrolls back leaves the end: the list may just have grown
  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = $('chat-log');
    if (scrollHeight - scrollTop - clientHeight < AT_END)
      this.#atEnd = true;
    else if (scrollTop < this.#top)
      this.#atEnd = false;
    this.#top = scrollTop;
  }

  #spoken({ note, text, who, name, size }) {
    if (note)
      return note;
    if (text !== undefined)
      return `${who}: ${[...text.slice(0, 2 * MAX_SPOKEN)].slice(0, MAX_SPOKEN).join('')}`;
    return size < 0 ? `${who} sends ${name}` : `${who} sends ${name}, ${bytesWords(size)}`;
  }

  #showUnread() {
    const badge = $('unread');
    badge.textContent = this.#unread > 99 ? '99+' : this.#unread;
    badge.hidden = this.#unread === 0;
    const words = this.#unread ? `Chat, ${this.#unread} unread` : 'Chat';
    this.#button.setAttribute('aria-label', words);
    this.#button.setAttribute('aria-expanded', this.isOpen);
    this.#button.title = `${words} (C)`;
  }

  // What the panel lies over cannot be reached
  #cover() {
    document.querySelector('.stage').inert = this.isOpen && NARROW.matches;
  }

  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
      return;
    event.preventDefault();
    $('chat-form').requestSubmit();
  }

  #grow() {
    const field = $('chat-text');
    field.rows = 1;
    const line = parseFloat(getComputedStyle(field).lineHeight);
    field.rows = Math.max(1, Math.min(MAX_ROWS, Math.round((field.scrollHeight - 20) / line)));
  }

  #pick(files) {
    if (files.length)
      this.#emit('files', { files: [...files] });
  }

  // Wherever they are dropped, the page is not left for them
  #listenToDrops() {
    const show = (on) => { $('drop').hidden = !on || document.body.dataset.view !== 'call'; };
    document.addEventListener('dragenter', (event) => hasFiles(event) && show(++this.#drags > 0));
    document.addEventListener('dragleave', (event) => hasFiles(event) && show(--this.#drags > 0));
    document.addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
    document.addEventListener('drop', (event) => {
      this.#drags = 0;
      show(false);
      if (!hasFiles(event))
        return;
      event.preventDefault();
      if (document.body.dataset.view !== 'call')
        return;
      const folders = new Set([...event.dataTransfer.items].filter((item) => item.webkitGetAsEntry?.()?.isDirectory)
        .map((item) => item.getAsFile()?.name));
      const files = [...event.dataTransfer.files].filter(({ name }) => !folders.has(name));
      this.open({ focus: false });
      this.#pick(files);
      if (folders.size)
        this.setStatus('Folders cannot be sent. Send the files in them.');
    });
  }
}
