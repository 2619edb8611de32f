// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, one of them with a hostile script that sends what it likes,
// when that one offers files with names of paths, with sizes that lie, of 2^40 bytes, with
// a wrong hash, in disorder, and a thousand of them,
// then the other one refuses each with its code, keeps nothing of it, saves under harmless
// names, and still gets the next good file.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { fileOf, gave, give, got, meet, reads, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', evesBrowser = 'chromium'] = process.argv.slice(2);
watchdog(120);

const server = await startServer();
const ann = await launch(annsBrowser);
const eve = evesBrowser === annsBrowser ? ann : await launch(evesBrowser);
let a;
let b;

// In the page of the hostile one
async function arm() {
  const channel = window.connections.at(-1).createDataChannel('files');
  await new Promise((resolve) => { channel.onopen = resolve; });
  const say = (message) => channel.send(typeof message === 'string' ? message : JSON.stringify(message));
  const chunk = (id, offset, bytes) => {
    const data = new Uint8Array(12 + bytes.length);
    new DataView(data.buffer).setUint32(0, id);
    new DataView(data.buffer).setBigUint64(4, BigInt(offset));
    data.set(bytes, 12);
    channel.send(data);
  };
  const hears = async (type, id) => {
    for (const end = Date.now() + 10000; Date.now() < end; await new Promise((resolve) => { setTimeout(resolve, 20); })) {
      const found = window.heard.findLast((message) => message.type === type && message.id === id);
      if (found)
        return found;
    }
    throw new Error(`no ${type} for ${id}: ${JSON.stringify(window.heard.slice(-10))}`);
  };
  let id = 1000;
  const offer = (fields) => {
    id++;
    say({ type: 'file-offer', id, key: String(id).padStart(22, 'k'), name: `${id}.bin`, size: 10, mediaType: '', ...fields });
    return id;
  };
  const accepted = async (fields) => {
    const number = offer(fields);
    await hears('file-accept', number);
    return number;
  };
  // A whole file, of ten bytes
  const ten = Uint8Array.from({ length: 10 }, (_, i) => i);
  const hash = await window.sha256(new Blob([ten]));
  const file = async (name) => {
    const number = await accepted({ name });
    chunk(number, 0, ten);
    say({ type: 'file-end', id: number, size: 10, sha256: hash });
    await hears('file-done', number);
    return number;
  };
  window.evil = { channel, say, chunk, hears, offer, accepted, file, ten, hash };
}

const files = () => a.evaluate(() => window.gstCall.files);
const evil = (fn, arg) => b.evaluate(fn, arg);
const links = () => a.evaluate(() => [...document.querySelectorAll('.file:not(.own) a[download]:not([hidden])')].map((link) => link.download));

await step('two in a call, one of them hostile', async () => {
  [a, b] = await meet([ann, eve], server, 'tea');
  await give(b, [{ name: 'harmless.bin', size: 1000 }]);
  await got(a, 'harmless.bin');
  await evil(arm);
});

const names = [
  ['../../etc/passwd', 'passwd'], ['..\\..\\boot.ini', 'boot.ini'], ['/', 'file'], ['..', 'file'], ['', 'file'], ['.bashrc', 'bashrc'],
  ['con', 'file'], ['NUL.txt', 'file'], ['photo\u202egpj.exe', 'photogpj.exe'], ['a\u0007b\nc\u001b[31m.txt', 'abc[31m.txt'],
  ['<img src=x onerror="window.pwned=1">.png', '_img src=x onerror=_window.pwned=1__.png'], [`${'ö'.repeat(600)}.jpeg`, `${'ö'.repeat(97)}.jpeg`],
];
for (const [sent, saved] of names)
  await step(`the name ${JSON.stringify(sent.slice(0, 40))} is saved as ${saved.slice(0, 40)}`, async () => {
    await evil((name) => window.evil.file(name), sent);
    await a.until((n) => {
      const entry = [...document.querySelectorAll('.file')].at(-1);
      return entry.querySelector('a[download]:not([hidden])')?.download === n && entry.querySelector('bdi:not(.who)').textContent === n;
    }, saved, { what: saved });
    assert.equal(await a.evaluate(() => document.querySelectorAll('.chat-log img').length), 0);
  });

await step('what is no offer is ignored', async () => {
  const before = await files();
  await evil(() => {
    const { say, offer } = window.evil;
    for (const fields of [{ size: -2 }, { size: 1.5 }, { size: '10' }, { size: null }, { size: 1e300 }, { id: 0 }, { id: -1 }, { id: 2 ** 32 },
      { id: '7' }, { key: 'short' }, { key: '<b>'.padEnd(22, 'x') }, { key: null }, { name: 7 }, { name: ['x'] }, { name: 'a\0b' }, { name: '\ud800' }, { name: 'x'.repeat(10240) }])
      offer(fields);
    for (const text of ['', 'null', '7', '[]', '{}', '{"type":', '{"type":"file-steal","id":1}', '{"type":{"x":1}}', '{"type":"toString"}',
      '{"type":"__proto__"}', '{"type":"file-offer","__proto__":{"polluted":1}}', `${'['.repeat(2000)}`, '{"type":"file-end","id":5}',
      `{"type":"file-offer","x":${'['.repeat(1500)}${']'.repeat(1500)}}`])
      say(text);
  });
  await evil(() => window.evil.file('after nonsense'));
  assert.equal((await got(a, 'after nonsense')).size, 10);
  assert.equal((await files()).length, before.length + 1);
  assert.equal(await a.evaluate(() => ({}).polluted), undefined);
});

const refused = async (fn, code) => {
  const before = await links();
  const id = await evil(fn);
  const { code: said } = await evil((number) => window.evil.hears('file-refuse', number), id);
  assert.equal(said, code);
  assert.deepEqual(await links(), before, 'nothing more can be saved');
};

await step('2^40 bytes', async () => {
  await refused(() => window.evil.offer({ size: 2 ** 40, name: 'everything.bin' }), 'too-big');
  await a.until(() => window.gstCall.notes.some((note) => /Bob wanted to send “everything\.bin” \(1\.1 TB\)\. It is larger/.test(note)));
});
await step('2^53 - 1 bytes', () => refused(() => window.evil.offer({ size: Number.MAX_SAFE_INTEGER }), 'too-big'));

await step('more bytes than were announced', () => refused(async () => {
  const id = await window.evil.accepted({ size: 10 });
  window.evil.chunk(id, 0, new Uint8Array(20));
  return id;
}, 'too-big'));

await step('fewer bytes than were announced', () => refused(async () => {
  const id = await window.evil.accepted({ size: 20 });
  window.evil.chunk(id, 0, window.evil.ten);
  window.evil.say({ type: 'file-end', id, size: 10, sha256: window.evil.hash });
  return id;
}, 'bad-hash'));

await step('another size at the end', () => refused(async () => {
  const id = await window.evil.accepted({ size: 10 });
  window.evil.chunk(id, 0, window.evil.ten);
  window.evil.say({ type: 'file-end', id, size: 2 ** 40, sha256: window.evil.hash });
  return id;
}, 'bad-order'));

await step('a wrong hash', () => refused(async () => {
  const id = await window.evil.accepted({});
  window.evil.chunk(id, 0, window.evil.ten);
  window.evil.say({ type: 'file-end', id, size: 10, sha256: '0'.repeat(64) });
  return id;
}, 'bad-hash'));

await step('chunks out of order', () => refused(async () => {
  const id = await window.evil.accepted({});
  window.evil.chunk(id, 5, window.evil.ten.subarray(5));
  window.evil.chunk(id, 0, window.evil.ten.subarray(0, 5));
  return id;
}, 'bad-order'));

await step('an offset of 2^64 - 1', () => refused(async () => {
  const id = await window.evil.accepted({});
  window.evil.chunk(id, 2n ** 64n - 1n, window.evil.ten);
  return id;
}, 'bad-order'));

await step('chunks that come twice, overlap, are empty, too long or nobody\'s do no harm', async () => {
  await evil(async () => {
    const { accepted, chunk, channel, say, hears, ten, hash } = window.evil;
    const id = await accepted({ name: 'twice.bin' });
    channel.send(new Uint8Array(0));
    channel.send(new Uint8Array(11));
    chunk(id, 0, new Uint8Array(0));
    chunk(id, 0, new Uint8Array(49153));
    chunk(999999, 0, ten);
    chunk(id, 0, ten.subarray(0, 6));
    chunk(id, 0, ten.subarray(0, 6));
    chunk(id, 2, ten.subarray(2, 8));
    chunk(id, 0, ten);
    chunk(id, 0, ten);
    say({ type: 'file-end', id, size: 10, sha256: hash });
    say({ type: 'file-end', id, size: 10, sha256: hash });
    await hears('file-done', id);
  });
  const { sha256 } = await got(a, 'twice.bin');
  assert.equal(sha256, await evil(() => window.evil.hash));
});

await step('a number that is in use is the new file\'s', async () => {
  await evil(async () => {
    const { accepted, chunk, say, hears, ten, hash } = window.evil;
    const id = await accepted({ name: 'first.bin' });
    chunk(id, 0, ten.subarray(0, 5));
    say({ type: 'file-offer', id, key: 'another'.padEnd(22, '_'), name: 'second.bin', size: 10 });
    chunk(id, 0, ten);
    say({ type: 'file-end', id, size: 10, sha256: hash });
    await hears('file-done', id);
  });
  await got(a, 'second.bin');
  assert.equal((await fileOf(a, 'first.bin')).state, 'withdrawn');
});

await step('a size that is not known ends where it ends', async () => {
  await evil(async () => {
    const { accepted, chunk, say, hears, ten, hash } = window.evil;
    const id = await accepted({ name: 'unknown.bin', size: -1 });
    chunk(id, 0, ten);
    say({ type: 'file-end', id, size: 10, sha256: hash });
    await hears('file-done', id);
  });
  assert.equal((await got(a, 'unknown.bin')).size, 10);
});

await step('a thousand offers: a few are taken, the list stays short', async () => {
  const before = await files();
  const replies = await evil(async () => {
    const first = window.evil.offer({ size: 1000 });
    for (let i = 1; i < 1000; i++)
      window.evil.offer({ size: 1000 });
    await window.evil.hears('file-refuse', first + 999);
    const mine = window.heard.filter(({ id }) => id >= first);
    return { first, taken: mine.filter(({ type }) => type === 'file-accept').length,
      codes: [...new Set(mine.filter(({ type }) => type === 'file-refuse').map(({ code }) => code))] };
  });
  assert.ok(replies.taken <= 16, `${replies.taken} taken`);
  assert.deepEqual(replies.codes, ['too-many']);
  assert.ok((await files()).length <= before.length + 16);
  assert.ok((await a.evaluate(() => window.gstCall.notes.length)) < 20);
  await evil((first) => {
    for (let i = 0; i < 1000; i++)
      window.evil.say({ type: 'file-cancel', id: first + i, by: 'sender' });
  }, replies.first);
  await a.until(() => window.gstCall.files.every(({ running }) => !running), null, { what: 'the end of them all' });
});

await step('a good file and a word still arrive, both ways', async () => {
  // offers of that person may come again after a while
  await a.until(() => new Promise((resolve) => { setTimeout(resolve, 1000, true); }));
  await give(b, [{ name: 'good.bin', size: 300000 }]);
  assert.deepEqual(await got(a, 'good.bin'), await gave(b, 'good.bin'));
  await give(a, [{ name: 'back.bin', size: 300000 }]);
  assert.deepEqual(await got(b, 'back.bin'), await gave(a, 'back.bin'));
  await write(b, 'sorry');
  await reads(a, 'Bob', 'sorry');
  await a.media({ peers: 1 });
});

await step('nothing of it ran, and nothing broke the policy or the console', async () => {
  assert.equal(await a.evaluate(() => window.pwned), undefined);
  assert.deepEqual(await a.violations(), []);
  assert.deepEqual(a.problems, []);
});

await server.stop();
await ann.close();
if (eve !== ann)
  await eve.close();
done();
