// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, in the browsers named as arguments, and files half way in both
// directions,
// when their connection is closed, and there is another one,
// then the files go on where they were, arrive with the same bytes, and what was written
// meanwhile arrives too.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { fileOf, gave, give, got, meet, partReaches, reaches, reads } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(120);

const SIZE = 8000000;
const HALF = SIZE / 2;
const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
const session = (page) => page.evaluate(() => window.gstCall.peers[0].session);
let a;
let b;
let before;

await step(`${annsBrowser} and ${bobsBrowser}: half of a file is there, each way`, async () => {
  [a, b] = await meet([ann, bob], server, 'tea');
  for (const [from, to, name] of [[a, b, 'a.bin'], [b, a, 'b.bin']]) {
    await from.evaluate((bytes) => window.hold(bytes), HALF);
    await give(from, [{ name, size: SIZE }]);
    await reaches(to, name, 0.9 * HALF);
  }
  before = await session(a);
});

await step('the connection is closed: interrupted, and something is written', async () => {
  const interrupted = a.evaluate(async () => {
    await window.once(() => window.gstCall.files.some(({ state }) => state === 'interrupted'));
    document.getElementById('chat-text').value = 'are you still there?';
    document.getElementById('chat-form').requestSubmit();
  });
  await b.evaluate(async () => {
    window.heard.length = 0;
    window.connections.at(-1).close();
    await window.once(() => window.gstCall.files.some(({ state }) => state === 'interrupted'));
  });
  await interrupted;
});

await step('another one: both are offered again, and go on where they were', async () => {
  await Promise.all([a, b].map((page) => page.until((old) => window.gstCall.peers[0]?.session !== old &&
    window.gstCall.peers[0]?.link === 'connected', before, { what: 'another session' })));
  const accepted = await b.until(() => window.heard.find(({ type }) => type === 'file-accept'), null, { what: 'file-accept' });
  assert.ok(accepted.offset >= 0.9 * HALF, `from ${accepted.offset}`);
  for (const page of [a, b])
    await page.evaluate(() => window.hold(Infinity));
});

await step('they arrive as they were', async () => {
  for (const [from, to, name] of [[a, b, 'a.bin'], [b, a, 'b.bin']]) {
    assert.deepEqual(await got(to, name), await gave(from, name));
    await partReaches(from, name, 'done');
    assert.equal((await fileOf(to, name)).size, SIZE);
    const sent = await from.evaluate(() => window.sentBytes);
    // what was under way when the connection broke is sent twice
    assert.ok(sent < 1.3 * SIZE, `${sent} bytes sent for ${SIZE}`);
  }
});

await step('what was written meanwhile is read', () => reads(b, 'Ann', 'are you still there?'));

await step('each is in the list once', async () => {
  for (const page of [a, b])
    assert.deepEqual((await page.evaluate(() => window.gstCall.files.map(({ name }) => name))).sort(), ['a.bin', 'b.bin']);
});

await server.stop();
await ann.close();
if (bob !== ann)
  await bob.close();
done();
