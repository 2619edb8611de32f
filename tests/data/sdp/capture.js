// gst-call
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writes the browsers' descriptions of this folder anew:
//   npm install playwright-core puppeteer-core
//   NODE_PATH=node_modules node capture.js chromium|firefox OUTPUT-FOLDER
// The answers are to gst-call-offer.sdp, which lies beside this file.
'use strict';
const fs = require('fs');
const path = require('path');

async function open(browser) {
  if (browser === 'chromium') {
    const b = await require('playwright-core').chromium.launch({
      executablePath: '/usr/bin/chromium', headless: true,
      args: ['--no-sandbox', '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        '--allow-loopback-in-peer-connection'] });
    return [b, await (await b.newContext()).newPage()];
  }
  const b = await require('puppeteer-core').launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr',
    headless: true, extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.gmp-manager.updateEnabled': false } });
  return [b, await b.newPage()];
}

// Runs in the page
async function capture(ourOffer) {
  const out = {};
  const gathered = (pc) => new Promise((resolve) => {
    if (pc.iceGatheringState === 'complete') resolve();
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === 'complete') resolve();
    };
    setTimeout(resolve, 3000);
  });
  const media = () => navigator.mediaDevices.getUserMedia(
      {audio: true, video: true});

  async function negotiate(pc, other, offerName, answerName) {
    await pc.setLocalDescription(await pc.createOffer());
    out[offerName] = pc.localDescription.sdp;
    await gathered(pc);
    await other.setRemoteDescription(pc.localDescription);
    await other.setLocalDescription(await other.createAnswer());
    await gathered(other);
    if (answerName) out[answerName] = other.localDescription.sdp;
    await pc.setRemoteDescription(other.localDescription);
  }
  async function session() {
    const pc = new RTCPeerConnection(), other = new RTCPeerConnection();
    const stream = await media(), screen = await media();
    stream.getTracks().forEach((t) => pc.addTrack(t, stream));
    pc.createDataChannel('control');
    await negotiate(pc, other, 'session-1-offer', 'session-1-answer');
    pc.addTrack(screen.getVideoTracks()[0], screen);
    await negotiate(pc, other, 'session-2-screen');
    out['session-2-screen'] = pc.localDescription.sdp;
    pc.getTransceivers()[2].stop();
    await negotiate(pc, other, 'session-3-stopped');
    pc.addTrack(screen.getAudioTracks()[0].clone(), screen);
    pc.addTransceiver('video', {direction: 'sendonly'});
    await negotiate(pc, other, 'session-4-recycled');
    pc.getTransceivers()[1].direction = 'recvonly';
    await negotiate(pc, other, 'session-5-recvonly');
    pc.close();
    other.close();
  }
  async function single(name, prepare, config) {
    const pc = new RTCPeerConnection(config);
    await prepare(pc);
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    out[name] = pc.localDescription.sdp;
    pc.close();
  }
  async function answer(name, prepare) {
    const pc = new RTCPeerConnection();
    await pc.setRemoteDescription({type: 'offer', sdp: ourOffer});
    if (prepare) await prepare(pc);
    await pc.setLocalDescription(await pc.createAnswer());
    await gathered(pc);
    out[name] = pc.localDescription.sdp;
    pc.close();
  }
  const send = async (pc) => {
    const stream = await media();
    stream.getTracks().forEach((t) => pc.addTrack(t, stream));
  };

  await session();
  await single('video-only-offer', async (pc) => {
    const stream = await media();
    pc.addTrack(stream.getVideoTracks()[0], stream);
  });
  await single('audio-only-offer', async (pc) => {
    const stream = await media();
    pc.addTrack(stream.getAudioTracks()[0], stream);
  });
  await single('data-only-offer', async (pc) => pc.createDataChannel('x'));
  await single('recvonly-offer', async (pc) => {
    pc.addTransceiver('video', {direction: 'recvonly'});
    pc.addTransceiver('audio', {direction: 'recvonly'});
  });
  await single('simulcast-offer', async (pc) => {
    const stream = await media();
    pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly',
      sendEncodings: [{rid: 'h'}, {rid: 'l', scaleResolutionDownBy: 2}]});
  });
  await single('max-bundle-offer', async (pc) => {
    await send(pc);
    pc.createDataChannel('x');
  }, {bundlePolicy: 'max-bundle'});
  if (ourOffer) {
    await answer('our-answer', send);
    await answer('our-answer-recvonly');
    await answer('our-answer-inactive', async (pc) => {
      await send(pc);
      pc.getTransceivers()[1].stop();
    });
  }
  return out;
}

(async () => {
  const [browser, folder] = process.argv.slice(2);
  const offerFile = path.join(__dirname, 'gst-call-offer.sdp');
  const ourOffer = fs.existsSync(offerFile)
    ? fs.readFileSync(offerFile, 'utf8') : null;
  const server = require('http').createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>capture</title>');
  }).listen(0, '127.0.0.1');
  const [b, page] = await open(browser);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const out = await page.evaluate(capture, ourOffer);
  for (const name of Object.keys(out)) {
    fs.writeFileSync(path.join(folder, `${browser}-${name}.sdp`), out[name]);
    console.log(`${browser}-${name}: ${out[name].length} bytes, ` +
      (out[name].match(/^m=.*$/mg) || []).map((l) => l.slice(0, 40)).join(' | '));
  }
  await b.close();
  server.close();
})();
