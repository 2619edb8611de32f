// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given three pages in one room,
// when the server is killed and comes back, when somebody leaves, and when a hostile
// client sends them nonsense,
// then pictures and sound between the others never stop, and all keep their seats.
//
// With GST_CALL_SCREENSHOTS=FOLDER pictures of the page are put there.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

const require = createRequire(`${process.env.GST_CALL_NODE_MODULES}/x`);
watchdog(150);

const server = await startServer();
const browser = await launch('chromium');
const screenshots = process.env.GST_CALL_SCREENSHOTS;
const pages = [];
let ann;
let bob;

const everyone = (peers) => Promise.all(pages.map((page) => page.media({ peers })));
const seats = () => ann.evaluate(() => [window.gstCall.self, ...window.gstCall.peers]
  .map(({ peerId, seat, session }) => `${peerId} ${seat} ${session ?? ''}`).sort());

await step('three see and hear each other', async () => {
  for (const name of ['Ann', 'Bob', 'Chiara']) {
    pages.push(await browser.open(server.page('tea', { name })));
    await pages.at(-1).joined();
  }
  [ann, bob] = pages;
  await everyone(2);
  assert.equal(await ann.evaluate(() => document.querySelectorAll('.tile.with-picture').length), 3);
  if (screenshots)
    await ann.screenshot(`${screenshots}/three.png`);
});

const before = await seats();

await step('the server is killed: the page says so, media goes on', async () => {
  await server.kill();
  await Promise.all(pages.map((page) => page.until(() => window.gstCall.state === 'reconnecting')));
  assert.match(await ann.evaluate(() => document.getElementById('connection').textContent), /reconnecting/);
  await everyone(2);
});

await step('what is said meanwhile arrives when the server is back', async () => {
  await bob.press('m');
  await server.start();
  await Promise.all(pages.map((page) => page.until(() => window.gstCall.state === 'open')));
  await ann.until(() => window.gstCall.peers.some((p) => p.displayName === 'Bob' && p.audio === 'muted'));
  await bob.press('m');
  await ann.until(() => window.gstCall.peers.some((p) => p.displayName === 'Bob' && p.audio === 'live'));
});

await step('all have their seats and sessions of before', async () => {
  await ann.until(() => window.gstCall.peers.every((p) => p.connected));
  assert.deepEqual(await seats(), before);
  await everyone(2);
});

await step('a hostile client is refused, nobody else notices', async () => {
  const WebSocket = require('ws');
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/room/tea`, 'gst-call.1');
  const told = (wanted) => new Promise((resolve) => {
    socket.on('message', (data) => JSON.parse(data).code === wanted && resolve());
  });
  const refused = told('bad-sdp');
  await new Promise((resolve) => { socket.on('open', resolve); });
  let seq = 0;
  const send = (message) => socket.send(JSON.stringify({ ...message, ...(message.type === 'hello' ? {} : { seq: ++seq }) }));
  send({ type: 'hello', version: 1, peer: { displayName: 'Mallory', audio: 'live', video: 'live' } });
  await ann.until(() => window.gstCall.peers.length === 3);
  const { peerId } = await ann.evaluate(() => window.gstCall.self);
  const audio = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=mid:0\r\n';
  send({ type: 'offer', to: peerId, session: 'one', sdp: 'v=0 and then nothing' });
  send({ type: 'offer', to: peerId, session: 'two', sdp: `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n${audio.repeat(200)}` });
  for (let i = 0; i < 60; i++)
    send({ type: 'candidate', to: peerId, session: 'two', candidate: `candidate:${'9'.repeat(500)}`, sdpMLineIndex: 900 });
  send({ type: 'answer', to: peerId, session: 'three', sdp: 'v=0\r\n' });
  await ann.until(() => window.gstCall.peers.find((p) => p.displayName === 'Mallory')?.link === 'failed');
  await refused;
  socket.terminate();
  await everyone(2);
});

await step('one leaves, the other two go on', async () => {
  await pages.pop().click('.bar [data-action=leave]');
  await ann.until(() => !window.gstCall.peers.some((p) => p.displayName === 'Chiara'));
  await everyone(1);
  for (const page of pages)
    assert.deepEqual(await page.violations(), []);
});

await server.stop();
await browser.close();
done();
