// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether received bytes are a picture that may be shown: by what they are, not
// by what their sender calls them. SVG is not among them, it can do too much.

const HEAD = 256 * 1024; // bytes looked at: a JPEG may have much before its size
const MAX_PIXELS = 64e6; // a small file can claim to be a huge picture
const MAX_BYTES = 64 * 1024 * 1024;

const ascii = (view, at, text) =>
  [...text].every((character, i) => view.getUint8(at + i) === character.charCodeAt(0));

function png(view) {
  if (view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a && ascii(view, 12, 'IHDR'))
    return ['image/png', view.getUint32(16), view.getUint32(20)];
}

function gif(view) {
  if (ascii(view, 0, 'GIF87a') || ascii(view, 0, 'GIF89a'))
    return ['image/gif', view.getUint16(6, true), view.getUint16(8, true)];
}

const uint24 = (view, at) => view.getUint16(at, true) | view.getUint8(at + 2) << 16;

function webp(view) {
  if (!ascii(view, 0, 'RIFF') || !ascii(view, 8, 'WEBP'))
    return;
  if (ascii(view, 12, 'VP8X'))
    return ['image/webp', uint24(view, 24) + 1, uint24(view, 27) + 1];
  if (ascii(view, 12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return ['image/webp', (bits & 0x3fff) + 1, (bits >>> 14 & 0x3fff) + 1];
  }
  if (ascii(view, 12, 'VP8 '))
    return ['image/webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
}

const isFrame = (marker) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8)
    return;
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    if (isFrame(marker))
      return ['image/jpeg', view.getUint16(at + 7), view.getUint16(at + 5)];
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
}

// {type, width, height}, or null
export function pictureIn(buffer) {
  const view = new DataView(buffer);
  for (const format of [png, gif, webp, jpeg]) {
    try {
      const [type, width, height] = format(view) ?? [];
      if (type)
        return width > 0 && height > 0 && width * height <= MAX_PIXELS ? { type, width, height } : null;
    } catch {
      // RangeError: it ends too early
    }
  }
  return null;
}

export async function pictureOf(blob) {
  return blob.size <= MAX_BYTES ? pictureIn(await blob.slice(0, HEAD).arrayBuffer()) : null;
}
