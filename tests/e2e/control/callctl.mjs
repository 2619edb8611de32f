// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given gst-launch lines with callcontrol, running as processes of their own,
// when callctl is typed as docs/callctl.md tells,
// then it does what is told there: it lists, describes, reads, sets, switches the camera,
// follows, mutes, draws and ends them, says what is wrong, and exits with 0, 1 or 2.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { callctl, sockets, startLine, startProgram } from '../../lib/control.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(110);

// What it says when it is refused
async function refuses(status, pattern, ...args) {
  const { code, err } = await callctl(...args);
  assert.match(err, pattern);
  assert.equal(code, status, err);
}

async function says(pattern, ...args) {
  const { code, out, err } = await callctl(...args);
  assert.equal(code, 0, err);
  assert.match(out, pattern);
  return out;
}

const silent = async (...args) => assert.deepEqual(await callctl(...args), { code: 0, signal: null, out: '', err: '' });

await step('no pipeline: says so, exit status 2', async () => {
  await refuses(2, /no pipeline with a callcontrol/);
  await refuses(2, /no pipeline "tea"/, '--pipeline', 'tea', 'cam');
});

const start = Date.now();
const line = startLine(`callvideosrc name=cam ! fakesink name=out sync=true
  callaudiosrc name=mic ! fakesink sync=true callcontrol socket=demo`);

await step('alone it lists pipelines and elements', async () => {
  const out = await says(/^demo\.\d+ {2}gst-launch-1\.0, pid \d+, /, '--wait', '25');
  assert.match(out, /^ {2}cam +callvideosrc$/m);
  // the socket is there before the first picture
  while (!/^live$/m.test((await callctl('cam', 'state')).out))
    assert.ok(Date.now() < start + 30000, 'no picture');
  assert.match(out, /^ {2}mic +callaudiosrc$/m);
  assert.match(await says(/./, '--deep'), /^ {2}cam\/swap /m);
});

await step('an element: what can be set; a property: its value', async () => {
  const out = await says(/^cam {2}callvideosrc, PLAYING$/m, 'cam');
  assert.match(out, /^ {2}fallback="next-device" {2}\(next-device\|hold\|error\)$/m);
  assert.match(out, /^ {2}state: live {2}\(live\|muted\|ended, read only\)$/m);
  await says(/^true\n$/, 'cam', 'enabled');
  await says(/"deviceId" : "fake-camera-0"/, 'cam', 'settings');
  assert.deepEqual(JSON.parse(await says(/./, '--json', 'cam', 'state')), { value: 'live' });
});

await step('the camera is switched while the line runs', async () => {
  const watch = startProgram('callctl', ['watch', 'cam']);
  // it says nothing until something happens
  for (let ms = 9000; !/^cam open-timeout=/m.test(watch.said.out); ms++)
    await silent('cam', `open-timeout=${ms}`);
  await silent('cam', 'device-id=fake-camera-2');
  await watch.prints(/^cam call-track-switched .*to=fake-camera-2/m);
  await watch.prints(/^cam device-id=fake-camera-2$/m);
  await says(/"deviceId" : "fake-camera-2"/, 'cam', 'settings');
  watch.signal('SIGINT');
  assert.equal((await watch.ends()).signal, 'SIGINT');
});

await step('a camera that is not there: the element objects, the old one stays', async () => {
  await refuses(1, /no camera with device-id "nope".*fake-camera-1/s, 'cam', 'device-id=nope');
  await says(/"deviceId" : "fake-camera-2"/, 'cam', 'settings');
});

await step('several at once, all of them or none', async () => {
  await silent('out', 'sync=false', 'max-lateness=5');
  await refuses(1, /qos of out: "maybe" does not fit; wanted: true or false/, 'out', 'sync=true', 'qos=maybe');
  await says(/^false\n$/, 'out', 'sync');
});

await step('errors say what would be right', async () => {
  await refuses(1, /no element "kam"\. Did you mean cam\?/, 'kam');
  await refuses(1, /no property "enabeld"\. Did you mean enabled\?/, 'cam', 'enabeld');
  await refuses(1, /wanted: int64, -1 to/, 'out', 'max-lateness=-2');
  await refuses(1, /wanted: one of next-device, hold, error/, 'cam', 'fallback=never');
  await refuses(1, /state of cam is read only/, 'cam', 'state=live');
  await refuses(1, /no element has the action hang-up/, 'hang-up');
  await refuses(2, /Unknown option --nonsense/, '--nonsense');
  await refuses(2, /"enabled" has no value/, 'cam', 'label=x', 'enabled');
});

await step('mute and unmute find the microphone, or are told', async () => {
  await silent('mute');
  await says(/^false\n$/, 'mic', 'enabled');
  await says(/^true\n$/, 'cam', 'enabled');
  await silent('unmute');
  await says(/^true\n$/, 'mic', 'enabled');
  await silent('mute', 'cam');
  await says(/^false\n$/, 'cam', 'enabled');
  await silent('unmute', 'cam');
  await refuses(1, /out has no property mute or enabled/, 'mute', 'out');
});

await step('the graph is one', () => says(/^digraph pipeline \{[^]*GstCallVideoSrc[^]*\}\s*$/, 'dot'));

await step('two pipelines: one has to be chosen, also of one name', async () => {
  const other = startLine('videotestsrc name=picture is-live=true ! fakesink callcontrol socket=demo');
  await callctl('--wait', '25', '--pipeline', `demo.${other.pid}`);
  await refuses(2, new RegExp(`several .*demo\\.${line.pid}.*--pipeline|several.*--pipeline.*demo\\.${line.pid}`, 's'), 'cam');
  await refuses(2, /several/, '--pipeline', 'demo', 'cam', 'state');
  await says(/^smpte\n$/, '--pipeline', `demo.${other.pid}`, 'picture', 'pattern');
  // killed: what it leaves is found dead, and removed
  other.signal('SIGKILL');
  await other.ends();
  assert.ok(existsSync(`${sockets}/demo.${other.pid}.sock`));
  await says(/^live\n$/, 'cam', 'state');
  assert.deepEqual(readdirSync(sockets), [`demo.${line.pid}.sock`]);
});

await step('quit ends the line as the end of its streams does', async () => {
  await silent('quit');
  const { code, err } = await line.ends();
  assert.equal(code, 0, err);
  assert.deepEqual(readdirSync(sockets), []);
});

await step('quit --now ends what its streams do not', async () => {
  const deaf = startLine('appsrc ! fakesink videotestsrc is-live=true ! fakesink callcontrol');
  await says(/pipeline0/, '--wait', '25');
  await silent('quit', '--now');
  assert.equal((await deaf.ends()).code, 0);
});

done();
