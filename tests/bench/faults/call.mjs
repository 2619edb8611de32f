// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// node call.mjs --kind callbin|chromium --fault NAME [--runs N] [--calls C]: one fault,
// befalling C calls over one link at a time, until there are N runs. A line of JSON for
// each: {fault, kind, detected, again, freeze, lost, threads, memory, descriptors}, in ms,
// pictures and KiB; null: never, or nothing to say. In a network of its own, by run-on-link.
//
// Ann is on the near machine, Bob on the far one, whom the fault befalls. The first call
// of callbins has Cid as well, near Ann: what the two see of each other must not suffer.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../../lib/call-server.mjs';
import { makeLink } from '../../lib/link.mjs';
import { resourcesOf } from '../../lib/resources.mjs';
import { mishaps, startProxy } from '../../lib/stranger.mjs';
import { watchdog } from '../../lib/tap.mjs';
import { startTurn } from '../../lib/turn-server.mjs';
import { FAULTS } from './faults.mjs';
import { FPS, Host, startSide } from './sides.mjs';

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
const MOVES = 3; // pictures that follow each other: it is running
const RUNNING = 1500; // ms in which they come
const SLOTS = 4; // one who was killed keeps his for a while
const FROZEN = 500; // ms without a picture that count as none
const LIMIT = 35000; // ms after the end of the fault
const SETTLE = 2500; // ms before things are weighed
const POLL = 100; // ms

const { values: options } = parseArgs({ options: {
  kind: { type: 'string', default: 'callbin' }, fault: { type: 'string' },
  runs: { type: 'string', default: '1' }, calls: { type: 'string', default: '1' },
} });
const { kind } = options;
const fault = FAULTS[options.fault];
const count = Number(options.calls);
const print = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
const folder = mkdtempSync(join(tmpdir(), 'gst-call-faults-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// As call-server is told it, with credentials in it
function turnUrl(turn) {
  const { username, credential } = turn.credentials();
  const [scheme, place] = turn.udp.split(/:(.*)/s);
  return `${scheme}:${encodeURIComponent(username)}:${encodeURIComponent(credential)}@${place}`;
}

// Far processes see the time of this file instead of the machine's
function makeClock() {
  const file = join(folder, 'clock');
  writeFileSync(file, '+0\n');
  let seconds = 0;
  return {
    env: { LD_PRELOAD: FAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '0' },
    async step(by) {
      seconds = seconds ? 0 : by;
      writeFileSync(file, `+${seconds}\n`);
      await sleep(1000); // until it is read
    },
  };
}

async function makeStage() {
  const link = await makeLink({ nat: fault.nat });
  const turn = fault.turn ? await startTurn({ address: link.near }) : null;
  const server = await startServer({ address: link.near,
    args: ['--max-per-address', '0', ...(turn ? ['--ice-server', turnUrl(turn)] : [])] });
  const proxy = fault.proxy && await startProxy(server, undefined, undefined,
    { address: link.near, carry: mishaps({ seed: 7, ...fault.proxy }) });
  const clock = fault.clock ? makeClock() : { env: {} };
  const { port } = proxy || server;
  const at = { link, turn, server, clock, hosts: [] };
  if (kind === 'chromium') {
    const origin = `http://${link.near}:${port}`;
    at.hosts = [new Host({ origin }), new Host({ origin, prefix: link.far, env: clock.env })];
    for (const host of at.hosts)
      await host.start();
  }
  at.room = (name) => `ws://${link.near}:${port}/room/${name}`;
  return at;
}

class Call {
  rooms = 0;

  constructor(stage, index) {
    this.stage = stage;
    this.index = index;
    // those who need the relay that dies suffer with it
    this.crowded = kind === 'callbin' && index === 0 && !fault.turn && !fault.pair;
  }

  async start() {
    const { link, clock, hosts } = this.stage;
    const uri = this.stage.room(`call-${this.index}-${this.rooms++}`);
    const call = fault.turn ? { 'ice-transport-policy': 'relay' } : fault.call;
    const common = { uri, call, relay: fault.turn, slots: SLOTS };
    this.ann = await startSide(kind, { ...common, name: 'Ann', host: hosts[0] });
    await this.ann.joined();
    this.cid = this.crowded ? await startSide(kind, { ...common, call: {}, name: 'Cid' }) : null;
    this.bob = await startSide(kind, { ...common, name: 'Bob', prefix: link.far, env: clock.env, host: hosts[1] });
    this.joined = await this.bob.joined();
  }

  get sides() { return this.cid ? [this.ann, this.bob, this.cid] : [this.ann, this.bob]; }
  // Who sees whom, where the fault is
  get views() { return [[this.ann, 'Bob'], [this.bob, 'Ann']]; }

  async collect() {
    for (const side of this.sides)
      await side.collect();
  }

  // Both see each other now
  runs(since = 0) {
    const from = Math.max(since, Date.now() - RUNNING);
    return this.views.every(([side, who]) =>
      (side.pictures.get(who) ?? []).filter((at) => at >= from).length >= MOVES);
  }

  async until(test, limit) {
    const end = Date.now() + limit;
    for (;;) {
      await this.collect();
      if (test())
        return true;
      if (Date.now() > end)
        return false;
      await sleep(POLL);
    }
  }

  // When the pictures that a side had of somebody stopped for longest, and came again
  gap([side, who], since) {
    const times = [since, ...(side.pictures.get(who) ?? []).filter((at) => at > since)];
    let longest = { length: 0, until: since };
    for (let i = 1; i < times.length; i++)
      if (times[i] - times[i - 1] > longest.length)
        longest = { length: times[i] - times[i - 1], until: times[i] };
    return longest;
  }

  result(began, ended, came) {
    const since = fault.from === 'join' ? this.joined : began;
    const gaps = this.views.map((view) => this.gap(view, since));
    const freeze = Math.max(...gaps.map(({ length }) => length));
    const last = Math.max(...gaps.map(({ length, until }) => (length > FROZEN ? until : 0)));
    const again = { freeze, begin: Math.max(0, last - began), end: Math.max(0, last - ended),
      join: Math.max(...this.views.map(([side, who]) => side.pictures.get(who)?.find((at) => at > since) ?? 0)) - since };
    const signs = this.views.flatMap(([side]) => side.signs).map(({ at }) => at).filter((at) => at >= began);
    const others = this.cid && [[this.ann, this.cid], [this.cid, this.ann]];
    const missing = (side, who) => Math.max(0, (side.lost.get(who.name) ?? 0) - (who.lost.get(who.name) ?? 0));
    return {
      detected: signs.length ? Math.round(Math.min(...signs) - began) : null,
      again: came ? Math.round(again[fault.from]) : null,
      freeze: came ? Math.round(freeze) : null,
      lost: others && others.reduce((sum, [side, who]) => sum + missing(side, who), 0),
      signs: this.views.flatMap(([side]) => side.signs.map(({ at, what }) => `${side.name} ${Math.round(at - began)} ${what}`)),
    };
  }
}

const difference = (now, before) =>
  Object.fromEntries(Object.keys(now).map((key) => [key, now[key] - before[key]]));

async function round(stage, calls) {
  for (const call of calls) {
    await call.collect();
    for (const side of call.sides)
      side.forget();
    call.before = resourcesOf(call.ann.pid);
  }
  const hosts = stage.hosts.slice(1);
  stage.signal = (name) => (hosts.length ? hosts : calls.map(({ bob }) => bob)).forEach((one) => one.signal(name));
  stage.again = async () => {
    for (const host of hosts)
      await host.start();
    await Promise.all(calls.map(async (call) => {
      await call.bob.again();
      call.joined = await call.bob.joined();
    }));
  };
  stage.rejoin = async () => {
    await Promise.all(calls.map((call) => call.bob.leave()));
    for (const call of calls)
      for (const side of call.sides)
        side.forget();
    await Promise.all(calls.map(async (call) => {
      await call.bob.again();
      call.joined = await call.bob.joined();
    }));
  };
  const began = Date.now();
  await fault.begin(stage);
  if (fault.hold) {
    await sleep(1000 * fault.hold + began - Date.now());
    await fault.end(stage);
  }
  const ended = fault.hold ? Date.now() : began;
  await sleep(fault.watch * 1000);
  await Promise.all(calls.map(async (call) => {
    call.came = await call.until(() => call.runs(fault.from === 'join' ? call.joined : ended), LIMIT);
  }));
  await sleep(SETTLE);
  for (const call of calls) {
    await call.collect();
    print({ fault: options.fault, kind, first: !call.warm, ...call.result(began, ended, call.came),
      ...difference(resourcesOf(call.ann.pid), call.before), errors: call.sides.flatMap(({ errors }) => errors) });
    call.warm = true;
  }
}

watchdog(1500);
const stage = await makeStage();
const calls = Array.from({ length: count }, (_, index) => new Call(stage, index));
for (let runs = 0; runs < Number(options.runs); runs += count) {
  for (const call of calls) {
    if (call.came)
      continue;
    if (call.ann)
      await Promise.all(call.sides.map((side) => side.leave()));
    await call.start();
    if (!await call.until(() => call.runs(), LIMIT))
      throw new Error('a call that did not begin');
  }
  await sleep(SETTLE);
  await round(stage, calls);
}
process.exit(0);
