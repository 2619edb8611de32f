// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines in a call, and a cable to the signalling server,
// when that cable is cut for a minute, so that no socket is closed and none answers,
// then both notice, pictures and sound go on, both get their seats back, and nobody is
// told that anybody left. When it is cut while somebody joins, what was sent is not lost.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(190);
const CUT = 60000; // ms
const NOTICED = 20000; // ms; 10 s without a word, and a busy machine
const BACK = 20000; // ms
const SHORT = 4000; // ms: nobody takes the server for dead

const link = await makeLink();
const server = await startServer({ address: link.farAddress, prefix: link.far });
const uri = roomUri(server, 'tea');
const pair = ['Ann', 'Bob'].map((name) => startPeer({ name, uri }));
const both = (fn) => Promise.all(pair.map(fn));
const count = (peer, name, fits = () => true) => peer.events.filter((e) => e.name === name && fits(e)).length;
let ids;
let cut;

await step('they are in a call', async () => {
  await both((peer) => peer.meets());
  ids = await both(async (peer) => (await peer.joined())['peer-id']);
});

await step('both notice that the server does not answer', async () => {
  cut = Date.now();
  await link.set({ cut: 1 });
  await both((peer) => peer.event('call-signalling', (e) => e.state === 'reconnecting', { timeout: NOTICED }));
});

await step('pictures and sound go on for a minute', async () => {
  const before = pair.map((peer) => peer.seen().moved);
  while (Date.now() < cut + CUT)
    await both((peer) => peer.meets({ pictures: 15, tenths: 10 }));
  const moved = pair.map((peer, i) => peer.seen().moved - before[i]);
  console.log(`# ${moved.join(' and ')} pictures`);
});

await step('both resume their seats', async () => {
  await link.set({ cut: 0 });
  const since = Date.now();
  const again = await both((peer) => peer.event('call-joined', (e) => e.resumed, { timeout: BACK }));
  console.log(`# after ${Date.now() - since} ms`);
  assert.deepEqual(again.map((e) => e['peer-id']), ids);
  await both((peer) => peer.meets());
});

await step('nobody left, no connection was made anew', async () => {
  for (const peer of pair) {
    assert.equal(count(peer, 'call-peer-left'), 0);
    assert.equal(count(peer, 'call-peer-joined'), 1);
    assert.equal(count(peer, 'call-error'), 0);
    assert.equal(count(peer, 'call-state', (e) => e.state === 'connected'), 1);
  }
});

await step('a third joins while it is cut for a moment', async () => {
  const cid = startPeer({ name: 'Cid', uri, slots: 2 });
  await cid.joined();
  await link.set({ cut: 1 });
  await sleep(SHORT);
  await link.set({ cut: 0 });
  await Promise.all([cid.meets({ slot: 0 }), cid.meets({ slot: 1 })]);
  assert.equal(count(cid, 'call-error'), 0);
  assert.equal(await cid.interrupt(), 0);
});

await step('all end cleanly', async () => {
  assert.deepEqual(await both((peer) => peer.interrupt()), [0, 0]);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
