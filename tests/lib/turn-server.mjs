// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// coturn, for tests.
//
//   const turn = await startTurn({ address: link.near });
//   turn.credentials();                    // {username, credential}, good for an hour
//   turn.credentials(-60);                 // expired
//   turn.udp, turn.tcp, turn.tls;          // URLs
//   turn.authority;                        // PEM file of who vouches for its certificate
//   await turn.restart();                  // killed, and all allocations with it
//
// It ends with the process that started it.

import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SECRET = 'a secret of the tests';
const START_TIMEOUT = 15000; // ms
const PORT = 3478;
const TLS_PORT = 5349;

const openssl = (cwd, ...words) => execFileSync('openssl', words, { cwd, stdio: 'ignore' });

// An authority, and a certificate that it made out to that address
function makeCertificate(folder, address) {
  openssl(folder, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=Authority of a test', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl(folder, 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-subj', '/CN=turn.test', '-keyout', 'key.pem', '-out', 'cert.csr');
  writeFileSync(join(folder, 'san'), `subjectAltName=IP:${address},DNS:turn.test\n`);
  openssl(folder, 'x509', '-req', '-in', 'cert.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
    '-days', '2', '-extfile', 'san', '-out', 'cert.pem');
}

const connects = (address, port) => new Promise((resolve) => {
  const socket = createConnection(port, address, () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

// credentials for so many seconds, as call-server --turn-secret makes them
function credentials(seconds = 3600) {
  const username = `${Math.floor(Date.now() / 1000) + seconds}:somebody`;
  return { username, credential: createHmac('sha1', SECRET).update(username).digest('base64') };
}

// prefix: words before the program, such as those of link.mjs; relay: whether loopback may be
export async function startTurn({ address, prefix = [], args = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'gst-call-turn-'));
  makeCertificate(folder, address);
  writeFileSync(join(folder, 'secret'), SECRET);
  const [program, ...words] = [...prefix, 'turnserver', '-n', '--listening-ip', address, '--relay-ip', address,
    '--listening-port', String(PORT), '--tls-listening-port', String(TLS_PORT), '--min-port', '30000',
    '--max-port', '30999', '--fingerprint', '--use-auth-secret', '--static-auth-secret', SECRET, '--realm', 'turn.test',
    '--cert', join(folder, 'cert.pem'), '--pkey', join(folder, 'key.pem'), '--no-cli', '--no-multicast-peers',
    '--userdb', join(folder, 'db'), '--pidfile', join(folder, 'pid'), '--log-file', 'stdout', '--simple-log', ...args];
  let child = null;
  process.on('exit', () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  async function start() {
    child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    const failed = once(child, 'error').then(([error]) => { throw error; });
    const end = Date.now() + START_TIMEOUT;
    while (prefix.length === 0 && !await Promise.race([connects(address, TLS_PORT), failed])) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error('turnserver does not listen');
      await sleep(50);
    }
  }
  async function end(signal) {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  await start();
  return {
    credentials,
    secretFile: join(folder, 'secret'),
    authority: join(folder, 'ca.pem'),
    udp: `turn:${address}:${PORT}?transport=udp`,
    tcp: `turn:${address}:${PORT}?transport=tcp`,
    tls: `turns:${address}:${TLS_PORT}`,
    stop: () => end('SIGTERM'),
    async restart() {
      await end('SIGKILL');
      await start();
    },
  };
}

// Value of ice-servers: [[url…], {username, credential}]…
export const iceServers = (...servers) => `<${servers.map(([urls, { username, credential } = {}]) =>
  (username ? `(GstStructure)"s,urls=(string)<${urls.map((url) => `\\"${url}\\"`).join(',')}>,username=(string)\\"${username}\\",credential=(string)\\"${credential}\\""`
    : urls.map((url) => `"${url}"`).join(','))).join(',')}>`;
