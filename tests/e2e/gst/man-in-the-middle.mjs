// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given somebody between two gst-launch lines and their server who replaces the
// fingerprints in offers and answers by others of the same length,
// when they call each other,
// then not a picture and not a sound crosses, in either direction, the connection ends
// with call-error fingerprint-mismatch, nobody tries again, and both lines live on: when
// he has gone the next call is a call.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { startProxy } from '../../lib/stranger.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(200);

let honest = false;
let replaced = 0;

function tamper(message) {
  if (!message.sdp || honest)
    return message;
  return { ...message, sdp: message.sdp.replace(/^(a=fingerprint:\S+ )([0-9A-Fa-f:]+)/gm, (line, head, hex) => {
    replaced++;
    return head + hex.replace(/[0-9A-Fa-f]/g, (digit) => (15 - parseInt(digit, 16)).toString(16).toUpperCase());
  }) };
}

const server = await startServer();
const mallory = await startProxy(server, tamper);
const call = { 'stats-interval': 100 };
const start = (name) => startPeer({ name, uri: roomUri(mallory, 'tea'), call });
const ann = start('Ann');
await ann.joined();
const bob = start('Bob');
const pair = [ann, bob];
const mismatch = (peer) => peer.event('call-error', (e) => e.code === 'fingerprint-mismatch');

await step('the connection ends with fingerprint-mismatch on both sides', async () => {
  const errors = await Promise.all(pair.map(mismatch));
  assert.ok(replaced >= 2, `${replaced} fingerprints were replaced`);
  for (const { text, retry } of errors) {
    assert.match(text, /certificate/);
    assert.equal(retry, false);
  }
});

await step('not a frame, not a sound, not a packet of media crossed', async () => {
  await Promise.all(pair.map((peer) => peer.stats()));
  for (const peer of pair) {
    const { frames, sounds } = peer.seen();
    assert.deepEqual({ frames, sounds }, { frames: 0, sounds: 0 });
    for (const stats of peer.events.filter(({ name }) => name === 'call-stats')) {
      for (const connection of Object.values(stats).filter((value) => value['display-name'])) {
        for (const [key, value] of Object.entries(connection)) {
          assert.ok(!key.startsWith('inbound-'), `${key} in ${JSON.stringify(connection)}`);
          if (key.startsWith('outbound-'))
            assert.equal(value['packets-sent'], 0, key);
        }
      }
    }
  }
});

await step('nobody was connected and nobody tries again', () => {
  for (const peer of pair) {
    const states = peer.events.filter(({ name }) => name === 'call-state').map(({ state }) => state);
    assert.ok(!states.includes('connected'), states.join());
    assert.equal(peer.events.filter(({ name }) => name === 'call-error').length, 1);
    assert.deepEqual(peer.errors, []);
    assert.ok(peer.alive);
  }
});

await step('both live on: who comes when he has gone is seen and heard', async () => {
  assert.equal(await bob.interrupt(), 0);
  await ann.event('call-peer-left');
  honest = true;
  const cid = start('Cid');
  await Promise.all([ann.meets(), cid.meets()]);
  assert.equal(await cid.interrupt(), 0);
  assert.equal(await ann.interrupt(), 0);
});

mallory.close();
await server.stop();
done();
