// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line on a machine that gets another address, or that is behind a box
// which forgets its mappings,
// when that happens in a call, so that no socket is closed and none works any more,
// then it is back in its seat within seconds, and nobody is told that it left.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(170);
const BACK = 20000; // ms; it takes one or two

async function change(link, how) {
  const server = await startServer({ address: link.near });
  const uri = roomUri(server, 'tea');
  const ann = startPeer({ name: 'Ann', uri });
  const bob = startPeer({ name: 'Bob', uri, prefix: link.far });

  await step(`${how}: they are in a call`, () => Promise.all([ann, bob].map((peer) => peer.meets())));
  await step(`${how}: Bob is back in his seat`, async () => {
    const id = (await bob.joined())['peer-id'];
    const since = Date.now();
    link[how]();
    const again = await bob.event('call-joined', (e) => e.resumed, { timeout: BACK });
    console.log(`# after ${Date.now() - since} ms`);
    assert.equal(again['peer-id'], id);
    assert.equal(ann.events.filter((e) => e.name === 'call-peer-left').length, 0);
    assert.equal(bob.events.filter((e) => e.name === 'call-peer-left').length, 0);
  });
  await step(`${how}: both end cleanly`, async () => {
    assert.deepEqual(await Promise.all([ann, bob].map((peer) => peer.interrupt())), [0, 0]);
  });
  await server.stop();
  link.remove();
}

await change(await makeLink(), 'move');
await change(await makeLink({ nat: true }), 'rebind');
done();
