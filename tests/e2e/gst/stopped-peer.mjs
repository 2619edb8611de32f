// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given three gst-launch lines in a call,
// when one of them is stopped (SIGSTOP),
// then the other two go on seeing and hearing each other, its slot goes quiet within
// 5 s, and when it runs again it is seen again, or was told to have left.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(300);
const QUIET = 1500; // ms without a picture
const QUIET_WITHIN = 5000; // ms after the stop

const server = await startServer();
const uri = roomUri(server, 'tea');
const [ann, bob, cid] = ['Ann', 'Bob', 'Cid'].map((name) => startPeer({ name, uri, slots: 2 }));
const pair = [ann, bob];
const slotOf = (peer, name) =>
  peer.events.findLast((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;

// Resolves once no picture has come for a while; says when the last one came
function quiet(peer, slot) {
  const since = Date.now();
  let { frames } = peer.seen(slot);
  let last = since;
  return peer.until(() => {
    const now = peer.seen(slot).frames;
    if (now !== frames)
      last = Date.now();
    frames = now;
    return Date.now() - last >= QUIET && { after: last - since };
  }, `slot ${slot} is quiet`);
}

await step('all see and hear each other', () =>
  Promise.all([ann, bob, cid].flatMap((peer) => [peer.meets({ slot: 0 }), peer.meets({ slot: 1 })])));

await step('the slot of the stopped one goes quiet within 5 s', async () => {
  cid.signal('SIGSTOP');
  const ends = await Promise.all(pair.map((peer) => quiet(peer, slotOf(peer, 'Cid'))));
  for (const { after } of ends)
    assert.ok(after < QUIET_WITHIN, `last picture after ${after} ms`);
});

await step('the other two go on', () => Promise.all([
  ann.meets({ slot: slotOf(ann, 'Bob'), pictures: 40, tenths: 30 }),
  bob.meets({ slot: slotOf(bob, 'Ann'), pictures: 40, tenths: 30 }),
]));

await step('when it runs again it is seen again', async () => {
  cid.signal('SIGCONT');
  await Promise.all(pair.map((peer) => peer.meets({ slot: slotOf(peer, 'Cid'), timeout: 60000 })));
  await Promise.all([cid.meets({ slot: 0, timeout: 60000 }), cid.meets({ slot: 1, timeout: 60000 })]);
});

await step('all end cleanly', async () => {
  for (const peer of [ann, bob, cid])
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
