// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given pipelines/host.sh, which hosts a room in its line,
// when pipelines/join.sh is given the URL that it prints,
// then both have seen and heard, and both end with exit status 0.

import assert from 'node:assert/strict';
import { freeAddress, startScript, summaries } from '../lib/script.mjs';
import { done, step, watchdog } from '../lib/tap.mjs';

watchdog(170);

await step('host and guest see and hear each other', async () => {
  const host = startScript('host.sh', ['--fake', '--listen', await freeAddress(), '--room', 'den']);
  const [, url] = await host.prints(/^Open (http:\S+\/room\/den)$/m);
  const guest = startScript('join.sh', ['--fake', url]);
  await Promise.all([host.meets('host'), guest.meets('guest')]);
  for (const [script, name] of [[guest, 'guest'], [host, 'host']]) {
    script.interrupt();
    const { code, out, left } = await script.ended();
    assert.equal(code, 0, out);
    assert.ok(summaries(out)[name].frames > 10 && summaries(out)[name].seconds > 0.5, out);
    assert.equal(left, false);
  }
});

await step('no URL, a wrong option: exit status 2 and a word of help', async () => {
  for (const args of [[], ['--nonsense'], ['--duration', 'long', 'ws://127.0.0.1:1/room/tea']]) {
    const { code, out } = await startScript('join.sh', args).ended();
    assert.equal(code, 2, out);
    assert.match(out, /join\.sh: /);
  }
});

await step('a server that is not there: exit status 1, and the line says why', async () => {
  const { code, out } = await startScript('join.sh', ['--fake', '--duration', '20', 'http://127.0.0.1:1/room/tea']).ended();
  assert.equal(code, 1, out);
  assert.match(out, /^guest: ERROR: .*Cannot reach 127\.0\.0\.1:1/m);
});

done();
