// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a call-server with a certificate that it signed itself,
// when gst-launch lines join it over wss:,
// then those that are given its authority (tls-ca-file) or told to take any certificate
// call each other, and one that is given neither ends with an error that says so.

import assert from 'node:assert/strict';
import { startServer } from '../../lib/call-server.mjs';
import { roomUri, startPeer } from '../../lib/gst-peer.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(150);

const server = await startServer({ args: ['--self-signed'] });
const uri = roomUri(server, 'tea', 'wss');
const authority = `${server.state}/ca.pem`;
let ann;

await step('with its authority one joins, and is called by one that takes any certificate', async () => {
  ann = startPeer({ name: 'Ann', uri, call: { 'tls-ca-file': authority } });
  await ann.joined();
  const bob = startPeer({ name: 'Bob', uri, call: { 'tls-insecure': true } });
  await Promise.all([ann.meets(), bob.meets()]);
  assert.equal(await bob.interrupt(), 0);
});

await step('without it the line ends with an error that says what to do', async () => {
  const text = await startPeer({ name: 'Eve', uri }).fails();
  assert.match(text, /^ERROR: from element .*certificate/m);
  assert.match(text, /tls-ca-file/);
});

await step('an authority that is no file is said to be none', async () => {
  const text = await startPeer({ name: 'Eve', uri, call: { 'tls-ca-file': '/nonexistent/ca.pem' } }).fails();
  assert.match(text, /^ERROR: from element .*\/nonexistent\/ca\.pem/m);
});

await step('another authority is as good as none', async () => {
  const other = await startServer({ args: ['--self-signed'] });
  const text = await startPeer({ name: 'Eve', uri, call: { 'tls-ca-file': `${other.state}/ca.pem` } }).fails();
  assert.match(text, /^ERROR: from element .*certificate/m);
  await other.stop();
});

await step('plain ws: to a server with TLS is an error, too', async () => {
  const text = await startPeer({ name: 'Eve', uri: roomUri(server, 'tea') }).fails();
  assert.match(text, /^ERROR: from element .*is it wss:/m);
});

await step('none of them was let in', async () => {
  assert.equal(ann.events.filter(({ name }) => name === 'call-peer-joined').length, 1);
  assert.equal(await ann.interrupt(), 0);
});

await server.stop();
done();
