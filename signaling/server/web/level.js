// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// How loud our microphone is, so that people see that it works.

const INTERVAL = 100; // ms
const RANGE = 50; // dB shown below full scale

export class LevelMeter {
  #context = null;
  #analyser = null;
  #source = null;
  #track = null;
  #samples;

  // onLevel: called with 0 to 1 ten times a second while there is a track
  constructor(onLevel) {
    setInterval(() => {
      if (this.#track && !document.hidden)
        onLevel(this.#measure());
    }, INTERVAL);
    // Browsers let a page hear only after it was touched
    for (const type of ['pointerdown', 'keydown'])
      document.addEventListener(type, () => this.#context?.resume(), { passive: true });
  }

  setTrack(track) {
    if (this.#track === track || !window.AudioContext)
      return;
    this.#track = track;
    this.#source?.disconnect();
    this.#source = null;
    if (!track)
      return;
    this.#context ??= new AudioContext();
    if (!this.#analyser) {
      this.#analyser = this.#context.createAnalyser();
      this.#analyser.fftSize = 512;
      this.#samples = new Float32Array(this.#analyser.fftSize);
    }
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  #measure() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length;
    return power > 0 ? Math.max(0, 1 + 10 * Math.log10(power) / RANGE) : 0;
  }
}
