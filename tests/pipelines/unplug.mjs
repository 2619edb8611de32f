// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given pipelines/unplug.sh with fake cameras, the first of which goes by itself,
// when it runs until that has happened,
// then the next one has taken its place, the other side's pictures have come on, and
// nothing of it is left; when it ends before, its exit status is 1.

import assert from 'node:assert/strict';
import { freeAddress, startScript } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(110);

await step('the next camera takes its place', async () => {
  const { code, out, left, files } =
    await startScript('unplug.sh', ['--fake', '--duration', '9', '--listen', await freeAddress()]).ended();
  assert.equal(code, 0, out);
  assert.match(out, /^cam call-track-switched .*reason=vanished/m);
  const [, from, to, frames] = /^bob camera="(\S+) went, (\S+) came" remote_video_frames_since=(\d+)$/m.exec(out);
  assert.deepEqual([from, to], ['fake-camera-0', 'fake-camera-1']);
  assert.ok(Number(frames) >= 30, out);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

await step('no camera went: exit status 1', async () => {
  const { code, out, left } = await startScript('unplug.sh',
    ['--fake', '--duration', '1', '--listen', await freeAddress()], { env: { GST_CALL_FAKE_DEVICES: 'video=2' } }).ended();
  assert.equal(code, 1, out);
  assert.match(out, /^bob camera="was not pulled out"/m);
  assert.equal(left, false, 'a process is left');
});

done();
