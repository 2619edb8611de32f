// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two machines with addresses of both families,
// when one has a range of ports, then its media uses no other;
// when no packet gets through over IPv4, then the call goes over IPv6.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(100);
const [MIN, MAX] = [41000, 41003];

const link = await makeLink();
const server = await startServer({ address: link.near });

// The path that a call takes
async function pathOf(room, call) {
  const uri = roomUri(server, room);
  const bob = startPeer({ name: 'Bob', uri, prefix: link.far, call: { 'peer-id': 'bob' } });
  await bob.joined();
  const ann = startPeer({ name: 'Ann', uri, call: { 'stats-interval': 500, ...call } });
  await Promise.all([ann.meets(), bob.meets()]);
  const stats = await ann.event('call-stats', (s) => s['peer-bob']?.['candidate-pair']);
  for (const peer of [ann, bob])
    assert.equal(await peer.interrupt(), 0);
  return stats['peer-bob']['candidate-pair'];
}

await step('media uses a port of the range', async () => {
  const path = await pathOf('ports', { 'min-port': MIN, 'max-port': MAX });
  assert.ok(path['local-port'] >= MIN && path['local-port'] <= MAX, JSON.stringify(path));
});

await step('without UDP over IPv4 the call goes over IPv6', async () => {
  execFileSync('nft', ['add table ip t; add chain ip t out { type filter hook output priority 0; }; add rule ip t out meta l4proto udp drop']);
  const path = await pathOf('six', {});
  assert.match(path['local-address'], /:/, JSON.stringify(path));
  assert.match(path['remote-address'], /:/, JSON.stringify(path));
});

await server.stop();
done();
