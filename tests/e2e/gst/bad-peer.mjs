// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two gst-launch lines in a call, and a stranger in their room,
// when he never answers, answers or offers nonsense, an SDP that is too large, one
// without a common codec or with two m-lines of one name, or floods them with candidates,
// then each line says what is wrong in a typed call-error, tries again only what may go
// better, goes on calling the other, and meets who comes next; and when it is the
// server that sends nonsense, each warns of it once and calls the other.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { join, startProxy } from '../../lib/stranger.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(280);

const offerText = readFileSync(`${process.env.GST_CALL_SOURCE_ROOT}/tests/data/sdp/chromium-session-1-offer.sdp`, 'utf8')
  .replace(/\r?\n/g, '\r\n');
const server = await startServer();
const call = { 'connect-timeout': 4000 };
const uri = roomUri(server, 'tea');
let ann;
let bob;

const errors = (peerId, since = 0) => ann.events.filter((e, i) => i >= since && e.name === 'call-error' && e['peer-id'] === peerId);
const pairGoesOn = () => Promise.all([ann.meets({ slot: slotOf(ann, 'Bob'), pictures: 5, tenths: 3 }),
  bob.meets({ slot: slotOf(bob, 'Ann'), pictures: 5, tenths: 3 })]);
const slotOf = (peer, name) => peer.events.findLast((e) => e.name === 'call-peer-joined' && e['display-name'] === name).slot;

await step('a peer that never answers: timeout, and again, more and more slowly; the others call each other', async () => {
  const mute = await join(server, 'tea', { peerId: 'mute', displayName: 'Mute' });
  ann = startPeer({ name: 'Ann', uri, slots: 2, call });
  await ann.joined();
  bob = startPeer({ name: 'Bob', uri, slots: 2, call });
  await ann.until(() => errors('mute').length >= 3, 'three errors');
  assert.deepEqual(errors('mute').slice(0, 3).map(({ code, retry }) => [code, retry]), Array(3).fill(['timeout', true]));
  assert.match(errors('mute')[0].text, /within 4 s/);
  const { 'peer-id': annsId } = await ann.joined();
  // an offer is said again after 2 s
  const sessions = [...new Set(mute.inbox.filter((m) => m.type === 'offer' && m.from === annsId).map(({ session }) => session))].slice(0, 3);
  assert.equal(sessions.length, 3, 'three sessions');
  for (const session of sessions)
    assert.equal((await mute.gets('close', { fits: (m) => m.session === session })).code, 'timeout');
  await pairGoesOn();
  mute.leave();
  await ann.event('call-peer-left', (e) => e['peer-id'] === 'mute');
  await pairGoesOn();
});

// Past the server, which refuses what does not even begin as SDP does
const NONSENSE = 'v=0\r\nThis is not SDP.\r\n';

// What he offers to Ann, and what she says of it
const OFFERS = [
  ['nonsense', NONSENSE, 'bad-sdp'],
  ['58 KiB', `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${`a=x:${'y'.repeat(1000)}\r\n`.repeat(58)}`, 'bad-sdp'],
  ['two m-lines of one name', offerText.replace(/a=mid:1/g, 'a=mid:0').replace('BUNDLE 0 1 2', 'BUNDLE 0 2'), 'bad-sdp'],
  ['no fingerprint', offerText.replace(/a=fingerprint:.*\r\n/g, ''), /bad-sdp|fingerprint-mismatch/],
  ['no common codec', offerText.replace(/^(a=rtpmap:\d+ )(opus|VP8|H264|AV1|VP9|G722|PCM.|H265)/gm, '$1nobody-knows'), 'no-common-codec'],
];

for (const [i, [what, sdp, code]] of OFFERS.entries()) {
  await step(`an offer of ${what}: call-error, not tried again`, async () => {
    const peerId = `eve-${i}`;
    const eve = await join(server, 'tea', { peerId, displayName: 'Eve' });
    const { 'peer-id': annsId } = await ann.joined();
    eve.send({ type: 'offer', to: annsId, session: `s-${i}`, sdp });
    const error = await ann.event('call-error', (e) => e['peer-id'] === peerId);
    assert.match(error.code, code instanceof RegExp ? code : new RegExp(`^${code}$`));
    assert.ok(error.text.length > 10, error.text);
    assert.equal(error.retry, false);
    assert.equal((await eve.gets('close', { fits: (m) => m.session === `s-${i}` })).code, error.code);
    await pairGoesOn();
    eve.leave();
    await ann.event('call-peer-left', (e) => e['peer-id'] === peerId);
  });
}

await step('a message of 1 MiB: its sender is put out, nobody else notices', async () => {
  const since = ann.events.length;
  const eve = await join(server, 'tea', { peerId: 'large', displayName: 'Eve' });
  await ann.event('call-peer-joined', (e) => e['peer-id'] === 'large', { since });
  const { 'peer-id': annsId } = await ann.joined();
  eve.send({ type: 'offer', to: annsId, session: 'large', sdp: 'a=x:y\r\n'.repeat(150000) });
  await ann.event('call-peer-changed', (e) => e['peer-id'] === 'large' && !e.connected, { since });
  await pairGoesOn();
  assert.deepEqual(errors('large'), []);
});

await step('an answer of nonsense: call-error, not tried again, and who comes next is met', async () => {
  const eve = await join(server, 'den', { peerId: 'eve', displayName: 'Eve' });
  const cid = startPeer({ name: 'Cid', uri: roomUri(server, 'den') });
  const offer = await eve.gets('offer');
  eve.send({ type: 'answer', to: offer.from, session: offer.session, sdp: NONSENSE });
  const error = await cid.event('call-error');
  assert.deepEqual([error.code, error.retry], ['bad-sdp', false]);
  eve.leave();
  await cid.event('call-peer-left');
  const dan = startPeer({ name: 'Dan', uri: roomUri(server, 'den') });
  await Promise.all([cid.meets(), dan.meets()]);
  assert.equal(await dan.interrupt(), 0);
  assert.equal(await cid.interrupt(), 0);
});

await step('a flood of candidates ends that connection and nothing else', async () => {
  const eve = await join(server, 'tea', { peerId: 'flood', displayName: 'Eve' });
  const { 'peer-id': annsId } = await ann.joined();
  eve.send({ type: 'offer', to: annsId, session: 'flood', sdp: offerText });
  await eve.gets('answer');
  for (let port = 1; port <= 10000; port++) {
    eve.send({ type: 'candidate', to: annsId, session: 'flood', sdpMid: '0',
      candidate: `candidate:${port} 1 UDP 2122252543 127.0.0.1 ${port} typ host` });
  }
  const error = await ann.event('call-error', (e) => e['peer-id'] === 'flood');
  assert.match(error.code, /bad-sdp|timeout|ice-failed/);
  await pairGoesOn();
});

await step('a server that sends nonsense: one warning, and the call goes on', async () => {
  const mad = await startProxy(server, (message) => message, (text) => [text, '{"type":', '['.repeat(60000)]);
  const uri = roomUri(mad, 'mad');
  const cid = startPeer({ name: 'Cid', uri });
  await cid.joined();
  const dan = startPeer({ name: 'Dan', uri });
  await Promise.all([cid.meets(), dan.meets()]);
  for (const peer of [dan, cid]) {
    assert.equal(peer.warnings.filter((text) => /sends what is no message of the room: update/.test(text)).length, 1);
    assert.equal(await peer.interrupt(), 0);
  }
  mad.close();
});

await step('both live, and end cleanly', async () => {
  for (const peer of [ann, bob]) {
    assert.deepEqual(peer.errors, []);
    assert.equal(await peer.interrupt(), 0);
  }
});

await server.stop();
done();
