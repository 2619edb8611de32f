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
