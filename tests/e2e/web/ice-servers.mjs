// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a server whose TURN credentials last for 2 s,
// when a page stays in the room,
// then it asks for new ones before they expire, again and again, and uses them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(100);

const folder = mkdtempSync(join(tmpdir(), 'gst-call-ice-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const secret = join(folder, 'secret');
writeFileSync(secret, randomBytes(32).toString('base64'));

const server = await startServer({ args: ['--ice-server', 'turn:127.0.0.1:9', '--turn-secret', secret, '--turn-ttl', '2'] });
const browser = await launch('chromium');
const page = await browser.open(server.page('tea', { name: 'Ann', autojoin: false }));
await page.evaluate(() => {
  window.asked = 0;
  window.names = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    window.asked += JSON.parse(text).type === 'ice-servers';
    return send.call(this, text);
  };
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(configuration) {
      super(configuration);
      window.names.push(configuration.iceServers[0].username);
    }

    setConfiguration(configuration) {
      super.setConfiguration(configuration);
      window.names.push(configuration.iceServers[0].username);
    }
  };
});

await step('it asks again and again', async () => {
  await page.click('#join');
  await page.joined();
  await page.until(() => window.asked >= 2);
});

await step('a connection has the newest, also one that is there', async () => {
  const other = await browser.open(server.page('tea', { name: 'Bob' }));
  await other.joined();
  await page.media({ peers: 1 });
  await page.until(() => new Set(window.names).size >= 2);
  const names = await page.evaluate(() => window.names);
  assert.ok(names.every((name) => /^\d+:/.test(name)), names.join());
  await other.close();
});

await step('nothing went wrong', async () => {
  assert.deepEqual(page.problems, []);
  await browser.close();
});

await server.stop();
done();
