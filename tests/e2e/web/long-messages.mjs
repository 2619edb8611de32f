// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page in the browser named as argument, which sends back what comes,
// when a line of gst-launch pushes messages of 256 KiB,
// then each comes there and back as one message, and the call goes on.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
const sent = randomBytes(COUNT * SIZE);
writeFileSync(join(folder, 'long'), sent);
const back = (i) => join(folder, `back-${i}`);

// Runs in the page: the lengths of what comes under the label and goes back
function echo() {
  window.lengths = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener('datachannel', ({ channel }) => {
        if (channel.label !== 'long')
          return;
        channel.binaryType = 'arraybuffer';
        channel.addEventListener('message', ({ data }) => {
          window.lengths.push(data.byteLength);
          channel.send(data);
        });
      });
    }
  };
}

const server = await startServer();
const browser = await launch(browserName);
const page = await browser.open(server.page('tea', { name: 'Page' }), { before: [echo] });
await page.joined();

await step('each message comes as one, there and back', async () => {
  const ann = startPeer({ name: 'Ann', uri: roomUri(server, 'tea'),
    more: `filesrc location=${join(folder, 'long')} blocksize=${SIZE} ! call.data_long ` +
      `call.remote_data_long ! multifilesink location=${join(folder, 'back-%d')}` });
  await page.until((count) => window.lengths.length === count, COUNT);
  assert.deepEqual(await page.evaluate(() => window.lengths), Array(COUNT).fill(SIZE));
  while (statSync(back(COUNT - 1), { throwIfNoEntry: false })?.size !== SIZE)
    await sleep(50); // the watchdog ends it
  for (let i = 0; i < COUNT; i++)
    assert.ok(readFileSync(back(i)).equals(sent.subarray(i * SIZE, (i + 1) * SIZE)), `message ${i}`);
  await ann.sees();
  assert.equal(await ann.interrupt(), 0);
});

await browser.close();
await server.stop();
done();
