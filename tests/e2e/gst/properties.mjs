// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line that sets properties of children of callbin which are not
// there yet (video_0::max-bitrate, peer-ID::max-bitrate),
// when the child appears,
// then the value is in force, as the size of the pictures shows.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(180);
const FRAMES = 45; // of measuring
const LOW = 60000; // bit/s

const server = await startServer();
const encoder = (stats) => stats.video_0?.['encoder-VP8'] ?? { 'frames-encoded': 0, 'bytes-encoded': 0 };

// What a picture takes, in bytes, once the first key frame is over. Not measured by the
// clock: a busy machine leaves pictures out.
async function size(peer) {
  const first = encoder(await peer.event('call-stats', (s) => encoder(s)['frames-encoded'] > 15));
  const last = encoder(await peer.event('call-stats',
    (s) => encoder(s)['frames-encoded'] >= first['frames-encoded'] + FRAMES));
  const grown = (field) => last[field] - first[field];
  return grown('bytes-encoded') / grown('frames-encoded');
}

// Ann, who has these properties, is seen by Bob, who was there before
async function inRoom(room, properties, measure = async () => {}) {
  const uri = roomUri(server, room);
  const bob = startPeer({ name: 'Bob', uri, call: { 'peer-id': 'bob' }, video: '' });
  await bob.joined();
  const ann = startPeer({ name: 'Ann', uri, audio: '', call: { 'stats-interval': 500, ...properties } });
  await bob.sees();
  const result = await measure(ann);
  assert.equal(await ann.interrupt(), 0);
  assert.equal(await bob.interrupt(), 0);
  return result;
}

let free;

await step('without a limit of its own a picture is large', async () => {
  free = await inRoom('free', {}, size);
  assert.ok(free > 2 * LOW / 8 / 15, `${free} bytes`);
});

await step('video_0::max-bitrate is in force', async () => {
  const low = await inRoom('track', { 'video_0::max-bitrate': LOW }, size);
  console.log(`# ${free.toFixed()} bytes a picture, and ${low.toFixed()}`);
  assert.ok(low < free / 2, `${low} of ${free} bytes`);
});

await step('peer-bob::max-bitrate is in force when Bob comes', async () => {
  const low = await inRoom('peer', { 'peer-bob::max-bitrate': LOW }, size);
  assert.ok(low < free / 2, `${low} of ${free} bytes`);
});

await step('the limit of somebody who never comes is nobody else\'s', async () => {
  const other = await inRoom('other', { 'peer-nobody::max-bitrate': LOW }, size);
  assert.ok(other > free / 2, `${other} of ${free} bytes`);
});

await server.stop();
done();
