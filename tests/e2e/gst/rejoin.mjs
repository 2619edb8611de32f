// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line that stays in its room,
// when another joins and leaves ten times,
// then each time it is shown in the same slot, with pictures and sound, and the slot
// goes quiet in between.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(400);
const TIMES = 10;

const server = await startServer();
const uri = roomUri(server, 'tea');
const ann = startPeer({ name: 'Ann', uri });
await ann.joined();

for (let i = 1; i <= TIMES; i++) {
  await step(`visit ${i} is seen and heard in slot 0, both ways`, async () => {
    const since = ann.events.length;
    const bob = startPeer({ name: 'Bob', uri });
    await Promise.all([ann.meets({ pictures: 5 }), bob.meets({ pictures: 5 })]);
    assert.equal((await ann.event('call-peer-joined', undefined, { since })).slot, 0);
    assert.equal(await bob.interrupt(), 0);
    assert.equal((await ann.event('call-peer-left', undefined, { since })).slot, 0);
  });
}

await step('nothing broke', async () => {
  assert.ok(ann.alive);
  assert.deepEqual(ann.errors, []);
  assert.deepEqual(ann.warnings, []);
  assert.equal(await ann.interrupt(), 0);
});

await server.stop();
done();
