// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in one room, in the browsers named as arguments,
// when their people write to each other,
// then every text arrives as it is, with the name of who wrote it and the time, and
// nothing is sent that is empty or longer than a message may be.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { meet, reads, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(120);

const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
const messages = (page) => page.evaluate(() => window.gstCall.messages.map(({ own, who, text }) => ({ own, who, text })));
const status = (page) => page.evaluate(() => document.getElementById('chat-status').textContent);
let a;
let b;

const both = async (text) => {
  await write(a, text);
  await reads(b, 'Ann', text);
  await write(b, text);
  await reads(a, 'Bob', text);
};

await step(`${annsBrowser} and ${bobsBrowser}: typed and sent with Enter`, async () => {
  [a, b] = await meet([ann, bob], server, 'tea');
  await a.click('.bar [data-action=chat]');
  await a.type('Hello Bob, can you hear me?');
  await a.press('Enter');
  await reads(b, 'Ann', 'Hello Bob, can you hear me?');
  await reads(a, 'Ann (you)', 'Hello Bob, can you hear me?');
  assert.equal(await a.evaluate(() => document.getElementById('chat-text').value), '');
});

await step('with the time', async () => {
  const [shown, said] = await b.evaluate(() => {
    const time = document.querySelector('.entry time');
    return [time.textContent, time.dateTime];
  });
  assert.match(shown, /\d\d[:.]\d\d/);
  assert.ok(Math.abs(Date.now() - Date.parse(said)) < 60000, said);
});

await step('who does not look is told how many there are', async () => {
  await b.until(() => document.querySelector('.bar [data-action=chat]').getAttribute('aria-label') === 'Chat, 1 unread');
  assert.equal(await b.evaluate(() => document.getElementById('unread').textContent), '1');
  await b.click('.bar [data-action=chat]');
  assert.equal(await b.evaluate(() => document.getElementById('unread').hidden), true);
});

await step('every plane of Unicode, both ways', () =>
  both(Array.from({ length: 17 }, (_, plane) => String.fromCodePoint(plane * 0x10000 + 0x1234)).join(' ') +
    ' Grüße 中文 مرحبا 👩‍👩‍👧‍👦 \u{10fffd}'));

await step('several lines and white space stay', () => both('  one\n\ttwo\n\n  three'));

await step('markup is text', async () => {
  await both('<img src=x onerror="window.pwned = 1"><b>bold</b> &amp; {{x}} ${y}');
  for (const page of [a, b])
    assert.deepEqual(await page.evaluate(() => [window.pwned ?? null, document.querySelectorAll('.chat-log :is(img, b)').length]), [null, 0]);
});

await step('a line of 65,535 bytes, and the page stays as wide as it is', async () => {
  await both('x'.repeat(65535));
  await both('é'.repeat(32767));
  for (const page of [a, b])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth &&
      document.getElementById('chat-log').scrollWidth <= document.getElementById('chat-log').clientWidth));
});

await step('longer ones are refused in words, and stay to be made shorter', async () => {
  const before = (await messages(a)).length;
  await write(a, 'x'.repeat(65536));
  assert.match(await status(a), /too long/);
  assert.equal(await a.evaluate(() => document.getElementById('chat-text').value.length), 65536);
  assert.equal((await messages(a)).length, before);
});

await step('empty ones are refused', async () => {
  const before = await messages(b);
  for (const nothing of ['', '   ', '\n\n', '\t \n'])
    await write(a, nothing);
  assert.match(await status(a), /nothing to send/);
  await write(a, 'after nothing');
  await reads(b, 'Ann', 'after nothing');
  assert.deepEqual(await messages(b), [...before, { own: false, who: 'Ann', text: 'after nothing' }]);
  assert.equal(await status(a), '');
});

await step('a hundred in a row arrive in order', async () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  for (const line of lines)
    await write(b, line);
  await reads(a, 'Bob', lines.at(-1));
  assert.deepEqual((await messages(a)).slice(-100).map(({ text }) => text), lines);
});

await step('who leaves is not there any more, what was written is', async () => {
  await b.click('.bar [data-action=leave]');
  await a.until(() => window.gstCall.peers.length === 0);
  await write(a, 'are you there?');
  assert.match(await status(a), /Nobody else is here/);
  await reads(a, 'Bob', 'line 99');
});

await step('nothing broke the policy or the console', async () => {
  for (const page of [a, b]) {
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(page.problems, []);
  }
});

await server.stop();
await ann.close();
if (bob !== ann)
  await bob.close();
done();
