// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a machine whose only network cable hangs loose, with its address still set,
// when two gst-launch lines on it call each other,
// then they see and hear each other, over loopback.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(100);

const ip = (words) => execFileSync('ip', words.split(' '));
ip('link add loose type veth peer name nothing');
ip('address add 10.77.0.1/24 dev loose');
ip('link set loose up');

const server = await startServer();
const pair = ['Ann', 'Bob'].map((name) => startPeer({ name, uri: roomUri(server, 'tea') }));

await step('pictures and sound go both ways', () => Promise.all(pair.map((peer) => peer.meets())));

await step('both end cleanly', async () => {
  for (const peer of pair)
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
