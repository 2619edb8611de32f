// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with callbin and the page in the browser named as argument,
// when either comes first, mutes, switches the camera off, reloads, loses the server or hosts,
// then both see moving pictures and hear sound, and each sees the other's state.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

const [name = 'chromium'] = process.argv.slice(2);
watchdog(210);

const server = await startServer();
const browser = await launch(name, { insecure: true });
const screenshots = process.env.GST_CALL_SCREENSHOTS;
const socket = (room) => server.page(room).replace('http', 'ws').split('?')[0];
const button = (action) => `.bar [data-action=${action}]`;
const both = (page, pipeline) => Promise.all([page.media({ peers: 1 }), pipeline.media()]);
let page;
let pipeline;

await step('the pipeline joins a page: it offers, both see and hear', async () => {
  page = await browser.open(server.page('tea', { name: 'Ann' }));
  await page.joined();
  pipeline = startPipeline(`uri=${socket('tea')} display-name=Gst`);
  await both(page, pipeline);
  await page.until(() => document.querySelectorAll('.tile.with-picture').length === 2, null, { what: 'two pictures' });
  if (screenshots)
    await page.screenshot(`${screenshots}/pipeline-${name}.png`);
});

await step('a muted microphone is silent there, and told', async () => {
  await page.click(button('audio'));
  await pipeline.message('call-peer-changed', /audio=\(string\)muted/);
  await pipeline.quiet('heard');
  await pipeline.media({ audio: false });
  await page.click(button('audio'));
  await pipeline.media();
});

await step('a camera that is off sends no pictures, and comes back', async () => {
  await page.click(button('video'));
  await pipeline.message('call-peer-changed', /video=\(string\)muted/);
  await pipeline.media({ video: false });
  await page.click(button('video'));
  await pipeline.media();
});

await step('another camera', async () => {
  if (name === 'firefox') {
    console.log('# Firefox has one fake camera');
    return;
  }
  assert.ok(await page.flip());
  await pipeline.media();
});

await step('the server is killed and comes back: nothing stops, the session is kept', async () => {
  const { session } = (await page.stats())[0];
  await server.kill();
  await page.until(() => window.gstCall.state === 'reconnecting');
  await both(page, pipeline);
  await server.start();
  await page.until(() => window.gstCall.state === 'open' && window.gstCall.peers[0]?.connected);
  await both(page, pipeline);
  assert.equal((await page.stats())[0].session, session);
});

await step('a page that is loaded anew offers, and comes into the same slot', async () => {
  await page.reload();
  await page.joined();
  await both(page, pipeline);
});

await step('the page leaves: the pipeline goes on alone', async () => {
  await page.click(button('leave'));
  await pipeline.message('call-peer-left', /bye/);
  await pipeline.stop();
});

await step('the pipeline hosts: a page on the address it prints is seen and heard', async () => {
  pipeline = startPipeline('listen=127.0.0.1:0 room=den display-name=Host');
  const { fields } = await pipeline.message('call-listening');
  const url = new URL(/url=\(string\)"?([^",]+)/.exec(fields)[1]);
  url.search = '?name=Ann&autojoin=1&size=640x360&fps=15';
  page = await browser.open(url.href);
  await page.joined();
  await both(page, pipeline);
});

await step('nothing broke the policy', async () => {
  assert.deepEqual(await page.violations(), []);
  await page.close();
  await pipeline.stop();
});

await server.stop();
await browser.close();
done();
