// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a camera that is a PipeWire node and a microphone that is a PulseAudio source
// and speaks (tests/lib/pipewire, in which this runs), found through GstDeviceMonitor
// like any hardware,
// when a gst-launch line with them calls another,
// then the other sees pictures that move and hears speech: loud and quiet by turns.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, SMALL, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);
const PAUSES = 20; // dB between words and what is between them

const server = await startServer();
const uri = roomUri(server, 'tea');
// Two lines share the devices, as two programs of one desktop do
const start = (name) => startPeer({ name, uri, fakes: '', video: `callvideosrc device-id=call-camera ! ${SMALL}`,
  audio: 'callaudiosrc device-id=call-microphone' });
const ann = start('Ann');
await ann.joined();
const bob = start('Bob');

await step('moving pictures and sound go both ways', () => Promise.all([ann.meets(), bob.meets()]));

await step('what is heard is speech', async () => {
  for (const peer of [ann, bob]) {
    await peer.until(() => {
      const { loudest, quietest } = peer.seen();
      return loudest > -50 && loudest - quietest > PAUSES;
    }, 'words and pauses');
  }
});

await step('a line that names no device takes them, too', async () => {
  assert.equal(await bob.interrupt(), 0);
  const cid = startPeer({ name: 'Cid', uri, fakes: '' });
  await Promise.all([ann.meets(), cid.meets()]);
  assert.equal(await cid.interrupt(), 0);
  assert.equal(await ann.interrupt(), 0);
  assert.deepEqual([ann, bob, cid].flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
