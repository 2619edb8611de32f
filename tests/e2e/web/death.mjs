// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in Chromium and two gst-launch lines, one of them by way of a server's stand-in,
// when that one is killed without a word, then its tile is gone within 5 s;
// when it is stopped, then its tile stays; when its signalling breaks as well, then its tile is gone within 5 s, and is
// there again, with moving pictures, as soon as it runs: whoever of the two offers. The other line is never missed.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { startProxy } from '../../lib/stranger.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(150);
const GONE_WITHIN = 5000; // ms

const server = await startServer();
const proxy = await startProxy(server);
const browser = await launch('chromium');
const page = await browser.open(server.page('tea', { name: 'Page' }));
await page.joined();
const bob = startPeer({ name: 'Bob', uri: roomUri(server, 'tea'), slots: 2 });
const startCid = () => startPeer({ name: 'Cid', uri: roomUri(proxy, 'tea'), slots: 2 });
const link = () => page.evaluate(() => window.gstCall.peers.find((p) => p.displayName === 'Cid')?.link ?? 'gone');
let cid;

async function goneSince(started) {
  await page.until(() => !window.gstCall.peers.some((p) => p.displayName === 'Cid') &&
    document.querySelectorAll('.tile:not(.self)').length === 1, null, { what: 'no tile of Cid' });
  console.log(`# gone after ${Date.now() - started} ms`);
  assert.ok(Date.now() - started < GONE_WITHIN);
  assert.equal((await page.media({ peers: 1 }))[0].displayName, 'Bob');
}

await step('all see and hear each other', async () => {
  await page.media({ peers: 1 });
  cid = startCid();
  await page.media({ peers: 2 });
});

await step('killed: gone within 5 s', async () => {
  const started = Date.now();
  await cid.kill();
  await goneSince(started);
});

for (const offers of ['the line', 'the page']) {
  await step(`${offers} offers: stopped, it stays`, async () => {
    cid = startCid();
    await cid.joined();
    if (offers === 'the page') {
      await page.reload();
      await page.joined();
    }
    await page.media({ peers: 2 });
    cid.signal('SIGSTOP');
    await page.until(() => window.gstCall.peers.some((p) => p.link === 'interrupted'), null, { what: 'interrupted' });
    await sleep(5000);
    assert.notEqual(await link(), 'gone');
  });
  await step('its signalling breaks as well: gone within 5 s', async () => {
    const started = Date.now();
    proxy.cut();
    await goneSince(started);
  });
  await step('it runs again: its tile is there again', async () => {
    cid.signal('SIGCONT');
    await page.media({ peers: 2 });
    assert.equal(await link(), 'connected');
    await cid.interrupt();
    await page.until(() => window.gstCall.peers.length === 1);
  });
}

await step('nothing broke', async () => {
  assert.deepEqual(await page.violations(), []);
  assert.equal(await bob.interrupt(), 0);
  assert.deepEqual(bob.errors, []);
});

await browser.close();
proxy.close();
await server.stop();
done();
