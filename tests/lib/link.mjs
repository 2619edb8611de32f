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
//   link.move();                    // the far machine has other addresses, and the old ones no more
//
//   const link = await makeLink({ nat: true });          // the far machine is behind a box
//   link.rebind();                  // that forgets its mappings, and makes others
//   link.remove();                  // so that another can be made
//
// What is on the far machine finds the near one at link.near; the other way there is
// link.farAddress, of which link.move() makes another. Behind a box it cannot be reached.
//
// The namespaces have no names and end with the process that made them,
// however it ends.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const NEAR = ['10.77.0.1', 'fd77::1'];
const FAR = (n) => [`10.77.0.${n}`, `fd77::${n}`];
const BOX = ['192.168.77.1', 'fd78::1'];
const BEHIND = (n) => [`192.168.77.${n}`, `fd78::${n}`];
const FIRST = 2; // of the far machine's addresses
const PORTS = [20000, 30000]; // where the box's ports begin, in turn
const START_TIMEOUT = 10000; // ms
const POLL = 5; // ms

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

const namespaceOf = (pid) => readlinkSync(`/proc/${pid}/ns/net`);

// Without one the kernel cannot ask whether its neighbour is still there, and after some
// seconds believes that it is not
const linkLocal = (six) => `fe80::${six.split('::')[1]}`;

// One address of each family, which is used at once; via: the way to everywhere else
function plug(run, name, [four, six], via = []) {
  run('link', 'set', name, 'addrgenmode', 'none');
  run('address', 'add', `${four}/24`, 'dev', name);
  run('address', 'add', `${six}/64`, 'dev', name, 'nodad');
  run('address', 'add', `${linkLocal(six)}/64`, 'dev', name, 'nodad');
  run('link', 'set', name, 'up');
  for (const router of via)
    run('route', 'replace', 'default', 'via', router);
}

function unplug(run, name, [four, six]) {
  run('address', 'del', `${four}/24`, 'dev', name);
  run('address', 'del', `${six}/64`, 'dev', name);
  run('address', 'del', `${linkLocal(six)}/64`, 'dev', name);
}

// libnice leaves an interface out until the kernel has noticed its carrier
export async function carries(run, name) {
  const end = Date.now() + START_TIMEOUT;
  while (!/state UP/.test(run('link', 'show', name))) {
    if (Date.now() > end)
      throw new Error(`${name} has no carrier`);
    await sleep(POLL);
  }
}

// A process in a new network namespace. It ends with its standard input.
export async function startUnshared(...words) {
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

const inside = (pid) => (...words) =>
  execFileSync('nsenter', ['-t', pid, '-n', 'ip', ...words], { encoding: 'utf8' });

// A box between the far machine and the cable, as people have at home: what comes from
// the machine gets the box's address and a port of its own
function makeBox(pid) {
  const run = inside(pid);
  const ruleset = (text) => execFileSync('nsenter', ['-t', pid, '-n', 'nft', '-f', '-'], { input: text });
  let turn = 0;
  const masquerade = () => {
    const first = PORTS[turn++ % PORTS.length];
    const to = `masquerade to :${first}-${first + 9999}`;
    ruleset(`table inet box {}
      delete table inet box
      table inet box {
        chain out {
          type nat hook postrouting priority 100
          oifname "out" meta l4proto { tcp, udp } ${to}
        }
      }`);
  };
  execFileSync('nsenter', ['-t', pid, '-n', 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  masquerade();
  return {
    // The kernel forgets the mappings of an address that goes
    rebind() {
      masquerade();
      unplug(run, 'out', FAR(FIRST));
      plug(run, 'out', FAR(FIRST));
    },
  };
}

export async function makeLink({ nat = false } = {}) {
  const children = [];
  async function unshared(...words) {
    children.push(await startUnshared(...words));
    return children.at(-1);
  }
  const machine = await unshared('cat');
  const cable = await unshared(`${process.env.GST_CALL_BUILD_ROOT}/tests/lib/call-link`, 'one', 'other');
  const waiting = [];
  createInterface({ input: cable.stdout }).on('line', (line) => waiting.shift()?.(line));
  const answer = () => new Promise((resolve) => { waiting.push(resolve); });
  const up = answer();
  const [inCable, inMachine] = [cable, machine].map(({ pid }) => inside(pid));
  let place = FIRST;

  async function obeys(line) {
    const answered = answer();
    cable.stdin.write(`${line}\n`);
    const text = await answered;
    if (text === 'bad line')
      throw new Error(`call-link does not know '${line}'`);
    return text;
  }

  ip('link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'one', 'netns', cable.pid);
  inCable('link', 'set', 'one', 'up');
  inMachine('link', 'set', 'lo', 'up');
  let box = null;
  if (nat) {
    const between = await unshared('cat');
    const inBox = inside(between.pid);
    ip('link', 'add', 'out', 'netns', between.pid, 'type', 'veth', 'peer', 'name', 'other', 'netns', cable.pid);
    ip('link', 'add', 'far', 'netns', machine.pid, 'type', 'veth', 'peer', 'name', 'in', 'netns', between.pid);
    plug(inBox, 'out', FAR(FIRST));
    plug(inBox, 'in', BOX);
    plug(inMachine, 'far', BEHIND(FIRST), BOX);
    box = makeBox(between.pid);
  } else {
    ip('link', 'add', 'far', 'netns', machine.pid, 'type', 'veth', 'peer', 'name', 'other', 'netns', cable.pid);
    plug(inMachine, 'far', FAR(FIRST));
  }
  inCable('link', 'set', 'other', 'up');
  plug(ip, 'near', NEAR);
  await Promise.all([carries(inMachine, 'far'), carries(ip, 'near')]);
  await up;

  return {
    near: NEAR[0],
    get farAddress() { return FAR(place)[0]; },
    far: ['nsenter', '-t', String(machine.pid), '-n'],
    set: (values, way = 'both') =>
      obeys(`set ${way} ${Object.entries(values).map(([name, value]) => `${name}=${value}`).join(' ')}`),
    async counts() {
      const [, seen, lost, , seenBack, lostBack] = (await obeys('counts')).split(' ').map(Number);
      return { forth: { seen, lost }, back: { seen: seenBack, lost: lostBack } };
    },
    move() {
      const addresses = nat ? BEHIND : FAR;
      unplug(inMachine, 'far', addresses(place));
      plug(inMachine, 'far', addresses(++place), nat ? BOX : []);
    },
    rebind() { box.rebind(); },
    remove() {
      ip('link', 'del', 'near');
      for (const child of children)
        child.kill('SIGKILL');
    },
  };
}
