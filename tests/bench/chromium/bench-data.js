// SPDX-License-Identifier: LGPL-2.1-or-later
// node bench-data.js throughput|latency [--total MB] [--size BYTES] [--seconds S]
//   [--executable FILE] [--loopback]
// Messages over a data channel between two connections of one Chromium page; prints
// the same line of JSON as bench-data.
'use strict';

const { parseArgs } = require('util');
const { chromium } = require('playwright-core');

const { values: options, positionals: [mode] } = parseArgs({
  allowPositionals: true,
  options: {
    total: { type: 'string', default: '200' },
    size: { type: 'string', default: '65536' },
    seconds: { type: 'string', default: '5' },
    executable: { type: 'string', default: '/usr/bin/chromium' },
    loopback: { type: 'boolean', default: false },
  },
});

// In the page
async function connect() {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  // descriptions with all candidates in them
  const describe = async pc => {
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete')
      await new Promise(resolve => {
        pc.addEventListener('icegatheringstatechange', resolve, { once: true });
      });
    return pc.localDescription;
  };
  const channel = a.createDataChannel('bench');
  const opened = new Promise(resolve => { channel.onopen = resolve; });
  const theirs = new Promise(resolve => {
    b.ondatachannel = event => resolve(event.channel);
  });
  await b.setRemoteDescription(await describe(a));
  await a.setRemoteDescription(await describe(b));
  await opened;
  window.sender = channel;
  window.receiver = await theirs;
  window.receiver.binaryType = 'arraybuffer';
}

async function throughput({ total, size }) {
  const { sender, receiver } = window;
  const block = new Uint8Array(size);
  const all = Math.ceil(total * 1e6 / size) * size;
  let received = 0;
  const begin = performance.now();
  const done = new Promise(resolve => {
    receiver.onmessage = ({ data }) => {
      received += data.byteLength;
      if (received === all)
        resolve();
    };
  });
  sender.bufferedAmountLowThreshold = 256 * 1024;
  for (let sent = 0; sent < all; sent += size) {
    if (sender.bufferedAmount > 1024 * 1024)
      await new Promise(resolve => { sender.onbufferedamountlow = resolve; });
    sender.send(block);
  }
  await done;
  const ms = performance.now() - begin;
  return { MBps: all / ms / 1000, seconds: ms / 1000 };
}

async function latency({ seconds }) {
  const { sender, receiver } = window;
  const ages = [];
  const all = seconds * 1000;
  const done = new Promise(resolve => {
    receiver.onmessage = ({ data }) => {
      ages.push(Math.round((performance.now() - new Float64Array(data)[0]) * 1000));
      if (ages.length === all)
        resolve();
    };
  });
  const begin = performance.now();
  for (let sent = 0; sent < all;) {
    for (; sent < all && performance.now() >= begin + sent; sent++) {
      const message = new Float64Array(13);
      message[0] = performance.now();
      sender.send(message);
    }
    await new Promise(resolve => { setTimeout(resolve, 0); });
  }
  await done;
  return { ages };
}

(async () => {
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync',
    '--disable-background-networking', '--disable-component-update',
    '--disable-features=WebRtcHideLocalIpsWithMdns'];
  if (options.loopback)
    args.push('--allow-loopback-in-peer-connection');
  const browser = await chromium.launch(
    { executablePath: options.executable, headless: true, args });
  try {
    const page = await browser.newPage();
    await page.evaluate(connect);
    console.log(JSON.stringify(await page.evaluate(
      mode === 'latency' ? latency : throughput,
      { total: +options.total, size: +options.size, seconds: +options.seconds })));
  } finally {
    await browser.close();
  }
})().catch(error => {
  console.error(error);
  process.exit(1);
});
