// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a person without a pointer, or without sight, or with a small screen,
// when they join, mute, switch the camera off, open the settings and leave,
// then keys alone do it, every control has a name, and nothing is out of reach.
//
// With GST_CALL_SCREENSHOTS=FOLDER pictures of the page are put there.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(120);

const screenshots = process.env.GST_CALL_SCREENSHOTS;
const server = await startServer();
const browser = await launch('chromium');
const page = await browser.open(server.page('tea', { name: '', autojoin: false }), { scheme: 'light' });

const CONTROLS = new Set(['button', 'textbox', 'combobox', 'checkbox', 'link', 'dialog', 'list', 'main', 'form', 'video']);
async function namesOf(what) {
  const nodes = (await page.accessibility()).filter(({ role }) => CONTROLS.has(role));
  const silent = nodes.filter(({ role, name }) => !name && !['list', 'form'].includes(role));
  assert.deepEqual(silent, [], `${what}: controls without a name`);
  assert.ok(nodes.length > 4, `${what} has controls`);
  return nodes.map(({ name }) => name);
}

// Tabs until the element has the focus; the order is that of the page
async function tabTo(selector) {
  for (let i = 0; i < 25; i++) {
    if (await page.evaluate((s) => document.activeElement.matches(s), selector))
      return;
    await page.press('Tab');
  }
  throw new Error(`Tab does not reach ${selector}`);
}

const is = (kind, state) => page.until(([k, s]) => window.gstCall.devices[k] === s, [kind, state]);
const said = (words) => page.until((w) => document.getElementById('announcer').textContent.includes(w), words);

await step('lobby: every control has a name', async () => {
  await page.until(() => window.gstCall.devices.video === 'live');
  await namesOf('lobby');
});

await step('joins by keys', async () => {
  await tabTo('#name');
  await page.type('Ann');
  await tabTo('#join');
  await page.press('Enter');
  await page.joined();
  await said('You are in the room tea');
});

const other = await browser.open(server.page('tea', { name: 'Bob' }), { phone: true });

await step('hears who comes, and every control of the call has a name', async () => {
  await said('Bob joined');
  await page.media({ peers: 1 });
  const names = await namesOf('call');
  assert.ok(names.includes('Mute microphone') && names.includes('Turn camera off') && names.includes('Leave'));
});

await step('M and V work, and are said', async () => {
  await page.press('m');
  await is('audio', 'muted');
  await said('Microphone muted');
  await page.press('v');
  await is('video', 'muted');
  await said('Camera off');
  assert.ok((await namesOf('call')).includes('Unmute microphone'));
  await page.press('m');
  await page.press('v');
  await is('audio', 'live');
  await is('video', 'live');
});

await step('hears what the other does', async () => {
  await other.joined();
  await other.click('.bar [data-action=audio]');
  await said('Bob: microphone muted');
  await other.click('.bar [data-action=audio]');
});

await step('? opens the settings, Escape closes them and gives the focus back', async () => {
  await tabTo('.bar [data-action=video]');
  await page.press('?');
  await page.until(() => document.getElementById('settings').open);
  await namesOf('settings');
  if (screenshots)
    await page.screenshot(`${screenshots}/settings.png`);
  await page.press('Escape');
  await page.until(() => !document.getElementById('settings').open);
  assert.ok(await page.evaluate(() => document.activeElement.matches('.bar [data-action=video]')));
});

await step('the keys can be switched off', async () => {
  await page.press('?');
  await tabTo('#shortcuts');
  await page.press('Space');
  await page.press('Escape');
  await page.press('m');
  await page.settled();
  await is('audio', 'live');
  await page.evaluate(() => document.getElementById('shortcuts').click());
});

for (const [name, width, height] of [['phone', 390, 844], ['small phone', 320, 568], ['phone on its side', 780, 360]])
  await step(`${name}: all is on the screen and large enough to touch`, async () => {
    await other.resize({ width, height });
    const flaws = await other.until((width) => new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const out = [];
        // a phone zooms out when something is too wide
        if (Math.max(innerWidth, document.documentElement.scrollWidth) > width)
          out.push(`too wide: ${innerWidth} ${document.documentElement.scrollWidth}`);
        for (const node of document.querySelectorAll('.bar button:not([hidden]), .tile, #copy-link')) {
          const box = node.getBoundingClientRect();
          if (box.left < 0 || box.top < 0 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5)
            out.push(`outside: ${node.className} ${JSON.stringify(box)}`);
          if (Math.min(box.width, box.height) < 40)
            out.push(`too small: ${node.className} ${box.width} x ${box.height}`);
        }
        resolve({ out });
      }));
    }), width);
    assert.deepEqual(flaws.out, []);
    if (screenshots)
      await other.screenshot(`${screenshots}/${name.replaceAll(' ', '-')}.png`);
  });

await step('leaves by keys', async () => {
  await tabTo('.bar [data-action=leave]');
  await page.press('Enter');
  await page.until(() => document.body.dataset.view === 'lobby' && window.gstCall.state === 'closed');
  assert.ok(await page.evaluate(() => document.activeElement.matches('#join')));
});

await step('who wants less motion gets none', async () => {
  const calm = await browser.open(server.page('tea', { name: 'Cy', autojoin: false }), { reducedMotion: true });
  const moving = await calm.evaluate(() => [...document.querySelectorAll('*')].filter((node) =>
    ['', '::before', '::after'].some((pseudo) => {
      const style = getComputedStyle(node, pseudo);
      return !/^(0s,? ?)+$/.test(style.transitionDuration) || style.animationName !== 'none';
    })).length);
  assert.equal(moving, 0);
  assert.deepEqual([...calm.problems, ...page.problems], []);
});

await server.stop();
await browser.close();
done();
