// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// A network of two machines and a cable between them that can be made worse
// while a call runs. For tests that tests/lib/run-on-link starts: this process
// is the near machine.
//
//   const link = await makeLink();
//   startServer({ address: link.near });            // an address of the near machine
//   startPeer({ name: 'Ann', uri });
//   startPeer({ name: 'Bob', uri, prefix: link.far });   // on the far machine
//   await link.set({ delay: 20, loss: 5 });              // both ways; call-link.c knows what
//   await link.set({ cut: 1 }, 'forth');                 // from near to far
//   await link.counts();                                 // {forth: {seen, lost}, back: …}
//
// The namespaces have no names and end with the process that made them,
// however it ends.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const NEAR = ['10.77.0.1', 'fd77::1'];
const FAR = ['10.77.0.2', 'fd77::2'];
const START_TIMEOUT = 10000; // ms
const POLL = 5; // ms

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

const namespaceOf = (pid) => readlinkSync(`/proc/${pid}/ns/net`);

// One address of each family, which is used at once
function plug(run, name, [four, six]) {
  run('link', 'set', name, 'addrgenmode', 'none');
  run('address', 'add', `${four}/24`, 'dev', name);
  run('address', 'add', `${six}/64`, 'dev', name, 'nodad');
  run('link', 'set', name, 'up');
}

// libnice leaves an interface out until the kernel has noticed its carrier
async function carries(run, name) {
  const end = Date.now() + START_TIMEOUT;
  while (!/state UP/.test(run('link', 'show', name))) {
    if (Date.now() > end)
      throw new Error(`${name} has no carrier`);
    await sleep(POLL);
  }
}

// A process in a new network namespace. It ends with its standard input.
async function unshared(...words) {
  const child = spawn('unshare', ['--net', ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill('SIGKILL'));
  const failed = once(child, 'error').then(([error]) => { throw error; });
  const end = Date.now() + START_TIMEOUT;
  while (child.exitCode === null && namespaceOf(child.pid) === namespaceOf('self')) {
    if (Date.now() > end)
      throw new Error(`no namespace for ${words[0]}`);
    await Promise.race([sleep(POLL), failed]);
  }
  return child;
}

export async function makeLink() {
  const machine = await unshared('cat');
  const cable = await unshared(`${process.env.GST_CALL_BUILD_ROOT}/tests/lib/call-link`, 'one', 'other');
  const waiting = [];
  createInterface({ input: cable.stdout }).on('line', (line) => waiting.shift()?.(line));
  const answer = () => new Promise((resolve) => { waiting.push(resolve); });
  const up = answer();
  const inside = (pid) => (...words) =>
    execFileSync('nsenter', ['-t', pid, '-n', 'ip', ...words], { encoding: 'utf8' });
  const [inCable, inMachine] = [cable, machine].map(({ pid }) => inside(pid));

  async function obeys(line) {
    const answered = answer();
    cable.stdin.write(`${line}\n`);
    const text = await answered;
    if (text === 'bad line')
      throw new Error(`call-link does not know '${line}'`);
    return text;
  }

  ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'one', 'netns', cable.pid);
  ip('link', 'add', 'far', 'netns', machine.pid, 'type', 'veth', 'peer', 'name', 'other', 'netns', cable.pid);
  inCable('link', 'set', 'one', 'up');
  inCable('link', 'set', 'other', 'up');
  inMachine('link', 'set', 'lo', 'up');
  plug(inMachine, 'far', FAR);
  plug(ip, 'near', NEAR);
  await Promise.all([carries(inMachine, 'far'), carries(ip, 'near')]);
  await up;

  return {
    near: NEAR[0],
    far: ['nsenter', '-t', String(machine.pid), '-n'],
    set: (values, way = 'both') =>
      obeys(`set ${way} ${Object.entries(values).map(([name, value]) => `${name}=${value}`).join(' ')}`),
    async counts() {
      const [, seen, lost, , seenBack, lostBack] = (await obeys('counts')).split(' ').map(Number);
      return { forth: { seen, lost }, back: { seen: seenBack, lost: lostBack } };
    },
  };
}
