// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line and the page in the browser named as argument,
// when the browser restarts ICE (restartIce), three times,
// then each time both sides have new credentials, the browser connects with them, and pictures and
// sound go on both ways, in the same session: if the page offers, and if the line does.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { keepConnection } from '../../lib/page-connection.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

const [name = 'chromium'] = process.argv.slice(2);
watchdog(150);
const TIMEOUT = 20000; // ms
const POLL = 100; // ms

const server = await startServer();
const browser = await launch(name);
const socket = (room) => server.page(room).replace('http', 'ws').split('?')[0];
const both = (page, pipeline) => Promise.all([page.media({ peers: 1 }), pipeline.media()]);
const ufrags = (page) => page.evaluate(() => ['localDescription', 'remoteDescription']
  .map((which) => /a=ice-ufrag:(\S+)/.exec(window.connection[which].sdp)[1]));

// Runs in the page: our ufrag on the path that is used
async function ufragInUse() {
  const stats = new Map();
  (await window.connection.getStats()).forEach((value, id) => stats.set(id, value));
  const all = [...stats.values()];
  const chosen = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  const pair = stats.get(chosen) ?? all.find(({ type, selected }) => type === 'candidate-pair' && selected);
  return stats.get(pair?.localCandidateId)?.usernameFragment;
}

async function eventually(test) {
  for (const end = Date.now() + TIMEOUT; Date.now() < end; await sleep(POLL))
    if (await test())
      return true;
  return false;
}

async function restarts(page, pipeline) {
  const { session } = (await page.stats())[0];
  for (let i = 0; i < 3; i++) {
    const before = await ufrags(page);
    await page.evaluate(() => window.connection.restartIce());
    await page.until(([ours, theirs]) => {
      const { localDescription: local, remoteDescription: remote, signalingState } = window.connection;
      return signalingState === 'stable' && !local.sdp.includes(`a=ice-ufrag:${ours}\r`) &&
        !remote.sdp.includes(`a=ice-ufrag:${theirs}\r`);
    }, before, { what: 'new credentials on both sides' });
    const [ours] = await ufrags(page);
    assert.notEqual(ours, before[0]);
    assert.ok(await eventually(async () => await page.evaluate(ufragInUse) === ours), 'a path with the new credentials');
    await page.until(() => ['connected', 'completed'].includes(window.connection.iceConnectionState));
    await both(page, pipeline);
  }
  assert.equal((await page.stats())[0].session, session);
}

await step('the line offers, the page restarts ICE', async () => {
  const page = await browser.open(server.page('tea', { name: 'Ann' }), { before: [keepConnection] });
  await page.joined();
  const pipeline = startPipeline(`uri=${socket('tea')} display-name=Gst`);
  await both(page, pipeline);
  await restarts(page, pipeline);
  await pipeline.stop();
  await page.close();
});

await step('the page offers, and restarts ICE', async () => {
  const pipeline = startPipeline(`uri=${socket('den')} display-name=Gst`);
  await pipeline.message('call-joined');
  const page = await browser.open(server.page('den', { name: 'Ann' }), { before: [keepConnection] });
  await page.joined();
  await both(page, pipeline);
  await restarts(page, pipeline);
  await pipeline.stop();
  await page.close();
});

await server.stop();
await browser.close();
done();
