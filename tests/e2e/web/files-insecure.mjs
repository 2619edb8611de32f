// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a page that was opened without https, where a browser computes no hashes,
// when it is to send a file, and when it is offered one,
// then it says what to do, the other one is told that it does not get it, and chat goes on.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { connected, fileOf, give, partReaches, reads, watchFiles, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(80);

const server = await startServer();
const browser = await launch('chromium');
// As on http://ADDRESS of another machine
const plain = () => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });
let a;
let b;

await step('two in a call, one of them without https', async () => {
  a = await browser.open(server.page('tea', { name: 'Ann' }), { before: [watchFiles, plain] });
  await a.joined();
  b = await browser.open(server.page('tea', { name: 'Bob' }), { before: [watchFiles] });
  await b.joined();
  await connected(a);
});

await step('it cannot send, and says why', async () => {
  await a.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'x.txt'));
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
  });
  assert.match(await a.evaluate(() => document.getElementById('chat-status').textContent), /Open this address with https/);
  assert.deepEqual(await a.evaluate(() => window.gstCall.files), []);
});

await step('it cannot get one: both are told', async () => {
  await give(b, [{ name: 'x.bin', size: 1000 }]);
  await partReaches(b, 'x.bin', 'refused');
  assert.equal((await fileOf(b, 'x.bin', true)).parts[0].code, 'failed');
  await a.until(() => window.gstCall.notes.some((note) => /Bob wanted to send “x\.bin”/.test(note)));
});

await step('they write to each other', async () => {
  await write(a, 'then by another way');
  await reads(b, 'Ann', 'then by another way');
  await write(b, 'as you like');
  await reads(a, 'Bob', 'as you like');
  assert.deepEqual(a.problems, []);
});

await server.stop();
await browser.close();
done();
