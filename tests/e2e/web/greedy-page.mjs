// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line with callbin, a page in a call with it, and another page
// that wants more than is provided for,
// when that one adds a second video stream, then it is ignored and its call goes on;
// when it opens more data channels than anybody needs, then its connection ends with
// a typed error, and the call with the first page does not notice.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(150);

const CHANNELS = 10000; // 16 are let pass; browsers make a thousand or more at once

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

const server = await startServer();
const browser = await launch('chromium', { insecure: true });
const pipeline = startPipeline(`uri=${server.page('tea').replace('http', 'ws').split('?')[0]} display-name=Gst`);
await pipeline.message('call-joined');
const open = async (name, before = []) => {
  const page = await browser.open(server.page('tea', { name }), { before });
  await page.joined();
  return page;
};
const ann = await open('Ann');
let eve;

await step('three are in a call', async () => {
  await Promise.all([ann.media({ peers: 1 }), pipeline.media()]);
  eve = await open('Eve', [watchConnections]);
  await Promise.all([ann.media({ peers: 2 }), eve.media({ peers: 2 })]);
});

await step('a second video stream is ignored, and the first goes on', async () => {
  const rounds = await eve.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.getContext('2d').fillRect(0, 0, 9, 9);
    const stream = canvas.captureStream(5);
    for (const connection of window.connections)
      connection.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream] });
    return window.connections.length;
  });
  assert.equal(rounds, 2);
  // answered: the stream has its place in the description
  await eve.until(() => window.connections.every((c) => c.signalingState === 'stable' &&
    c.getTransceivers().length === 3 && c.getTransceivers().every((t) => t.currentDirection !== null)), null,
  { what: 'an answer to the second stream' });
  await Promise.all([ann.media({ peers: 2 }), eve.media({ peers: 2 }), pipeline.media()]);
});

await step('too many data channels end that connection, with a typed error', async () => {
  const session = await eve.evaluate(() => window.gstCall.peers.find((p) => p.displayName === 'Gst').session);
  const made = await eve.evaluate((n) => {
    let count = 0;
    for (const connection of window.connections)
      for (let i = 0; i < n; i++)
        try {
          connection.createDataChannel(`more-${i}`);
          count++;
        } catch {
          break; // no more SCTP streams
        }
    return count;
  }, CHANNELS);
  console.log(`# ${made} channels`);
  assert.ok(made > 100, `${made}`);
  await pipeline.message('call-error', /code=\(string\)internal.*data channels/);
  // it may have been tried again, and succeeded, by the time one looks
  await eve.until((old) => !window.gstCall.peers.some((p) => p.session === old && p.link === 'connected'), session,
    { what: 'the end of the connection with the line' });
});

await step('the others do not notice', async () => {
  await Promise.all([pipeline.media(), ann.media({ peers: 2 })]);
  await eve.close();
  await pipeline.message('call-peer-left');
  await Promise.all([pipeline.media(), ann.media({ peers: 1 })]);
  await pipeline.stop();
});

await server.stop();
await browser.close();
done();
