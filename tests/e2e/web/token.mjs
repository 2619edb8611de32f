// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a server that lets only those in who were invited (--token-secret),
// when people open the page with an invitation, without, with one for another room, or paste it later,
// then those with a good one see and hear each other, and the others are told what to do.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(120);

const folder = mkdtempSync(join(tmpdir(), 'gst-call-token-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const secret = join(folder, 'secret');
writeFileSync(secret, randomBytes(32).toString('base64'));
const invitation = (room) => execFileSync(`${process.env.GST_CALL_BUILD_ROOT}/signaling/call-server`,
  ['--token-secret', secret, '--make-token', room], { encoding: 'utf8' }).trim();

const server = await startServer({ args: ['--token-secret', secret] });
const browser = await launch('chromium');
const good = invitation('tea');
const withToken = (name, token) => browser.open(server.page('tea', { name, fragment: `token=${token}` }));
const told = (page) => page.until(() => document.getElementById('lobby-error').textContent);
const asksForCode = (page) => page.evaluate(() => !document.getElementById('token-field').hidden);
const ann = await withToken('Ann', good);

await step('two with an invitation see and hear each other', async () => {
  await ann.joined();
  const bob = await withToken('Bob', good);
  await bob.joined();
  await Promise.all([ann.media({ peers: 1 }), bob.media({ peers: 1 })]);
  await bob.close();
});

await step('without one: is told what to do, and with the code pasted gets in', async () => {
  const cy = await browser.open(server.page('tea', { name: 'Cy' }));
  assert.match(await told(cy), /needs an invitation. Paste/);
  assert.ok(await asksForCode(cy));
  await cy.type(good); // the field has the focus
  await cy.press('Enter');
  await cy.joined();
  await cy.media({ peers: 1 });
  await cy.close();
});

await step('with one for another room: is told to ask for a new one', async () => {
  const di = await withToken('Di', invitation('coffee'));
  assert.match(await told(di), /not for this room.*Ask for a new one/);
  assert.ok(await asksForCode(di));
  assert.deepEqual(await ann.evaluate(() => window.gstCall.peers.map((peer) => peer.displayName)
    .filter((name) => name === 'Di')), []);
  await di.close();
});

await step('nothing broke the policy', async () => {
  assert.deepEqual(await ann.violations(), []);
});

await server.stop();
await browser.close();
done();
