// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, one of them with a hostile script,
// when that one floods the other with text, with what is no text, with huge messages and
// with channels,
// then what is text is shown as text, the list stays short, its height is looked at once for
// each drawing of the page, however much comes, and the call goes on.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { meet, reads, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(100);

const server = await startServer();
const browser = await launch('chromium');
let a;
let b;

async function arm() {
  window.openChannel = async (label, options) => {
    const channel = window.connections.at(-1).createDataChannel(label, options);
    await new Promise((resolve) => { channel.onopen = resolve; });
    return channel;
  };
  window.chat = await window.openChannel('chat');
}

// Counts drawings, and how often the height of the list is looked at, which takes a layout
function count() {
  const { get } = Object.getOwnPropertyDescriptor(Element.prototype, 'scrollHeight');
  Object.assign(window, { drawn: 0, measured: 0 });
  Object.defineProperty(document.getElementById('chat-log'), 'scrollHeight', {
    get() {
      window.measured++;
      return get.call(this);
    },
  });
  requestAnimationFrame(function frame() {
    window.drawn++;
    requestAnimationFrame(frame);
  });
}

const texts = () => a.evaluate(() => window.gstCall.messages.filter(({ own }) => !own).map(({ text }) => text));
const after = async (text) => {
  await b.evaluate((t) => window.chat.send(t), text);
  await reads(a, 'Bob', text);
};

await step('two in a call, one of them hostile', async () => {
  [a, b] = await meet([browser, browser], server, 'tea');
  await write(b, 'harmless');
  await reads(a, 'Bob', 'harmless');
  await b.evaluate(arm);
});

await step('bytes that are UTF-8 are text, other bytes are nothing', async () => {
  await b.evaluate(() => {
    const bytes = (...list) => window.chat.send(Uint8Array.from(list));
    bytes(0xff, 0xfe, 0x41);
    bytes(0xc0, 0x80);
    bytes(0xed, 0xa0, 0x80);
    bytes(0xf4, 0x90, 0x80, 0x80);
    bytes();
    window.chat.send(new TextEncoder().encode('as bytes: ü\n'));
  });
  await reads(a, 'Bob', 'as bytes: ü');
  assert.deepEqual(await texts(), ['harmless', 'as bytes: ü']);
});

await step('empty ones are not shown, control characters are not either', async () => {
  await b.evaluate(() => {
    for (const text of ['', '\n', '   \n', '\0', '\x1b\x07\n'])
      window.chat.send(text);
  });
  await b.evaluate(() => window.chat.send('\x1b[31mred\x1b[0m\0\r\nline\r\n'));
  await reads(a, 'Bob', '[31mred[0m\nline');
  assert.equal((await texts()).length, 3);
});

await step('markup and links are text', async () => {
  await after('<script>window.pwned = 1</script><a href="javascript:window.pwned=1">x</a><svg onload="window.pwned=1">');
  assert.equal(await a.evaluate(() => document.querySelectorAll('.chat-log :is(a, script, svg)').length), 0);
  assert.equal(await a.evaluate(() => window.pwned), undefined);
});

await step('writing that goes the other way stays in its own line', async () => {
  await after(`\u202e${'abc'.repeat(10)}`);
  assert.equal(await a.evaluate(() => getComputedStyle([...document.querySelectorAll('.text')].at(-1)).unicodeBidi), 'isolate');
});

await step('a channel without order is read like another', async () => {
  await b.evaluate(async () => (await window.openChannel('chat', { ordered: false, maxRetransmits: 0 })).send('in disorder'));
  await reads(a, 'Bob', 'in disorder');
});

await step('a message of 200 KB is dropped', async () => {
  const before = await texts();
  await b.evaluate(() => window.chat.send('y'.repeat(200000)));
  await after('after the long one');
  assert.deepEqual(await texts(), [...before, 'after the long one']);
});

await step('five thousand messages: some are shown, and that some are missing', async () => {
  await a.evaluate(count);
  await b.evaluate(() => {
    for (let i = 0; i < 5000; i++)
      window.chat.send(`flood ${i}`);
  });
  await a.until(() => window.gstCall.notes.some((note) => /Bob writes more than can be shown/.test(note)));
  await a.until(() => document.querySelectorAll('.entry').length <= 500 && window.gstCall.messages.length > 100);
  assert.ok((await a.evaluate(() => window.gstCall.notes.length)) <= 5);
  const [measured, drawn] = await a.evaluate(() => [window.measured, window.drawn]);
  assert.ok(measured <= 2 * drawn + 2, `${measured} times for ${drawn} drawings`); // once, and once for having scrolled
});

await step('a hundred channels, of our labels and of others: those that nobody needs are closed', async () => {
  await b.evaluate(() => {
    window.ended = 0;
    for (let i = 0; i < 100; i++)
      window.connections.at(-1).createDataChannel(['chat', 'files', '', `other ${i}`][i % 4]).onclose = () => { window.ended++; };
  });
  await b.until(() => window.ended >= 50, null, { what: 'the end of half of them' });
});

await step('the call goes on, and words go both ways', async () => {
  await a.until(() => new Promise((resolve) => { setTimeout(resolve, 1000, true); })); // they may write again
  await write(a, 'are you well?');
  await reads(b, 'Ann', 'are you well?');
  await write(b, 'yes');
  await reads(a, 'Bob', 'yes');
  await Promise.all([a.media({ peers: 1 }), b.media({ peers: 1 })]);
  assert.deepEqual(await a.violations(), []);
  assert.deepEqual(a.problems, []);
});

await server.stop();
await browser.close();
done();
