// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, in the browsers named as arguments,
// when their people drop and pick files,
// then each file arrives with the same bytes, large ones, empty ones and many at once,
// both ways, while pictures and sound go on.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

await step('a pasted one', async () => {
  await give(a, [{ name: 'pasted.bin', size: 100000 }], 'paste');
  await arrives(a, b, 'pasted.bin');
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

// annsBrowser is Chromium, which tests can ask for both
await step('a file of the disk, picked with the plus sign, is on the disk after Save', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gst-call-files-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const bytes = randomBytes(3000000);
  writeFileSync(join(folder, 'Größe 1.bin'), bytes);
  await a.choose('#chat-attach', [join(folder, 'Größe 1.bin')]);
  await partReaches(a, 'Größe 1.bin', 'done');
  await give(b, [{ name: 'saved.bin', size: 3000000 }]);
  const { sha256 } = await got(a, 'saved.bin');
  const saved = await a.save('[aria-label="Save saved.bin"]');
  assert.equal(saved.name, 'saved.bin');
  assert.equal(createHash('sha256').update(readFileSync(saved.path)).digest('hex'), sha256);
  assert.equal((await got(b, 'Größe 1.bin')).sha256, createHash('sha256').update(bytes).digest('hex'));
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
