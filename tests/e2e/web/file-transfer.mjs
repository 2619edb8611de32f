// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the page's sender and receiver, joined by a pipe that can be cut, or one of them
// joined to somebody who does not keep to the protocol,
// when files go through it,
// then they arrive as they were, go on after a cut, never fill more than their window, and
// nothing that the other one says makes the sender believe what is not so.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mock } from 'node:test';
import { HIGH } from '../../../signaling/server/web/channels.js';
import { parseChunk, parseControl } from '../../../signaling/server/web/file-protocol.js';
import { Budget, Receiver } from '../../../signaling/server/web/file-receiver.js';
import { Sender, Upload } from '../../../signaling/server/web/file-sender.js';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(50);

const KEEP = 600000; // ms
const WINDOW = 4 * 1024 * 1024;
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

async function until(test, what) {
  for (const end = Date.now() + 8000; Date.now() < end;) {
    const value = test();
    if (value)
      return value;
    await turn();
  }
  throw new Error(`not ${what}`);
}

// The sending side alone; what it says is in .said
function makeSender() {
  const said = [];
  const link = { open: true, buffered: 0, ensure() {}, send(data) { said.push(data); return this.open; } };
  const sender = new Sender(link, () => {});
  const texts = (type) => said.filter((data) => typeof data === 'string').map(parseControl).filter((m) => m.type === type);
  const bytes = () => said.filter((data) => typeof data !== 'string').reduce((sum, { buffer }) => sum + parseChunk(buffer).bytes.length, 0);
  return { said, link, sender, texts, bytes };
}

// Both; cut () and mend () what is between them; pass: what may go to the sender
function makePair() {
  const files = [];
  const refusals = [];
  const budget = new Budget();
  const pair = { files, refusals, budget, bytes: 0, open: true, pass: () => true };
  let round = 0;
  const later = (deliver) => {
    const sent = round;
    if (!pair.open)
      return false;
    setImmediate(() => sent === round && deliver());
    return true;
  };
  pair.sender = new Sender({
    get open() { return pair.open; },
    buffered: 0,
    ensure() {},
    send: (data) => later(() => {
      if (typeof data === 'string') {
        pair.receiver.receive(parseControl(data), 'Ann');
      } else {
        pair.bytes += data.length - 12;
        pair.receiver.chunk(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
      }
    }),
  }, () => {});
  pair.receiver = new Receiver({
    buffered: 0,
    send: (text) => later(() => pair.pass(parseControl(text)) && pair.sender.receive(parseControl(text))),
  }, budget, (what, file) => {
    if (what === 'added')
      files.push(file);
    else if (what === 'refused')
      refusals.push(file.code);
  });
  pair.cut = () => {
    pair.open = false;
    round++;
    pair.sender.closed();
    pair.receiver.closed();
  };
  pair.mend = () => {
    pair.open = true;
    pair.sender.opened();
  };
  pair.send = (size, name = `${size}.bin`) => {
    const upload = new Upload(new File([randomBytes(size)], name));
    pair.sender.add(upload, 'bob', 'Bob');
    return upload;
  };
  return pair;
}

const same = async (file, upload) => assert.ok(Buffer.from(await file.blob.arrayBuffer()).equals(Buffer.from(await upload.file.arrayBuffer())));
const arrived = (upload) => until(() => upload.parts[0].state === 'done', `done: ${upload.name} ${upload.parts[0].state}`);

await step('files of all sizes, thirty at once', async () => {
  const pair = makePair();
  const uploads = Array.from({ length: 30 }, (_, i) => pair.send([0, 1, 16384, 16385, 262144, 1234567][i % 6], `${i}`));
  for (const upload of uploads) {
    await arrived(upload);
    await same(pair.files.find(({ key }) => key === upload.key), upload);
  }
  assert.equal(pair.budget.running, 0);
  assert.equal(pair.budget.held, uploads.reduce((sum, { size }) => sum + size, 0));
  for (const file of pair.files)
    pair.receiver.remove(file);
  assert.equal(pair.budget.held, 0);
});

await step('a cut at any time: it goes on where it was', async () => {
  for (const at of [0, 1, 300000, 1000000, 2999999]) {
    const pair = makePair();
    const upload = pair.send(3000000);
    await until(() => pair.files[0]?.position >= at, 'there');
    const [file] = pair.files;
    pair.cut();
    const { position } = file;
    assert.equal(file.state, 'interrupted');
    pair.bytes = 0;
    pair.mend();
    await arrived(upload);
    await same(file, upload);
    assert.equal(pair.bytes, 3000000 - position);
    assert.equal(pair.files.length, 1);
    assert.equal(pair.budget.running, 0);
  }
});

await step('file-done is lost: it is said again, nothing is sent twice', async () => {
  const pair = makePair();
  pair.pass = ({ type }) => type !== 'file-done';
  const upload = pair.send(100000);
  await until(() => pair.files[0]?.state === 'done', 'done there');
  pair.cut();
  pair.pass = () => true;
  pair.bytes = 0;
  pair.mend();
  await arrived(upload);
  assert.deepEqual([pair.bytes, pair.files.length], [0, 1]);
});

await step('who does not come back: what is there of a file is dropped after ten minutes', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const pair = makePair();
  const upload = pair.send(6000000);
  await until(() => pair.files[0]?.position > 0, 'begun');
  pair.cut();
  pair.sender.left();
  assert.equal(upload.parts[0].state, 'gone');
  mock.timers.tick(KEEP - 1);
  assert.ok(pair.budget.held > 0);
  mock.timers.tick(1);
  assert.deepEqual([pair.files[0].state, pair.budget.held, pair.budget.running], ['withdrawn', 0, 0]);
  mock.timers.reset();
});

await step('cancelled here, there and while it is interrupted', async () => {
  const pair = makePair();
  const [one, two, three] = [pair.send(6000000), pair.send(6000001), pair.send(6000002)];
  await until(() => pair.files.length === 3 && pair.files.every(({ position }) => position > 0), 'begun');
  pair.sender.cancel(one);
  pair.receiver.cancel(pair.files[1]);
  await until(() => pair.files[0].state === 'withdrawn' && two.parts[0].state === 'refused', 'told');
  pair.cut();
  pair.receiver.cancel(pair.files[2]);
  pair.mend();
  await until(() => three.parts[0].state === 'refused', 'refused');
  assert.deepEqual([one.parts[0].state, two.parts[0].code, pair.budget.held, pair.budget.running], ['cancelled', 'refused', 0, 0]);
});

await step('what is promised beyond the room for it is refused', () => {
  const pair = makePair();
  const offer = (id, size) => pair.receiver.receive({ type: 'file-offer', id, key: `${id}`, name: 'x', size }, 'Ann');
  const most = 256 * 1024 * 1024;
  offer(1, most);
  offer(2, most);
  offer(3, 1);
  offer(4, most + 1);
  assert.deepEqual([pair.files.length, pair.refusals], [2, ['no-space', 'too-big']]);
});

await step('the window: no more than 4 MiB beyond the last ack', async () => {
  const { sender, texts, bytes } = makeSender();
  sender.add(new Upload(new File([randomBytes(10000000)], 'x')), 'bob', 'Bob');
  const [{ id }] = texts('file-offer');
  sender.receive({ type: 'file-accept', id, offset: 0 });
  await until(() => bytes() >= WINDOW, 'sent');
  for (let i = 0; i < 50; i++)
    await turn();
  assert.equal(bytes(), WINDOW);
  sender.receive({ type: 'file-ack', id, offset: 100000 });
  await until(() => bytes() >= WINDOW + 100000, 'sent on');
  assert.equal(bytes(), WINDOW + 100000);
});

await step('a full channel: it waits until it is not', async () => {
  const { link, sender, texts, bytes } = makeSender();
  link.buffered = HIGH;
  sender.add(new Upload(new File([randomBytes(100000)], 'x')), 'bob', 'Bob');
  sender.receive({ type: 'file-accept', id: texts('file-offer')[0].id, offset: 0 });
  for (let i = 0; i < 50; i++)
    await turn();
  assert.equal(bytes(), 0);
  link.buffered = 0;
  sender.low();
  await until(() => bytes() === 100000, 'sent');
});

await step('a receiver that lies is not believed', async () => {
  const { sender, texts, bytes } = makeSender();
  const upload = new Upload(new File([randomBytes(WINDOW + 100000)], 'x'));
  sender.add(upload, 'bob', 'Bob');
  const [part] = upload.parts;
  const [{ id }] = texts('file-offer');
  sender.receive({ type: 'file-done', id });
  sender.receive({ type: 'file-ack', id, offset: 5 });
  sender.receive({ type: 'file-accept', id, offset: upload.size + 1 });
  sender.receive({ type: 'file-accept', id: id + 77, offset: 0 });
  assert.equal(part.state, 'offered');
  sender.receive({ type: 'file-accept', id, offset: 0 });
  sender.receive({ type: 'file-accept', id, offset: 50 });
  sender.receive({ type: 'file-ack', id, offset: Number.MAX_SAFE_INTEGER });
  sender.receive({ type: 'file-done', id });
  await until(() => bytes() === WINDOW, 'sent');
  assert.deepEqual([part.state, part.acked], ['sending', 0]);
  sender.receive({ type: 'file-ack', id, offset: WINDOW });
  await until(() => texts('file-end').length === 1, 'ended');
  assert.equal(texts('file-end')[0].sha256, await upload.sha256());
  sender.receive({ type: 'file-refuse', id, code: 'what-is-this' });
  assert.deepEqual([part.state, part.code], ['refused', 'what-is-this']);
  sender.receive({ type: 'file-done', id });
  assert.equal(part.state, 'refused');
});

await step('who does not answer an offer for two minutes does not get it', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { sender, texts } = makeSender();
  const upload = new Upload(new File([randomBytes(1000)], 'x'));
  sender.add(upload, 'bob', 'Bob');
  mock.timers.tick(119999);
  assert.equal(upload.running, true);
  mock.timers.tick(1);
  assert.deepEqual([upload.parts[0].state, upload.parts[0].code, texts('file-cancel').length], ['failed', 'unanswered', 1]);
  mock.timers.reset();
});

await step('a file that cannot be read any more is cancelled', async () => {
  const { sender, texts } = makeSender();
  const upload = new Upload(new File([randomBytes(1000)], 'x'));
  upload.file = { slice: () => ({ arrayBuffer: () => Promise.reject(new Error('it is gone')) }) };
  sender.add(upload, 'bob', 'Bob');
  sender.receive({ type: 'file-accept', id: texts('file-offer')[0].id, offset: 0 });
  await until(() => texts('file-cancel').length === 1, 'cancelled');
  assert.deepEqual([upload.parts[0].state, upload.parts[0].code], ['failed', 'unreadable']);
});

done();
