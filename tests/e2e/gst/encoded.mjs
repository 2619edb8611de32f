// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given gst-launch lines that give callbin what is encoded already, want H.264 only, or
// want what comes as it came (decode=false),
// when they call others,
// then it passes through and is not encoded again, both sides see and hear, and the
// remote pads have the codec's caps.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, SMALL, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(220);

const server = await startServer();
const outbound = (stats) => Object.values(stats).filter((value) => value['display-name'])
  .flatMap((peer) => Object.entries(peer)).filter(([key]) => key.startsWith('outbound-video')).map(([, value]) => value);

await step('VP8 that comes encoded is seen by two, and not encoded again', async () => {
  const uri = roomUri(server, 'vp8');
  const ann = startPeer({ name: 'Ann', uri, slots: 2, call: { 'stats-interval': 500 },
    audio: '', video: `callvideosrc ! ${SMALL} ! vp8enc deadline=1 cpu-used=8 target-bitrate=100000 keyframe-max-dist=300` });
  await ann.joined();
  const others = ['Bob', 'Cid'].map((name) => startPeer({ name, uri, slots: 2 }));
  await Promise.all([ann.meets({ slot: 0 }), ann.meets({ slot: 1 }), ...others.flatMap((peer) => [peer.sees({ slot: 0 }), peer.sees({ slot: 1 })])]);
  const stats = await ann.stats();
  assert.deepEqual([...ann.elements].filter((element) => /^(enc$|vp8enc)/.test(element)), ['vp8enc0'], 'one encoder');
  assert.deepEqual(outbound(stats).map(({ codec }) => codec), ['VP8', 'VP8']);
  for (const peer of [ann, ...others])
    assert.equal(await peer.interrupt(), 0);
});

await step('H.264 alone is spoken by both', async () => {
  const uri = roomUri(server, 'h264');
  const call = { 'video-codecs': '<"H264">', 'stats-interval': 500 };
  const pair = ['Ann', 'Bob'].map((name) => startPeer({ name, uri, call }));
  await Promise.all(pair.map((peer) => peer.meets()));
  for (const peer of pair) {
    const stats = await peer.event('call-stats', (s) => outbound(s).some((o) => o['packets-sent'] > 0), { since: peer.events.length });
    assert.deepEqual(outbound(stats).map(({ codec }) => codec), ['H264']);
    assert.deepEqual(Object.keys(stats.video_0).filter((key) => key.startsWith('encoder-')), ['encoder-H264']);
  }
  for (const peer of pair)
    assert.equal(await peer.interrupt(), 0);
});

await step('decode=false gives what was sent, to be decoded by the line', async () => {
  const uri = roomUri(server, 'encoded');
  const ann = startPeer({ name: 'Ann', uri, slots: 0, call: { decode: false },
    more: `call.remote_video_0 ! video/x-vp8 ! vp8dec ! videoanalyse name=picture_0 ! fakesink sync=true
      call.remote_audio_0 ! audio/x-opus ! opusdec ! level name=sound_0 ! fakesink sync=true` });
  const bob = startPeer({ name: 'Bob', uri });
  await Promise.all([ann.meets(), bob.meets()]);
  assert.equal(await bob.interrupt(), 0);
  assert.equal(await ann.interrupt(), 0);
});

await server.stop();
done();
