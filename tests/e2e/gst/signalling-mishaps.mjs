// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a way to the signalling server on which messages go wrong,
// when they come twice or late, or the first offer, answer or candidates never come, or one
// of two is not told that the other is there,
// then two gst-launch lines see and hear each other all the same, sooner or later, and
// what is doubled is done once.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { mishaps, startProxy } from '../../lib/stranger.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(280);
const LATER = 5000; // ms: what got lost is said again after 2 s (docs/reliability.md) …
const SLACK = 7000; // ms: … and a busy machine, well below the 15 s after which one begins anew

const server = await startServer();

// Drops the first so many messages of those types, of all connections
function loses(counts) {
  const left = { ...counts };
  const carry = () => (text, give) => {
    const { type } = JSON.parse(text);
    if (left[type] > 0)
      left[type]--;
    else
      give(text);
  };
  carry.linger = 0;
  carry.left = () => Object.values(left).reduce((a, b) => a + b, 0);
  return carry;
}

async function call(carry, room) {
  const proxy = await startProxy(server, undefined, undefined, { carry });
  const ann = startPeer({ name: 'Ann', uri: roomUri(proxy, room) });
  await ann.joined();
  const bob = startPeer({ name: 'Bob', uri: roomUri(proxy, room) });
  const since = Date.now();
  await Promise.all([ann, bob].map((peer) => peer.meets({ timeout: LATER + SLACK })));
  console.log(`# after ${Date.now() - since} ms`);
  for (const peer of [ann, bob]) {
    assert.equal(peer.events.filter((e) => e.name === 'call-peer-joined').length, 1);
    assert.equal(peer.events.filter((e) => e.name === 'call-joined').length, 1);
    assert.equal(await peer.interrupt(), 0);
    assert.deepEqual(peer.errors, []);
  }
  proxy.close();
  assert.equal(carry.left?.() ?? 0, 0, 'so many were to get lost, and did not come');
}

await step('all messages come twice', () => call(mishaps({ duplicate: 1 }), 'twice'));
await step('all messages come up to 0.5 s late', () => call(mishaps({ delay: 500 }), 'late'));
await step('messages overtake each other', () => call(mishaps({ reorder: 0.5 }), 'reordered'));
await step('the first offer never comes', () => call(loses({ offer: 1 }), 'offer'));
await step('the first answer never comes', () => call(loses({ answer: 1 }), 'answer'));
await step('the first candidates never come', () => call(loses({ candidate: 8 }), 'candidates'));
await step('who was there is told nothing of who comes', () => call(loses({ 'peer-joined': 1, 'peer-changed': 1 }), 'untold'));

await server.stop();
done();
