// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a call over a cable that loses each 20th RTP packet, both ways,
// when the cable is short, and when it is 20 ms long,
// then most of the lost packets of the pictures come in a second time and early
// enough, the decoder is told of those of the sound, and all goes on.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(170);
const LOST = 40; // packets that each side has to lose before it is judged
// On an idle machine it is nearly all, and nine in ten; a busy one comes too late by itself
const [SHORT, LONG] = [0.5, 0.3];
const PICTURES = 'callvideosrc ! video/x-raw,width=640,height=360,framerate=30/1';

const link = await makeLink();
const server = await startServer({ address: link.near });
const line = { uri: roomUri(server, 'tea'), video: PICTURES, call: { 'stats-interval': 200 } };
const ann = startPeer({ name: 'Ann', ...line });
const bob = startPeer({ name: 'Bob', ...line, prefix: link.far });
const pair = [ann, bob];

// What a side got back in time of what it lost from now on, as a part of 1
async function recovered(peer) {
  const before = await peer.receives('video');
  const since = (now, name) => now[name] - before[name];
  const ends = (now) => ['retransmissions-received', 'packets-unrecovered'].map((name) => since(now, name));
  const after = await peer.receives('video', (now) => ends(now).reduce((a, b) => a + b) >= LOST);
  const [again, never] = ends(after);
  console.log(`# ${again} came again, ${never} never or too late`);
  return again / (again + never);
}

const goOn = () => Promise.all(pair.map((peer) => peer.meets({ pictures: 60, tenths: 20 })));

await step('pictures and sound go both ways', () => Promise.all(pair.map((peer) => peer.meets())));

await step('at 5 % loss most packets come back in time, and all goes on', async () => {
  await link.set({ nth: 20 });
  const [parts] = await Promise.all([Promise.all(pair.map(recovered)), goOn()]);
  for (const part of parts)
    assert.ok(part >= SHORT, `only ${part}`);
});

await step('each sound that is lost is made again', async () => {
  const before = await bob.receives('audio');
  const since = (now, name) => now[name] - before[name];
  const after = await bob.receives('audio', (now) => since(now, 'packets-lost') >= LOST / 2);
  const filled = since(after, 'buffers-decoded') - since(after, 'packets-received');
  console.log(`# ${since(after, 'packets-lost')} lost, ${filled} filled`);
  assert.ok(filled >= LOST / 4, `only ${filled}`);
});

await step('with 20 ms each way as well, as far as 60 ms allow', async () => {
  await link.set({ delay: 20 });
  const [parts] = await Promise.all([Promise.all(pair.map(recovered)), goOn()]);
  for (const part of parts)
    assert.ok(part >= LONG, `only ${part}`);
});

await step('nobody had an error', async () => {
  for (const peer of pair)
    assert.equal(await peer.interrupt(), 0);
  assert.deepEqual(pair.flatMap((peer) => peer.errors), []);
});

await server.stop();
done();
