// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given pipelines/call.sh without --duration,
// when Ctrl-C is pressed,
// then it ends with its summary, exit status 0 if both have been seen and heard by then
// and 1 if not, and nothing of it is left.

import assert from 'node:assert/strict';
import { freeAddress, startScript, summaries } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(140);

await step('after the call has begun: exit status 0', async () => {
  const call = startScript('call.sh', ['--fake', '--listen', await freeAddress()]);
  await Promise.all([call.meets('ann'), call.meets('bob')]);
  call.interrupt();
  const { code, out, left, files } = await call.ended();
  assert.equal(code, 0, out);
  assert.deepEqual(Object.keys(summaries(out)), ['ann', 'bob']);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

await step('before anybody has come: exit status 1', async () => {
  const host = startScript('host.sh', ['--fake', '--listen', await freeAddress()]);
  await host.prints(/^Open/m);
  host.interrupt();
  const { code, out, left, files } = await host.ended();
  assert.equal(code, 1, out);
  assert.equal(summaries(out).host.frames, 0);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

done();
