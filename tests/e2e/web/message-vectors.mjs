// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given the vectors that the C codec and the server also run,
// when the page's codec reads and writes them,
// then it takes the same messages, writes the same text and refuses the rest with the same codes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse, stringify } from '../../../signaling/server/web/message.js';

const data = (name) => JSON.parse(readFileSync(new URL(`../../data/protocol/${name}`, import.meta.url)));

// A frame as the page gets it: browsers close on text frames that are not UTF-8
function textOf(vector) {
  if (vector.text !== undefined)
    return vector.text;
  if (vector.object !== undefined)
    return JSON.stringify(vector.object);
  if (vector.repeat !== undefined)
    return vector.repeat.map(([text, times]) => text.repeat(times)).join('');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(vector.base64, 'base64'));
  } catch {
    return null;
  }
}

const at = (message, path) => path.split('.').reduce((value, key) => value?.[key], message) ?? null;

let failed = 0;
let passed = 0;
const skipped = [];

function run(vector, test) {
  const text = textOf(vector);
  if (text === null) {
    skipped.push(vector.name);
    return;
  }
  try {
    test(text);
    passed++;
  } catch (error) {
    failed++;
    console.error(`FAIL ${vector.name}: ${error.message}`);
  }
}

for (const vector of data('valid.json'))
  run(vector, (text) => {
    const message = parse(text);
    for (const [path, value] of Object.entries(vector.fields ?? {}))
      assert.deepEqual(at(message, path), value, path);
    assert.equal(stringify(message), vector.canonical);
    assert.equal(stringify(parse(vector.canonical)), vector.canonical);
  });

for (const vector of data('invalid.json'))
  run(vector, (text) => {
    assert.throws(() => parse(text), { name: 'ProtocolError', code: vector.code });
  });

console.log(`${passed} vectors passed, ${failed} failed, ${skipped.length} skipped` +
  (skipped.length ? ` (not UTF-8, never reach a page: ${skipped.join(', ')})` : ''));
assert.ok(passed > 50, 'the vectors are there');
process.exitCode = failed ? 1 : 0;
