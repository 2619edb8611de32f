// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// One file in the list: name, size, how far it is, and what came of it. A picture
// is shown, everything else is a link to save it. Names are text, never markup.

import { bytesWords, downloadWords, uploadWords } from './text.js';
import { icon, make } from './tile.js';

function button(text, label, onClick) {
  const node = make('button', 'quiet', text);
  node.type = 'button';
  node.setAttribute('aria-label', label);
  node.addEventListener('click', onClick);
  return node;
}

export class FileEntry {
  #item;
  #url = '';
  #bar = make('progress');
  #words = make('p', 'hint');
  #picture = make('div', 'picture');
  #cancel;
  #remove;
  #save = make('a', 'quiet', 'Save');
  #done;

  // head: who and when; cancel, remove: called by the buttons
  constructor(item, { head, cancel, remove }) {
    this.#item = item;
    this.#done = item.own;
    this.#bar.max = 1;
    this.#bar.setAttribute('aria-label', `Progress of ${item.name}`);
    this.#cancel = button('Cancel', `Cancel ${item.name}`, cancel);
    this.#remove = button('Remove', `Remove ${item.name}`, remove);
    this.#save.setAttribute('aria-label', `Save ${item.name}`);
    const size = make('span', 'hint', item.size < 0 ? '' : bytesWords(item.size));
    const name = make('p', 'file-name', icon('file'), make('bdi', '', item.name), ' ', size);
    const state = make('div', 'file-state', this.#bar, this.#words,
      make('div', 'file-buttons', this.#save, this.#cancel, this.#remove));
    state.setAttribute('aria-live', 'off'); // every percent would be read
    this.root = make('div', item.own ? 'entry file own' : 'entry file', head, this.#picture, name, state);
    this.update();
  }

  // Words to be said, if there are any
  update() {
    const item = this.#item;
    const { running, blob } = item;
    const hadFocus = this.#cancel === document.activeElement;
    this.root.dataset.state = item.own ? running ? 'running' : 'ended' : item.state;
    this.#bar.hidden = !running;
    if (item.size >= 0)
      this.#bar.value = item.progress;
    this.#words.textContent = item.own ? uploadWords(item) : downloadWords(item);
    this.#cancel.hidden = !running;
    this.#remove.hidden = running;
    this.#save.hidden = item.own || !blob;
    if (blob && !this.#url)
      this.#show(blob);
    if (hadFocus && !running)
      (this.#save.hidden ? this.#remove : this.#save).focus();
    if (this.#done || running)
      return '';
    this.#done = true;
    return item.state === 'done' ? `${item.name} from ${item.who} is here` : `${item.name}: ${this.#words.textContent}`;
  }

  remove() {
    URL.revokeObjectURL(this.#url);
  }

  #show(blob) {
    const { name, picture } = this.#item;
    this.#url = URL.createObjectURL(blob);
    this.#save.href = this.#url;
    this.#save.download = name;
    if (!picture)
      return;
    const image = make('img');
    image.alt = name;
    image.width = picture.width;
    image.height = picture.height;
    image.addEventListener('error', () => this.#picture.replaceChildren());
    image.src = this.#url;
    this.#picture.replaceChildren(image);
  }
}
