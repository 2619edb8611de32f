// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with sinks for the pictures and the sound of two people,
// when one comes who has a camera and no microphone, and then one who has a microphone
// and no camera,
// then the first is seen at once and the second is heard: no sink waits for what
// nobody sends.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);

const server = await startServer();
const uri = roomUri(server, 'tea');
const ann = startPeer({ name: 'Ann', uri, slots: 2 });
await ann.joined();
const tracksOf = (name) => ann.event('call-peer-changed', (e) => e['display-name'] === name);
let bob;
let cid;

await step('who has only a camera is seen', async () => {
  bob = startPeer({ name: 'Bob', uri, audio: '' });
  await Promise.all([ann.sees({ slot: 0 }), bob.meets()]);
  assert.equal(ann.seen(0).sounds, 0);
});

await step('who has only a microphone is heard', async () => {
  cid = startPeer({ name: 'Cid', uri, video: '', slots: 2 });
  await Promise.all([ann.hears({ slot: 1 }), ann.sees({ slot: 0 })]);
  assert.equal(ann.seen(1).frames, 0);
});

await step('and is told so', async () => {
  assert.equal((await tracksOf('Bob')).audio, 'none');
  assert.equal((await tracksOf('Cid')).video, 'none');
});

await step('who only listens sees and hears them', async () => {
  const dan = startPeer({ name: 'Dan', uri, video: '', audio: '', slots: 3 });
  await dan.event('call-peer-joined', (e) => e['display-name'] === 'Cid');
  const slotOf = (name) => dan.events.find((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;
  await Promise.all([dan.meets({ slot: slotOf('Ann') }), dan.sees({ slot: slotOf('Bob') }), dan.hears({ slot: slotOf('Cid') })]);
  assert.equal(await dan.interrupt(), 0);
});

await step('all end cleanly', async () => {
  for (const peer of [ann, bob, cid])
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual([ann, bob, cid].flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
