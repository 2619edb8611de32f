// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages of signaling/PROTOCOL.md "Files": text to checked object and back,
// chunks, and names that others chose. Pure functions, no I/O.

import { checkStrings, checkText } from './message.js';

export const CHUNK = 16384; // bytes of a file in one message of ours
export const WINDOW = 4 * 1024 * 1024; // bytes sent beyond the last ack
export const ACK_EVERY = 256 * 1024;
export const MAX_ID = 0xffffffff;
const MAX_CHUNK = 3 * 16384; // in one of theirs
const MAX_CONTROL = 4096; // bytes of a control message
const MAX_DEPTH = 8;
const MAX_TYPE = 100; // bytes of a media type
const MAX_LINE = 200; // bytes of a text
const MAX_FILE_NAME = 200; // bytes of a file's name
const MAX_EXTENSION = 16; // of them kept when the rest is cut
const HEADER = 12;

const utf8 = new TextEncoder();
const size = (text) => utf8.encode(text).length;

const within = (min, max) => (value) => Number.isInteger(value) && value >= min && value <= max;
const matches = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
const id = within(1, MAX_ID);
const offset = within(0, Number.MAX_SAFE_INTEGER);

// Whole characters
function shorten(name, max) {
  let room = max;
  let kept = '';
  for (const character of name) {
    room -= size(character);
    if (room < 0)
      break;
    kept += character;
  }
  return kept;
}

const CODES = new Set(['refused', 'too-big', 'no-space', 'bad-name', 'bad-hash', 'bad-order', 'too-many', 'failed']);

// "type/subtype" of RFC 6838, without parameters
export function cleanMediaType(type = '') {
  const [bare] = String(type).split(/[; ]/);
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(bare) && bare.length <= MAX_TYPE ? bare.toLowerCase() : 'application/octet-stream';
}

const clean = {
  mediaType: cleanMediaType,
  code: (code) => CODES.has(code) ? code : 'failed',
  text: (line) => typeof line === 'string' ? shorten(line.replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, ''), MAX_LINE) : '',
};

// type to the fields that it has to have, and to those that are made what they should be
const TYPES = {
  'file-offer': [{ id, key: matches(/^[A-Za-z0-9_-]{22}$/), name: (name) => typeof name === 'string',
    size: within(-1, Number.MAX_SAFE_INTEGER) }, ['mediaType']],
  'file-accept': [{ id, offset }],
  'file-ack': [{ id, offset }],
  'file-end': [{ id, size: offset, sha256: matches(/^[0-9a-f]{64}$/) }],
  'file-done': [{ id }],
  'file-refuse': [{ id }, ['code', 'text']],
  'file-cancel': [{ id, by: matches(/^(sender|receiver)$/) }, ['text']],
};

// The message with the fields of its type only, or null: not one of ours, or broken
export function parseControl(line) {
  let value;
  try {
    checkText(line, MAX_CONTROL, MAX_DEPTH);
    value = JSON.parse(line, checkStrings);
  } catch {
    return null;
  }
  if (typeof value?.type !== 'string' || !Object.hasOwn(TYPES, value.type))
    return null;
  const [required, wished = []] = TYPES[value.type];
  const message = { type: value.type };
  for (const [name, fits] of Object.entries(required)) {
    if (!Object.hasOwn(value, name) || !fits(value[name]))
      return null;
    message[name] = value[name];
  }
  for (const name of wished)
    message[name] = clean[name](value[name]);
  return message;
}

export const control = (type, fields) => JSON.stringify({ type, ...fields });

// bytes: Uint8Array
export function makeChunk(number, position, bytes) {
  const chunk = new Uint8Array(HEADER + bytes.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, number);
  view.setBigUint64(4, BigInt(position));
  chunk.set(bytes, HEADER);
  return chunk;
}

// {id, offset, bytes}, or null. An offset that is no safe integer is greater than every size.
export function parseChunk(buffer) {
  if (buffer.byteLength <= HEADER || buffer.byteLength > HEADER + MAX_CHUNK)
    return null;
  const view = new DataView(buffer);
  return { id: view.getUint32(0), offset: Number(view.getBigUint64(4)), bytes: new Uint8Array(buffer, HEADER) };
}

// What other systems take for a device
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i;

// A name that is safe to show and to save under
export function cleanFileName(name) {
  const last = name.slice(-8 * MAX_CONTROL).split(/[/\\]/).at(-1);
  const clean = last.replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[<>:"|?*]/g, '_').replace(/^[.\s]+|[.\s]+$/gu, '');
  if (!clean || RESERVED.test(clean))
    return 'file';
  if (size(clean) <= MAX_FILE_NAME)
    return clean;
  const [extension = ''] = /\.[^.\s]+$/.exec(clean) ?? [];
  const kept = size(extension) <= MAX_EXTENSION ? extension : '';
  return shorten(clean.slice(0, clean.length - kept.length), MAX_FILE_NAME - size(kept)).trimEnd() + kept;
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
let hashing = Promise.resolve();

// One after the other: a file is in memory as a whole while it is hashed
export function sha256(blob) {
  const result = hashing.then(async () => hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
  hashing = result.catch(() => {});
  return result;
}
