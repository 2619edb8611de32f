// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given people whose camera and microphone are refused, missing or forbidden,
// when they join,
// then the page says in words what is wrong, and they still see and hear the others.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(120);

const server = await startServer();
const full = await launch('chromium');
const ann = await full.open(server.page('tea', { name: 'Ann' }));
await ann.joined();

const notices = (page) => page.until(() => document.getElementById('notices').textContent);
const stateOf = (name) => ann.until((n) => {
  const peer = window.gstCall.peers.find((p) => p.displayName === n);
  return peer && `${peer.audio} ${peer.video}`;
}, name);

await step('refused: joins, is told why, sees and hears', async () => {
  const refused = await launch('chromium', { permission: false });
  const bob = await refused.open(server.page('tea', { name: 'Bob' }));
  await bob.joined();
  assert.match(await notices(bob), /camera is blocked/);
  await bob.media({ peers: 1 });
  assert.equal(await stateOf('Bob'), 'none none');
  await refused.close();
});

await step('no devices at all: joins, is told why, sees and hears; two such people connect', async () => {
  const bare = await launch('chromium', { devices: false });
  const cy = await bare.open(server.page('tea', { name: 'Cy' }));
  await cy.joined();
  assert.match(await notices(cy), /No (camera|microphone) was found/);
  await cy.media({ peers: 1 });
  const di = await bare.open(server.page('tea', { name: 'Di' }));
  await di.until(() => window.gstCall.peers.some((p) => p.displayName === 'Cy' && p.link === 'connected'));
  await cy.until(() => window.gstCall.peers.some((p) => p.displayName === 'Di' && p.link === 'connected'));
  await di.media({ peers: 1 });
  await bare.close();
});

await step('a page without https: is told to use it, sees and hears', async () => {
  const plain = await launch('chromium', { args: ['--host-resolver-rules=MAP call.test 127.0.0.1'] });
  const eve = await plain.open(server.page('tea', { name: 'Eve' }).replace('127.0.0.1', 'call.test'));
  await eve.joined();
  assert.match(await notices(eve), /https/);
  await eve.media({ peers: 1 });
  await plain.close();
});

await step('camera only', async () => {
  const deaf = () => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = (wish) => (wish.audio
      ? Promise.reject(new DOMException('none', 'NotFoundError')) : ask(wish));
  };
  const gil = await full.open(server.page('tea', { name: 'Gil' }), { before: [deaf] });
  await gil.joined();
  assert.match(await notices(gil), /No microphone was found/);
  assert.equal(await stateOf('Gil'), 'none live');
  await ann.media({ peers: 1, audio: false });
  await gil.close();
});

await step('the server is away: the page says so, and joins when it is there', async () => {
  const fay = await full.open(server.page('lake', { name: 'Fay', autojoin: false }));
  await server.kill();
  await fay.click('#join');
  await fay.until(() => /does not answer/.test(document.getElementById('lobby-status').textContent));
  await server.start();
  await fay.joined();
});

await step('nothing broke the policy', async () => {
  assert.deepEqual(await ann.violations(), []);
});

await server.stop();
await full.close();
done();
