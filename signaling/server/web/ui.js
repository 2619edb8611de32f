// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The elements of index.html: views, grid, controls, notices, announcements.
// Knows nothing of signalling or WebRTC; main.js tells it what to show.

import { Tile, columns, icon } from './tile.js';
import { deviceName } from './text.js';

const GAP = 12; // px between tiles, as --gap in style.css
const $ = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];

// icon, word on the button, full name (which contains the word)
const CONTROL = {
  audio: { live: ['mic', 'Mute', 'Mute microphone'], muted: ['mic-off', 'Unmute', 'Unmute microphone'],
    none: ['mic-off', 'Mic', 'Turn microphone on'] },
  video: { live: ['cam', 'Camera', 'Turn camera off'], muted: ['cam-off', 'Camera', 'Turn camera on'],
    none: ['cam-off', 'Camera', 'Turn camera on'] },
};

export class Ui extends EventTarget {
  #tiles = new Map();
  #notices = new Map();
  #lastFocus = null;

  // Events: 'action' {action}, 'join' {name, token}, 'device' {kind, deviceId}, 'shortcuts' {on}
  constructor({ room, name, shortcuts, speakerChoice }) {
    super();
    for (const node of all('[data-room]'))
      node.textContent = room;
    for (const node of all('[data-speaker]'))
      node.hidden = !speakerChoice;
    $('name').value = name;
    $('shortcuts').checked = shortcuts;
    document.title = `${room} · gst-call`;
    this.#listen();
    new ResizeObserver(() => this.#layout()).observe($('grid').parentElement);
  }

  // ---- what the person does

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #listen() {
    for (const button of all('[data-action]'))
      button.addEventListener('click', () => this.#emit('action', { action: button.dataset.action }));
    for (const select of all('select[data-device]'))
      select.addEventListener('change', () =>
        this.#emit('device', { kind: select.dataset.device, deviceId: select.value }));
    $('join-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#emit('join', { name: $('name').value, token: $('token').value });
    });
    $('shortcuts').addEventListener('change', ({ target }) =>
      this.#emit('shortcuts', { on: target.checked }));
    $('copy-link').addEventListener('click', () => this.#copyLink());
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event) {
    const typing = event.target.closest?.('input:not([type=checkbox]), select, textarea, [contenteditable]');
    if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented)
      return;
    if (this.view !== 'call' || !$('shortcuts').checked)
      return;
    const action = { m: 'audio', v: 'video', c: 'chat', '?': 'settings' }[event.key.toLowerCase()];
    if (!action || (['settings', 'chat'].includes(action) && $('settings').open))
      return;
    event.preventDefault();
    this.#emit('action', { action });
  }

  async #copyLink() {
    const link = location.origin + location.pathname;
    try {
      await navigator.clipboard.writeText(link);
      this.announce('Link copied');
      this.#flashLabel($('copy-link'), 'Copied');
    } catch {
      this.notice('link', `The link of this room: ${link}`);
    }
  }

  #flashLabel(button, text) {
    const label = button.querySelector('.label');
    label.textContent = text;
    setTimeout(() => { label.textContent = 'Copy link'; }, 2000);
  }

  // ---- views

  get view() { return document.body.dataset.view; }

  showLobby() {
    document.body.dataset.view = 'lobby';
    $('call').hidden = true;
    $('lobby').hidden = false;
    this.closeSettings();
  }

  // focus: not when the person did nothing to get here
  showCall({ focus }) {
    document.body.dataset.view = 'call';
    $('lobby').hidden = true;
    $('call').hidden = false;
    this.#layout();
    if (focus)
      document.querySelector('.bar [data-action=audio]').focus({ preventScroll: true });
  }

  // busy: the button tells that we are at it
  setJoining(busy) {
    $('join').disabled = busy;
    $('join').textContent = busy ? 'Joining…' : 'Join the call';
  }

  setLobbyStatus(text) {
    $('lobby-status').textContent = text;
  }

  setLobbyError(text, { askToken = false } = {}) {
    $('lobby-error').textContent = text;
    $('lobby-error').hidden = !text;
    if (askToken) {
      $('token-field').hidden = false;
      $('token').focus();
    } else if (text) {
      $('join').focus();
    }
  }

  openSettings() {
    this.#lastFocus = document.activeElement;
    $('settings').showModal();
    $('settings').addEventListener('close', () => this.#lastFocus?.focus?.(), { once: true });
  }

  closeSettings() {
    if ($('settings').open)
      $('settings').close();
  }

  // ---- devices

  setDevices({ cameras, microphones, speakers, chosen }) {
    for (const [kind, list] of [['videoinput', cameras], ['audioinput', microphones], ['audiooutput', speakers]])
      for (const select of all(`select[data-device=${kind}]`))
        this.#fillSelect(select, list, chosen[kind]);
    for (const button of all('[data-action=flip]'))
      button.hidden = cameras.length < 2;
  }

  #fillSelect(select, list, chosen) {
    const options = list.map((device, index) =>
      new Option(deviceName(device, index, device.kind), device.deviceId));
    if (select.dataset.device === 'audiooutput' && !list.some(({ deviceId }) => deviceId === 'default'))
      options.unshift(new Option('System default', ''));
    if (!options.length)
      options.push(new Option('None found', ''));
    const same = options.length === select.options.length &&
      options.every((option, i) => option.value === select.options[i].value && option.text === select.options[i].text);
    if (!same)
      select.replaceChildren(...options);
    select.disabled = !list.length;
    select.value = chosen;
    if (select.selectedIndex < 0)
      select.selectedIndex = 0;
  }

  setControls(states) {
    for (const kind of ['audio', 'video']) {
      const [symbol, short, long] = CONTROL[kind][states[kind]];
      for (const button of all(`[data-action=${kind}]`)) {
        button.classList.toggle('off', states[kind] !== 'live');
        button.setAttribute('aria-label', long);
        button.title = `${long} (${kind === 'audio' ? 'M' : 'V'})`;
        button.querySelector('use').setAttribute('href', `#i-${symbol}`);
        button.querySelector('.label').textContent = short;
      }
    }
  }

  setPreview(track, mirrored) {
    const video = $('preview');
    if (video.srcObject?.getVideoTracks()[0] !== track)
      video.srcObject = track ? new MediaStream([track]) : null;
    video.classList.toggle('mirrored', mirrored);
    $('preview-note').textContent = track ? '' : 'Your camera is off';
  }

  setLevel(level) {
    $('level').value = level;
  }

  // ---- the call

  setConnection(text) {
    $('connection').textContent = text;
  }

  addTile(id, options) {
    const tile = new Tile(options);
    this.#tiles.set(id, tile);
    $('grid').append(tile.root);
    this.#countChanged();
    return tile;
  }

  tile(id) {
    return this.#tiles.get(id);
  }

  tiles() {
    return this.#tiles.values();
  }

  removeTile(id) {
    const tile = this.#tiles.get(id);
    if (!tile)
      return;
    const hadFocus = tile.root.contains(document.activeElement);
    tile.remove();
    this.#tiles.delete(id);
    if (hadFocus)
      document.querySelector('.bar [data-action=audio]').focus();
    this.#countChanged();
  }

  #countChanged() {
    $('count').textContent = this.#tiles.size;
    $('alone').hidden = this.#tiles.size > 1;
    this.#layout();
  }

  #layout() {
    const grid = $('grid');
    const { width, height } = grid.getBoundingClientRect();
    const best = columns(this.#tiles.size, width, height, GAP);
    // Set from the script: the policy forbids style attributes only
    grid.style.setProperty('--tile-width', best.width ? `${Math.floor(best.width)}px` : '100%');
    grid.style.setProperty('--tile-height', best.height ? `${Math.floor(best.height)}px` : 'auto');
  }

  // ---- words

  // For screen readers; the same words twice are read twice
  announce(text) {
    const line = document.createElement('span');
    line.textContent = `${text}. `;
    $('announcer').append(line);
    setTimeout(() => line.remove(), 5000);
  }

  // A line that stays until it is closed or solved. key: one line each; text '': solved
  notice(key, text, { button, onClick } = {}) {
    this.#notices.get(key)?.remove();
    this.#notices.delete(key);
    if (!text)
      return;
    const line = document.createElement('div');
    line.className = 'notice';
    const words = document.createElement('span');
    words.textContent = text;
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'quiet';
    close.textContent = button ?? 'Dismiss';
    close.addEventListener('click', () => {
      this.notice(key, '');
      onClick?.();
    });
    line.append(words, close);
    this.#notices.set(key, line);
    $('notices').append(line);
  }
}

export { icon };
