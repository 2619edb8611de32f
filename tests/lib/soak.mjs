// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given Ann, who stays in a call for so many minutes,
// when Bob comes and goes, Cid changes his camera, and the cable to both is cut at times,
// then all is well after each, and Ann's threads, descriptors and memory are flat.
//
// The program behind tests/soak.sh. A sample is taken at the same point of each round, when
// all three see each other; the slope is that of the line through the samples after the
// first rounds, in which pools and caches fill.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from './call-server.mjs';
import { callctl, env } from './control.mjs';
import { roomUri, startPeer } from './gst-peer.mjs';
import { makeLink } from './link.mjs';
import { resourcesOf } from './resources.mjs';
import { done, step, watchdog } from './tap.mjs';

const minutes = Number(process.argv[2] ?? 60);
const WARM_UP = 0.25; // share of the samples
const LEAST = 4; // of those that count
const CUT = 3000; // ms
const STAYS = 3000; // ms
const ROUND = 45000; // ms that one may need on a busy machine
// For the whole time: what a line through noise may rise by
const SPARE = { threads: 6, descriptors: 12, memory: 16 * 1024 };
const UNITS = { threads: '', descriptors: '', memory: 'KiB' };

watchdog(minutes * 60 + 150);
const end = Date.now() + minutes * 60000;
const link = await makeLink();
const server = await startServer({ address: link.near });
const uri = roomUri(server, 'tea');
const line = { uri, slots: 3, video: 'callvideosrc name=camera ! video/x-raw,width=320,height=180,framerate=15/1' };
const ann = startPeer({ name: 'Ann', ...line });
const cid = startPeer({ name: 'Cid', ...line, more: 'callcontrol socket=cid', prefix: link.far, env });
const samples = [];

const slotOf = (name) => ann.events.findLast((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;

async function changeCamera(number) {
  const { code, err } = await callctl('--pipeline', 'cid', 'camera', `device-id=fake-camera-${number}`);
  assert.equal(code, 0, err);
}

async function round(number) {
  let since = ann.events.length;
  const bob = startPeer({ name: 'Bob', ...line, prefix: link.far });
  await ann.event('call-peer-joined', (e) => e['display-name'] === 'Bob', { since, timeout: ROUND });
  const seeAll = () => Promise.all([
    ann.meets({ slot: slotOf('Bob'), timeout: ROUND }), ann.meets({ slot: slotOf('Cid'), timeout: ROUND }),
    bob.meets({ slot: 0, timeout: ROUND }), bob.meets({ slot: 1, timeout: ROUND })]);
  await changeCamera(number % 2);
  await seeAll();
  samples.push({ at: Date.now(), ...resourcesOf(ann.pid) });
  await link.set({ cut: 1 });
  await sleep(CUT);
  await link.set({ cut: 0 });
  await seeAll();
  await sleep(STAYS);
  since = ann.events.length;
  assert.equal(await bob.interrupt({ timeout: ROUND }), 0);
  await ann.event('call-peer-left', undefined, { since });
}

// By how much a line through the values rises from the first to the last
function rise(values) {
  const n = values.length;
  const middle = (n - 1) / 2;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const up = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const across = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return across ? up / across * (n - 1) : 0;
}

await step('they are in a call', () => Promise.all([ann, cid].map((peer) => peer.meets())));

await step(`for ${minutes} minutes people come and go, and all see each other`, async () => {
  for (let i = 0; Date.now() < end; i++)
    await round(i);
  console.log(`# ${samples.length} rounds`);
});

await step('threads, descriptors and memory are flat', () => {
  const steady = samples.slice(Math.floor(samples.length * WARM_UP));
  assert.ok(steady.length >= LEAST, `${steady.length} samples say nothing`);
  const hours = (steady.at(-1).at - steady[0].at) / 3600000;
  for (const [key, spare] of Object.entries(SPARE)) {
    const values = steady.map((sample) => sample[key]);
    const more = rise(values);
    console.log(`# ${key}: ${samples[0][key]} at first, ${Math.min(...values)} to ${Math.max(...values)} ${UNITS[key]} later, ` +
      `${more.toFixed(1)} more at the end, ${(more / hours || 0).toFixed(1)} an hour`);
    assert.ok(more <= spare, `${key} grew by ${more}`);
  }
});

await step('nobody had an error', async () => {
  for (const peer of [ann, cid]) {
    assert.equal(await peer.interrupt({ timeout: ROUND }), 0);
    assert.deepEqual(peer.errors, []);
  }
});

await server.stop();
done();
