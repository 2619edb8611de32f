// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given pipelines/switch-camera.sh with fake cameras,
// when it runs for some seconds, or until Ctrl-C,
// then the number burnt into what the other side received was that of each camera that was
// chosen, in that order, and nothing of it is left.

import assert from 'node:assert/strict';
import { freeAddress, startScript } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(85);

const SUMMARY = /^bob remote_video_frames=(\d+) switches=(\d+) longest_gap_ms=\d+$/m;

await step('each camera that was chosen has been seen', async () => {
  const { code, out, left, files } = await startScript('switch-camera.sh',
    ['--fake', '--duration', '9', '--listen', await freeAddress()]).ended();
  assert.equal(code, 0, out);
  const [, frames, switches] = SUMMARY.exec(out);
  assert.ok(frames > 20 && switches >= 3, out);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

await step('Ctrl-C ends it, too', async () => {
  const script = startScript('switch-camera.sh', ['--fake', '--every', '1', '--listen', await freeAddress()]);
  await script.says('bob', (text) => text.split('GstVideoAnalyse').length > 90);
  script.interrupt();
  const { out, left, files } = await script.ended();
  assert.match(out, SUMMARY);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

done();
