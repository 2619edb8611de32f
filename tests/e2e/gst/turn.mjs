// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given coturn, and two callbins that may use nothing but a relay,
// when each is given it over UDP, TCP and TLS,
// then they see and hear each other; and what is wrong with a server (credentials, certificate) is
// told within 5 s, with what to do, and is why there is no path; and a server that was restarted
// costs some seconds.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';
import { iceServers, startTurn } from '../../lib/turn-server.mjs';

const TTL = 2; // s
const SLACK = 10000; // ms, for a busy machine
const FORGOTTEN = 10000; // ms, of which 4 until it is sure
const TELL_TIMEOUT = 5000; // ms from when it goes to the server

watchdog(170);

const link = await makeLink();
const turn = await startTurn({ address: link.near });
const server = await startServer({ address: link.near });
let rooms = 0;

// Two lines with these servers and nothing but a relay
function makePair(urls, credentials, call = {}) {
  const uri = roomUri(server, `room-${++rooms}`);
  const more = { 'stats-interval': 500, 'ice-servers': iceServers([urls, credentials]), 'ice-transport-policy': 'relay', ...call };
  return [startPeer({ name: 'Ann', uri, call: more }), startPeer({ name: 'Bob', uri, call: more, prefix: link.far })];
}

// The path of the only peer, when there is one
const pathOf = (stats) => Object.entries(stats).find(([name]) => /^peer-(?!id)/.test(name))?.[1]['candidate-pair'];

async function end(pair) {
  for (const peer of pair)
    assert.equal(await peer.interrupt(), 0);
}

for (const way of ['udp', 'tcp', 'tls']) {
  await step(`TURN over ${way.toUpperCase()}: a call through it`, async () => {
    const pair = makePair([turn[way]], turn.credentials(), way === 'tls' ? { 'tls-ca-file': turn.authority } : {});
    await Promise.all(pair.map((peer) => peer.meets()));
    const path = pathOf(await pair[0].event('call-stats', pathOf));
    assert.deepEqual([path['local-candidate-type'], path['remote-candidate-type']], ['relay', 'relay']);
    assert.deepEqual(pair.flatMap((peer) => peer.warnings), []);
    await end(pair);
  });
}

// what is wrong, urls, credentials, what is told at once, and what is said of the missing path
const WRONG = [
  ['a wrong credential', [turn.udp], { ...turn.credentials(), credential: 'wrong' },
    /turn:\S+ is of no use: it does not take username and credential \(error 401\)/, /does not take username and credential/],
  ['an expired one, over TCP', [turn.tcp], turn.credentials(-60), /transport=tcp is of no use: .*not too old\?/, /does not take username/],
  ['a certificate of nobody', [turn.tls], turn.credentials(), /turns:\S+ is of no use: its certificate is not trusted .*tls-ca-file/, /not trusted/],
  ['a server that is not there', [`turn:${link.near}:9`], turn.credentials(), /turn:\S+:9 is of no use: it does not answer over UDP/, /does not answer/],
];
await step('what is wrong with a server is told at once', () => Promise.all(WRONG.map(async ([what, urls, credentials, told, why]) => {
  const pair = makePair(urls, credentials);
  let started = 0;
  pair[0].onElement = (element, { name }) => { started ||= name === 'call-signalling' ? Date.now() : 0; };
  await pair[0].until(() => pair[0].warnings.find((text) => told.test(text)), `${what}: ${told}`);
  console.log(`# ${what}: told after ${Date.now() - started} ms`);
  assert.ok(Date.now() - started < TELL_TIMEOUT + SLACK, `${what}: told after ${Date.now() - started} ms`);
  const failure = await pair[0].event('call-error');
  assert.match(failure.text, why, what);
  assert.match(failure.text, /relay allows TURN only/, what);
  await end(pair);
})));

await step('the TURN server is killed and started again: pictures come again by themselves', async () => {
  const pair = makePair([turn.udp], turn.credentials());
  await Promise.all(pair.map((peer) => peer.meets()));
  const started = Date.now();
  await turn.restart();
  await pair[0].event('call-state', ({ state }) => state === 'reconnecting');
  await Promise.all(pair.map((peer) => peer.event('call-state', ({ state }) => state === 'connected', { since: peer.events.length })));
  await Promise.all(pair.map((peer) => peer.sees()));
  console.log(`# after ${Date.now() - started} ms`);
  assert.ok(Date.now() - started < FORGOTTEN + SLACK, `after ${Date.now() - started} ms`);
  await end(pair);
});

await step('of five STUN servers the only one that lives is used, and the others are told', async () => {
  const uri = roomUri(server, 'five');
  const dead = [`stun:${link.near}:9`, `stun:${link.near}:10`, 'stun:10.77.0.99', 'stun:[fd77::99]'];
  const ann = startPeer({ name: 'Ann', uri, call: { 'ice-servers': iceServers([[...dead, turn.udp.replace('turn:', 'stun:').replace(/\?.*/, '')]]) } });
  await ann.joined();
  const bob = startPeer({ name: 'Bob', uri, prefix: link.far });
  await Promise.all([ann.meets(), bob.meets()]);
  await ann.until(() => ann.warnings.length >= dead.length, 'a warning for each dead one');
  assert.equal(ann.warnings.length, dead.length);
  for (const url of dead)
    assert.ok(ann.warnings.some((text) => text.includes(`${url} is of no use: it does not answer`)), url);
  await end([ann, bob]);
});

await step('credentials that the server hands out are there anew after they expired', async () => {
  const fresh = await startServer({ address: link.near, args: ['--ice-server', turn.udp, '--turn-secret', turn.secretFile,
    '--turn-ttl', String(TTL)] });
  const relayed = { uri: roomUri(fresh, 'tea'), call: { 'ice-transport-policy': 'relay' } };
  const ann = startPeer({ ...relayed, name: 'Ann' });
  await ann.joined();
  await sleep(1000 * (TTL + 1)); // the time is what this is about
  const bob = startPeer({ ...relayed, name: 'Bob', prefix: link.far });
  await Promise.all([ann.meets(), bob.meets()]);
  assert.deepEqual([...ann.warnings, ...bob.warnings], []);
  await end([ann, bob]);
  await fresh.stop();
});

await server.stop();
await turn.stop();
done();
