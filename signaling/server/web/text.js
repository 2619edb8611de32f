// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// What people are told. Everything that goes wrong has its words here.

const DEVICE = { audio: 'microphone', video: 'camera' };

// error: what getUserMedia rejected with; null: the browser offers no devices at all
export function deviceProblem(kind, error) {
  const device = DEVICE[kind];
  if (error === undefined)
    return '';
  if (error === null) {
    return window.isSecureContext
      ? 'This browser offers neither camera nor microphone. You can still see and hear the others.'
      : 'Browsers allow camera and microphone only on https:// pages. Open this address with https, ' +
        'or join as you are: you can still see and hear the others.';
  }
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `The ${device} is blocked. Allow it beside the address bar, then press the ${device} button again.`;
    case 'NotFoundError':
      return `No ${device} was found. Plug one in and press the ${device} button; without it you still see and hear the others.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} cannot be opened. Another program may be using it: close that one and press the ${device} button.`;
    case 'OverconstrainedError':
      return `That ${device} is not there any more. Choose another one in the settings.`;
    default:
      return `The ${device} does not work: ${error.message || error.name}`;
  }
}

// code, text: of an `error` message, or of the socket ('closed-…')
export function callProblem(code, text) {
  switch (code) {
    case 'token-required':
      return 'This room needs an invitation. Paste the code of yours below.';
    case 'token-refused':
      return 'This invitation is not for this room, or it has expired. Ask for a new one.';
    case 'room-full':
      return 'This room is full. Try again when somebody has left.';
    case 'server-full':
      return 'The server has no room for more people now. Try again later.';
    case 'peer-id-taken':
      return 'Somebody else is already in the room under this identity. Load the page again.';
    case 'bad-room':
      return 'This is not a valid room name. Check the address.';
    case 'unsupported-version':
      return 'This page and the server do not fit together. Load the page again.';
    case 'rate-limited':
      return 'The server is asked too often. Wait a moment.';
    case 'removed':
      return 'You were put out of the room.';
    case 'replaced':
      return 'Your seat was taken over by another window.';
    default:
      return text || `The call failed (${code}).`;
  }
}

// What stands on a tile while there is no picture to show
export function linkStatus(link) {
  switch (link) {
    case 'waiting':
    case 'connecting':
      return 'Connecting…';
    case 'interrupted':
      return 'Connection interrupted…';
    case 'retrying':
      return 'Trying again…';
    case 'failed':
      return 'No connection';
    case 'closed':
      return 'Not connected';
    default:
      return '';
  }
}

export function closeReason(code) {
  switch (code) {
    case 'no-common-codec':
      return 'You two share no video or audio format.';
    case 'fingerprint-mismatch':
      return 'The connection was not secure and was refused.';
    case 'ice-failed':
    case 'timeout':
      return 'No way through the network was found.';
    case 'busy':
      return 'They cannot take more people now.';
    case 'bye':
      return 'They ended this connection.';
    default:
      return 'The connection could not be set up.';
  }
}

export const deviceName = (device, index, kind) =>
  device.label || `${{ videoinput: 'Camera', audioinput: 'Microphone', audiooutput: 'Speaker' }[kind]} ${index + 1}`;

export const trackWords = {
  audio: { none: 'no microphone', live: '', muted: 'microphone muted' },
  video: { none: 'no camera', live: '', muted: 'camera off' },
};

// ---- chat and files

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

export function bytesWords(size) {
  let value = size;
  let unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++)
    value /= 1000;
  return `${unit && value < 99.95 ? value.toFixed(1) : Math.round(value).toLocaleString()} ${UNITS[unit]}`;
}

// code: '' for nothing; name: of the file or person it is about
export function chatProblem(code, name) {
  switch (code) {
    case 'empty':
      return 'There is nothing to send yet.';
    case 'too-long':
      return 'This is too long for a message. Send it as a file.';
    case 'alone':
      return 'Nobody else is here yet.';
    case 'insecure':
      return 'Browsers send files from https:// pages only. Open this address with https.';
    case 'too-big':
      return `“${name}” is too large: at most 256 MiB can be sent.`;
    case 'too-many':
      return 'These are too many at once. The first 64 are sent.';
    case 'flood':
      return `${name} writes more than can be shown. Some of it is missing.`;
    default:
      return '';
  }
}

// Why a file did not arrive; theirs: as it is told to who sent it
function fileProblem(code, theirs) {
  switch (code) {
    case 'refused':
      return theirs ? 'does not want it' : 'Cancelled.';
    case 'too-big':
      return theirs ? 'does not take files of this size' : 'It is larger than what can be taken, or than was said.';
    case 'no-space':
      return theirs ? 'has no room for it' : 'There is no room for it. Remove some of what is here.';
    case 'too-many':
      return theirs ? 'gets too many files at once' : 'Too many files come at once.';
    case 'bad-hash':
      return theirs ? 'got it damaged' : 'It arrived damaged.';
    case 'bad-order':
      return theirs ? 'got it incomplete' : 'A part of it is missing.';
    case 'unreadable':
      return 'it cannot be read any more';
    case 'unanswered':
      return 'does not take files';
    default:
      return theirs ? 'cannot take it' : 'It cannot be taken.';
  }
}

export function refusedOffer(who, { name, size, code }) {
  const what = size < 0 ? `“${name}”` : `“${name}” (${bytesWords(size)})`;
  return `${who} wanted to send ${what}. ${fileProblem(code, false)}`;
}

const percent = (share) => `${Math.floor(100 * share)} %`;

// file: of file-receiver.js
export function downloadWords({ state, code, size, position, progress, who }) {
  switch (state) {
    case 'receiving':
      return size < 0 ? bytesWords(position) : percent(progress);
    case 'checking':
      return 'Checking…';
    case 'interrupted':
      return `Interrupted at ${percent(progress)}. It goes on when ${who} is back.`;
    case 'refused':
      return fileProblem(code, false);
    case 'cancelled':
      return 'Cancelled.';
    case 'withdrawn':
      return `${who} did not send all of it.`;
    default:
      return '';
  }
}

function partWords({ state, code, who, acked, upload }) {
  switch (state) {
    case 'waiting':
    case 'offered':
      return `${who}: waiting…`;
    case 'sending':
      return `${who}: ${percent(acked / (upload.size || 1))}`;
    case 'ended':
      return `${who}: nearly done`;
    case 'done':
      return `${who} has it`;
    case 'gone':
      return `${who} left`;
    case 'cancelled':
      return 'Cancelled';
    default:
      return `${who}: ${fileProblem(code, true)}`;
  }
}

// upload: of file-sender.js
export const uploadWords = ({ parts }) => [...new Set(parts.map(partWords))].join(', ');
