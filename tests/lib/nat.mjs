// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// An internet of a few machines, with and without a router that translates
// addresses. For tests that tests/lib/run-on-link starts: this process is a
// public machine of it, `PUBLIC`.
//
//   const hosts = await makeHosts(['none', 'cone', 'symmetric', 'symmetric']);
//   startPeer({ name: 'Ann', uri, prefix: hosts[1] });
//
//   none       a public address
//   cone       one port outside for each port inside, which lets in only whom was written to (RFC
//              4787: endpoint-independent mapping, address and port-dependent filtering)
//   symmetric  another port outside for each address and port that is written to
//   closed     as cone, and no UDP gets out
//
// The namespaces have no names and end with the process that made them.

import { execFileSync } from 'node:child_process';
import { carries, startUnshared } from './link.mjs';

export const PUBLIC = '203.0.113.1';
const NOBODY = '203.0.113.254';
const NOBODY_ETHER = '02:00:00:00:00:fe';

const inside = (pid) => (...words) =>
  execFileSync('nsenter', ['-t', pid, '-n', ...words], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
const here = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

const RULES = (kind) => `
table ip nat {
  chain after {
    type nat hook postrouting priority 100;
    oifname "out" masquerade ${kind === 'symmetric' ? 'fully-random' : ''};
  }
}
table ip filter {
  chain through {
    type filter hook forward priority 0; policy drop;
    ${kind === 'closed' ? 'meta l4proto udp drop;' : ''}
    ct state established,related accept;
    iifname "in" accept;
  }
  chain to_me { type filter hook input priority 0; policy accept; iifname "out" ct state new drop; }
}`;

function up(run, name, address) {
  run('ip', 'link', 'set', name, 'addrgenmode', 'none');
  run('ip', 'address', 'add', `${address}/24`, 'dev', name);
  run('ip', 'link', 'set', name, 'up');
}

// What goes to an address that is not here is lost without an error, as on the
// internet: coturn gives a whole session up when a packet cannot be sent.
function loseTheRest(run, device) {
  run('ip', 'neigh', 'replace', NOBODY, 'lladdr', NOBODY_ETHER, 'dev', device, 'nud', 'permanent');
  run('ip', 'route', 'add', 'default', 'via', NOBODY);
}

async function ready(run, name) {
  await carries((...words) => run('ip', ...words), name);
}

// Someone on the public network: its end of the cable is called `name`
async function attach(machine, number, name) {
  const run = inside(machine.pid);
  run('ip', 'link', 'set', 'lo', 'up');
  here('ip', 'link', 'add', `p${number}`, 'type', 'veth', 'peer', 'name', name, 'netns', String(machine.pid));
  here('ip', 'link', 'set', `p${number}`, 'master', 'br0');
  here('ip', 'link', 'set', `p${number}`, 'up');
  up(run, name, `203.0.113.${10 + number}`);
  loseTheRest(run, name);
  await ready(run, name);
  return run;
}

async function makeHost(kind, number) {
  const machine = await startUnshared('cat');
  const prefix = ['nsenter', '-t', String(machine.pid), '-n'];
  if (kind === 'none') {
    await attach(machine, number, 'eth0');
    return prefix;
  }
  const router = await startUnshared('cat');
  const run = await attach(router, number, 'out');
  const inHost = inside(machine.pid);
  run('ip', 'link', 'add', 'in', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machine.pid));
  up(run, 'in', `10.${number}.0.1`);
  inHost('ip', 'link', 'set', 'lo', 'up');
  up(inHost, 'eth0', `10.${number}.0.2`);
  inHost('ip', 'route', 'add', 'default', 'via', `10.${number}.0.1`);
  run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  run('nft', RULES(kind));
  await ready(inHost, 'eth0');
  return prefix;
}

// Words that start a program on each of these machines
export async function makeHosts(kinds) {
  process.setMaxListeners(0); // each namespace has one that ends it
  here('ip', 'link', 'add', 'br0', 'type', 'bridge');
  up(here, 'br0', PUBLIC);
  loseTheRest(here, 'br0');
  const hosts = [];
  for (const [i, kind] of kinds.entries())
    hosts.push(await makeHost(kind, i + 1));
  await ready(here, 'br0');
  return hosts;
}
