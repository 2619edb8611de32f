// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given three gst-launch lines in a call, one of them by way of a server's stand-in,
// when that one is killed without a word (SIGKILL), then the two others say so within 5 s;
// when it is stopped (SIGSTOP) for 10 s, then it stays in its slot, is told to be reconnecting, and
// is seen again as soon as it runs; when its signalling breaks as well, then it is gone within 5 s,
// and comes back into its slot with its seat. The two others never miss a picture of each other.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../lib/call-server.mjs';
import { watchGaps } from '../../lib/gaps.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { startProxy } from '../../lib/stranger.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(190);
const GONE_WITHIN = 5000; // ms
const BACK_WITHIN = 4000; // ms; what is usual is printed
const GAP = 2500; // ms without a picture that the two never see; a busy machine makes its own

const server = await startServer();
const proxy = await startProxy(server);
const uri = roomUri(server, 'tea');
const [ann, bob] = ['Ann', 'Bob'].map((name) => startPeer({ name, uri, slots: 2 }));
const pair = [ann, bob];
const startCid = () => startPeer({ name: 'Cid', uri: roomUri(proxy, 'tea'), slots: 2 });
const slotOf = (peer, name) =>
  peer.events.findLast((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;
const newest = () => pair.map(({ events }) => events.length);
let cid;

const meetCid = (options) => Promise.all([
  ...pair.map((peer) => peer.meets({ slot: slotOf(peer, 'Cid'), ...options })),
  cid.meets({ slot: 0, ...options }), cid.meets({ slot: 1, ...options }),
]);

// Both have that event of Cid; says when the second had it
async function both(name, fits, since, started) {
  await Promise.all(pair.map((peer, i) => peer.event(name, fits, { since: since[i] })));
  const after = Date.now() - started;
  console.log(`# ${name} after ${after} ms`);
  return after;
}

// Nothing of what() is seen in the pictures that ann and bob have of each other
async function without(what) {
  const gaps = watchGaps(pair.map((peer) => [peer, slotOf(peer, peer === ann ? 'Bob' : 'Ann')]));
  await what();
  const gap = gaps();
  assert.ok(gap < GAP, `a gap of ${gap} ms between the two`);
}

async function cidComes() {
  const since = newest();
  cid = startCid();
  await cid.joined();
  await Promise.all(pair.map((peer, i) => peer.event('call-peer-joined', (e) => e['display-name'] === 'Cid', { since: since[i] })));
  await meetCid();
}

await Promise.all(pair.map((peer) => peer.joined()));
await step('all see and hear each other', cidComes);
const slots = pair.map((peer) => slotOf(peer, 'Cid'));

await step('killed: gone within 5 s', () => without(async () => {
  const since = newest();
  const started = Date.now();
  await cid.kill();
  const after = await both('call-peer-left', (e) => e.code === 'gone', since, started);
  assert.ok(after < GONE_WITHIN, `after ${after} ms`);
}));

await step('another takes the slot', async () => {
  await cidComes();
  assert.deepEqual(pair.map((peer) => slotOf(peer, 'Cid')), slots);
});

await step('stopped for 10 s: it stays in its slot, and is seen again', () => without(async () => {
  const since = newest();
  cid.signal('SIGSTOP');
  await both('call-state', (e) => e.state === 'reconnecting', since, Date.now());
  await sleep(7500);
  const started = Date.now();
  cid.signal('SIGCONT');
  await Promise.all(pair.map((peer) => peer.sees({ slot: slotOf(peer, 'Cid'), pictures: 2 })));
  const after = Date.now() - started;
  console.log(`# pictures ${after} ms after SIGCONT`);
  assert.ok(after < BACK_WITHIN, `after ${after} ms`);
  await meetCid();
  pair.forEach((peer, i) => assert.ok(!peer.events.slice(since[i]).some((e) => e.name === 'call-peer-left')));
}));

await step('stopped, and its signalling breaks: gone within 5 s', () => without(async () => {
  const since = newest();
  const started = Date.now();
  cid.signal('SIGSTOP');
  proxy.cut();
  const after = await both('call-peer-left', (e) => e.code === 'gone', since, started);
  assert.ok(after < GONE_WITHIN, `after ${after} ms`);
}));

await step('it runs again: back in its slot, with its seat', () => without(async () => {
  const since = newest();
  const started = Date.now();
  cid.signal('SIGCONT');
  await both('call-peer-joined', (e) => e['display-name'] === 'Cid', since, started);
  await meetCid();
  assert.deepEqual(pair.map((peer) => slotOf(peer, 'Cid')), slots);
  assert.ok((await cid.event('call-joined', (e) => e.resumed)).resumed);
}));

await step('all end cleanly', async () => {
  for (const peer of [ann, bob, cid])
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

proxy.close();
await server.stop();
done();
