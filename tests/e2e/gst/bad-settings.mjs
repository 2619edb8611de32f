// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with a setting that cannot work, or a server that does not
// want it,
// when it starts,
// then it says in words what is wrong and what to do: as an error that ends the line
// where there can be no call, as a warning where there can, and the call goes on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(280);

const server = await startServer();
const open = roomUri(server, 'tea');
const HOST = { listen: '127.0.0.1:0', room: 'tea' };

// what is wrong, the properties, what the error says
const FATAL = [
  ['no room', {}, /in no room: set uri=.*or listen=/],
  ['an unknown scheme', { uri: 'ftp://127.0.0.1/room/tea' }, /ftp:.*must begin with one of ws:\/\/, wss:\/\//],
  ['the address of the page', { uri: 'https://127.0.0.1/room/tea' }, /https:.*page is https:.* is wss:/],
  ['to join and to host', { uri: open, ...HOST }, /either joins.*leave one of both out/],
  ['no URI at all', { uri: 'nonsense' }, /nonsense.*must begin with one of/],
  ['a URI that names no room', { uri: `ws://127.0.0.1:${server.port}/tea` }, /does not name a room. Write ws/],
  ['a server that is not there', { uri: 'ws://127.0.0.1:1/room/tea' }, /Cannot reach 127\.0\.0\.1:1: .*Check the address/],
  ['a host that is not there', { uri: 'ws://nobody.invalid/room/tea' }, /Cannot reach nobody\.invalid/],
  ['nonsense to listen on', { listen: 'nonsense', room: 'tea' }, /nonsense.* is no address to listen on; give HOST:PORT/],
  ['a port that does not exist', { listen: '127.0.0.1:99999', room: 'tea' }, /is no address to listen on/],
  ['a port that is taken', { listen: `127.0.0.1:${server.port}`, room: 'tea' }, /Address already in use\. .*another/],
  ['a room with an impossible name', { ...HOST, room: 'a/b' }, /room=a\/b: a room's name is made of/],
  ['a token file that is not there', { uri: open, 'token-file': '/nonexistent/token' }, /token-file cannot be read: .*\/nonexistent\/token/],
];

// given such a setting, when the line starts, then it ends with this error
for (const [what, call, says] of FATAL) {
  await step(`${what}: an error`, async () => {
    const text = await startPeer({ call }).fails();
    assert.match(text, new RegExp(`^ERROR: from element .*${says.source}`, 'm'));
  });
}

await step('a server that never says a word: an error, within the time of a start', async () => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const text = await startPeer({ uri: `ws://127.0.0.1:${mute.address().port}/room/tea` }).fails();
  assert.match(text, /^ERROR: from element .*does not answer in time/m);
  mute.close();
});

await step('a token that is missing or wrong: an error', async () => {
  writeFileSync(`${server.state}/secret`, 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldA==\n', { mode: 0o600 });
  const guarded = await startServer({ args: ['--token-secret', `${server.state}/secret`] });
  const uri = roomUri(guarded, 'tea');
  assert.match(await startPeer({ uri }).fails(), /^ERROR: from element .*needs a token.*ask/m);
  assert.match(await startPeer({ uri, call: { token: 'a.b.c' } }).fails(), /^ERROR: from element .*token-refused/m);
  await guarded.stop();
});

await step('a full room: an error, and who is in it does not notice', async () => {
  const small = await startServer({ args: ['--max-peers', '1'] });
  const uri = roomUri(small, 'tea');
  const ann = startPeer({ name: 'Ann', uri });
  await ann.joined();
  assert.match(await startPeer({ name: 'Bob', uri }).fails(), /^ERROR: from element .*room-full/m);
  assert.equal(ann.events.filter(({ name }) => name === 'call-peer-joined').length, 0);
  assert.equal(await ann.interrupt(), 0);
  await small.stop();
});

// given no device of any kind, when a line wants one, then the error names the fake ones
const NOTHING = { call: HOST, fakes: '', env: { XDG_RUNTIME_DIR: server.state, PULSE_SERVER: 'unix:/nonexistent',
  DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' } };

await step('no camera, no microphone: an error that names the fake ones', async () => {
  assert.match(await startPeer({ ...NOTHING, audio: '' }).fails(),
    /^ERROR: from element .*There is no camera\. .*GST_CALL_FAKE_DEVICES/m);
  assert.match(await startPeer({ ...NOTHING, video: '' }).fails(),
    /^ERROR: from element .*There is no microphone\. .*GST_CALL_FAKE_DEVICES/m);
});

await step('a camera that does not exist: an error that names it', async () => {
  assert.match(await startPeer({ call: HOST, video: 'callvideosrc device-id=nobody' }).fails(), /^ERROR: from element .*nobody/m);
});

// what is wrong, the properties, what the warning says, does it need somebody to call
const HARMLESS = [
  ['a TURN server without credentials', { 'ice-servers': '<"turn:127.0.0.1:3478">' }, /turn:127\.0\.0\.1:3478 is of no use: it needs username and credential/],
  ['a TURN server that is not there', { 'ice-servers': '<(GstStructure)"s,urls=turns:127.0.0.1:5349,username=a,credential=b">' }, /turns:127\.0\.0\.1:5349 is of no use: it does not answer over TLS/],
  ['a range of ports that is none', { 'min-port': 5000, 'max-port': 4000 }, /min-port=5000 is greater than max-port=4000/],
  ['what is no ICE server', { 'ice-servers': '<"http://127.0.0.1">' }, /'http:\/\/127\.0\.0\.1' is no ICE server: give stun:/],
  ['a codec that nobody knows', { 'video-codecs': '<"MPEG9">' }, /'MPEG9' is no codec of callbin: it knows/],
];

for (const [what, call, says] of HARMLESS) {
  await step(`${what}: a warning, and the call goes on`, async () => {
    const room = `room-${HARMLESS.findIndex(([name]) => name === what)}`;
    const uri = roomUri(server, room);
    const ann = startPeer({ name: 'Ann', uri, call });
    await ann.joined();
    const bob = startPeer({ name: 'Bob', uri });
    await ann.until(() => ann.warnings.find((text) => says.test(text)), `a warning ${says}`);
    await Promise.all([ann.meets(), bob.meets()]);
    assert.equal(await bob.interrupt(), 0);
    assert.equal(await ann.interrupt(), 0);
  });
}

await server.stop();
done();
