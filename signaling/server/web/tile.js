// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// One person in the grid: picture or initials, name, and what they are doing,
// for eyes as icons, for screen readers as words.

import { linkStatus, closeReason, trackWords } from './text.js';

export const make = (name, className, ...children) => {
  const node = document.createElement(name);
  if (className)
    node.className = className;
  node.append(...children);
  return node;
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export const nameOf = (info) => info?.displayName || 'Guest';

function initials(name) {
  const words = name.trim().split(/\s+/u).slice(0, 2);
  return words.map((word) => [...word][0] ?? '').join('').toLocaleUpperCase();
}

// The same person gets the same colour on every screen
function hue(text) {
  let hash = 7;
  for (const char of text)
    hash = (hash * 31 + char.codePointAt(0)) >>> 0;
  return hash % 8;
}

export class Tile {
  #video = make('video');
  #face = make('span', 'face');
  #status = make('p', 'status');
  #retry = make('button', 'retry', 'Try again');
  #name = make('span', 'name');
  #icons = make('span', 'icons');
  #words = make('span', 'visually-hidden');
  #state = null; // of the last update

  // self: our own picture, mirrored and silent. onRetry: called by the button.
  constructor({ self = false, onRetry } = {}) {
    const placeholder = make('div', 'placeholder', this.#face, this.#status, ...(self ? [] : [this.#retry]));
    const caption = make('p', 'caption', this.#icons, this.#name, this.#words);
    this.root = make('li', self ? 'tile self' : 'tile', this.#video, placeholder, caption);
    this.root.tabIndex = -1;
    this.#face.setAttribute('aria-hidden', 'true');
    this.#video.autoplay = true;
    this.#video.playsInline = true;
    this.#video.muted = self;
    this.#video.addEventListener('resize', () => this.#state && this.update(this.#state));
    this.#retry.type = 'button';
    this.#retry.hidden = true;
    this.#retry.addEventListener('click', () => onRetry?.());
    this.self = self;
  }

  get video() { return this.#video; }

  // Rejects with NotAllowedError where sound needs a click first
  async show(stream) {
    if (this.#video.srcObject !== stream)
      this.#video.srcObject = stream;
    if (stream?.getTracks().length)
      await this.#video.play().catch((error) => {
        if (error.name !== 'AbortError')
          throw error;
      });
  }

  async setSpeaker(deviceId) {
    if (!this.self && this.#video.setSinkId && this.#video.sinkId !== deviceId)
      await this.#video.setSinkId(deviceId);
  }

  // info: the peer of PROTOCOL.md; link, reason: of Peer; hasVideo: a picture can be there
  update(state) {
    this.#state = state;
    const { info, link, reason, hasVideo } = state;
    const name = nameOf(info);
    const away = info.connected === false;
    // Pictures count more than the word of a client that says it has none
    const sent = info.video === 'live' || (info.video === 'none' && this.#video.videoWidth > 0);
    const picture = hasVideo && sent && (link === 'connected' || link === 'interrupted');
    this.#name.textContent = this.self ? `${name} (you)` : name;
    this.#face.textContent = initials(name);
    this.root.dataset.hue = hue(info.peerId ?? name);
    this.root.classList.toggle('with-picture', picture);
    this.root.classList.toggle('dimmed', link !== 'connected');
    const status = this.self ? '' : linkStatus(link);
    const why = link === 'failed' || link === 'closed' ? closeReason(reason) : '';
    this.#status.textContent = [status, why].filter(Boolean).join('. ');
    this.#retry.hidden = !why || ['bye', 'fingerprint-mismatch'].includes(reason);
    this.#retry.setAttribute('aria-label', `Try again to connect to ${name}`);
    this.#showTracks(info, away);
    this.#video.setAttribute('aria-label', `Picture of ${name}`);
  }

  speaking(on) {
    this.root.classList.toggle('speaking', on);
  }

  remove() {
    this.#video.srcObject = null;
    this.root.remove();
  }

  #showTracks({ audio, video }, away) {
    const icons = [];
    if (audio !== 'live')
      icons.push(icon('mic-off'));
    if (video === 'muted')
      icons.push(icon('cam-off'));
    this.#icons.replaceChildren(...icons);
    const words = [trackWords.audio[audio], trackWords.video[video],
      away ? 'not reachable by the server' : ''].filter(Boolean);
    this.#words.textContent = words.length ? `, ${words.join(', ')}` : '';
    this.root.title = words.join(', ');
  }
}

// The columns that make the tiles largest in a stage of width x height. Pictures
// are 16:9 at the widest; upright screens may have them upright.
export function columns(count, width, height, gap) {
  const tallest = width < height ? 4 / 3 : 3 / 4;
  let best = { area: 0, columns: 1 };
  for (let n = 1; n <= count; n++) {
    const rows = Math.ceil(count / n);
    const cellWidth = (width - gap * (n - 1)) / n;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    const tileWidth = Math.min(cellWidth, cellHeight * 16 / 9);
    const tileHeight = Math.min(cellHeight, cellWidth * tallest);
    if (Math.min(tileWidth, tileHeight) > 0 && tileWidth * tileHeight > best.area)
      best = { area: tileWidth * tileHeight, columns: n, width: tileWidth, height: tileHeight };
  }
  return best;
}
