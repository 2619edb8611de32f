// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines on machines of their own, and a third beside the first,
// when the cable is cut for 3 and for 15 s, the far machine gets other addresses in mid-call, or the
// router before it forgets its mappings,
// then who is cut off is told to be reconnecting, pictures and sound come again by themselves, in
// the same slot, and the two others never noticed.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../lib/call-server.mjs';
import { watchGaps } from '../../lib/gaps.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(220);
const SUSPECT_WITHIN = 4000; // ms; it is 2.5 s where there is time to count
const BACK_WITHIN = 12000; // ms after a cut; what is usual is printed
const GOOD = 6000; // ms after which a connection is a good one
const UNBROKEN = 120; // pictures, of 15 a second
const GAP = 2500; // ms without a picture that the others never see; a busy machine makes its own

const link = await makeLink();
const server = await startServer({ address: link.near });
const uri = roomUri(server, 'tea');
const ann = startPeer({ name: 'Ann', uri, slots: 2 });
await ann.joined();
const bob = startPeer({ name: 'Bob', uri, slots: 2, prefix: link.far });
await bob.joined();
const cid = startPeer({ name: 'Cid', uri, slots: 2 });
const near = [ann, cid];
const all = [ann, bob, cid];
const slotOf = (peer, name) =>
  peer.events.findLast((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;
const idOf = async (peer) => (await peer.joined())['peer-id'];

// Pictures of each other, of the two that are not cut off
const watch = () => watchGaps(near.map((peer) => [peer, slotOf(peer, peer === ann ? 'Cid' : 'Ann')]));

const meet = (options) => Promise.all([
  ...near.map((peer) => peer.meets({ slot: slotOf(peer, 'Bob'), ...options })),
  ...near.map((peer) => bob.meets({ slot: slotOf(bob, peer === ann ? 'Ann' : 'Cid'), ...options })),
]);

// What is over when the pictures come again, ms
async function again() {
  const start = Date.now();
  await Promise.all(near.map((peer) => peer.sees({ slot: slotOf(peer, 'Bob'), pictures: 2 })));
  const forth = Date.now() - start;
  await Promise.all(near.map((peer) => bob.sees({ slot: slotOf(bob, peer === ann ? 'Ann' : 'Cid'), pictures: 2 })));
  return [forth, Date.now() - start];
}

async function isTold(since, started) {
  const id = await idOf(bob);
  await Promise.all(near.map((peer, i) => peer.event('call-state',
    (e) => e['peer-id'] === id && e.state === 'reconnecting', { since: since[i] })));
  const after = Date.now() - started;
  console.log(`# reconnecting after ${after} ms`);
  assert.ok(after < SUSPECT_WITHIN, `after ${after} ms`);
}

// Somebody's path broke, and is there again: told for each of these peers
async function broke(peer, ids, since) {
  await Promise.all(ids.map(async (id) => {
    const is = (state) => (e) => e['peer-id'] === id && e.state === state;
    const told = await peer.event('call-state', is('reconnecting'), { since });
    await peer.event('call-state', is('connected'), { since: peer.events.indexOf(told) + 1 });
  }));
}

await step('all see and hear each other', async () => {
  await Promise.all(all.flatMap((peer) => [peer.meets({ slot: 0 }), peer.meets({ slot: 1 })]));
});

for (const [seconds, what, bad, good] of [
  [3, 'the cable', { cut: 1 }, { cut: 0 }],
  [15, 'the cable', { cut: 1 }, { cut: 0 }],
  [15, 'all UDP, while the server is heard', { loss: 100 }, { loss: 0 }],
]) {
  await step(`a cut of ${seconds} s of ${what}`, async () => {
    const gaps = watch();
    const since = near.map(({ events }) => events.length);
    const started = Date.now();
    await link.set(bad);
    await isTold(since, started);
    await sleep(started + seconds * 1000 - Date.now());
    await link.set(good);
    const times = await again();
    console.log(`# pictures ${times[0]} and ${times[1]} ms after the end of the cut`);
    assert.ok(times[1] < BACK_WITHIN, `${times}`);
    await meet();
    const gap = gaps();
    assert.ok(gap < GAP, `a gap of ${gap} ms between the others`);
  });
}

// The last ones soon after the connection over those before them has been made
for (const what of ['other addresses', 'and others', 'and others again']) {
  await step(what, async () => {
    const gaps = watch();
    const slots = near.map((peer) => slotOf(peer, 'Bob'));
    const ids = await Promise.all(near.map(idOf));
    const since = bob.events.length;
    const started = Date.now();
    link.move();
    await broke(bob, ids, since);
    const told = Date.now() - started;
    const times = (await again()).map((ms) => told + ms);
    console.log(`# pictures ${times[0]} and ${times[1]} ms after the move`);
    assert.ok(times[1] < BACK_WITHIN, `${times}`);
    await meet();
    assert.deepEqual(near.map((peer) => slotOf(peer, 'Bob')), slots);
    const gap = gaps();
    assert.ok(gap < GAP, `a gap of ${gap} ms between the others`);
    await sleep(GOOD);
  });
}

await step('all end cleanly', async () => {
  for (const peer of all)
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(all.flatMap((peer) => peer.errors), []);
});

await server.stop();
link.remove();

await step('behind a router that forgets its mappings', async () => {
  const box = await makeLink({ nat: true });
  const other = await startServer({ address: box.near });
  const pair = [[], box.far].map((prefix, i) => startPeer({ name: i ? 'Bob' : 'Ann', uri: roomUri(other, 'tea'), prefix }));
  await Promise.all(pair.map((peer) => peer.meets()));
  const id = await idOf(pair[0]);
  const since = pair[1].events.length;
  const start = Date.now();
  box.rebind();
  // ICE may have found the new mapping before anybody misses a thing
  const noticed = broke(pair[1], [id], since).then(() => true, () => false);
  await Promise.race([noticed, Promise.all(pair.map((peer) => peer.sees({ pictures: UNBROKEN })))]);
  await Promise.all(pair.map((peer) => peer.sees({ pictures: 2 })));
  console.log(`# pictures ${Date.now() - start} ms after`);
  assert.ok(Date.now() - start < BACK_WITHIN);
  await Promise.all(pair.map((peer) => peer.meets()));
  for (const peer of pair)
    assert.equal(await peer.interrupt(), 0);
  await other.stop();
});

done();
