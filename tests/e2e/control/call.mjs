// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two lines in a call, one with callcontrol,
// when callctl switches its camera, reads its stats, sets a child's property, says something,
// sends a file and hangs up,
// then the other one goes on seeing moving pictures over the same connection, reads it, has the
// file, and sees the first one leave.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../../lib/call-server.mjs';
import { callctl, env } from '../../lib/control.mjs';
import { roomUri, SMALL, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);
const server = await startServer();
const uri = roomUri(server, 'tea');
const received = mkdtempSync(join(tmpdir(), 'gst-call-received-'));
process.on('exit', () => rmSync(received, { recursive: true, force: true }));
const bob = startPeer({ name: 'Bob', uri, call: { 'peer-id': 'bob', 'download-directory': received }, env });
await bob.joined();
const ann = startPeer({ name: 'Ann', uri, video: `callvideosrc name=cam ! ${SMALL}`, more: 'callcontrol socket=ann', env });

async function asks(...args) {
  const { code, out, err } = await callctl('--pipeline', 'ann', ...args);
  assert.equal(code, 0, err);
  return out;
}

const connections = () => bob.events.filter(({ name }) => name === 'call-state').length;

await step('the call is there', () => Promise.all([ann.meets(), bob.meets()]));

await step('another camera: the other side sees it over the same connection', async () => {
  const before = connections();
  for (const id of ['fake-camera-1', 'fake-camera-2', 'fake-camera-0']) {
    await asks('cam', `device-id=${id}`);
    await ann.event('call-track-switched', ({ to }) => to === id);
    await bob.sees();
  }
  assert.equal(connections(), before, 'connected anew');
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

await step('stats are read, a property of a child is set', async () => {
  const stats = JSON.parse(await asks('call', 'stats'));
  assert.ok(stats['peer-bob'], JSON.stringify(stats).slice(0, 500));
  await asks('call', 'video_0::max-bitrate=400000');
  assert.equal(await asks('call', 'video_0::max-bitrate'), '400000\n');
});

await step('mute: the other side hears silence', async () => {
  await asks('mute');
  const { heard, sounds } = bob.seen();
  // what was under way may still be heard
  await bob.until(() => bob.seen().sounds >= sounds + 20 && bob.seen().sounds - sounds - (bob.seen().heard - heard) >= 10,
    'a second of silence');
  await asks('unmute');
  await bob.hears();
});

await step('send-text and send-file: the other side has what was said, and the file', async () => {
  await asks('call', 'send-text', 'hello');
  const said = await bob.event('call-message');
  assert.equal(said.text, 'hello');
  const file = fileURLToPath(import.meta.url);
  await asks('call', 'send-file', file);
  const { path } = await bob.event('call-file-received');
  assert.equal(path, join(received, 'call.mjs'));
  assert.deepEqual(readFileSync(path), readFileSync(file));
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

await step('hang-up: the other side sees it leave', async () => {
  await asks('hang-up');
  await bob.event('call-peer-left');
  await asks('quit', '--now');
  assert.equal(await bob.interrupt(), 0);
});

await server.stop();
done();
