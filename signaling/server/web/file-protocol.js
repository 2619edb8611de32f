// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages of signaling/PROTOCOL.md "Files": text to checked object and back,
// chunks, and names that others chose. Pure functions, no I/O.

export const CHUNK = 16384; // bytes of a file in one message of ours
export const WINDOW = 4 * 1024 * 1024; // bytes sent beyond the last ack
export const ACK_EVERY = 256 * 1024;
export const MAX_ID = 0xffffffff;
const MAX_CHUNK = 3 * 16384; // in one of theirs
const MAX_CONTROL = 4096; // bytes of a control message
const MAX_TYPE = 128; // bytes of a media type
const MAX_FILE_NAME = 200; // bytes of a file's name
const MAX_EXTENSION = 16; // of them kept when the rest is cut
const HEADER = 12;

const utf8 = new TextEncoder();
const size = (text) => utf8.encode(text).length;

const within = (min, max) => (value) => Number.isInteger(value) && value >= min && value <= max;
const matches = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
const text = (value) => typeof value === 'string';
const id = within(1, MAX_ID);
const offset = within(0, Number.MAX_SAFE_INTEGER);

// type to required fields, and to those that may be missing
const TYPES = {
  'file-offer': [{ id, key: matches(/^[A-Za-z0-9_-]{22}$/), name: text, size: within(-1, Number.MAX_SAFE_INTEGER) },
    { mediaType: text }],
  'file-accept': [{ id, offset }],
  'file-ack': [{ id, offset }],
  'file-end': [{ id, size: offset, sha256: matches(/^[0-9a-f]{64}$/) }],
  'file-done': [{ id }],
  'file-refuse': [{ id, code: matches(/^[a-z-]{1,32}$/) }],
  'file-cancel': [{ id, by: matches(/^(sender|receiver)$/) }],
};

// The message with the fields of its type only, or null: not one of ours, or broken
export function parseControl(line) {
  if (line.length > MAX_CONTROL || size(line) > MAX_CONTROL)
    return null;
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value?.type !== 'string' || !Object.hasOwn(TYPES, value.type))
    return null;
  const [required, optional = {}] = TYPES[value.type];
  const message = { type: value.type };
  for (const [name, fits] of Object.entries({ ...required, ...optional })) {
    if (Object.hasOwn(value, name) && fits(value[name]))
      message[name] = value[name];
    else if (name in required)
      return null;
  }
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

export const cleanMediaType = (type = '') =>
  /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/i.test(type) && size(type) <= MAX_TYPE ? type.toLowerCase() : 'application/octet-stream';

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
let hashing = Promise.resolve();

// One after the other: a file is in memory as a whole while it is hashed
export function sha256(blob) {
  const result = hashing.then(async () => hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
  hashing = result.catch(() => {});
  return result;
}
