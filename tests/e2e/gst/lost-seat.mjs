// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines in a call, of which one has lost the secret of its seat,
// when the signalling server is killed and started again,
// then that one is a newcomer (resumed=false): it offers anew, and both see and hear again
// in the slots they had. Then the same with the other.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { startProxy } from '../../lib/stranger.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(180);

const server = await startServer();
const forgets = await startProxy(server, (message) => {
  if (message.type !== 'hello')
    return message;
  const { resume, lastSeq, ...rest } = message;
  return rest;
});

for (const [room, who] of [['tea', 'the one who answered'], ['den', 'the one who offered']]) {
  const uris = [roomUri({ ...server, address: '127.0.0.1', port: forgets.port }, room), roomUri(server, room)];
  let pair;

  await step(`${who} loses its seat, and is called again`, async () => {
    const first = startPeer({ name: 'Ann', uri: room === 'tea' ? uris[0] : uris[1] });
    await first.joined();
    const second = startPeer({ name: 'Bob', uri: room === 'tea' ? uris[1] : uris[0] });
    pair = [first, second];
    await Promise.all(pair.map((peer) => peer.meets()));
    const [forgetful, other] = room === 'tea' ? pair : pair.toReversed();

    await server.kill();
    await Promise.all(pair.map((peer) => peer.event('call-signalling', (e) => e.state === 'reconnecting')));
    await server.start();
    assert.equal((await other.event('call-joined', (e) => e.resumed))['peer-id'], (await other.joined())['peer-id']);
    const since = forgetful.events.findLastIndex((e) => e.name === 'call-joined');
    const again = await forgetful.event('call-joined', (e) => !e.resumed, { since: Math.max(since, 1) });
    assert.equal(again.resumed, false);
    await forgetful.event('call-state', (e) => e.state === 'connected', { since: forgetful.events.indexOf(again) });
    await Promise.all(pair.map((peer) => peer.meets()));
    // nobody was shown anywhere else
    for (const peer of pair)
      assert.deepEqual(new Set(peer.events.filter((e) => e.name === 'call-peer-joined').map((e) => e.slot)), new Set([0]));
  });

  await step('both end cleanly', async () => {
    for (const peer of pair) {
      assert.deepEqual(peer.errors, []);
      assert.equal(await peer.interrupt(), 0);
    }
  });
}

forgets.close();
await server.stop();
done();
