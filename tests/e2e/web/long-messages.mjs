// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in the browser named as argument, which says that it takes 256 KiB,
// when a line of gst-launch pushes messages of that length,
// then each comes as one message, and the call goes on.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step } from '../../lib/tap.mjs';

const [browserName = 'chromium'] = process.argv.slice(2);
watchdog(90);
const SIZE = 256 * 1024;
const COUNT = 5;

const folder = mkdtempSync(join(tmpdir(), 'gst-call-long-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'long'), randomBytes(COUNT * SIZE));

// Runs in the page: the lengths of what comes under the label
function watchMessages() {
  window.lengths = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener('datachannel', ({ channel }) => channel.label === 'long' &&
        channel.addEventListener('message', ({ data }) => window.lengths.push(data.byteLength ?? data.size)));
    }
  };
}

const server = await startServer();
const browser = await launch(browserName);
const page = await browser.open(server.page('tea', { name: 'Page' }), { before: [watchMessages] });
await page.joined();

await step('each message comes as one', async () => {
  const ann = startPeer({ name: 'Ann', uri: roomUri(server, 'tea'),
    more: `filesrc location=${join(folder, 'long')} blocksize=${SIZE} ! call.data_long` });
  await page.until((count) => window.lengths.length === count, COUNT);
  assert.deepEqual(await page.evaluate(() => window.lengths), Array(COUNT).fill(SIZE));
  await ann.sees();
  assert.equal(await ann.interrupt(), 0);
});

await browser.close();
await server.stop();
done();
