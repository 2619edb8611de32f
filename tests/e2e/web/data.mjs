// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in the browser named as argument and two lines of gst-launch in one room,
// when anybody writes a line or sends a file,
// then the others read it, or have the file with the same bytes: the page shows pictures,
// a line of gst-launch has them in its folder.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { connected, gave, give, got, partReaches, reads, watchFiles, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [browserName = 'chromium'] = process.argv.slice(2);
watchdog(270);
const LARGE = 200e6;

const folder = mkdtempSync(join(tmpdir(), 'gst-call-data-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const server = await startServer();
const uri = roomUri(server, 'tea');
const browser = await launch(browserName);
const CHAT = 'fdsrc fd=0 ! text/x-raw,format=utf8 ! call.data_chat call.remote_data_chat ! fdsink fd=3';

let page;
const ann = startPeer({ name: 'Ann', uri, talk: true, more: `${CHAT} call.remote_data_files ! callfiledepay directory=${folder}` });
let bob;

await step('they meet', async () => {
  await ann.joined();
  bob = startPeer({ name: 'Bob', uri, talk: true, video: '', audio: '', slots: 0, more: CHAT });
  page = await browser.open(server.page('tea', { name: 'Page' }), { before: [watchFiles] });
  await page.joined();
  await connected(page, 2);
  // what is said from then on reaches the page
  const { peerId } = await page.evaluate(() => window.gstCall.self);
  for (const line of [ann, bob])
    await line.event('call-state', (event) => event['peer-id'] === peerId && event.state === 'connected');
});

await step('a line typed into one process is read in the page and in the other process', async () => {
  ann.type('hello, this is Ann');
  await reads(page, 'Ann', 'hello, this is Ann');
  await bob.reads('hello, this is Ann');
});

await step('and back, from the page and from the other process', async () => {
  await write(page, 'hello from the page: 中文 👩‍👩‍👧 \u{10fffd}');
  await Promise.all([ann, bob].map((line) => line.reads('hello from the page: 中文 👩‍👩‍👧 \u{10fffd}')));
  bob.type('and Bob');
  await Promise.all([ann.reads('and Bob'), reads(page, 'Bob', 'and Bob')]);
  const { 'display-name': who, label } = await ann.event('call-message', ({ text }) => text.startsWith('hello from the page'));
  assert.deepEqual([who, label], ['Page', 'chat']);
});

await step('a photo dropped on the page lies in the folder of the line', async () => {
  await give(page, [{ name: 'photo.png', picture: [800, 600, 'image/png'] }]);
  const { path, 'media-type': type } = await ann.event('call-file-received');
  assert.equal(path, join(folder, 'photo.png'));
  assert.equal(type, 'image/png');
  assert.equal(sha256(readFileSync(path)), (await gave(page, 'photo.png')).sha256);
});

await step('200 MB and nine more at once as well, and no other file is there', async () => {
  const files = [{ name: 'large.bin', size: LARGE }, ...Array.from({ length: 9 }, (_, i) => ({ name: `${i}.bin`, size: 100003 * i }))];
  await give(page, files);
  for (const { name } of files) {
    await ann.event('call-file-received', (event) => event['file-name'] === name, { timeout: 120000 });
    assert.equal(sha256(readFileSync(join(folder, name))), (await gave(page, name)).sha256, name);
  }
  assert.deepEqual(readdirSync(folder).sort(), ['photo.png', ...files.map(({ name }) => name)].sort());
});

await step('a line sends a picture, which the page shows, and ends by itself', async () => {
  const eve = startPeer({ name: 'Eve', uri, video: '', audio: '', slots: 0,
    more: 'videotestsrc num-buffers=1 ! video/x-raw,width=640,height=480 ! pngenc ! callfilepay file-name=test.png ! call.data_files' });
  await page.until(() => {
    const image = [...document.querySelectorAll('.picture img')].find((node) => node.alt === 'test.png');
    return image?.complete && image.naturalWidth === 640 && image.naturalHeight === 480;
  }, null, { what: 'the picture of the line', timeout: 40000 }).catch((error) => {
    throw new Error(`${error.message}; ${eve.describe()}`);
  });
  await eve.until(() => eve.exit, 'its end', { ended: true });
  assert.equal(eve.exit.code, 0, eve.describe());
});

await step('a line sends 200 MB, to the page and to the other line', async () => {
  const bytes = randomBytes(LARGE);
  const path = join(folder, 'from-eve.bin');
  writeFileSync(path, bytes);
  const eve = startPeer({ name: 'Eve', uri, video: '', audio: '', slots: 0, more: `filesrc location=${path} ! callfilepay ! call.data_files` });
  assert.deepEqual(await got(page, 'from-eve.bin', 120000), { size: LARGE, sha256: sha256(bytes) });
  await eve.until(() => eve.exit, 'its end', { ended: true });
  assert.equal(eve.exit.code, 0, eve.describe());
  // never over the one that is there
  assert.equal(sha256(readFileSync(join(folder, 'from-eve (1).bin'))), sha256(bytes));
});

await step('nothing broke', async () => {
  for (const line of [ann, bob]) {
    assert.deepEqual(line.errors, []);
    // a busy machine shows pictures late
    assert.deepEqual(line.warnings.filter((text) => !/clock problem/.test(text)), []);
    assert.equal(await line.interrupt(), 0);
  }
  assert.deepEqual(page.problems, []);
});

await browser.close();
await server.stop();
done();
