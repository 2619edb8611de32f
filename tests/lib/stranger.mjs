// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Scripted clients of the room protocol, for what no honest client does. Run
// scripts that import it with tests/lib/run-node.
//
//   const eve = await join(server, 'tea', { peerId: 'eve' });
//   const offer = await eve.gets('offer');
//   eve.send({ type: 'answer', to: offer.from, session: offer.session, sdp: 'nonsense' });
//
//   const proxy = await startProxy(server, (message) => message);  // sits in between
//   await startProxy(server, (message) => message, (text) => [text, 'nonsense']);

import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.GST_CALL_NODE_MODULES ?? process.cwd()}/x`);
const { WebSocket, WebSocketServer } = require('ws');

const TIMEOUT = 45000; // ms
const PROTOCOL = 'gst-call.1';

class Stranger {
  inbox = [];
  #seq = 0;
  #socket;
  #waiters = new Set();

  constructor(socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => {
      this.inbox.push(JSON.parse(data));
      for (const waiter of [...this.#waiters])
        waiter();
    });
  }

  get open() { return this.#socket.readyState === WebSocket.OPEN; }

  raw(text) { this.#socket.send(text); }
  send(message) { this.raw(JSON.stringify({ ...message, seq: ++this.#seq })); }

  // The first message of that type that fits, from index since on
  gets(type, { since = 0, fits = () => true } = {}) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const message = this.inbox.find((m, i) => i >= since && m.type === type && fits(m));
        if (message) {
          clearTimeout(timer);
          this.#waiters.delete(look);
          resolve(message);
        }
      };
      const timer = setTimeout(() => reject(new Error(`no ${type} ${fits}; got ${
        this.inbox.map((m) => `${m.type} ${m.code ?? ''} ${m.text ?? ''}`).join(', ')}`)), TIMEOUT);
      this.#waiters.add(look);
      look();
    });
  }

  leave() {
    this.send({ type: 'bye' });
    this.#socket.close(1000);
  }
}

export async function join(server, room, peer) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/room/${room}`, PROTOCOL, { perMessageDeflate: false });
  const stranger = new Stranger(socket);
  await once(socket, 'open');
  stranger.raw(JSON.stringify({ type: 'hello', version: 1, peer: { audio: 'live', video: 'live', ...peer } }));
  stranger.welcome = await stranger.gets('welcome');
  return stranger;
}

// A server that hands everything on to another, each message through change(), and
// what that one says through back(), from a text to texts
export async function startProxy(server, change, back = (text) => [text]) {
  const proxy = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, handleProtocols: () => PROTOCOL });
  await once(proxy, 'listening');
  proxy.on('connection', (near, request) => {
    const far = new WebSocket(`ws://127.0.0.1:${server.port}${request.url}`, PROTOCOL, { perMessageDeflate: false });
    const waiting = [];
    const toFar = (text) => (far.readyState === WebSocket.OPEN ? far.send(text) : waiting.push(text));
    near.on('message', (data) => toFar(JSON.stringify(change(JSON.parse(data)))));
    far.on('open', () => waiting.splice(0).forEach(toFar));
    far.on('message', (data) => back(String(data)).forEach((text) => near.send(text)));
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => to.terminate());
      from.on('close', () => to.close());
    }
  });
  return { port: proxy.address().port, close: () => proxy.close() };
}
