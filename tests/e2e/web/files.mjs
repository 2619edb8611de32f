// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, in the browsers named as arguments,
// when their people drop and pick files,
// then each file arrives with the same bytes, large ones, empty ones and many at once,
// both ways, while pictures and sound go on.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { gave, give, got, meet, partReaches } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(150);

const LARGE = 20e6;
const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
let a;
let b;

async function arrives(from, to, name) {
  assert.deepEqual(await got(to, name), await gave(from, name));
  await partReaches(from, name, 'done');
}

async function timed(from, to, name) {
  const started = Date.now();
  await arrives(from, to, name);
  console.log(`# ${(LARGE / 1000 / (Date.now() - started)).toFixed(1)} MB/s`);
}

await step(`${annsBrowser} and ${bobsBrowser}: 20 MB, dropped`, async () => {
  [a, b] = await meet([ann, bob], server, 'tea');
  await give(a, [{ name: 'large.bin', size: LARGE }]);
  await timed(a, b, 'large.bin');
});

await step('20 MB back, picked', async () => {
  await give(b, [{ name: 'back.bin', size: LARGE }], 'pick');
  await timed(b, a, 'back.bin');
});

await step('ten each way at once, of all sizes', async () => {
  const sizes = [0, 1, 16383, 16384, 16385, 262144, 1000003, 4194304, 4194305, 5000000];
  const files = (who) => sizes.map((size) => ({ name: `${who} ${size}.bin`, size }));
  await Promise.all([give(a, files('a')), give(b, files('b'))]);
  for (const size of sizes) {
    await arrives(a, b, `a ${size}.bin`);
    await arrives(b, a, `b ${size}.bin`);
  }
});

await step('more than are sent at once take turns', async () => {
  const files = Array.from({ length: 40 }, (_, i) => ({ name: `small ${i}.txt`, text: `file ${i}`.repeat(1000) }));
  await give(a, files);
  for (const { name } of files)
    await arrives(a, b, name);
});

await step('who sends and who gets it are told', async () => {
  const [sent, taken] = await Promise.all([a, b].map((page) => page.evaluate(() => {
    const entry = [...document.querySelectorAll('.file')].find((node) => node.textContent.includes('large.bin'));
    return [entry.querySelector('.who').textContent, entry.querySelector('.file-state .hint').textContent,
      entry.querySelector('progress').hidden];
  })));
  assert.deepEqual(sent, ['Ann (you)', 'Bob has it', true]);
  assert.deepEqual(taken, ['Ann', '', true]);
});

await step('pictures and sound went on', () => Promise.all([a.media({ peers: 1 }), b.media({ peers: 1 })]));

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
