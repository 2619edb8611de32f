// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given three pages in a room,
// when all write, when one sends a file and one of the others cancels it or leaves, and when
// somebody comes later,
// then each text has its writer's name everywhere, whoever wants the file gets it, the sender
// is told of each, and who came later sees nothing of what was before.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { connected, fileOf, gave, give, got, meet, reaches, reads, watchFiles, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(100);

const SIZE = 6000000;
const server = await startServer();
const browser = await launch('chromium');
let a;
let b;
let c;

const parts = async (name) => Object.fromEntries((await fileOf(a, name, true)).parts.map(({ who, state }) => [who, state]));
const partOf = (name, who, state) => a.until(([n, w, s]) => window.gstCall.files.find((file) => file.name === n && file.own)
  .parts.find((part) => part.who === w).state === s, [name, who, state], { what: `${who} ${state}` });
const words = (name) => a.evaluate((n) => [...document.querySelectorAll('.file')].find((entry) => entry.textContent.includes(n))
  .querySelector('.file-state .hint').textContent, name);

async function halfWay(name) {
  // what is read is shared by the two who get it
  await a.evaluate((bytes) => window.hold(bytes), SIZE);
  await give(a, [{ name, size: SIZE }]);
  await Promise.all([b, c].map((page) => reaches(page, name, 262144)));
}

await step('three write: each is read by the other two', async () => {
  [a, b, c] = await meet([browser, browser, browser], server, 'tea');
  const people = [[a, 'Ann'], [b, 'Bob'], [c, 'Chiara']];
  for (const [page, name] of people)
    await write(page, `I am ${name}`);
  for (const [page, own] of people)
    for (const [, name] of people)
      await reads(page, name === own ? `${name} (you)` : name, `I am ${name}`);
});

await step('one of two cancels: the other one gets it', async () => {
  await halfWay('one.bin');
  await b.evaluate(() => document.querySelector('[aria-label="Cancel one.bin"]').click());
  await partOf('one.bin', 'Bob', 'refused');
  await a.evaluate(() => window.hold(Infinity));
  assert.deepEqual(await got(c, 'one.bin'), await gave(a, 'one.bin'));
  await partOf('one.bin', 'Chiara', 'done');
  assert.deepEqual(await parts('one.bin'), { Bob: 'refused', Chiara: 'done' });
  await a.until(() => /Bob: does not want it, Chiara has it/.test(document.getElementById('chat-log').textContent), null,
    { what: await words('one.bin') });
});

await step('one of two leaves: the other one gets it', async () => {
  await halfWay('two.bin');
  await c.click('.bar [data-action=leave]');
  await partOf('two.bin', 'Chiara', 'gone');
  await a.evaluate(() => window.hold(Infinity));
  assert.deepEqual(await got(b, 'two.bin'), await gave(a, 'two.bin'));
});

await step('the sender cancels: all are told', async () => {
  await c.click('#join');
  await c.joined();
  await Promise.all([a, b, c].map((page) => connected(page, 2)));
  await halfWay('three.bin');
  await a.evaluate(() => document.querySelector('[aria-label="Cancel three.bin"]').click());
  await Promise.all([b, c].map((page) => reaches(page, 'three.bin', 'withdrawn')));
  await a.evaluate(() => window.hold(Infinity));
});

await step('who comes later sees what comes later', async () => {
  const d = await browser.open(server.page('tea', { name: 'Dmitri' }), { before: [watchFiles] });
  await d.joined();
  await Promise.all([a, d].map((page) => connected(page, 3)));
  await write(a, 'welcome');
  await reads(d, 'Ann', 'welcome');
  assert.deepEqual(await d.evaluate(() => [window.gstCall.messages.length, window.gstCall.files.length]), [1, 0]);
});

await step('nothing broke the policy or the console', async () => {
  for (const page of [a, b, c]) {
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(page.problems, []);
  }
});

await server.stop();
await browser.close();
done();
