// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines with fake devices in one room of call-server,
// when the second has joined,
// then pictures that move and sound go both ways, each is told of the other, and
// Ctrl-C ends each line cleanly within 5 s.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);

const server = await startServer();
const uri = roomUri(server, 'tea');
const ann = startPeer({ name: 'Ann', uri });
let bob;

await step('pictures and sound go both ways', async () => {
  await ann.joined();
  bob = startPeer({ name: 'Bob', uri });
  await Promise.all([ann.meets(), bob.meets()]);
});

await step('each is told who the other is, and that they are connected', async () => {
  const { 'peer-id': annsId } = await ann.joined();
  const { 'peer-id': bobsId } = await bob.joined();
  const seesBob = await ann.event('call-peer-joined');
  assert.equal(seesBob['peer-id'], bobsId);
  assert.equal(seesBob['display-name'], 'Bob');
  assert.equal(seesBob.slot, 0);
  assert.equal((await bob.event('call-peer-joined'))['peer-id'], annsId);
  await ann.event('call-state', (e) => e['peer-id'] === bobsId && e.state === 'connected');
  await bob.event('call-state', (e) => e['peer-id'] === annsId && e.state === 'connected');
});

await step('Ctrl-C ends a line within 5 s, and the other is told', async () => {
  assert.equal(await bob.interrupt(), 0);
  const left = await ann.event('call-peer-left');
  assert.equal(left.code, 'bye');
  assert.equal(left.slot, 0);
});

await step('Ctrl-C ends the line that is left', async () => {
  assert.equal(await ann.interrupt(), 0);
});

await step('nobody had an error', () => {
  for (const peer of [ann, bob]) {
    assert.deepEqual(peer.errors, []);
    assert.deepEqual(peer.events.filter(({ name }) => name === 'call-error'), []);
  }
});

await server.stop();
done();
