// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a gst-launch line that hosts on an address that is not loopback, so with its own certificate,
// when a page and other lines come to the address it prints,
// then the page and the line that trusts its authority see and hear it, and who does not is told of tls-ca-file.
//
// It runs in a network of its own, which has such an address and leads nowhere.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startPipeline } from '../../lib/pipeline.mjs';
import { done, step } from '../../lib/tap.mjs';

const ADDRESS = '10.77.0.1';
const INSIDE = `ip link set lo up
ip link add call0 type veth peer name call1
ip link set call0 addrgenmode none
ip link set call1 addrgenmode none
ip address add ${ADDRESS}/24 dev call0
ip link set call0 up
ip link set call1 up
exec "$@"`;

// Runs this script inside, and ends as it does
function enterNetwork() {
  for (const user of [[], ['--map-root-user']]) {
    const command = [...user, '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-ec', INSIDE, 'inside'];
    if (spawnSync('unshare', [...command, 'true'], { timeout: 10000 }).status === 0) {
      const { status } = spawnSync('unshare', [...command, process.execPath, ...process.argv.slice(1)],
        { stdio: 'inherit', env: { ...process.env, GST_CALL_INSIDE: '1' } });
      process.exit(status ?? 1);
    }
  }
  console.log('1..0 # SKIP no network namespace can be made here');
  process.exit(0);
}

if (!process.env.GST_CALL_INSIDE)
  enterNetwork();
watchdog(120);

const state = mkdtempSync(join(tmpdir(), 'gst-call-network-'));
process.on('exit', () => rmSync(state, { recursive: true, force: true }));
process.env.XDG_STATE_HOME = state;

const host = startPipeline(`listen=${ADDRESS}:0 room=den display-name=Host`);
const { fields } = await host.message('call-listening');
const url = new URL(/url=\(string\)"?([^",]+)/.exec(fields)[1]);
const socket = url.href.replace(/^https/, 'wss');

await step('the address is https', async () => {
  assert.equal(url.protocol, 'https:');
  assert.equal(url.hostname, ADDRESS);
});

await step('without tls-ca-file: is told of it, and does not come in', async () => {
  const stranger = startPipeline(`uri=${socket}`);
  while (!stranger.errors.some((text) => /is not trusted.*tls-ca-file/.test(text)))
    await sleep(100);
  await stranger.stop();
});

await step('with tls-ca-file: both see and hear', async () => {
  const guest = startPipeline(`uri=${socket} tls-ca-file=${state}/gst-call/ca.pem display-name=Guest`);
  await Promise.all([host.media(), guest.media()]);
  await guest.stop();
  await host.message('call-peer-left');
});

await step('a page: has camera and microphone, both see and hear', async () => {
  const browser = await launch('chromium', { insecure: true });
  const page = await browser.open(`${url.href}?name=Ann&autojoin=1&size=640x360&fps=15`);
  await page.joined();
  await Promise.all([host.media(), page.media({ peers: 1 })]);
  assert.deepEqual(await page.violations(), []);
  await browser.close();
});

await host.stop();
done();
