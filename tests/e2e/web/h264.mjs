// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with callbin and a Chromium page that both speak H.264,
// when one of them wants nothing else, whoever offers, or the line likes it best,
// then H.264 crosses in both directions, and both see moving pictures.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(180);

// In the page, before its own scripts
function watchConnections() {
  const Plain = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Plain {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
    }
  };
}

function onlyH264() {
  const plain = RTCRtpTransceiver.prototype.setCodecPreferences;
  RTCRtpTransceiver.prototype.setCodecPreferences = function setCodecPreferences(codecs) {
    plain.call(this, codecs.filter(({ mimeType }) => /H264|rtx/.test(mimeType)));
  };
}

// What the page sends and gets, once both flow
const videoCodecs = (page) => page.until(async () => {
  const report = await window.connections.at(-1).getStats();
  const codecs = {};
  for (const { type, kind, codecId, framesEncoded, framesDecoded } of report.values()) {
    if (kind === 'video' && (framesEncoded > 0 || framesDecoded > 0))
      codecs[type] = report.get(codecId)?.mimeType;
  }
  return codecs['outbound-rtp'] && codecs['inbound-rtp'] && codecs;
});
const BOTH = { 'outbound-rtp': 'video/H264', 'inbound-rtp': 'video/H264' };

const server = await startServer();
const browser = await launch('chromium', { insecure: true });
const socket = (room) => server.page(room).replace('http', 'ws').split('?')[0];
const only = 'video-codecs=<(string)H264>';

for (const [room, what, pageOffers, properties, before] of [
  ['tea', 'the page offers, the line takes H.264 alone', true, only, []],
  ['den', 'the line offers H.264 alone', false, only, []],
  ['hut', 'the page offers H.264 alone, the line takes anything', true, '', [onlyH264]],
  ['inn', 'the page offers all it has, the line likes H.264 best', true, 'video-codecs=<(string)H264,(string)VP8>', []],
]) {
  await step(what, async () => {
    let page;
    let pipeline;
    const openPage = async () => {
      page = await browser.open(server.page(room, { name: 'Ann' }), { before: [watchConnections, ...before] });
      await page.joined();
    };
    const startLine = async () => {
      pipeline = startPipeline(`uri=${socket(room)} display-name=Gst ${properties}`);
      await pipeline.message('call-joined');
    };
    for (const come of pageOffers ? [startLine, openPage] : [openPage, startLine])
      await come();
    await Promise.all([page.media({ peers: 1 }), pipeline.media()]);
    assert.deepEqual(await videoCodecs(page), BOTH);
    await Promise.all([page.media({ peers: 1 }), pipeline.media()]);
    await page.close();
    await pipeline.stop();
    assert.deepEqual(pipeline.errors, []);
  });
}

await server.stop();
await browser.close();
done();
