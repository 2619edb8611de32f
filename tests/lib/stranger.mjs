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
//   await startProxy(server, undefined, undefined, { carry: mishaps({ drop: 0.1 }) });

import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.GST_CALL_NODE_MODULES ?? process.cwd()}/x`);
const { WebSocket, WebSocketServer } = require('ws');

const TIMEOUT = 45000; // ms
const REORDER_WAIT = 300; // ms
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

// What becomes of messages that have a number: each share of 1 by chance, the same in each run
//   drop       never comes
//   duplicate  comes twice
//   reorder    comes behind the next one, or 0.3 s later
//   delay      ms at most that it comes late, in order
export function mishaps({ drop = 0, duplicate = 0, reorder = 0, delay = 0, seed = 1 }) {
  let state = seed;
  const chance = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 0x800000;
  };
  const carry = () => {
    const held = new Set(); // what the next message overtakes
    let due = 0;
    function deliver(text, give) {
      if (chance() < reorder) {
        const late = () => held.delete(late) && give(text);
        held.add(late);
        setTimeout(late, REORDER_WAIT);
        return;
      }
      give(text);
      for (const late of [...held])
        late();
    }
    return (text, give) => {
      const numbered = 'seq' in JSON.parse(text);
      const copies = !numbered ? 1 : chance() < drop ? 0 : chance() < duplicate ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        due = Math.max(due + 1, Date.now() + (numbered ? chance() * delay : 0));
        if (numbered && delay)
          setTimeout(deliver, due - Date.now(), text, give);
        else if (numbered)
          deliver(text, give);
        else
          give(text);
      }
    };
  };
  carry.linger = delay + REORDER_WAIT;
  return carry;
}

const plain = () => (text, give) => give(text);
plain.linger = 0;

// Pages come from the server itself
const hand = (server) => (request, response) => {
  const { url: path, headers } = request;
  ask({ host: server.address, port: server.port, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  }).on('error', () => response.destroy()).end();
};

// A server that hands everything on to another, each message through change(), and
// what that one says through back(), from a text to texts; all of it through carry()
export async function startProxy(server, change = (message) => message, back = (text) => [text],
  { address = '127.0.0.1', carry = plain } = {}) {
  const { address: host = '127.0.0.1', port } = server;
  const http = createServer(hand({ address: host, port })).listen(0, address);
  const proxy = new WebSocketServer({ server: http, perMessageDeflate: false, handleProtocols: () => PROTOCOL });
  await once(http, 'listening');
  proxy.on('connection', (near, request) => {
    const far = new WebSocket(`ws://${host}:${port}${request.url}`, PROTOCOL, { perMessageDeflate: false });
    const waiting = [];
    const [forth, home] = [carry(), carry()];
    const toFar = (text) => (far.readyState === WebSocket.OPEN ? far.send(text) : waiting.push(text));
    near.on('message', (data) => forth(JSON.stringify(change(JSON.parse(data))), toFar));
    far.on('open', () => waiting.splice(0).forEach(toFar));
    far.on('message', (data) => back(String(data)).forEach((text) => home(text, (t) => near.send(t))));
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('error', () => to.terminate());
      from.on('close', () => setTimeout(() => to.close(), carry.linger)); // behind what is late
    }
  });
  // cut: all that there are now end without a word
  const cut = () => {
    for (const near of proxy.clients)
      near.terminate();
  };
  return { address, port: http.address().port, cut, close: () => { proxy.close(); http.close(); } };
}
