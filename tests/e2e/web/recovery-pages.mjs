// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in two Chromiums on two machines,
// when the cable between them is cut for 3 and for 15 s, so that both miss the other at the same
// time,
// then each shows pictures of the other again that move, in the same session.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { makeLink } from '../../lib/link.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(160);
const BACK_WITHIN = 12000; // ms; what is usual is printed
const MOVES = 10; // pictures

const link = await makeLink();
const server = await startServer({ address: link.near });
// On an address that is not loopback it would have to be https to see a camera
const args = [`--unsafely-treat-insecure-origin-as-secure=http://${link.near}:${server.port}`];
const near = await launch('chromium', { args });
const far = await launch('chromium', { args, prefix: link.far });

// What is drawn in the other's tile; what is decoded may never get there
const shown = () => document.querySelector('.tile:not(.self) video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0;

// ms until it shows so many pictures more
async function moves(page) {
  const start = Date.now();
  const before = await page.evaluate(shown);
  await page.until(({ least }) => (document.querySelector('.tile:not(.self) video')?.getVideoPlaybackQuality()
    .totalVideoFrames ?? 0) >= least, { least: before + MOVES }, { timeout: 30000, what: 'pictures that move' });
  return Date.now() - start;
}

const session = (page) => page.evaluate(() => window.gstCall.peers[0]?.session);

const pages = [await near.open(server.page('tea', { name: 'Ann' }))];
await pages[0].joined();
pages.push(await far.open(server.page('tea', { name: 'Bob' })));
await step('they see each other', () => Promise.all(pages.map(moves)));

for (const seconds of [3, 15]) {
  await step(`after ${seconds} s without a cable they do so again`, async () => {
    const before = await session(pages[0]);
    await link.set({ cut: 1 });
    await sleep(seconds * 1000);
    await link.set({ cut: 0 });
    const times = await Promise.all(pages.map(moves));
    console.log(`# ${times.join(' and ')} ms after the end of the cut`);
    assert.ok(Math.max(...times) < BACK_WITHIN, `${times}`);
    assert.equal(await session(pages[0]), before);
  });
}

await Promise.all([near.close(), far.close()]);
await server.stop();
done();
