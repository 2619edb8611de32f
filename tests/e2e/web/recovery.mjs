// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in Chromium and a gst-launch line on another machine,
// when the cable between them is cut for 3 and for 15 s, the page's connection is closed without a
// word, or its tab is gone,
// then pictures come again by themselves both ways, or the line says within 5 s that it is gone: if
// the line offers, and if the page does.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { makeLink } from '../../lib/link.mjs';
import { keepConnection } from '../../lib/page-connection.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(220);
const BACK_WITHIN = 12000; // ms; what is usual is printed
const GONE_WITHIN = 5000;

const link = await makeLink();
const server = await startServer({ address: link.near });
// On an address that is not loopback it would have to be https to see a camera
const browser = await launch('chromium',
  { args: [`--unsafely-treat-insecure-origin-as-secure=http://${link.near}:${server.port}`] });
const startLine = (room) => startPeer({ name: 'Gst', uri: roomUri(server, room), prefix: link.far });
const open = (room) => browser.open(server.page(room, { name: 'Page' }), { before: [keepConnection] });
const both = (page, line) => Promise.all([page.media({ peers: 1, timeout: 40000 }), line.meets()]);

// ms until each has a picture of the other
async function again(page, line) {
  const start = Date.now();
  const after = () => Date.now() - start;
  return Promise.all([page.media({ peers: 1, frames: 2, audio: false, timeout: 40000 }).then(after),
    line.sees({ pictures: 2 }).then(after)]);
}

async function cut(page, line, seconds) {
  await link.set({ cut: 1 });
  await sleep(seconds * 1000);
  await link.set({ cut: 0 });
  const times = await again(page, line);
  console.log(`# pictures there ${times[0]} and here ${times[1]} ms after the end of the cut`);
  assert.ok(Math.max(...times) < BACK_WITHIN, `${times}`);
  await both(page, line);
}

async function closed(page, line) {
  await page.evaluate(() => window.connection.close());
  const since = line.events.length;
  const started = Date.now();
  await line.event('call-state', (e) => e.state === 'connected', { since });
  console.log(`# connected again ${Date.now() - started} ms after close()`);
  await both(page, line);
}

// By hand it says bye; killed it cannot
async function lost(page, line, wanted) {
  const since = line.events.length;
  const started = Date.now();
  if (wanted === 'bye')
    await page.close();
  else
    page.goto('chrome://crash').catch(() => {});
  const { code } = await line.event('call-peer-left', undefined, { since });
  console.log(`# left, ${code}, ${Date.now() - started} ms after the end of the tab`);
  assert.ok(Date.now() - started < GONE_WITHIN);
  assert.equal(code, wanted);
}

for (const first of ['page', 'line']) {
  const room = first === 'page' ? 'tea' : 'den';
  let page;
  let line;

  await step(`the ${first} is there first; both see and hear`, async () => {
    if (first === 'line') {
      line = startLine(room);
      await line.joined();
    }
    page = await open(room);
    await page.joined();
    line ??= startLine(room);
    await both(page, line);
  });
  for (const seconds of [3, 15])
    await step(`a cut of ${seconds} s`, () => cut(page, line, seconds));
  await step('the connection is closed without a word: a fresh one', () => closed(page, line));
  const end = first === 'page' ? 'bye' : 'gone';
  await step(`the tab is ${end === 'bye' ? 'closed' : 'killed'}: ${end}`, () => lost(page, line, end));
  await step('the line ends cleanly', async () => {
    assert.equal(await line.interrupt(), 0);
    assert.deepEqual(line.errors, []);
  });
}

await browser.close();
await server.stop();
done();
