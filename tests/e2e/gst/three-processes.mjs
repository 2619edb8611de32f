// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given three gst-launch lines in one room,
// when all have joined,
// then each sees and hears the two others in two slots, and encodes its pictures
// once for both of them.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(180);

const server = await startServer();
const uri = roomUri(server, 'tea');
const names = ['Ann', 'Bob', 'Cid'];
const peers = names.map((name) => startPeer({ name, uri, slots: 2, call: { 'stats-interval': 500 } }));

// Video packets to each of the others
const sent = (stats) => Object.values(stats).filter((value) => value['display-name'])
  .map((peer) => Object.entries(peer).find(([key]) => key.startsWith('outbound-video'))?.[1]['packets-sent'] ?? 0);

await step('each sees and hears both others', () =>
  Promise.all(peers.flatMap((peer) => [peer.meets({ slot: 0 }), peer.meets({ slot: 1 })])));

await step('in two different slots, by their names', async () => {
  for (const [i, peer] of peers.entries()) {
    const joined = peer.events.filter(({ name }) => name === 'call-peer-joined');
    assert.deepEqual(joined.map((e) => e['display-name']).sort(), names.filter((name) => name !== names[i]));
    assert.deepEqual(joined.map(({ slot }) => slot).sort(), [0, 1]);
  }
});

await step('each has one encoder, whose pictures go to both', async () => {
  for (const peer of peers) {
    const before = await peer.stats();
    assert.deepEqual(Object.keys(before.video_0).filter((key) => key.startsWith('encoder-')), ['encoder-VP8']);
    assert.deepEqual(Object.keys(before.audio_0).filter((key) => key.startsWith('encoder-')), ['encoder-OPUS']);
    const started = Date.now();
    const after = await peer.event('call-stats', (s) => {
      const now = sent(s);
      return now.length === 2 && now.every((n, i) => n > (sent(before)[i] ?? 0) + 10);
    }, { since: peer.events.length });
    const encoded = after.video_0['encoder-VP8']['frames-encoded'] - before.video_0['encoder-VP8']['frames-encoded'];
    const seconds = (Date.now() - started) / 1000 + 0.5;
    // the camera gives 15 a second; two encoders' worth would be 30
    assert.ok(encoded > 0 && encoded <= 15 * seconds * 1.5 + 5, `${encoded} pictures in ${seconds} s`);
  }
});

await step('when one leaves, the two that stay go on', async () => {
  const cidsSlots = peers.slice(0, 2).map((peer) =>
    peer.events.find((e) => e.name === 'call-peer-joined' && e['display-name'] === 'Cid').slot);
  assert.equal(await peers[2].interrupt(), 0);
  await Promise.all(peers.slice(0, 2).map((peer) => peer.event('call-peer-left')));
  await Promise.all(peers.slice(0, 2).map((peer, i) => peer.meets({ slot: 1 - cidsSlots[i] })));
});

await step('all end cleanly', async () => {
  for (const peer of peers.slice(0, 2))
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(peers.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
