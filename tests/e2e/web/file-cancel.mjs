// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, in the browsers named as arguments, and a file half way,
// when the sender or the receiver cancels it, or one of them leaves,
// then the other one is told, nothing of it is left to save, and the next file arrives.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { connected, fileOf, gave, give, got, meet, partReaches, reaches } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(120);

const HALF = 3000000;
const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
let a;
let b;

// A file that stops in the middle until all is read
async function halfWay(name) {
  await a.evaluate((bytes) => window.hold(bytes), HALF);
  await give(a, [{ name, size: 2 * HALF }]);
  await reaches(b, name, 0.8 * HALF);
}

const goOn = () => a.evaluate(() => window.hold(Infinity));
const press = (page, name) => page.evaluate((n) => {
  const buttons = [...document.querySelectorAll('.file button')];
  buttons.filter((button) => button.getAttribute('aria-label') === n && !button.hidden).at(-1).click();
}, name);
const links = (page, name) => page.evaluate((n) => [...document.querySelectorAll('a[download]')]
  .filter((link) => link.download === n && !link.hidden).length, name);
const words = (page, name) => page.evaluate((n) => [...document.querySelectorAll('.file')]
  .filter((entry) => entry.querySelector('bdi:not(.who)').textContent === n).at(-1).querySelector('.file-state .hint').textContent, name);
const says = (page, name, pattern) => page.until(([n, p]) => [...document.querySelectorAll('.file')].some((entry) =>
  entry.textContent.includes(n) && new RegExp(p).test(entry.querySelector('.file-state .hint').textContent)), [name, pattern],
{ what: `${name}: ${pattern}` });

await step(`${annsBrowser} and ${bobsBrowser}: half way there is a bar`, async () => {
  [a, b] = await meet([ann, bob], server, 'tea');
  await halfWay('one.bin');
  for (const [page, own] of [[a, true], [b, false]]) {
    const { progress } = await fileOf(page, 'one.bin', own);
    assert.ok(progress > 0.2 && progress < 0.8, `${progress}`);
    await page.until(() => {
      const bar = document.querySelector('.file progress');
      return !bar.hidden && bar.value > 0.2 && bar.value < 0.8;
    }, null, { what: 'a bar half way' });
  }
});

await step('the sender cancels', async () => {
  await press(a, 'Cancel one.bin');
  await reaches(b, 'one.bin', 'withdrawn');
  await says(b, 'one.bin', 'Ann did not send all of it');
  await says(a, 'one.bin', '^Cancelled$');
  assert.equal(await links(b, 'one.bin'), 0);
});

await step('the receiver cancels', async () => {
  await goOn();
  await halfWay('two.bin');
  await press(b, 'Cancel two.bin');
  await partReaches(a, 'two.bin', 'refused');
  await says(a, 'two.bin', 'Bob: does not want it');
  assert.equal((await fileOf(b, 'two.bin')).state, 'cancelled');
  assert.equal(await links(b, 'two.bin'), 0);
});

await step('what is sent afterwards arrives', async () => {
  await goOn();
  await give(a, [{ name: 'three.bin', size: HALF }]);
  assert.deepEqual(await got(b, 'three.bin'), await gave(a, 'three.bin'));
  const sent = await a.evaluate(() => window.sentBytes);
  assert.ok(sent < 4 * HALF, `${sent}: nothing was sent of what was cancelled`);
});

await step('the receiver leaves', async () => {
  await halfWay('four.bin');
  await b.click('.bar [data-action=leave]');
  await partReaches(a, 'four.bin', 'gone');
  await says(a, 'four.bin', 'Bob left');
  await goOn();
});

await step('and comes again as somebody new: the next file arrives', async () => {
  await b.click('#join');
  await b.joined();
  await Promise.all([connected(a), connected(b)]);
  await give(a, [{ name: 'five.bin', size: HALF }]);
  assert.deepEqual(await got(b, 'five.bin'), await gave(a, 'five.bin'));
});

await step('the sender is gone in the middle', async () => {
  await halfWay('six.bin');
  await a.close();
  await reaches(b, 'six.bin', 'interrupted');
  await says(b, 'six.bin', 'Interrupted at \\d+ %');
  await press(b, 'Cancel six.bin');
  assert.equal((await fileOf(b, 'six.bin')).state, 'cancelled');
  await b.until(() => ![...document.querySelectorAll('.file button')].some((button) =>
    button.getAttribute('aria-label') === 'Cancel six.bin' && !button.hidden));
  assert.equal(await words(b, 'six.bin'), 'Cancelled.');
});

await step('what is removed is gone from the list', async () => {
  await press(b, 'Remove six.bin');
  await press(b, 'Remove five.bin');
  assert.deepEqual(await b.evaluate(() => window.gstCall.files.filter(({ name }) => /five|six/.test(name))), []);
  assert.equal(await links(b, 'five.bin'), 0);
});

await step('nothing broke the policy or the console', async () => {
  assert.deepEqual(await b.violations(), []);
  assert.deepEqual(b.problems, []);
});

await server.stop();
await ann.close();
if (bob !== ann)
  await bob.close();
done();
