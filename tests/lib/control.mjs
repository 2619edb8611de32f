// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// gst-launch lines with a callcontrol, and the programs of people beside them,
// for tests. Sockets are in a folder of the test's own.
//
//   const line = startLine('videotestsrc name=picture ! fakesink callcontrol socket=demo');
//   const { code, out, err } = await callctl('--wait', '20', 'picture', 'pattern=ball');
//   const watch = startProgram('callctl', 'watch');
//   await watch.prints(/pattern=/);
//   await line.ended;                 // {code, signal, out, err}
//
// All end with the process that started them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, isCritical } from './criticals.mjs';

const TIMEOUT = 30000; // ms
const BUILD = process.env.GST_CALL_BUILD_ROOT;

export const runtime = mkdtempSync(join(tmpdir(), 'gst-call-control-'));
export const sockets = join(runtime, 'gst-call');
process.on('exit', () => rmSync(runtime, { recursive: true, force: true }));

const PROGRAMS = { callctl: `${BUILD}/gst/control/callctl`, 'call-devices': `${BUILD}/gst/device/call-devices` };

// For startPeer and others: so that callctl finds what they start
export const env = { XDG_RUNTIME_DIR: runtime };

// real: the devices of this machine, or of tests/lib/pipewire; its folder is theirs
export function startProgram(name, args, { fakes = 'video=3,audio=2', more = {} } = {}) {
  const child = spawn(PROGRAMS[name] ?? name, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), ...env, GST_CALL_FAKE_DEVICES: fakes, LC_ALL: 'C.UTF-8', ...more },
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const said = { out: '', err: '' };
  const looks = new Set();
  const look = () => [...looks].forEach((f) => f());
  for (const [key, stream] of [['out', child.stdout], ['err', child.stderr]])
    stream.on('data', (data) => { said[key] += data; look(); });
  let over = null;
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', kill);
    over = { code, signal, ...said };
    look();
    const critical = said.err.split('\n').find(isCritical);
    if (critical)
      throw new Error(`${name}: ${critical}`);
    return over;
  });
  ended.catch(() => {}); // told to who waits
  const describe = () => `${name} ${args.join(' ')}: exit ${JSON.stringify(over)}, said\n${said.out}\n${said.err}`;

  return {
    pid: child.pid,
    ended,
    said,
    signal: (signal) => child.kill(signal),
    // Resolves with what matched, past or to come
    prints: (pattern, stream = 'out') => new Promise((resolve, reject) => {
      const finish = (settle, value) => { clearTimeout(timer); looks.delete(check); settle(value); };
      const check = () => {
        const match = pattern.exec(said[stream]);
        if (match)
          finish(resolve, match);
        else if (over)
          finish(reject, new Error(`ended without ${pattern}: ${describe()}`));
      };
      const timer = setTimeout(() => finish(reject, new Error(`no ${pattern}: ${describe()}`)), TIMEOUT);
      looks.add(check);
      check();
    }),
    // Its end, within the time of a test
    async ends() {
      const timer = setTimeout(kill, TIMEOUT);
      const result = await ended;
      clearTimeout(timer);
      return result;
    },
  };
}

export const startLine = (text, options) => startProgram('gst-launch-1.0', text.trim().split(/\s+/), options);
export const callctl = (...args) => startProgram('callctl', args).ends();
