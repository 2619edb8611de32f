// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The signalling server of the build, for tests that drive browsers.
//
//   const server = await startServer();
//   server.page('tea', { name: 'Ann' });   // http://127.0.0.1:PORT/room/tea?name=Ann&autojoin=1…
//   await server.restart();                // killed (SIGKILL) and started again on the same port
//   server.signal('SIGSTOP');              // it is there, and says nothing
//   await server.stop();
//
// It ends with the process that started it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_TIMEOUT = 10000; // ms

// Of an address of this machine; of another's nobody else has one
async function freePort(address, elsewhere) {
  if (elsewhere)
    return 8443;
  const probe = createServer().listen(0, address);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

// Whether it is there; who signed its certificate is for the tests to ask
const healthy = (url) => new Promise((resolve) => {
  const get = url.startsWith('https:') ? getSecure : getPlain;
  get(url, { rejectUnauthorized: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on('error', () => resolve(false));
});

async function answers(url) {
  const end = Date.now() + START_TIMEOUT;
  while (Date.now() < end) {
    if (await healthy(url))
      return;
    await sleep(50);
  }
  throw new Error(`the server does not answer ${url}`);
}

// program: call-server of GST_CALL_BUILD_ROOT unless told otherwise; args: further ones;
// address: where it listens; host: what pages call it; prefix: words before it, such as
// those of link.mjs
export async function startServer({ program = process.env.GST_CALL_SERVER ??
  `${process.env.GST_CALL_BUILD_ROOT}/signaling/call-server`, args = [], address = '127.0.0.1', host = address, prefix = [] } = {}) {
  const port = await freePort(address, prefix.length > 0);
  // Its keys outlive a restart, and belong to nobody's account
  const scheme = args.includes('--self-signed') ? 'https' : 'http';
  const state = mkdtempSync(join(tmpdir(), 'gst-call-'));
  let child = null;

  async function start() {
    const [first, ...rest] = [...prefix, program, '--listen', `${address}:${port}`, '--state-dir', state, ...args];
    child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
    const failed = once(child, 'error').then(([error]) => { throw error; });
    await Promise.race([answers(`${scheme}://${address}:${port}/healthz`), failed]);
  }

  async function kill(signal) {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
  }

  process.on('exit', () => {
    child?.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  });
  await start();
  return {
    address,
    port,
    state, // folder with its keys
    kill: () => kill('SIGKILL'),
    start,
    get pid() { return child.pid; },
    signal: (name) => child.kill(name),
    stop: () => kill('SIGTERM'),
    async restart() {
      await kill('SIGKILL');
      await start();
    },
    page(room, { name = 'Ann', autojoin = true, fragment = '' } = {}) {
      const url = new URL(`${scheme}://${host}:${port}/room/${room}`);
      url.search = new URLSearchParams({ name, size: '640x360', fps: '15', ...(autojoin ? { autojoin: '1' } : {}) });
      url.hash = fragment;
      return url.href;
    },
  };
}
