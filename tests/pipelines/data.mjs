// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given nothing but the build,
// when pipelines/chat.sh, send-file.sh and send-picture.sh run,
// then what one line wrote was read by the other, and the file and the picture have arrived;
// exit status 0, and nothing of them is left.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeAddress, startScript } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(110);

async function runs(script, args, said) {
  const { code, out, left, files } = await startScript(script, ['--fake', '--listen', await freeAddress(), ...args]).ended();
  assert.equal(code, 0, out);
  assert.match(out, said);
  assert.equal(left, false, 'a process is left');
  assert.deepEqual(files, [], 'a file is left');
}

await step('chat.sh: each has read what the other wrote', () =>
  runs('chat.sh', ['--duration', '2'], /^ann messages_read=1\nbob messages_read=1$/m));

await step('send-file.sh: a file of any name, and 20 MB of its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gst-call-send-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'Größe 1.txt'), 'hello\n'.repeat(1000));
  await runs('send-file.sh', ['--duration', '30', join(folder, 'Größe 1.txt')], /^bob received=1 bytes=6000$/m);
  await runs('send-file.sh', ['--duration', '30'], /^bob received=1 bytes=20000000$/m);
});

await step('send-file.sh: a file that is not there, exit status 2', async () => {
  const { code } = await startScript('send-file.sh', ['/nowhere/at-all']).ended();
  assert.equal(code, 2);
});

await step('send-picture.sh: a JPEG picture', () =>
  runs('send-picture.sh', ['--duration', '30'], /^bob picture=ffd8ff bytes=\d{4,}$/m));

done();
