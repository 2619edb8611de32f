// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given pipelines/mute.sh with fake devices,
// when it runs for some seconds, or until Ctrl-C,
// then callctl has muted and opened microphone and camera at least once, the other side
// heard silence and saw black for it, and nothing of it is left.

import assert from 'node:assert/strict';
import { freeAddress, startScript } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(110);

const SUMMARY = /^bob rounds_of_mute=(\d+)$/m;

async function check(script) {
  const { code, out, left, files } = await script.ended();
  assert.equal(code, 0, out);
  assert.ok(Number(SUMMARY.exec(out)[1]) >= 1, out);
  for (const words of ['mute', 'unmute', 'mute cam', 'unmute cam'])
    assert.match(out, new RegExp(`^callctl ${words}$`, 'm'));
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
}

await step('for some seconds: muted and opened, heard and seen', async () => {
  await check(startScript('mute.sh', ['--fake', '--duration', '4', '--listen', await freeAddress()]));
});

await step('Ctrl-C in the middle of it: exit status 0', async () => {
  const script = startScript('mute.sh', ['--fake', '--listen', await freeAddress()]);
  await script.prints(/(callctl unmute cam[^]*){1}callctl mute$/m);
  script.interrupt();
  await check(script);
});

done();
