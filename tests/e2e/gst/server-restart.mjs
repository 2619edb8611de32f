// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines in a call,
// when the signalling server is killed and started again,
// then pictures and sound go on all the while, both get their seats back, nobody is
// told that anybody left, and a third can join.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(180);

const server = await startServer();
const uri = roomUri(server, 'tea');
const pair = ['Ann', 'Bob'].map((name) => startPeer({ name, uri }));
const both = (fn) => Promise.all(pair.map(fn));
let ids;

await step('they are in a call', async () => {
  await both((peer) => peer.meets());
  ids = await both(async (peer) => (await peer.joined())['peer-id']);
});

await step('without the server, pictures and sound go on', async () => {
  await server.kill();
  await both((peer) => peer.event('call-signalling', (e) => e.state === 'reconnecting'));
  await both((peer) => peer.meets({ pictures: 30, tenths: 20 }));
});

await step('both resume their seats', async () => {
  await server.start();
  const again = await both((peer) => peer.event('call-joined', (e) => e.resumed));
  assert.deepEqual(again.map((e) => e['peer-id']), ids);
  await both((peer) => peer.meets());
});

await step('nobody left, no connection was made anew', async () => {
  for (const peer of pair) {
    const count = (name) => peer.events.filter((e) => e.name === name).length;
    assert.equal(count('call-peer-left'), 0);
    assert.equal(count('call-peer-joined'), 1);
    assert.equal(count('call-error'), 0);
    assert.equal(peer.events.filter((e) => e.name === 'call-state' && e.state === 'connected').length, 1);
  }
});

await step('a third joins both', async () => {
  const cid = startPeer({ name: 'Cid', uri, slots: 2 });
  await Promise.all([cid.meets({ slot: 0 }), cid.meets({ slot: 1 }), ...pair.map((peer) => peer.meets())]);
  await both((peer) => peer.event('call-state', (e) => e['peer-id'] !== ids[0] && e['peer-id'] !== ids[1] && e.state === 'connected'));
  assert.equal(await cid.interrupt(), 0);
});

await step('all end cleanly', async () => {
  assert.deepEqual(await both((peer) => peer.interrupt()), [0, 0]);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
