// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the scripts of pipelines/,
// when they are asked to --print,
// then they print the lines that they would run, and run nothing.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScript } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(50);

// Programs that tell when they are run
const trap = mkdtempSync(join(tmpdir(), 'gst-call-print-'));
process.on('exit', () => rmSync(trap, { recursive: true, force: true }));
for (const program of ['callctl', 'call-devices', 'gst-launch-1.0', 'gst-inspect-1.0', 'call-server', 'meson', 'ninja'])
  writeFileSync(join(trap, program), `#!/bin/sh\necho "$0 $*" >> ${trap}/ran\n`, { mode: 0o755 });

const SCRIPTS = [
  ['call.sh', [], [/^call-server --listen 127\.0\.0\.1:8443 --room tea$/m, /display-name=ann/, /display-name=bob/]],
  ['host.sh', ['--listen', '127.0.0.1:9000', '--room', 'den'], [/callbin name=call listen=127\.0\.0\.1:9000 room=den/]],
  ['join.sh', ['--ca-file', 'ca.pem', 'https://127.0.0.1:9000/room/den'], [/uri=wss:\/\/127\.0\.0\.1:9000\/room\/den tls-ca-file=ca\.pem/]],
  ['chat.sh', [], [/fdsrc fd=3 ! text\/x-raw,format=utf8 ! call\.data_chat/, /call\.remote_data_chat ! fdsink fd=4/]],
  ['send-file.sh', ['photo.jpg'], [/filesrc location=photo\.jpg ! callfilepay ! call\.data_files/, /call\.remote_data_files ! callfiledepay/]],
  ['send-picture.sh', [], [/jpegenc snapshot=true ! callfilepay file-name=camera\.jpg ! call\.data_files/]],
  ['mute.sh', [], [/callaudiosrc name=mic .*callcontrol socket=mute/, /^callctl --pipeline mute unmute cam$/m]],
  ['unplug.sh', [], [/fallback=next-device/, /^callctl .* watch cam$/m]],
  ['switch-camera.sh', ['--listen', '127.0.0.1:9000'], [/display-name=ann .*callvideosrc name=cam .*callcontrol/s, /^callctl .*cam device-id=/m]],
];

for (const [name, args, patterns] of SCRIPTS) {
  await step(`${name} prints and runs nothing`, async () => {
    const { code, out } = await startScript(name, ['--print', ...args], { path: [trap] }).ended();
    assert.equal(code, 0, out);
    assert.match(out, /^gst-launch-1\.0 -m callbin/m);
    for (const pattern of patterns)
      assert.match(out, pattern);
    assert.ok(!existsSync(join(trap, 'ran')), 'something was run');
  });
}

await step('--help describes each', async () => {
  for (const [name] of SCRIPTS) {
    const { code, out } = await startScript(name, ['--help'], { path: [trap] }).ended();
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^${name.replace('.', '\\.')} \\[--duration S\\]`));
  }
});

done();
