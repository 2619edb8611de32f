// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a running line and bash with data/completions/callctl,
// when Tab is pressed,
// then elements, commands, properties, values of enums and ids of devices are offered as
// bash wants them, also where it breaks words at "=" and ":".

import assert from 'node:assert/strict';
import { callctl, startLine, startProgram } from '../../lib/control.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(80);

const { GST_CALL_BUILD_ROOT: BUILD, GST_CALL_SOURCE_ROOT: SOURCE } = process.env;
const SCRIPT = `. "$1"; COMP_LINE=$2 COMP_POINT=\${#2}; [ "$3" ] && COMP_WORDBREAKS=$3
  _callctl; [ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;

async function offers(typed, wordbreaks = '') {
  const { code, out, err } = await startProgram('bash', ['--norc', '-c', SCRIPT, 'bash',
    `${SOURCE}/data/completions/callctl`, typed, wordbreaks],
  { more: { PATH: `${BUILD}/gst/control:${process.env.PATH}` } }).ends();
  assert.equal(code, 0, err);
  return out.split('\n').filter(Boolean);
}

const line = startLine('callvideosrc name=cam ! fakesink name=out callcontrol socket=demo');
await callctl('--wait', '25');

await step('elements and commands', async () => {
  assert.deepEqual(await offers('callctl ca'), ['cam', 'callcontrol0']);
  assert.deepEqual(await offers('callctl w'), ['watch']);
  assert.deepEqual(await offers('callctl watch o'), ['out']);
});

await step('properties: those that can be set with =', async () => {
  assert.deepEqual(await offers('callctl cam fall'), ['fallback=']);
  assert.deepEqual(await offers('callctl cam sett'), ['settings']);
  assert.deepEqual(await offers('callctl cam enabled=false dev'), ['device-id=']);
  assert.deepEqual(await offers('callctl nobody x'), []);
});

await step('values, with and without word breaks', async () => {
  assert.deepEqual(await offers('callctl cam fallback=', ' '), ['fallback=next-device', 'fallback=hold', 'fallback=error']);
  assert.deepEqual(await offers('callctl cam fallback=', '=: '), ['next-device', 'hold', 'error']);
  assert.deepEqual(await offers('callctl cam fallback=h', '=: '), ['hold']);
  assert.deepEqual(await offers('callctl cam enabled=', '=: '), ['true', 'false']);
  assert.deepEqual(await offers('callctl cam device-id=fake-camera-', '=: '),
    ['fake-camera-0', 'fake-camera-1', 'fake-camera-2']);
});

await step('options, and what stands behind them', async () => {
  assert.ok((await offers('callctl --p')).includes('--pipeline'));
  assert.deepEqual(await offers('callctl --pipeline d'), [`demo.${line.pid}`]);
  assert.deepEqual(await offers('callctl --pipeline demo cam fall'), ['fallback=']);
  assert.deepEqual(await offers('callctl --pipeline nobody cam fall'), []);
});

await callctl('quit');
assert.equal((await line.ends()).code, 0);
done();
