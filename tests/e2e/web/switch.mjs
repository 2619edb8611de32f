// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with callbin, three cameras and callcontrol, and the page in Chromium,
// when callctl changes the camera again and again,
// then the page goes on decoding without a freeze, a key frame or a new session, and what it
// shows carries the number of the chosen camera and a counter that rises.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

const SWITCHES = 9;
const INTERVAL = 700; // ms
const ROUNDS = 4;

watchdog(170);
const runtime = mkdtempSync(join(tmpdir(), 'gst-call-switch-'));
process.on('exit', () => rmSync(runtime, { recursive: true, force: true }));
const server = await startServer();
const browser = await launch('chromium', { insecure: true });
const socket = server.page('tea').replace('http', 'ws').split('?')[0];
let page;
let pipeline;

const callctl = (...words) => promisify(execFile)(`${process.env.GST_CALL_BUILD_ROOT}/gst/control/callctl`,
  ['--pipeline', `web-switch.${pipeline.pid}`, '--wait', '10', ...words], { env: { ...process.env, XDG_RUNTIME_DIR: runtime } });

// The bar code of gst/device/gstcallbarcode.h in what the page shows, null if there is none
const readPicture = () => page.evaluate(() => {
  const video = document.querySelector('.tile:not(.self) video');
  if (!video?.videoWidth)
    return null;
  const [width, height] = [video.videoWidth, video.videoHeight];
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(video, 0, 0);
  const row = (n) => {
    const line = context.getImageData(0, Math.floor((n + 0.5) * height / 15), width, 1).data;
    let bits = 0;
    for (let i = 0; i < 32; i++) {
      if (line[Math.floor((i + 0.5) * width / 32) * 4 + 1] > 126)
        bits |= 1 << i;
    }
    return bits >>> 0;
  };
  const [time, rest] = [row(0), row(1)];
  const [frame, camera] = [rest & 0xffff, (rest >>> 16) & 0xff];
  const sum = (0xa5 ^ time ^ (time >>> 8) ^ (time >>> 16) ^ (time >>> 24) ^ frame ^ (frame >>> 8) ^ camera) & 0xff;
  return sum === rest >>> 24 ? { camera, frame } : null;
});

async function cameraShown(number) {
  const end = Date.now() + 20000;
  for (;;) {
    const picture = await readPicture();
    if (picture?.camera === number)
      return picture;
    if (Date.now() > end)
      throw new Error(`camera ${number} is not shown, but ${JSON.stringify(picture)}`);
    await sleep(20);
  }
}

const video = async () => (await page.stats())[0].inbound.video;

await step('the pipeline is seen', async () => {
  page = await browser.open(server.page('tea', { name: 'Ann' }));
  await page.joined();
  pipeline = startPipeline(`uri=${socket} display-name=Gst`,
    { cameras: 3, more: 'callcontrol socket=web-switch', env: { XDG_RUNTIME_DIR: runtime } });
  await Promise.all([page.media({ peers: 1 }), pipeline.media()]);
  await cameraShown(0);
});

// Every camera some times; what the page's statistics grew by
async function round() {
  const before = await video();
  for (let i = 1; i <= SWITCHES; i++) {
    await callctl('cam', `device-id=fake-camera-${i % 3}`);
    const first = await cameraShown(i % 3);
    await sleep(INTERVAL);
    const then = await cameraShown(i % 3);
    assert.ok(then.frame > first.frame, `${first.frame} to ${then.frame}`);
  }
  const after = await video();
  const grew = (name) => after[name] - before[name];
  return { decoded: grew('framesDecoded'), keys: grew('keyFramesDecoded'), freezes: grew('freezeCount') };
}

await step('each camera that is chosen is shown, its counter rises, nothing freezes', async () => {
  const { session } = (await page.stats())[0];
  const rounds = [];
  // a switch that freezes does so in each round; a machine that is busy, now and then
  do {
    rounds.push(await round());
  } while (rounds.at(-1).freezes > 0 && rounds.length < ROUNDS);
  console.log(`# ${JSON.stringify(rounds)}`);
  for (const { decoded, keys } of rounds) {
    assert.ok(decoded > SWITCHES * 5, 'pictures were decoded');
    assert.ok(keys <= SWITCHES, 'a key frame a switch at most');
  }
  assert.equal(rounds.at(-1).freezes, 0, 'a round without a freeze');
  assert.equal((await page.stats())[0].session, session, 'the same session');
});

await step('nothing broke', async () => {
  assert.deepEqual(pipeline.errors, []);
  await page.close();
  await pipeline.stop();
});

await server.stop();
await browser.close();
done();
