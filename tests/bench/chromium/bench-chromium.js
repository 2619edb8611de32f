// SPDX-License-Identifier: LGPL-2.1-or-later
// node bench-chromium.js join|latency|switch --server http://127.0.0.1:PORT
//   [--count N] [--seconds S] [--clip FILE.y4m] [--sound] [--room NAME]
// Two Chromium processes call each other through call-server; with `switch`
// one sends, and changes its camera, to who is in the room. Prints the same
// lines of JSON as bench-pair, bench-callbin and bench-switch.
'use strict';

const fs = require('fs');
const path = require('path');
const { parseArgs } = require('util');
const { chromium } = require('playwright-core');

const { values: options, positionals: [mode] } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: 'string' },
    count: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '10' },
    clip: { type: 'string' },
    sound: { type: 'boolean', default: false },
    room: { type: 'string', default: 'bench' },
    executable: { type: 'string', default: '/usr/bin/chromium' },
    // "host": no network of our own, candidates of 127.0.0.1 are wanted
    loopback: { type: 'boolean', default: false },
  },
});

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--use-fake-ui-for-media-stream',
  `--use-fake-device-for-media-stream=device-count=${mode === 'switch' ? 4 : 1},fps=30`,
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--autoplay-policy=no-user-gesture-required',
];

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const print = object => console.log(JSON.stringify(object));

async function open() {
  const args = [...flags];
  if (options.clip)
    args.push(`--use-file-for-fake-video-capture=${options.clip}`);
  if (options.loopback)
    args.push('--allow-loopback-in-peer-connection');
  const browser = await chromium.launch(
    { executablePath: options.executable, headless: true, args });
  const context = await browser.newContext(
    { bypassCSP: true, permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.on('pageerror', error => console.error('page:', error.message));
  // any page of the server will do: its socket wants its own origin
  await page.goto(`${options.server}/healthz`);
  await page.evaluate(
    fs.readFileSync(path.join(__dirname, 'bench-page.js'), 'utf8'));
  await page.evaluate(() => bench.calibrate());
  return { browser, page };
}

const seen = page => page.waitForFunction(() => {
  if (bench.error)
    throw new Error(bench.error);
  return bench.marks.decoded && bench.marks.shown;
}, null, { timeout: 8000, polling: 20 });

async function join(first, second) {
  for (const { page } of [first, second])
    await page.evaluate(() => bench.realCamera());
  await sleep(1000);
  await first.page.evaluate(() => bench.join('bench'));
  // call 0 warms up
  for (let i = 0; i <= +options.count; i++) {
    await sleep(300 + Math.random() * 67);
    await second.page.evaluate(() => { bench.join('bench'); });
    try {
      await seen(second.page);
      if (i > 0)
        print({ who: 'second', ...await second.page.evaluate(
          () => bench.marks) });
    } catch (error) {
      console.error(`join ${i}: ${error.message}`);
    }
    await second.page.evaluate(() => bench.peer.leave());
  }
}

async function latency(first, second) {
  await second.page.evaluate(sound => bench.canvasCamera(sound), options.sound);
  await first.page.evaluate(() => bench.join('bench', { send: false }));
  await second.page.evaluate(() => { bench.join('bench'); });
  await seen(first.page);
  // Chromium's bandwidth estimate and jitter buffer need this long to settle
  await sleep(+options.seconds >= 10 ? 9000 : 4000);
  const result = { who: 'first' };
  for (const what of ['shown', 'decoded']) {
    await first.page.evaluate(w => bench.startSamples(w), what);
    await sleep(+options.seconds * 1000);
    result[what] = await first.page.evaluate(w => {
      bench.samples = null;
      return bench[w];
    }, what);
  }
  result.unreadable = await first.page.evaluate(() => bench.unreadable);
  print(result);
}

async function switchCameras({ page }) {
  await page.evaluate(() => bench.changingCamera());
  await page.evaluate(room => bench.join(room), options.room);
  print({ ready: true });
  await new Promise(resolve => process.stdin.once('data', resolve));
  const switches = [];
  await sleep(300);
  for (let i = 0; i < +options.count; i++) {
    switches.push(await page.evaluate(() => bench.nextCamera()));
    await sleep(300 + Math.random() * 200);
  }
  await sleep(500);
  print({ switches, failed: 0 });
  process.stdin.resume();
  await new Promise(resolve => process.stdin.once('end', resolve));
}

async function main() {
  const first = await open();
  if (mode === 'switch') {
    await switchCameras(first);
    await first.browser.close();
    return;
  }
  const second = await open();
  print({ version: first.browser.version() });
  await (mode === 'join' ? join : latency)(first, second);
  await first.browser.close();
  await second.browser.close();
}

const limit = 60 + 10 * +options.count + 3 * +options.seconds;
setTimeout(() => { console.error('too slow'); process.exit(1); },
  limit * 1000).unref();
main().then(() => process.exit(0), error => {
  console.error(error);
  process.exit(1);
});
