// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The scripts of pipelines/, as a terminal runs them, for tests.
//
//   const call = startScript('call.sh', ['--fake', '--duration', '10']);
//   await call.prints(/^Open/m);
//   call.interrupt();                         // Ctrl-C: to it and all it started
//   const { code, out } = await call.ended();
//
// It and all it started end with the process that started it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, isCritical } from './criticals.mjs';

const TIMEOUT = 60000; // ms
const POLL = 100; // ms
const { GST_CALL_BUILD_ROOT: BUILD, GST_CALL_SOURCE_ROOT: SOURCE } = process.env;

export async function freeAddress() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return `127.0.0.1:${port}`;
}

// SUMMARY lines: name to {frames, seconds}
export const summaries = (out) => Object.fromEntries(
  [...out.matchAll(/^(\w+) remote_video_frames=(\d+) remote_audio_seconds=([\d.]+)$/gm)]
    .map(([, name, frames, seconds]) => [name, { frames: Number(frames), seconds: Number(seconds) }]));

// path: folders in front of PATH
export function startScript(name, args = [], { path = [`${BUILD}/signaling`, `${BUILD}/gst/control`, `${BUILD}/gst/device`], env = {} } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'gst-call-script-'));
  const child = spawn(`${SOURCE}/pipelines/${name}`, args, {
    detached: true, // a process group of its own, as a shell's jobs have
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), TMPDIR: scratch, PATH: [...path, process.env.PATH].join(':'), DISPLAY: '', WAYLAND_DISPLAY: '', ...env },
  });
  let out = '';
  let exit = null;
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { out += data; });
  const closed = once(child, 'close').then(([code, signal]) => { exit = { code, signal }; });

  function signal(what) {
    try {
      process.kill(-child.pid, what);
      return true;
    } catch {
      return false; // nobody of the group is left
    }
  }

  async function until(test, what) {
    const end = Date.now() + TIMEOUT;
    while (!test()) {
      if (exit || Date.now() > end)
        throw new Error(`${name}: no ${what}; exit ${JSON.stringify(exit)}; it said:\n${out}`);
      await sleep(POLL);
    }
  }

  // What gst-launch -m said of that line so far; the script keeps it while it runs
  function said(line) {
    for (const folder of readdirSync(scratch)) {
      try {
        return readFileSync(join(scratch, folder, `${line}.log`), 'utf8');
      } catch {
        // another folder, or not yet
      }
    }
    return '';
  }

  process.on('exit', () => {
    signal('SIGKILL');
    rmSync(scratch, { recursive: true, force: true });
  });
  return {
    prints: (pattern) => until(() => pattern.test(out), String(pattern)).then(() => pattern.exec(out)),
    // Pictures and sound have come in that line
    meets: (line) => until(() => {
      const text = said(line);
      return text.split('GstVideoAnalyse').length > 30 && text.split(': level,').length > 15;
    }, `pictures and sound in ${line}`),
    // test: of what gst-launch -m said of that line
    says: (line, test) => until(() => test(said(line)), `what is wanted of ${line}`),
    interrupt: () => signal('SIGINT'),
    async ended() {
      const timer = setTimeout(() => signal('SIGKILL'), TIMEOUT);
      await closed;
      clearTimeout(timer);
      const critical = out.split('\n').find(isCritical);
      if (critical)
        throw new Error(`${name}: ${critical}`);
      return { ...exit, out, left: signal(0), files: readdirSync(scratch) };
    },
  };
}
