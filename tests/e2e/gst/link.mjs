// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two machines and a cable,
// when the cable is cut, the far machine moves, or the box before it forgets its mappings,
// then the near one hears nothing, hears another address, hears another port: the tests of
// faults can rely on link.mjs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeLink } from '../../lib/link.mjs';
import { done, step, watchdog } from '../../lib/tap.mjs';

watchdog(60);
const PORT = 4000;
const EVERY = 20; // ms
const NOTHING = 1000; // ms

// Says something again and again, from one port whatever becomes of its address
const TALKER = `const socket = require('node:dgram').createSocket('udp4').bind(5000);
  setInterval(() => socket.send('x', ${PORT}, process.argv[1], () => {}), ${EVERY});`;

function talk(link) {
  const [program, ...args] = [...link.far, process.execPath, '-e', TALKER, link.near];
  const child = spawn(program, args, { stdio: 'inherit' });
  process.on('exit', () => child.kill('SIGKILL'));
  return child;
}

const ear = createSocket('udp4').bind(PORT, '0.0.0.0');
const heard = (timeout = 10000) => once(ear, 'message', { signal: AbortSignal.timeout(timeout) })
  .then(([, { address, port }]) => `${address}:${port}`);

// The first that is something else than what was there before
async function changes(before) {
  for (;;) {
    const now = await heard();
    if (now !== before)
      return now;
  }
}

const plain = await makeLink();
const first = talk(plain);

await step('the far machine is heard', async () => assert.equal(await heard(), '10.77.0.2:5000'));

await step('a cable that is cut carries nothing, and then again', async () => {
  await plain.set({ cut: 1 });
  await sleep(EVERY);
  await assert.rejects(heard(NOTHING));
  await plain.set({ cut: 0 });
  await heard();
});

await step('it has moved', async () => {
  plain.move();
  assert.equal(await changes('10.77.0.2:5000'), `${plain.farAddress}:5000`);
  assert.equal(plain.farAddress, '10.77.0.3');
});

first.kill('SIGKILL');
plain.remove();
const nat = await makeLink({ nat: true });
talk(nat);

await step('behind a box it has the address of that, and other ports than its own', async () => {
  const before = await changes(`${plain.farAddress}:5000`);
  assert.match(before, /^10\.77\.0\.2:2\d{4}$/);
  nat.rebind();
  assert.match(await changes(before), /^10\.77\.0\.2:3\d{4}$/);
});

done();
