// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// A gst-launch-1.0 line with callbin on fake devices, and what it saw and heard,
// for tests that drive browsers.
//
//   const pipeline = startPipeline(`uri=${server.socket('tea')} display-name=Gst`);
//   await pipeline.media();              // moving pictures and sound came in since now
//   await pipeline.message('call-peer-left');
//   await pipeline.stop();
//
// It ends with the process that started it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, isCritical } from './criticals.mjs';

const TIMEOUT = 20000; // ms
const POLL = 50; // ms
const SILENCE = -60; // dB

const BUILD = process.env.GST_CALL_BUILD_ROOT;

// properties: of callbin; cameras: how many fake ones; more: further words of the line. The
// camera is called cam, the pipeline's process is `pid`.
export function startPipeline(properties, { cameras = 1, more = '', env = {} } = {}) {
  const line = `callbin name=call ${properties} ` +
    'callvideosrc name=cam ! video/x-raw,width=640,height=360 ! call.video_0 callaudiosrc ! call.audio_0 ' +
    'call.remote_video_0 ! videoanalyse ! fakesink sync=true call.remote_audio_0 ! level ! fakesink sync=true' + (more && ` ${more}`);
  const child = spawn('gst-launch-1.0', ['-m', ...line.split(' ')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(), GST_PLUGIN_PATH: `${BUILD}/gst`, GST_CALL_FAKE_DEVICES: `video=${cameras},audio=1`, ...env },
  });
  process.on('exit', () => child.kill('SIGKILL'));

  const seen = { frames: 0, moved: 0, heard: 0 };
  let luma = '';
  const messages = [];
  const errors = [];

  function read(text) {
    const variance = /GstVideoAnalyse.*luma-variance=\(double\)([0-9.e+-]+)/.exec(text);
    if (variance) {
      seen.frames++;
      if (variance[1] !== luma)
        seen.moved++;
      [, luma] = variance;
    }
    const rms = /: level,.*rms=[^;]*?(-?[0-9]+\.[0-9]+)/.exec(text);
    if (rms && Number(rms[1]) > SILENCE)
      seen.heard++;
    const call = /\(element\): (call-[a-z-]+)(.*);$/.exec(text);
    if (call)
      messages.push({ name: call[1], fields: call[2].replaceAll('\\', '') });
    if (isCritical(text))
      child.kill('SIGTRAP');
    if (isCritical(text) || /^(ERROR|WARNING)|erroneous pipeline/.test(text))
      errors.push(text);
  }
  createInterface({ input: child.stdout }).on('line', read);
  createInterface({ input: child.stderr }).on('line', read);

  const explain = (what) => new Error(`pipeline: ${what}; seen ${JSON.stringify(seen)}, ` +
    `last ${JSON.stringify(messages.slice(-8))}, ${errors.join(' | ')}, exit ${child.exitCode}`);

  async function until(test, what, timeout = TIMEOUT) {
    const end = Date.now() + timeout;
    for (;;) {
      const value = test();
      if (value)
        return value;
      if (Date.now() > end || child.exitCode !== null || child.signalCode !== null)
        throw explain(what);
      await sleep(POLL);
    }
  }

  return {
    pid: child.pid,
    seen,
    errors,
    // Resolves with the first message of that name, past or to come, that the pattern fits
    message: (name, pattern = /./) => until(() => messages.find((m) => m.name === name && pattern.test(m.fields)),
      `no ${name} ${pattern}`),
    // Resolves once moving pictures and sound have come since the call of this function
    media({ video = true, audio = true, timeout = TIMEOUT } = {}) {
      const before = { ...seen };
      return until(() => (!video || seen.moved >= before.moved + 5) && (!audio || seen.heard >= before.heard + 2),
        'no moving pictures or no sound', timeout);
    },
    // Resolves once `what` ('frames' or 'heard') has not grown for a second
    async quiet(what, timeout = TIMEOUT) {
      let [last, since] = [seen[what], Date.now()];
      await until(() => {
        if (seen[what] !== last)
          [last, since] = [seen[what], Date.now()];
        return Date.now() - since > 1000;
      }, `${what} still come`, timeout);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGINT');
        await Promise.race([gone, sleep(10000).then(() => { throw explain('does not end'); })]);
      }
    },
  };
}
