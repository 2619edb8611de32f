// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given messages of the file protocol, good ones and such as nobody should send,
// when the page reads them,
// then it gets what PROTOCOL.md allows and nothing else, and names that are harmless.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cleanFileName, cleanMediaType, control, makeChunk, parseChunk, parseControl }
  from '../../../signaling/server/web/file-protocol.js';
import { cleanText, messageOf, textOf } from '../../../signaling/server/web/chat.js';
import { pictureIn } from '../../../signaling/server/web/picture.js';

const KEY = 'abcdefghijklmnopqrstuv';
const HASH = '0123456789abcdef'.repeat(4);
const good = [
  { type: 'file-offer', id: 1, key: KEY, name: 'a', size: 0, mediaType: 'image/png' },
  { type: 'file-offer', id: 4294967295, key: KEY, name: '', size: -1, mediaType: 'application/octet-stream' },
  { type: 'file-accept', id: 1, offset: 0 },
  { type: 'file-ack', id: 1, offset: 9007199254740991 },
  { type: 'file-end', id: 1, size: 5, sha256: HASH },
  { type: 'file-done', id: 1 },
  { type: 'file-refuse', id: 1, code: 'no-space', text: '' },
  { type: 'file-cancel', id: 1, by: 'receiver', text: 'No.' },
];
for (const { type, ...fields } of good) {
  assert.deepEqual(parseControl(control(type, fields)), { type, ...fields });
  assert.match(control(type, fields), /^\{"type":"file-/);
  assert.deepEqual(parseControl(control(type, { ...fields, further: [1] })), { type, ...fields });
  for (const name of Object.keys(fields).filter((field) => !['mediaType', 'code', 'text'].includes(field)))
    for (const wrong of [null, {}, [], true, '', 'x y', -2, 0.5, 1e20, { toString: 1 }])
      if (name !== 'name' || typeof wrong !== 'string')
        assert.equal(parseControl(control(type, { ...fields, [name]: wrong })), null, `${type} ${name} ${JSON.stringify(wrong)}`);
}
for (const id of [0, -1, 4294967296, '1'])
  assert.equal(parseControl(control('file-done', { id })), null, `id ${id}`);
for (const text of ['', '{', 'null', '1', '"x"', '[]', '{}', '{"type":"constructor"}', '{"type":["file-done"],"id":1}', '{"type":"file-done"}',
  `{"type":"file-done","id":1,"x":"${'é'.repeat(2100)}"}`, '{"type":"chat","id":1}', '{"type":"file-offer","__proto__":{"id":1}}'])
  assert.equal(parseControl(text), null, text.slice(0, 40));

// Those that the C side also runs
const vectors = JSON.parse(readFileSync(new URL('../../data/protocol/files.json', import.meta.url)));
assert.ok(vectors.length > 40);
for (const { name, text, valid, fields } of vectors) {
  const message = parseControl(text);
  assert.equal(message !== null, valid, name);
  for (const [field, value] of Object.entries(fields ?? {}))
    assert.equal(message[field], value, `${name}: ${field}`);
}

const chunk = makeChunk(0x01020304, 0x1fffffffffffff, Uint8Array.of(7, 8));
assert.deepEqual([...chunk], [1, 2, 3, 4, 0, 0x1f, 255, 255, 255, 255, 255, 255, 7, 8]);
assert.deepEqual(parseChunk(chunk.buffer), { id: 0x01020304, offset: Number.MAX_SAFE_INTEGER, bytes: Uint8Array.of(7, 8) });
assert.ok(parseChunk(new Uint8Array(13).fill(255).buffer).offset > Number.MAX_SAFE_INTEGER);
for (const length of [0, 11, 12, 12 + 49153])
  assert.equal(parseChunk(new ArrayBuffer(length)), null, `${length}`);
assert.equal(parseChunk(new ArrayBuffer(12 + 49152)).bytes.length, 49152);

const bytes = (text) => Buffer.byteLength(text);
for (const [name, clean] of [['photo.jpg', 'photo.jpg'], ['Grüße 中文 👩‍👧.txt', 'Grüße 中文 👩‍👧.txt'], ['/etc/passwd', 'passwd'],
  ['C:\\x\\y.txt', 'y.txt'], ['a/..', 'file'], ['...', 'file'], ['. .hidden', 'hidden'], ['  spaced  ', 'spaced'], ['x.', 'x'], ['COM1', 'file'],
  ['lpt9.tar.gz', 'file'], ['console.log', 'console.log'], ['a\ud800b', 'ab'], ['a\u2028b\u2066c', 'abc'], ['\u202e', 'file'],
  ['ö'.repeat(150), 'ö'.repeat(100)], [`${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(197)}.gz`], [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(198)}`],
  [`${'👩‍👧'.repeat(90)}.png`, undefined]]) {
  const found = cleanFileName(name);
  if (clean !== undefined)
    assert.equal(found, clean, name.slice(0, 30));
  assert.ok(bytes(found) <= 200 && found.isWellFormed(), `${bytes(found)} bytes`);
  assert.equal(cleanFileName(found), found, 'clean is clean');
}
assert.ok(bytes(cleanFileName('x/'.repeat(1e6))) <= 200);
assert.equal(cleanMediaType('Image/PNG'), 'image/png');
assert.equal(cleanMediaType('text/html;charset=x'), 'text/html');
for (const type of ['', undefined, null, 7, 'text', `a/${'b'.repeat(200)}`, 'a/<b>'])
  assert.equal(cleanMediaType(type), 'application/octet-stream');

assert.equal(cleanText('a\r\nb\rc\n\n'), 'a\nb\nc');
assert.equal(cleanText(' \u0000\n'), '');
assert.equal(textOf(Uint8Array.of(0xc3, 0xbc, 10).buffer), 'ü');
assert.equal(textOf(Uint8Array.of(0xc3).buffer), '');
assert.equal(messageOf(' x '), ' x \n');
assert.throws(() => messageOf(' \n'), { code: 'empty' });
assert.throws(() => messageOf('é'.repeat(32768)), { code: 'too-long' });

// A header of each kind of picture, and what becomes of it when it is cut or lies
const head = (text) => Uint8Array.from([...text].map((c) => c.charCodeAt(0)));
const pictures = [
  ['image/png', head('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\0\x80'), 256, 128],
  ['image/gif', head('GIF89a\x40\x01\xf0\0'), 320, 240],
  ['image/webp', head('RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x3f\x01\0\xef\0\0'), 320, 240],
  ['image/webp', head(`RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc1\x3b\0`), 320, 240],
  ['image/webp', head('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xf0\0'), 320, 240],
  ['image/jpeg', head('\xff\xd8\xff\xe0\0\x04xx\xff\xff\xc2\0\x11\x08\0\xf0\x01\x40'), 320, 240],
];
for (const [type, data, width, height] of pictures) {
  assert.deepEqual(pictureIn(data.buffer), { type, width, height });
  for (let length = 0; length < data.length; length++)
    assert.equal(pictureIn(data.slice(0, length).buffer), null, `${type} of ${length} bytes`);
}
const huge = pictures[0][1].slice();
new DataView(huge.buffer).setUint32(16, 0x7fffffff);
assert.equal(pictureIn(huge.buffer), null);
assert.equal(pictureIn(head('\xff\xd8\xff\xe0\0\0'.repeat(9)).buffer), null);
for (const text of ['<svg xmlns="http://www.w3.org/2000/svg">', '<html>', 'BM', '%PDF-1.7'])
  assert.equal(pictureIn(head(text.padEnd(64)).buffer), null);

console.log('all messages, names and pictures are as they should be');
