// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in one room of the real server, in the browsers named as arguments,
// when their people mute, switch, reload and leave,
// then pictures and sound go both ways all the while and each sees the other's state.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(150);

const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
let a;
let b;

const other = (name) => window.gstCall.peers.find((peer) => peer.displayName === name);
const seesState = (page, name, audio, video) => page.until(([n, au, vi]) =>
  window.gstCall.peers.some((p) => p.displayName === n && p.audio === au && p.video === vi),
[name, audio, video], { what: `${name} is shown as ${audio} ${video}` });
const caption = (page, name) => page.evaluate((n) =>
  [...document.querySelectorAll('.tile')].find((t) => t.textContent.includes(n))?.querySelector('.caption').textContent, name);
const button = (name) => `.bar [data-action=${name}]`;

await step(`${annsBrowser} and ${bobsBrowser} see and hear each other`, async () => {
  a = await ann.open(server.page('tea', { name: 'Ann' }));
  await a.joined();
  b = await bob.open(server.page('tea', { name: 'Bob' }));
  await b.joined();
  await Promise.all([a.media({ peers: 1 }), b.media({ peers: 1 })]);
});

await step('the newcomer offered, with audio, video and data laid out', async () => {
  const [of, to] = await Promise.all([a, b].map((page) => page.evaluate(other, page === a ? 'Bob' : 'Ann')));
  assert.equal(of.session, to.session);
  assert.ok(of.seat > to.seat, 'Bob came later');
});

await step('VP8 is spoken', async () => {
  assert.equal(await a.codec('video'), 'video/VP8');
});

await step('a muted microphone shows as state and is silent', async () => {
  await a.click(button('audio'));
  await seesState(b, 'Ann', 'muted', 'live');
  assert.match(await caption(b, 'Ann'), /microphone muted/);
  await b.silence();
  await b.media({ peers: 1, audio: false });
});

await step('switching the camera keeps the mute and sends new pictures', async () => {
  const cameras = await a.evaluate(() => document.querySelector('#camera').options.length);
  if (cameras > 1) {
    assert.ok(await a.flip(), 'another camera');
  } else {
    console.log('# this browser has one fake camera: chosen again');
    await a.click(button('video'));
    await a.until(() => window.gstCall.devices.video === 'muted');
    await a.click(button('video'));
    await a.until(() => window.gstCall.devices.video === 'live');
  }
  assert.equal(await a.evaluate(() => window.gstCall.devices.audio), 'muted');
  await b.media({ peers: 1, audio: false });
  assert.equal((await b.evaluate(other, 'Ann')).audio, 'muted');
});

await step('switching the microphone keeps the mute', async () => {
  const ids = await a.evaluate(() => [...document.querySelector('#microphone').options].map((o) => o.value));
  await a.press('?');
  await a.select('#microphone', ids.at(-1));
  await a.press('Escape');
  await a.settled();
  assert.equal(await a.evaluate(() => window.gstCall.devices.audio), 'muted');
  await b.silence();
});

await step('unmuted it is heard again', async () => {
  await a.click(button('audio'));
  await seesState(b, 'Ann', 'live', 'live');
  await b.media({ peers: 1 });
});

await step('a camera that is off shows as state, its pictures stop, sound goes on', async () => {
  await b.click(button('video'));
  await seesState(a, 'Bob', 'live', 'muted');
  assert.match(await caption(a, 'Bob'), /camera off/);
  await a.until(() => !document.querySelector('.tile:not(.self)').classList.contains('with-picture'));
  await a.media({ peers: 1, video: false });
});

await step('and comes back without a new session', async () => {
  const { session } = await a.evaluate(other, 'Bob');
  await b.click(button('video'));
  await seesState(a, 'Bob', 'live', 'live');
  await a.media({ peers: 1 });
  assert.equal((await a.evaluate(other, 'Bob')).session, session);
});

await step('a reload rejoins', async () => {
  await b.reload();
  await b.joined();
  await Promise.all([a.media({ peers: 1 }), b.media({ peers: 1 })]);
  assert.equal(await a.evaluate(() => document.querySelectorAll('.tile').length), 2);
});

await step('leaving frees the tile and goes back to the lobby', async () => {
  await b.click(button('leave'));
  await a.until(() => window.gstCall.peers.length === 0 && document.querySelectorAll('.tile').length === 1);
  assert.equal(await b.evaluate(() => document.body.dataset.view), 'lobby');
});

await step('and one can join again', async () => {
  await b.click('#join');
  await b.joined();
  await Promise.all([a.media({ peers: 1 }), b.media({ peers: 1 })]);
});

await step('nothing broke the policy or the console', async () => {
  for (const page of [a, b]) {
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(page.problems, []);
  }
});

await server.stop();
await ann.close();
if (bob !== ann)
  await bob.close();
done();
