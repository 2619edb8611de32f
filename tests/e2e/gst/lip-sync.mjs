// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a call, with pictures that flash and sound that ticks,
// when nothing is in the way, when packets get lost, and when the sender's sound
// sets out 300 ms later than its pictures,
// then what was seen and heard together is seen and heard together, as near as nobody
// can tell (ITU-R BT.1359: 45 ms early, 125 ms late).

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(220);
const IN_STEP = 45; // ms, and Opus packets of 20 ms are as fine as it is measured
const MARKS = 3; // of each kind in a row that have to be in step
const PAIR = 450; // ms between a mark and the same at the other end, at most
const FLASH = 0.5; // of the brightness
const EARS = 'cutter threshold=0.03 run-length=100000000 pre-length=0';

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const link = await makeLink();
const server = await startServer({ address: link.near });

// When what was seen and heard at one place of a line, in its running time
class Marks {
  flashes = []; // ms
  ticks = []; // ms
  #wall = []; // ms between running time and this process's clock
  #bright = null;

  see(fields) {
    const at = fields['running-time'] / 1e6;
    this.#wall.push(performance.now() - at);
    this.#wall.splice(0, this.#wall.length - 200);
    const bright = fields['luma-average'] > FLASH;
    if (this.#bright !== null && bright !== this.#bright)
      this.flashes.push(at);
    this.#bright = bright;
  }

  // the buffer with which it became loud; `level` knows no better than its first one
  hear({ above, 'running-time': at }) {
    if (above)
      this.ticks.push(at / 1e6);
  }

  get start() { return median(this.#wall); }
}

// Their time from one place to the other, of the last few of them
function transits(sent, came, name) {
  const offset = sent.start - came.start;
  return came[name].slice(-MARKS).map((at) => {
    const nearest = sent[name].map((from) => at - from - offset).toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return Math.abs(nearest) < PAIR ? nearest : NaN;
  });
}

// How much later than the pictures the sound comes, or null: not known yet. A busy
// machine drops pictures, and a flash is seen with the next one.
function skew(sent, came) {
  const [pictures, sounds] = [transits(sent, came, 'flashes'), transits(sent, came, 'ticks')];
  const all = [...pictures, ...sounds];
  if (all.length < 2 * MARKS || all.some(Number.isNaN))
    return null;
  return median(sounds) - Math.min(...pictures);
}

function startPair(room, late) {
  const sent = new Marks();
  const came = new Marks();
  const uri = roomUri(server, room);
  const ann = startPeer({ name: 'Ann', uri,
    video: 'videotestsrc is-live=true pattern=ball motion=sweep flip=true ! ' +
      'video/x-raw,width=320,height=240,framerate=30/1 ! videoanalyse name=seen',
    audio: 'audiotestsrc is-live=true wave=ticks samplesperbuffer=480 volume=0.9 ! audio/x-raw,format=S16LE,rate=48000,channels=1 ' +
      `! ${EARS} name=heard ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 min-threshold-time=${late * 1000000}` });
  const bob = startPeer({ name: 'Bob', uri, prefix: link.far, listen: `${EARS} name=ears ! level` });
  ann.onElement = (element, fields) => {
    if (element === 'seen')
      sent.see(fields);
    else if (element === 'heard')
      sent.hear(fields);
  };
  bob.onElement = (element, fields) => {
    if (element === 'picture_0')
      came.see(fields);
    else if (element === 'ears')
      came.hear(fields);
  };
  return {
    // Resolves once they are in step at some ticks in a row, from now on
    async inStep(options) {
      let { length } = came.ticks;
      let [last, row] = [null, 0];
      await bob.until(() => {
        if (came.ticks.length > length) {
          length = came.ticks.length;
          last = skew(sent, came);
          row = last !== null && Math.abs(last) < IN_STEP ? row + 1 : 0;
        }
        return row >= MARKS;
      }, 'lips in step', options).catch((error) => {
        throw new Error(`sound is ${last} ms behind; ${error.message}`);
      });
      console.log(`# sound is ${last.toFixed(1)} ms behind`);
    },
    async end() {
      for (const peer of [ann, bob]) {
        assert.equal(await peer.interrupt(), 0);
        assert.deepEqual(peer.errors, []);
      }
    },
  };
}

const pair = startPair('tea', 0);
await step('lips are in step', () => pair.inStep());
await step('with each 20th packet lost as well', async () => {
  await link.set({ nth: 20 });
  await pair.inStep();
  await link.set({ nth: 0 });
  await pair.end();
});

const late = startPair('coffee', 300);
await step('and when the sound sets out 300 ms late', async () => {
  await late.inStep();
  await late.end();
});

await server.stop();
done();
