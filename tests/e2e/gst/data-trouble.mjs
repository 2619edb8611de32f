// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two lines of gst-launch on two machines with data channels,
// when the cable loses packets, one of them is stopped for ten seconds, killed, or leaves in the
// middle of a file, or its disk is full,
// then what is reliable arrives whole and in order, what is not arrives at most once and holds up
// nobody, the file goes on where it was, no part of one is left, and the call goes on.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(170);
const LINES = 400;
const LOSS = 20; // %
const STOPPED = 10000; // ms
const LARGE = 60e6;

const folder = mkdtempSync(join(tmpdir(), 'gst-call-trouble-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const large = join(folder, 'large.bin');
writeFileSync(large, randomBytes(LARGE));

const link = await makeLink();
const server = await startServer({ address: link.near });
let rooms = 0;
const silent = { video: '', audio: '', slots: 0 };

// Bob, far away, and then Ann
function pair(bobs, anns, annsCall = {}) {
  const uri = roomUri(server, `room-${++rooms}`);
  const bob = startPeer({ name: 'Bob', uri, ...silent, talk: true, prefix: link.far, ...bobs });
  const ann = startPeer({ name: 'Ann', uri, ...silent, talk: true, ...anns, call: annsCall });
  return [ann, bob];
}

const numbers = (lines) => lines.map((line) => Number(line.split(' ')[1]));

async function losing(properties) {
  const [ann, bob] = pair({ more: 'call.remote_data_n ! fdsink fd=3' },
    { more: 'fdsrc fd=0 ! text/x-raw,format=utf8 ! call.data_n' }, properties);
  ann.type('line -1');
  await bob.reads('line -1');
  await link.set({ loss: LOSS });
  const started = Date.now();
  for (let i = 0; i < LINES; i++) {
    ann.type(`line ${i}`);
    await sleep(5);
  }
  return { ann, bob, started };
}

await step('what is reliable arrives whole and in order', async () => {
  const { ann, bob } = await losing({});
  await bob.reads(`line ${LINES - 1}`);
  await link.set({ loss: 0 });
  assert.deepEqual(numbers(bob.lines), Array.from({ length: LINES + 1 }, (_, i) => i - 1));
  await Promise.all([ann.interrupt(), bob.interrupt()]);
});

await step('what is not: some of it is lost, none comes twice, and nobody waits', async () => {
  const { ann, bob } = await losing({ 'data_n::max-retransmits': 0, 'data_n::ordered': false });
  await link.set({ loss: 0 });
  ann.type('line 1000000');
  await bob.reads('line 1000000');
  const got = numbers(bob.lines).filter((n) => n >= 0 && n < LINES);
  console.log(`# ${got.length} of ${LINES} at ${LOSS} % loss`);
  assert.equal(new Set(got).size, got.length);
  assert.ok(got.length < LINES && got.length > LINES / 2, `${got.length}`);
  await Promise.all([ann.interrupt(), bob.interrupt()]);
});

await step('what is sent again a few times: hardly any is lost, none comes twice', async () => {
  const { ann, bob } = await losing({ 'data_n::max-retransmits': 4, 'data_n::ordered': false });
  await link.set({ loss: 0 });
  ann.type('line 1000000');
  await bob.reads('line 1000000');
  const got = numbers(bob.lines).filter((n) => n >= 0 && n < LINES);
  console.log(`# ${got.length} of ${LINES} at ${LOSS} % loss`);
  assert.equal(new Set(got).size, got.length);
  assert.ok(got.length > LINES * 0.95, `${got.length}`);
  await Promise.all([ann.interrupt(), bob.interrupt()]);
});

const receive = (name) => {
  const to = join(folder, name);
  mkdirSync(to);
  return [to, { more: `call.remote_data_files ! callfiledepay directory=${to}` }];
};
const halfway = (peer) => peer.event('call-file-progress', ({ position }) => position > LARGE / 20);

await step('the receiver is stopped for ten seconds: the file is whole', async () => {
  const [to, bobs] = receive('stopped');
  const [ann, bob] = pair(bobs, { more: `filesrc location=${large} ! callfilepay ! call.data_files` });
  await halfway(ann);
  bob.signal('SIGSTOP');
  await sleep(STOPPED);
  bob.signal('SIGCONT');
  await bob.event('call-file-received');
  assert.equal(sha256(join(to, 'large.bin')), sha256(large));
  await ann.until(() => ann.exit, 'its end', { ended: true });
  assert.equal(ann.exit.code, 0, ann.describe());
  assert.equal(await bob.interrupt(), 0);
});

await step('the disk is full in the middle: the sender is told, and the next file comes', async () => {
  const [to, bobs] = receive('full');
  const small = join(folder, 'small.bin');
  writeFileSync(small, randomBytes(1e6));
  // 16 MiB stay free; of a pipe nobody knows the size before
  const disk = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=40M none ${to} && exec "$@"`, 'sh'];
  const [ann, bob] = pair({ ...bobs, prefix: [...link.far, ...disk] },
    { more: `funnel name=both ! call.data_files filesrc location=${large} ! queue ! callfilepay file-name=large.bin ! both. ` +
      `filesrc location=${small} ! callfilepay ! both.` });
  const { code } = await ann.event('call-file-failed');
  assert.equal(code, 'no-space');
  await bob.event('call-file-received', ({ 'file-name': name }) => name === 'small.bin');
  await ann.until(() => ann.exit, 'its end', { ended: true });
  assert.equal(ann.exit.code, 0, ann.describe());
  assert.equal(await bob.interrupt(), 0);
});

await step('the sender is killed: no part of it stays when the receiver has ended', async () => {
  const [to, bobs] = receive('killed');
  const [ann, bob] = pair(bobs, { more: `filesrc location=${large} ! callfilepay ! call.data_files` });
  await halfway(bob);
  await ann.kill();
  await bob.event('call-peer-left');
  assert.equal(await bob.interrupt(), 0);
  assert.deepEqual(readdirSync(to), []);
});

await step('the receiver leaves: the sender says so, and ends', async () => {
  const [to, bobs] = receive('left');
  const [ann, bob] = pair(bobs, { more: `filesrc location=${large} ! callfilepay receivers-timeout=2 ! call.data_files` });
  await halfway(ann);
  assert.equal(await bob.interrupt(), 0);
  const { code } = await ann.event('call-file-failed');
  assert.equal(code, 'gone');
  await ann.until(() => ann.exit, 'its end', { ended: true });
  assert.equal(ann.exit.code, 0, ann.describe());
  assert.deepEqual(readdirSync(to), []);
});

await server.stop();
done();
