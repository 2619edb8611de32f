// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chat and files of the page, for tests.
//
//   const page = await browser.open(url, { before: [watchFiles] });
//   await give(page, [{ name: 'a.bin', size: 1e6 }]);        // dropped on the page; 'pick': picked
//   assert.deepEqual(await got(other, 'a.bin'), await gave(page, 'a.bin'));   // {size, sha256}
//
// In the page, watchFiles has before its own scripts
//   window.connections   its peer connections
//   window.heard         the control messages that came on channels `files`
//   window.sentBytes     bytes that went out in chunks
//   window.hold (n)      files are read no further than n bytes from now on; hold (Infinity): on

export function watchFiles() {
  const Plain = window.RTCPeerConnection;
  window.connections = [];
  window.heard = [];
  window.sentBytes = 0;
  const listen = (channel) => channel.addEventListener('message', ({ data }) => {
    if (channel.label !== 'files' || typeof data !== 'string')
      return;
    try {
      window.heard.push(JSON.parse(data));
    } catch {
      // a hostile one of the test
    }
  });
  window.RTCPeerConnection = class extends Plain {
    constructor(...args) {
      super(...args);
      window.connections.push(this);
      this.addEventListener('datachannel', ({ channel }) => listen(channel));
    }

    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      listen(channel);
      return channel;
    }
  };
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (data) {
    send.call(this, data);
    window.sentBytes += data.byteLength ?? 0;
  };

  // Resolves as soon as it is so; what is so for a moment only would be missed from outside
  window.once = (test) => new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!test())
        return;
      clearInterval(timer);
      resolve();
    }, 5);
  });

  window.blobs = new Map(); // address to blob: the policy lets nobody fetch them
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    window.blobs.set(url, blob);
    return url;
  };

  const { arrayBuffer } = Blob.prototype;
  let left = Infinity;
  let waiting = [];
  window.hold = (bytes) => {
    left = bytes;
    for (const resolve of waiting.splice(0))
      resolve();
  };
  Blob.prototype.arrayBuffer = async function () {
    while (!(this instanceof File) && left <= 0)
      await new Promise((resolve) => { waiting.push(resolve); });
    left -= this instanceof File ? 0 : this.size;
    return arrayBuffer.call(this);
  };

  window.sha256 = async (blob) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', await arrayBuffer.call(blob)))]
    .map((byte) => byte.toString(16).padStart(2, '0')).join('');
  // {size} of random bytes, {text}, or {picture: [width, height, type]}
  window.makeFile = async ({ name, size = 0, text, picture, type = '' }) => {
    if (text !== undefined)
      return new File([text], name, { type });
    if (!picture) {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 65536)
        crypto.getRandomValues(bytes.subarray(at, at + 65536));
      return new File([bytes], name, { type });
    }
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = picture;
    const context = canvas.getContext('2d');
    context.fillStyle = '#1f6fd6';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = '#f5a524';
    context.beginPath();
    context.arc(canvas.width / 2, canvas.height / 2, canvas.height / 3, 0, 7);
    context.fill();
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, picture[2]); });
    return new File([blob], name, { type: type || picture[2] });
  };
  window.gave = {};
}

// As a person does it: 'drop', 'pick' or 'paste'; files: what window.makeFile takes
export function give(page, files, how = 'drop') {
  return page.evaluate(async ([wanted, way]) => {
    const transfer = new DataTransfer();
    for (const one of wanted) {
      const file = await window.makeFile(one);
      window.gave[one.name] = { size: file.size, sha256: await window.sha256(file) };
      transfer.items.add(file);
    }
    const input = document.getElementById('chat-files');
    if (way === 'pick') {
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    } else if (way === 'paste') {
      document.getElementById('chat-text').dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, cancelable: true }));
    } else {
      document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
    }
  }, [files, how]);
}

export const gave = (page, name) => page.evaluate((n) => window.gave[n], name);

// The newest of that name in the list, own: that this page sends
export const fileOf = (page, name, own = false) => page.evaluate(([n, o]) =>
  window.gstCall.files.filter((file) => file.name === n && file.own === o).at(-1), [name, own]);

// Resolves when its state is that one, or when it has so many bytes
export const reaches = (page, name, wanted, timeout = 60000) => page.until(([n, w]) => {
  const file = window.gstCall.files.filter((f) => f.name === n && !f.own).at(-1);
  return file && (typeof w === 'number' ? file.position >= w : file.state === w);
}, [name, wanted], { what: `${name} ${wanted}`, timeout });

// The same for who gets it, of what this page sends
export const partReaches = (page, name, wanted, timeout = 60000) => page.until(([n, w]) =>
  window.gstCall.files.filter((f) => f.name === n && f.own).at(-1)?.parts.every((part) => part.state === w),
[name, wanted], { what: `${name} is ${wanted}`, timeout });

// What a person would save: {size, sha256}
export async function got(page, name, timeout = 60000) {
  await reaches(page, name, 'done', timeout);
  return page.until(async (n) => {
    const link = [...document.querySelectorAll('.file:not(.own) a[download]')].filter((a) => a.download === n).at(-1);
    const blob = window.blobs.get(link?.href);
    return blob && { size: blob.size, sha256: await window.sha256(blob) };
  }, name, { what: `a link to save ${name}` });
}

// Opens the chat, if it is not, and sends as Enter does
export const write = (page, text) => page.evaluate((t) => {
  if (document.getElementById('chat').hidden)
    document.querySelector('[data-action=chat]').click();
  document.getElementById('chat-text').value = t;
  document.getElementById('chat-form').requestSubmit();
}, text);

// The text stands in the page's list, from that person
export const reads = (page, who, text, timeout = 20000) => page.until(([w, t]) =>
  [...document.querySelectorAll('.entry')].some((entry) => entry.querySelector('.who')?.textContent === w &&
    entry.querySelector('.text')?.textContent === t), [who, text], { what: `“${text.slice(0, 40)}” of ${who}`, timeout });

// People in a room, a browser each, connected
export async function meet(browsers, server, room) {
  const pages = [];
  for (const [i, browser] of browsers.entries()) {
    pages.push(await browser.open(server.page(room, { name: ['Ann', 'Bob', 'Chiara'][i] }), { before: [watchFiles] }));
    await pages.at(-1).joined();
  }
  await Promise.all(pages.map((page) => connected(page, browsers.length - 1)));
  return pages;
}

export const connected = (page, peers = 1) => page.until((n) =>
  window.gstCall.peers.filter((peer) => peer.link === 'connected').length === n, peers, { what: `${peers} connections` });
