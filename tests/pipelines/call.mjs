// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given nothing but the build,
// when pipelines/call.sh --fake runs for some seconds,
// then it prints its lines and a URL, and ends with one line for each side that has
// seen and heard the other, exit status 0, and nothing of it is left.

import assert from 'node:assert/strict';
import { freeAddress, startScript, summaries } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(110);

await step('both sides have seen and heard', async () => {
  const listen = await freeAddress();
  const { code, out, left, files } = await startScript('call.sh', ['--fake', '--duration', '12', '--listen', listen]).ended();
  assert.equal(code, 0, out);
  assert.ok(out.includes(`http://${listen}/room/tea`), out);
  assert.equal(out.match(/^gst-launch-1\.0 -m callbin .*uri=ws:/gm).length, 2, out);
  const { ann, bob } = summaries(out);
  for (const side of [ann, bob])
    assert.ok(side.frames > 10 && side.seconds > 0.5, out);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
});

await step('nobody was there: host.sh says so by its exit status', async () => {
  const { code, out, left } = await startScript('host.sh', ['--fake', '--duration', '3', '--listen', await freeAddress()]).ended();
  assert.equal(code, 1, out);
  assert.deepEqual(summaries(out), { host: { frames: 0, seconds: 0 } });
  assert.equal(left, false);
});

done();
