// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The program behind tests/lib/browser-join, which describes it.

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from './browser.mjs';

const text = (fallback) => ({ type: 'string', default: fallback });
const flag = { type: 'boolean', default: false };
const { values: options } = parseArgs({ options: {
  url: { type: 'string' }, browser: text('chromium'), name: text('Browser'), seconds: text('10'),
  'until-media': text('0'), 'no-video': flag, 'no-audio': flag, insecure: flag, size: text('640x360'),
  linger: text('2'), fps: text('15'), video: text(''), every: text('0'), screenshot: text(''), commands: flag, json: flag,
} });

const seconds = Number(options.seconds);
const wanted = Number(options['until-media']);
if (!options.url || !(seconds >= 0) || !(wanted >= 0) || !['chromium', 'firefox'].includes(options.browser)) {
  console.error('usage: browser-join --url http[s]://HOST:PORT/room/ROOM [flags at the top of the script]');
  process.exit(2);
}
watchdog(seconds + 60);

function pageUrl() {
  const url = new URL(options.url);
  url.searchParams.set('name', options.name);
  url.searchParams.set('autojoin', '1');
  url.searchParams.set('size', options.size);
  url.searchParams.set('fps', options.fps);
  return url.href;
}

const flat = (peer) => ({
  peerId: peer.peerId, displayName: peer.displayName, link: peer.link, audio: peer.audio, video: peer.video,
  connected: peer.connected,
  framesDecoded: peer.inbound.video?.framesDecoded ?? 0,
  framesPerSecond: peer.inbound.video?.framesPerSecond ?? 0,
  frameWidth: peer.inbound.video?.frameWidth ?? 0,
  frameHeight: peer.inbound.video?.frameHeight ?? 0,
  keyFramesDecoded: peer.inbound.video?.keyFramesDecoded ?? 0,
  audioEnergy: peer.inbound.audio?.totalAudioEnergy ?? 0,
  audioSamples: peer.inbound.audio?.totalSamplesReceived ?? 0,
  framesSent: peer.outbound.video?.framesSent ?? 0,
  framesEncoded: peer.outbound.video?.framesEncoded ?? 0,
  audioPacketsSent: peer.outbound.audio?.packetsSent ?? 0,
});

const fail = (error) => {
  console.error(`browser-join: ${error.message.split('\n')[0]}`);
  process.exit(1);
};

const browser = await launch(options.browser,
  { insecure: options.insecure, fps: Number(options.fps), video: options.video }).catch(fail);
const page = await browser.open(pageUrl()).catch(fail);
const seen = new Map(); // peerId to what was seen of it last
let media = wanted === 0;

const comes = (peer) => (options['no-video'] || peer.framesDecoded >= 5) &&
  (options['no-audio'] || peer.audioEnergy > 1e-4);

async function look(final) {
  const peers = (await page.stats()).map(flat);
  for (const peer of peers)
    seen.set(peer.peerId, peer);
  media ||= peers.filter(comes).length >= wanted;
  return {
    final, browser: browser.name, version: browser.version,
    ...await page.evaluate(() => ({ state: window.gstCall.state, self: window.gstCall.self })),
    media, peers, gone: [...seen.values()].filter((old) => !peers.some(({ peerId }) => peerId === old.peerId)),
    problems: [...page.problems, ...await page.violations()],
  };
}

// While the page loads anew there is nothing to look at: the last look counts
let last = null;
async function report(final) {
  try {
    last = await look(final);
  } catch (error) {
    if (!last)
      throw error;
  }
  return { ...last, final };
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let leaving = false;
const COMMANDS = {
  mute: () => page.click('.bar [data-action=audio]'),
  camera: () => page.click('.bar [data-action=video]'),
  flip: () => page.flip(),
  stats: async () => print(await report(false)),
  reload: async () => {
    await page.reload();
    await page.joined();
  },
  leave: () => { leaving = true; },
};

if (options.commands) {
  let work = Promise.resolve();
  createInterface({ input: process.stdin }).on('line', (line) => {
    const command = COMMANDS[line.trim()];
    if (!command)
      console.error(`browser-join: no command '${line}'`);
    else
      work = work.then(command).catch((error) => console.error(`browser-join: ${line}: ${error.message}`));
  });
}

let joined = true;
try {
  await page.joined();
} catch (error) {
  joined = false;
  console.error(`browser-join: ${error.message}`);
}

let end = Date.now() + seconds * 1000;
const every = Number(options.every) * 1000;
let next = Date.now() + every;
let line = await report(true);
let satisfied = wanted === 0;
while (joined && !leaving && Date.now() < end) {
  await sleep(Math.min(200, Math.max(0, end - Date.now())));
  line = await report(true);
  if (media && !satisfied) {
    satisfied = true;
    end = Math.min(end, Date.now() + Number(options.linger) * 1000);
  }
  if (every && Date.now() >= next) {
    next += every;
    print({ ...line, final: false });
  }
}
if (options.screenshot)
  await page.screenshot(options.screenshot);
print(line);
if (joined)
  await page.click('.bar [data-action=leave]').catch(() => {});
await browser.close();
process.exit(joined && media ? 0 : 1);
