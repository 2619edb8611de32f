// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given gst-launch-1.0 -e in a call, or alone in its room,
// when it gets Ctrl-C,
// then the call ends with a bye, end of stream reaches every sink, what it records is whole,
// and it ends by itself.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);

const server = await startServer();
const uri = roomUri(server, 'tea');
const folder = mkdtempSync(join(tmpdir(), 'gst-call-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const TIMEOUT = 30000; // ms: it writes the end of its file

await step('in a call: bye, and the recording is whole', async () => {
  const file = join(folder, 'call.mkv');
  const ann = startPeer({ name: 'Ann', uri });
  await ann.joined();
  const bob = startPeer({ name: 'Bob', uri, slots: 0, more: `-e call.remote_video_0 ! queue ! vp8enc deadline=1 ! mux.
    call.remote_audio_0 ! queue ! audioconvert ! opusenc ! mux. matroskamux name=mux ! filesink location=${file}` });
  await ann.meets({ pictures: 30, tenths: 10 });
  assert.equal(await bob.interrupt({ timeout: TIMEOUT }), 0);
  assert.equal((await ann.event('call-peer-left')).code, 'bye');
  const probe = spawnSync('gst-discoverer-1.0', [file], { encoding: 'utf8', timeout: 30000 });
  assert.equal(probe.status, 0, probe.stderr);
  // a file that was cut has no duration
  assert.match(probe.stdout, /Duration: 0:0[0-9]:(?!00\.000000000)/);
  assert.match(probe.stdout, /VP8/);
  assert.match(probe.stdout, /Opus/);
  assert.equal(await ann.interrupt(), 0);
});

await step('alone: the sinks that nobody was shown in end as well', async () => {
  const cid = startPeer({ name: 'Cid', uri, slots: 0,
    more: '-e call.remote_video_0 ! videoconvert ! fakesink call.remote_audio_0 ! audioconvert ! fakesink sync=true' });
  await cid.joined();
  assert.equal(await cid.interrupt({ timeout: TIMEOUT }), 0);
  assert.deepEqual(cid.errors, []);
});

await server.stop();
done();
