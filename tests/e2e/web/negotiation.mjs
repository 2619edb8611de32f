// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a stranger's client in the room, written from PROTOCOL.md alone,
// when it is silent, offers by itself, asks for offers, starts over or hangs up,
// then the page follows section 4 and says in words what it cannot mend.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { pagePeer } from '../../lib/page-peer.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(150);

// Deadlines of the page come ten times as fast
function hurry() {
  const { setTimeout: plain } = window;
  window.setTimeout = (fn, ms, ...args) => plain(fn, ms >= 6000 ? ms / 10 : ms, ...args);
}

const server = await startServer();
const browser = await launch('chromium');
let lab; // where the stranger lives
let ann;

const count = (type) => lab.evaluate((t) => window.peer.inbox.filter((m) => m.type === t).length, type);
const gets = (type, n = 1) => lab.until(([t, k]) => window.peer.inbox.filter((m) => m.type === t).length >= k, [type, n],
  { what: `${n} ${type}` });
const link = (wanted) => ann.until((w) => window.gstCall.peers.find((p) => p.displayName === 'Stranger')?.link === w, wanted,
  { what: `link ${wanted}` });
const status = () => ann.evaluate(() => [...document.querySelectorAll('.tile')]
  .find((tile) => tile.textContent.includes('Stranger')).querySelector('.status').textContent);
const enter = async (room, peer) => {
  lab = await browser.open(server.page(room, { name: 'Lab', autojoin: false }), { before: [pagePeer] });
  await lab.evaluate((p) => { window.peer = new window.PagePeer(p); }, peer);
  await gets('welcome');
};
const annJoins = async (room) => {
  ann = await browser.open(server.page(room, { name: 'Ann' }), { before: [hurry] });
  await ann.joined();
};
const both = { displayName: 'Stranger', polite: true, audio: 'live', video: 'live' };

await step('no answer: before it offers again it says that it is there', async () => {
  await enter('untold', both);
  await lab.evaluate(() => { window.peer.answers = false; });
  ann = await browser.open(server.page('untold', { name: 'Ann' }));
  await ann.joined();
  await gets('offer', 2);
  const types = await lab.evaluate(() => window.peer.inbox.map(({ type }) => type).filter((type) => /offer|changed/.test(type)));
  assert.deepEqual(types.slice(-3), ['offer', 'peer-changed', 'offer']);
  await ann.close();
  await lab.close();
});

await step('no answer: one more session, then words and a button', async () => {
  await enter('silent', both);
  await lab.evaluate(() => { window.peer.answers = false; });
  await annJoins('silent');
  await link('failed');
  assert.equal(await count('offer'), 2);
  const sessions = await lab.evaluate(() => window.peer.inbox.filter((m) => m.type === 'offer').map((m) => m.session));
  assert.notEqual(sessions[0], sessions[1]);
  assert.match(await status(), /No connection\. No way through the network/);
  await gets('close');
});

await step('the button tries again', async () => {
  await lab.evaluate(() => { window.peer.answers = true; });
  await ann.click('.tile:not(.self) .retry');
  await link('connected');
  await ann.media({ peers: 1 });
});

await step('the data channel is open in the session', async () => {
  await lab.until(() => window.peer.channel.readyState === 'open');
});

await step('renegotiate: the page offers anew in the same session', async () => {
  const before = await count('offer');
  await lab.evaluate(() => window.peer.send({ type: 'renegotiate', to: window.peer.to, session: window.peer.session }));
  await gets('offer', before + 1);
  await ann.media({ peers: 1 });
});

await step('a polite peer offers by itself', async () => {
  const before = await count('answer');
  await lab.evaluate(() => window.peer.reoffer());
  await gets('answer', before + 1);
  await ann.media({ peers: 1 });
});

await step('offers cross: the page, with the greater seat, stands its ground', async () => {
  const [offers, answers] = [await count('offer'), await count('answer')];
  await lab.evaluate(async () => {
    const { peer } = window;
    await peer.pc.setLocalDescription();
    const { sdp } = peer.pc.localDescription;
    peer.send({ type: 'renegotiate', to: peer.to, session: peer.session });
    peer.send({ type: 'offer', to: peer.to, session: peer.session, sdp });
  });
  await gets('offer', offers + 1);
  await lab.until(() => window.peer.pc.signalingState === 'stable');
  await ann.media({ peers: 1 });
  assert.ok(await count('answer') <= answers + 1);
  assert.equal(await count('close'), 1, 'the one of the first step');
});

await step('who may not open a session is told so, and nothing else happens', async () => {
  await lab.evaluate(() => window.peer.send({ type: 'offer', to: window.peer.to, session: 'mine',
    sdp: window.peer.pc.localDescription.sdp }));
  await lab.until(() => window.peer.inbox.some((m) => m.type === 'close' && m.code === 'bad-session' && m.session === 'mine'));
  await ann.media({ peers: 1 });
});

await step('close without a common codec: words, no second try', async () => {
  const before = await count('offer');
  await lab.evaluate(() => window.peer.send({ type: 'close', to: window.peer.to, session: window.peer.session,
    code: 'no-common-codec' }));
  await link('closed');
  assert.match(await status(), /share no video or audio format/);
  assert.equal(await count('offer'), before);
});

await step('a newcomer that sends sound only is heard', async () => {
  await annJoins('radio');
  await enter('radio', { displayName: 'Stranger', audio: 'live', video: 'none' });
  await lab.evaluate((to) => window.peer.offer('one', to, { audio: true }), (await ann.evaluate(() => window.gstCall.self)).peerId);
  await link('connected');
  await ann.media({ peers: 1, video: false });
  assert.equal(await ann.evaluate(() => document.querySelectorAll('.tile:not(.self).with-picture').length), 0);
});

await step('new sessions of the offering side replace the old one, also while it is being made', async () => {
  await lab.evaluate(async () => {
    await window.peer.offer('two', window.peer.to, { audio: true, video: true });
    await window.peer.offer('three', window.peer.to, { audio: true, video: true });
  });
  await ann.until(() => window.gstCall.peers[0].session === 'three' && window.gstCall.peers[0].link === 'connected');
  await ann.media({ peers: 1 });
});

await step('nothing broke the policy', async () => {
  assert.deepEqual(await ann.violations(), []);
});

await server.stop();
await browser.close();
done();
