// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages of signaling/PROTOCOL.md: JSON text to checked object and back.
// Pure functions, no I/O. tests/data/protocol/*.json are their test, and that of
// the C codec (signaling/call-message-fields.c), whose tables these mirror.

export const VERSION = 1;
export const SUBPROTOCOL = 'gst-call.1';

// Bounds on what the network may send, as in PROTOCOL.md "Limits"
export const MAX_MESSAGE = 64 * 1024; // bytes of one JSON text
export const MAX_NAME = 128; // bytes of a display name
const MAX_DEPTH = 16;
const MAX_ID = 64;
const MAX_CANDIDATE = 1024;
const MAX_TOKEN = 4096;
const MAX_CODE = 64;
const MAX_TEXT = 1024;
const MAX_PEERS = 256;
const MAX_ICE_SERVERS = 32;
const MAX_ICE_URLS = 8;
const MAX_ICE_STRING = 512;
const MAX_SECONDS = 86400;
const MAX_MLINE = 1023;
const MAX_DIGITS = 18; // of an integer

export class ProtocolError extends Error {
  // code: 'too-large', 'too-deep' or 'bad-message'
  constructor(code, text) {
    super(text);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

const refuse = (name, what) => {
  throw new ProtocolError('bad-message', `Bad message: “${name}” ${what}`);
};

const utf8 = new TextEncoder();
const size = (text) => utf8.encode(text).length;

// ---- kinds of values: each takes (value, name) and returns it checked

const string = (max, pattern) => (value, name) => {
  if (typeof value !== 'string')
    refuse(name, 'is not a string');
  if (value === '')
    refuse(name, 'is empty');
  if (size(value) > max)
    refuse(name, 'is too long');
  if (!pattern.test(value))
    refuse(name, 'has characters that it must not have');
  return value;
};

const integer = (min, max) => (value, name) => {
  if (typeof value !== 'number')
    refuse(name, 'is not a number');
  if (!Number.isInteger(value) || value < min || value > max)
    refuse(name, 'is out of range');
  return value + 0; // -0 is 0
};

const flag = (value, name) =>
  typeof value === 'boolean' ? value : refuse(name, 'is not true or false');

const track = (value, name) =>
  ['none', 'live', 'muted'].includes(value) ? value : refuse(name, 'is not none, live or muted');

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (min, max, entry) => (value, name) => {
  if (!Array.isArray(value))
    refuse(name, 'is not a list');
  if (value.length < min || value.length > max)
    refuse(name, 'has too few or too many entries');
  return value.map((item) => entry(item, name));
};

// fields: [name, kind] in canonical order; what is not listed is ignored, null is absent
const object = (fields, required, defaults = {}) => (value, name) => {
  if (!isObject(value))
    refuse(name, 'is not an object');
  const result = {};
  for (const [field, kind] of fields) {
    if (value[field] !== undefined && value[field] !== null)
      result[field] = kind(value[field], field);
    else if (required.includes(field))
      refuse(field, 'is missing');
    else if (field in defaults)
      result[field] = defaults[field];
  }
  return result;
};

const oneLine = /^\P{Cc}*$/u;
const printable = /^[\x21-\x7e]+$/;
const ID = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
const NAME = /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u;

const id = string(MAX_ID, ID);
const displayName = string(MAX_NAME, NAME);
const secret = string(MAX_TOKEN, printable);
const iceString = string(MAX_ICE_STRING, oneLine);
const count = integer(0, Number.MAX_SAFE_INTEGER);

// ---- the peer, of which each message has its part

const PEER = {
  peerId: id, displayName, seat: integer(1, Number.MAX_SAFE_INTEGER),
  polite: flag, connected: flag, audio: track, video: track,
};
const PEER_DEFAULTS = { polite: false, connected: true, audio: 'none', video: 'none' };
const peer = (required, optional = []) => {
  const has = Object.entries(PEER).filter(([name]) => required.includes(name) || optional.includes(name));
  return object(has, required, PEER_DEFAULTS);
};
const TRACKS = ['audio', 'video'];
const WHOLE = ['peerId', 'seat', 'polite', 'connected', ...TRACKS];
const wholePeer = peer(WHOLE, ['displayName']);

const iceServer = object([
  ['urls', list(1, MAX_ICE_URLS, string(MAX_ICE_STRING, /^(stuns?|turns?):[\x21-\x7e]*$/))],
  ['username', iceString], ['credential', iceString],
], ['urls']);

// ---- the messages

// In the canonical order of writing
const FIELDS = {
  seq: integer(1, Number.MAX_SAFE_INTEGER),
  version: integer(1, 0x7fffffff),
  room: id,
  from: id,
  to: id,
  session: id,
  peer: null, // differs from type to type
  peers: list(0, MAX_PEERS, wholePeer),
  token: secret,
  resume: secret,
  resumed: flag,
  lastSeq: count,
  resumeTimeout: integer(0, MAX_SECONDS),
  iceServers: list(0, MAX_ICE_SERVERS, iceServer),
  iceServersTimeout: integer(1, MAX_SECONDS),
  sdp: string(MAX_MESSAGE, /^v=/),
  offerId: integer(1, Number.MAX_SAFE_INTEGER),
  candidate: string(MAX_CANDIDATE, /^candidate:\P{Cc}*$/u),
  sdpMid: string(MAX_ID, printable),
  sdpMLineIndex: integer(0, MAX_MLINE),
  iceRestart: flag,
  code: string(MAX_CODE, /^[a-z0-9-]+$/),
  text: string(MAX_TEXT, oneLine),
  retryAfter: integer(1, MAX_SECONDS),
};

const relayed = (required = [], optional = []) => ({
  required: ['seq', 'session', ...required],
  optional: ['from', 'to', ...optional],
  oneOf: [['from', 'to']],
});

const TYPES = {
  hello: {
    required: ['version', 'peer'], optional: ['token', 'resume', 'lastSeq'],
    peer: peer(TRACKS, ['peerId', 'displayName', 'polite']),
  },
  welcome: {
    required: ['version', 'room', 'peer', 'peers', 'resume', 'resumed', 'resumeTimeout', 'iceServers'],
    optional: ['lastSeq', 'iceServersTimeout'],
    peer: peer(['peerId', 'seat'], ['displayName', 'polite', 'connected', ...TRACKS]),
  },
  'peer-joined': { required: ['seq', 'peer'], peer: wholePeer },
  'peer-changed': { required: ['seq', 'peer'], peer: wholePeer },
  'peer-left': { required: ['seq', 'peer', 'code'], peer: peer(['peerId', 'seat']) },
  offer: relayed(['sdp'], ['offerId']),
  answer: relayed(['sdp'], ['offerId']),
  candidate: {
    ...relayed(['candidate'], ['sdpMid', 'sdpMLineIndex']),
    oneOf: [['from', 'to'], ['sdpMid', 'sdpMLineIndex']],
  },
  'end-of-candidates': relayed(),
  renegotiate: relayed([], ['iceRestart']),
  close: relayed(['code'], ['text']),
  state: { required: ['seq', 'peer'], peer: peer(TRACKS) },
  'ice-servers': { required: ['seq'], optional: ['iceServers', 'iceServersTimeout'] },
  bye: { required: ['seq'] },
  error: { required: ['code', 'text'], optional: ['seq', 'to', 'session', 'retryAfter'] },
};

// ---- text

// JSON.parse is safe at any depth here, but the C side is not: both refuse the same
export function checkText(text, maxSize = MAX_MESSAGE, maxDepth = MAX_DEPTH) {
  if (size(text) > maxSize)
    throw new ProtocolError('too-large', `Message of more than ${maxSize} bytes`);
  let depth = 0;
  for (const [token, whole] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]|(\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?/g)) {
    if (token === '[' || token === '{') {
      if (++depth > maxDepth)
        throw new ProtocolError('too-deep', `Message nested deeper than ${maxDepth} levels`);
    } else if (token === ']' || token === '}') {
      depth--;
    } else if (whole?.length > MAX_DIGITS) {
      throw new ProtocolError('bad-message', 'Not a JSON text: a number is too long');
    }
  }
}

// No NUL and no half of a surrogate pair, in values and names
const unclean = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

// For JSON.parse
export function checkStrings(name, value) {
  if (unclean.test(name) || (typeof value === 'string' && unclean.test(value)))
    throw new ProtocolError('bad-message', 'Not a JSON text in UTF-8');
  return value;
}

// text: one received frame. Returns the checked message with the fields of its
// type only; optional ones that were not there are undefined. Throws ProtocolError.
export function parse(text) {
  if (typeof text !== 'string')
    throw new ProtocolError('bad-message', 'Not a text frame');
  checkText(text);
  let value;
  try {
    value = JSON.parse(text, checkStrings);
  } catch (error) {
    throw error instanceof ProtocolError ? error
      : new ProtocolError('bad-message', `Not a JSON text: ${error.message}`);
  }
  return check(value);
}

// The same for an object that JSON.parse made, or that is to be sent
export function check(value) {
  if (!isObject(value))
    throw new ProtocolError('bad-message', 'Bad message: not a JSON object');
  if (typeof value.type !== 'string' || !Object.hasOwn(TYPES, value.type))
    refuse('type', 'is missing or unknown');
  const { required, optional = [], oneOf = [], peer: peerKind } = TYPES[value.type];
  const fields = Object.entries(FIELDS)
    .filter(([name]) => required.includes(name) || optional.includes(name))
    .map(([name, kind]) => [name, kind ?? peerKind]);
  const message = { type: value.type, ...object(fields, required)(value, 'message') };
  for (const names of oneOf)
    if (names.every((name) => message[name] === undefined))
      refuse(names.at(-1), 'is missing');
  if (message.sdp && size(JSON.stringify(message)) > MAX_MESSAGE)
    throw new ProtocolError('too-large', `Message of more than ${MAX_MESSAGE} bytes`);
  return message;
}

// One line of JSON in the canonical order. Throws ProtocolError if the message
// is not one that PROTOCOL.md allows: what we send is checked as well.
export function stringify(message) {
  const checked = check(message);
  if (checked.type === 'hello' && !checked.peer.polite)
    delete checked.peer.polite; // said by saying nothing
  if (!checked.iceRestart)
    delete checked.iceRestart;
  return JSON.stringify(checked);
}

// A display name that may be sent, from what somebody typed; '' if nothing is left
export function cleanName(typed) {
  let name = typed.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  while (size(name) > MAX_NAME)
    name = [...name].slice(0, -1).join('').trimEnd();
  return name;
}

export const isRoom = (name) => ID.test(name) && size(name) <= MAX_ID;
