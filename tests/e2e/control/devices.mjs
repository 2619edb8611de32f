// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given fake devices, or with "real" those of tests/lib/pipewire, in which it then runs,
// when call-devices lists them,
// then each is there with its modes, what it prints opens it in gst-launch, and with
// --watch one that is pulled out is told.

import assert from 'node:assert/strict';
import { startLine, startProgram } from '../../lib/control.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(110);

const REAL = process.argv[2] === 'real';
const options = REAL ? { fakes: '', more: { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR } } : {};
const devices = (...args) => startProgram('call-devices', args, options).ends();
const WANTED = REAL ? [['videoinput', 'call-camera'], ['audioinput', 'call-microphone'], ['audiooutput', 'call-speaker']] :
  [0, 1, 2].map((n) => ['videoinput', `fake-camera-${n}`]).concat([0, 1].map((n) => ['audioinput', `fake-microphone-${n}`]));
let found;

await step('--json has each with what a browser tells of it, and modes', async () => {
  const { code, out, err } = await devices('--json');
  assert.equal(code, 0, err);
  const all = JSON.parse(out);
  found = WANTED.map(([kind, id]) => all.find((device) => device.kind === kind && device.deviceId === id));
  for (const [i, device] of found.entries()) {
    assert.ok(device, `${WANTED[i]} in ${out}`);
    assert.ok(device.label && 'groupId' in device && 'facingMode' in device, out);
    assert.ok(Array.isArray(device.modes), out);
  }
  const [mode] = found[0].modes;
  assert.match(mode.mediaType, /^video\//);
  assert.ok(mode.width > 0 && mode.height > 0 && mode.frameRate, JSON.stringify(mode));
});

await step('the table has a row for each, with its line', async () => {
  const { out } = await devices();
  for (const { kind, label, line } of found)
    assert.ok(out.split('\n').some((row) => row.startsWith(kind) && row.includes(label) && row.includes(line)), out);
  const only = await devices('audioinput');
  assert.doesNotMatch(only.out, /videoinput/);
});

await step('each line opens its device', async () => {
  for (const { kind, line } of found) {
    const { code, err } = await startLine(kind === 'audiooutput' ? `audiotestsrc num-buffers=5 ! ${line}` :
      `${line} ! fakesink num-buffers=5`, options).ends();
    assert.equal(code, 0, err);
  }
});

if (REAL) {
  await step('--watch tells what is pulled out, and Ctrl-C ends it', async () => {
    const [, camera] = /camera=(\d+)/.exec(process.env.CALL_PIPEWIRE_PIDS);
    const people = startProgram('call-devices', ['--watch'], options);
    const scripts = startProgram('call-devices', ['--watch', '--json', 'videoinput'], options);
    await people.prints(/device-id=call-camera/);
    await scripts.prints(/^\{"event":"devices",.*"call-camera"/m);
    process.kill(Number(camera), 'SIGTERM');
    await people.prints(/^devicechange - videoinput .*call-camera/m);
    await scripts.prints(/^\{"event":"devicechange","devices":\[\]\}$/m);
    people.signal('SIGINT');
    scripts.signal('SIGINT');
    assert.equal((await people.ends()).code, 0);
    assert.equal((await scripts.ends()).code, 0);
  });
} else {
  await step('no device: says what to do, exit status 1; wrong words: 2', async () => {
    const none = await startProgram('call-devices', ['--json', 'audiooutput'], { fakes: '' }).ends();
    if (JSON.parse(none.out).length === 0) { // true of most machines that run tests
      assert.equal(none.code, 1);
      assert.match(none.err, /there is no device of this kind.*Plug one in/);
    }
    const wrong = await devices('camera');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /"camera" is no kind: videoinput/);
  });
}

done();
