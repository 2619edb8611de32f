// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The devices of this machine and the two tracks we send. Says what happens by
// events; knows nothing of the page's elements nor of the call.
//
// Events
//   change            a list, a state or a choice changed
//   track             detail {kind, track}: what is sent now; track null: nothing
//   problem           detail {kind, error}: as text.js explains; undefined: it is over
//
// States are the protocol's: 'none' (no such track), 'live', 'muted'. A muted
// microphone stays open and sends silence. A camera that is off is closed, so
// its light goes out.

const KINDS = {
  audio: { list: 'audioinput', store: 'gst-call.microphone' },
  video: { list: 'videoinput', store: 'gst-call.camera' },
};
const SPEAKER = 'gst-call.speaker';

// Storage can be forbidden; then choices last as long as the page
function keeper(area) {
  const memory = new Map();
  return {
    get(key) {
      try {
        return window[area].getItem(key) ?? '';
      } catch {
        return memory.get(key) ?? '';
      }
    },
    set(key, value) {
      memory.set(key, value);
      try {
        window[area].setItem(key, value);
      } catch {
        // kept in memory
      }
    },
  };
}

export const store = keeper('localStorage'); // of this browser
export const session = keeper('sessionStorage'); // of this tab

export class Devices extends EventTarget {
  #tracks = { audio: null, video: null };
  #muted = { audio: false, video: false };
  #chosen = { audio: '', video: '' };
  #speaker = '';
  #busy = Promise.resolve();
  #size;

  cameras = [];
  microphones = [];
  speakers = [];

  // size: {width, height, frameRate} wished for the camera
  constructor({ size }) {
    super();
    this.#size = size;
    for (const kind of ['audio', 'video'])
      this.#chosen[kind] = store.get(KINDS[kind].store);
    this.#speaker = store.get(SPEAKER);
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.#refresh());
  }

  static get usable() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  static get speakerChoice() {
    return 'setSinkId' in HTMLMediaElement.prototype;
  }

  get audioTrack() { return this.#tracks.audio; }
  get videoTrack() { return this.#tracks.video; }
  get audio() { return this.#state('audio'); }
  get video() { return this.#state('video'); }
  // deviceId of the speaker for setSinkId, '' is the system's choice
  get speaker() { return this.#speaker; }

  chosen(kind) {
    return this.#tracks[kind]?.getSettings().deviceId || this.#chosen[kind];
  }

  // Opens camera and microphone, each alone if they cannot be had together.
  // Never rejects: what is missing is told by `problem`.
  start() {
    return this.#queue(async () => {
      if (!Devices.usable) {
        this.#problem('audio', null);
        return;
      }
      try {
        const stream = await navigator.mediaDevices.getUserMedia(
          { audio: this.#constraints('audio'), video: this.#constraints('video') });
        for (const track of stream.getTracks())
          this.#adopt(track.kind, track);
      } catch {
        for (const kind of ['audio', 'video'])
          await this.#tryOpen(kind);
      }
      await this.#refresh();
    });
  }

  // Mute and unmute; a track that is missing is asked for again
  toggle(kind) {
    return this.#queue(async () => {
      const track = this.#tracks[kind];
      if (this.#state(kind) === 'live') {
        this.#muted[kind] = true;
        if (kind === 'audio') {
          track.enabled = false;
        } else {
          this.#adopt('video', null);
        }
      } else {
        this.#muted[kind] = false;
        if (track)
          track.enabled = true;
        else
          await this.#tryOpen(kind);
      }
      this.#changed();
    });
  }

  // Another camera or microphone. Muted stays muted, off stays off.
  choose(kind, deviceId) {
    return this.#queue(async () => {
      this.#chosen[kind] = deviceId;
      store.set(KINDS[kind].store, deviceId);
      if (this.#state(kind) === 'muted' && !this.#tracks[kind]) {
        this.#changed();
        return;
      }
      await this.#tryOpen(kind);
      this.#changed();
    });
  }

  nextCamera() {
    const ids = this.cameras.map((device) => device.deviceId);
    const next = ids[(ids.indexOf(this.chosen('video')) + 1) % ids.length];
    return next === undefined ? Promise.resolve() : this.choose('video', next);
  }

  chooseSpeaker(deviceId) {
    this.#speaker = deviceId;
    store.set(SPEAKER, deviceId);
    this.#changed();
  }

  stop() {
    return this.#queue(async () => {
      for (const kind of ['audio', 'video'])
        this.#adopt(kind, null);
      this.#changed();
    });
  }

  settled() {
    return this.#busy;
  }

  // One operation at a time, so that quick clicks end in the last one's state
  #queue(work) {
    this.#busy = this.#busy.then(work).catch((error) => console.error(error));
    return this.#busy;
  }

  #state(kind) {
    const track = this.#tracks[kind];
    if (!track)
      return this.#muted[kind] ? 'muted' : 'none';
    return track.enabled ? 'live' : 'muted';
  }

  #constraints(kind) {
    const base = kind === 'audio'
      ? { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
      : { width: { ideal: this.#size.width }, height: { ideal: this.#size.height },
          frameRate: { ideal: this.#size.frameRate } };
    if (this.#chosen[kind])
      base.deviceId = { ideal: this.#chosen[kind] };
    return base;
  }

  async #tryOpen(kind) {
    const list = kind === 'audio' ? 'microphones' : 'cameras';
    const exact = this[list].some((device) => device.deviceId === this.#chosen[kind]);
    const constraints = this.#constraints(kind);
    if (exact)
      constraints.deviceId = { exact: this.#chosen[kind] };
    try {
      this.#adopt(kind, await this.#open(kind, constraints));
    } catch (error) {
      this.#problem(kind, error);
    }
    await this.#refresh();
  }

  // The new one is open before the old one closes. Where the two cannot be
  // open together (phones), the old one goes first.
  async #open(kind, constraints) {
    const ask = async () =>
      (await navigator.mediaDevices.getUserMedia({ [kind]: constraints })).getTracks()[0];
    try {
      return await ask();
    } catch (error) {
      if (!this.#tracks[kind] || !['NotReadableError', 'AbortError'].includes(error.name))
        throw error;
      this.#adopt(kind, null);
      return ask();
    }
  }

  #adopt(kind, track) {
    const old = this.#tracks[kind];
    if (track) {
      track.enabled = !this.#muted[kind];
      track.contentHint = kind === 'video' ? 'motion' : 'speech';
      track.addEventListener('ended', () => this.#ended(kind, track));
      this.#problem(kind, undefined);
    }
    this.#tracks[kind] = track;
    this.dispatchEvent(new CustomEvent('track', { detail: { kind, track } }));
    old?.stop();
    this.#changed();
  }

  // Unplugged, or taken away by the system: the next best, if there is one
  #ended(kind, track) {
    if (this.#tracks[kind] !== track)
      return;
    this.#queue(async () => {
      this.#adopt(kind, null);
      await this.#refresh();
      await this.#tryOpen(kind);
      this.#changed();
    });
  }

  async #refresh() {
    let all = [];
    try {
      all = await navigator.mediaDevices.enumerateDevices();
    } catch {
      // shown as empty lists
    }
    // Before permission is given the entries have neither id nor label
    const of = (kind) => all.filter((device) => device.kind === kind && device.deviceId);
    this.cameras = of('videoinput');
    this.microphones = of('audioinput');
    this.speakers = of('audiooutput');
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  // error: a DOMException, null when there is nothing to ask, undefined when all is well
  #problem(kind, error) {
    const detail = { kind, error };
    this.dispatchEvent(new CustomEvent('problem', { detail }));
  }
}
