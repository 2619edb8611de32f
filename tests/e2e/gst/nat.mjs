// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two people behind no router, one that lets answers in (cone), one with a new port for
// everybody (symmetric) or one that lets no UDP out (closed), and STUN, or TURN over UDP, TCP or TLS,
// when they call each other,
// then they hear each other wherever it is possible; where it is not they are told so within 10 s of
// the offer, and what is missing.
//
// Arguments: which cells, such as `cone-cone stun`; all of them if there are none.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeHosts, PUBLIC } from '../../lib/nat.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';
import { iceServers, startTurn } from '../../lib/turn-server.mjs';

const WANTED = process.argv.slice(2);
const AT_ONCE = 4; // cells, on two cores
const FAIL_TIMEOUT = 10000; // ms from the offer
const SLACK = 10000; // ms, for a busy machine

watchdog(400); // half a minute on two cores that are free

const KINDS = ['none', 'cone', 'symmetric'];
const PAIRS = [...KINDS.flatMap((one, i) => KINDS.slice(i).map((other) => [one, other])), ['closed', 'cone']];
// Nobody can know the port that a symmetric router will use for the other one's, and what is said then
const IMPOSSIBLE = {
  'cone-symmetric stun': /a STUN server answers, which is not enough; no TURN server is set/,
  'symmetric-symmetric stun': /a STUN server answers, which is not enough; no TURN server is set/,
  'closed-cone stun': /no STUN server answers; no TURN server is set/,
  'closed-cone udp': /turn:\S+=udp does not answer/,
};

const hosts = await makeHosts([...KINDS, ...KINDS, 'closed']);
const hostOf = (kind, side) => (kind === 'closed' ? hosts.at(-1) : hosts[KINDS.indexOf(kind) + side * KINDS.length]);
const turn = await startTurn({ address: PUBLIC });
const server = await startServer({ address: PUBLIC });

function settings(way) {
  if (way === 'stun')
    return { 'ice-servers': iceServers([[`stun:${PUBLIC}`]]) };
  return { 'ice-servers': iceServers([[turn[way]], turn.credentials()]), 'tls-ca-file': turn.authority };
}

// When each of these was said, in ms
function clock(peer) {
  const times = {};
  peer.onElement = (element, { name, state }) => { times[state ? `${name} ${state}` : name] ??= Date.now(); };
  return times;
}

// The types of candidates of the path, when there is one
const pathOf = (stats) => stats['peer-bob']?.['candidate-pair'];

async function tryCell([one, other], way) {
  const name = `${one}-${other} ${way}`;
  const call = { 'stats-interval': 500, ...settings(way) };
  const uri = roomUri(server, name.replace(' ', '-'));
  const listens = { uri, video: '' };
  const bob = startPeer({ ...listens, name: 'Bob', call: { ...call, 'peer-id': 'bob' }, prefix: hostOf(other, 1) });
  await bob.joined();
  const ann = startPeer({ ...listens, name: 'Ann', call, prefix: hostOf(one, 0) });
  const times = clock(ann);
  const hears = Promise.all([ann, bob].map((peer) => peer.hears({ tenths: 3 })));
  hears.catch(() => {});
  const failure = await Promise.race([hears.then(() => null), ann.event('call-error')]);
  let text;
  if (name in IMPOSSIBLE) {
    assert.ok(failure, `${name}: connected, which cannot be`);
    const took = times['call-error'] - times['call-state connecting'];
    assert.ok(took < FAIL_TIMEOUT + SLACK, `${name}: ${took} ms`);
    assert.match(failure.text, IMPOSSIBLE[name], name);
    text = `no path, told after ${took} ms`;
  } else {
    assert.equal(failure, null, `${name}: ${failure?.text}\n${bob.describe()}`);
    const path = pathOf(await ann.event('call-stats', pathOf));
    text = `${path['local-candidate-type']}-${path['remote-candidate-type']} after ${times['call-state connected'] - times['call-state connecting']} ms`;
  }
  await Promise.all([ann, bob].map((peer) => peer.interrupt()));
  return text;
}

const cells = ['stun', 'udp', 'tcp', 'tls'].flatMap((way) => PAIRS.map((pair) => [pair, way]))
  .filter(([pair, way]) => WANTED.length === 0 || WANTED.includes(`${pair.join('-')} ${way}`));
const waiting = cells.map((cell) => {
  const promise = {};
  promise.result = new Promise((resolve, reject) => Object.assign(promise, { resolve, reject }));
  promise.result.catch(() => {});
  return { cell, ...promise };
});
async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift())
    await tryCell(...next.cell).then(next.resolve, next.reject);
}

const results = waiting.map(({ cell: [pair, way], result }) => ({ name: `${pair.join('-')} ${way}`, result }));
for (let i = 0; i < AT_ONCE; i++)
  work();
for (const { name, result } of results)
  await step(name, async () => console.log(`# ${name}: ${await result}`));

await server.stop();
await turn.stop();
done();
