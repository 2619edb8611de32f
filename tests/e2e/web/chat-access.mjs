// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given a person without a pointer, or without sight, or with a small phone,
// when they read, write and send files,
// then keys alone do it, what comes is said, every control has a name, and nothing is
// out of reach, not even above the phone's keyboard.
//
// With GST_CALL_SCREENSHOTS=FOLDER pictures of the page are put there.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { connected, give, got, reads, watchFiles, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

watchdog(120);

const screenshots = process.env.GST_CALL_SCREENSHOTS;
const server = await startServer();
const browser = await launch('chromium');
const before = [watchFiles];
const page = await browser.open(server.page('tea', { name: 'Ann' }), { scheme: 'light', before });
const phone = await browser.open(server.page('tea', { name: 'Bob' }), { phone: true, viewport: { width: 360, height: 640 }, before });
const shoot = (which, name) => screenshots && which.screenshot(`${screenshots}/${name}.png`);

const focused = (selector) => page.evaluate((s) => document.activeElement.matches(s), selector);
async function tabTo(selector, key = 'Tab') {
  for (let i = 0; i < 25; i++) {
    if (await focused(selector))
      return;
    await page.press(key);
  }
  throw new Error(`${key} does not reach ${selector}`);
}
const said = (words) => page.until((w) => document.getElementById('announcer').textContent.includes(w), words, { what: `“${words}” is said` });
const atEnd = () => {
  const { scrollTop, scrollHeight, clientHeight } = document.getElementById('chat-log');
  return scrollHeight > clientHeight && scrollHeight - scrollTop - clientHeight < 2;
};
const isOpen = (which, open) => which.until((o) => document.getElementById('chat').hidden !== o, open, { what: open ? 'open' : 'closed' });

await step('in a call', async () => {
  await Promise.all([page, phone].map((one) => one.joined()));
  await Promise.all([page, phone].map((one) => connected(one)));
});

await step('what comes while the chat is closed is said, and counted', async () => {
  await write(phone, 'Can you read this?');
  await said('Bob: Can you read this?');
  await page.until(() => document.querySelector('[data-action=chat]').getAttribute('aria-label') === 'Chat, 1 unread');
  const names = (await page.accessibility()).filter(({ role }) => role === 'button').map(({ name }) => name);
  assert.ok(names.includes('Chat, 1 unread'), `${names}`);
  await shoot(page, 'chat-unread');
});

await step('C opens it, one writes at once, the letters do nothing else', async () => {
  await tabTo('.bar [data-action=video]');
  await page.press('c');
  await isOpen(page, true);
  assert.ok(await focused('#chat-text'));
  await page.type('Can you? mvc');
  await page.press('Shift+Enter');
  await page.type('second line');
  assert.equal(await page.evaluate(() => document.getElementById('chat-text').rows), 2);
  await page.press('Enter');
  await reads(phone, 'Ann', 'Can you? mvc\nsecond line');
  await isOpen(page, true);
  assert.deepEqual(await page.evaluate(() => [window.gstCall.devices.audio, window.gstCall.devices.video]), ['live', 'live']);
  assert.ok(await focused('#chat-text'));
});

await step('the list is a log, every control has a name', async () => {
  const nodes = await page.accessibility();
  assert.ok(nodes.some(({ role, name }) => role === 'log' && name === 'Messages'));
  const controls = nodes.filter(({ role }) => ['button', 'textbox', 'link', 'progressbar', 'image', 'region'].includes(role));
  assert.deepEqual(controls.filter(({ name }) => !name), []);
  for (const name of ['Send', 'Send files', 'Close the chat', 'Message to everybody here'])
    assert.ok(controls.some((node) => node.name === name), name);
});

await step('files: the buttons say of which, the end is said, percents are not', async () => {
  await give(phone, [{ name: 'plan.pdf', size: 200000 }, { name: 'photo.png', picture: [800, 600, 'image/png'] }]);
  await got(page, 'plan.pdf');
  await said('plan.pdf from Bob is here');
  await got(page, 'photo.png');
  const nodes = await page.accessibility();
  for (const [role, name] of [['link', 'Save plan.pdf'], ['button', 'Remove plan.pdf'], ['image', 'photo.png']])
    assert.ok(nodes.some((node) => node.role === role && node.name === name), `${role} ${name}`);
  assert.ok(await page.evaluate(() => [...document.querySelectorAll('progress')].every((bar) => bar.closest('[aria-live=off]'))));
  await page.until(() => document.querySelector('.picture img')?.naturalWidth > 0);
  await page.until(atEnd, null, { what: 'the end of the list' });
  await shoot(page, 'chat-desktop');
});

await step('the list follows what comes, but not while one reads what was', async () => {
  await write(phone, 'long\n'.repeat(12));
  await reads(page, 'Bob', 'long\n'.repeat(12).trimEnd());
  await page.until(atEnd, null, { what: 'the end of the list' });
  const top = await page.evaluate(() => {
    document.getElementById('chat-log').scrollTop = 5;
    return new Promise((resolve) => { setTimeout(() => resolve(document.getElementById('chat-log').scrollTop), 100); });
  });
  await write(phone, 'while one reads');
  await reads(page, 'Bob', 'while one reads');
  assert.equal(await page.evaluate(() => document.getElementById('chat-log').scrollTop), top);
  await write(page, 'back at the end');
  await page.until(atEnd, null, { what: 'the end of the list' });
});

await step('Tab goes through it in the order of the screen', async () => {
  await page.evaluate(() => document.getElementById('copy-link').focus());
  for (const selector of ['#chat-close', '#chat-log', '.file a', '#chat-attach', '#chat-text', '#chat-send', '.bar [data-action=audio]'])
    await tabTo(selector);
});

await step('Remove by keys: the focus stays in the list', async () => {
  await tabTo('[aria-label="Remove plan.pdf"]', 'Shift+Tab');
  await page.press('Enter');
  assert.ok(await focused('#chat-log'));
});

await step('Escape closes it and gives the focus back, C opens it anew', async () => {
  await page.press('Escape');
  await isOpen(page, false);
  assert.ok(await focused('[data-action=chat]'));
  await page.press('Enter');
  await isOpen(page, true);
  await page.press('Escape');
});

// Whatever must be seen and touched is on the screen
const flaws = (names) => phone.until((selectors) => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const out = [];
    if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight + 1)
      out.push(`scrolls: ${document.documentElement.scrollWidth} ${document.documentElement.scrollHeight}`);
    for (const node of document.querySelectorAll(selectors)) {
      const box = node.getBoundingClientRect();
      if (box.left < 0 || box.top < 0 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5)
        out.push(`outside: ${node.id || node.className} ${JSON.stringify(box)}`);
      const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      if (!node.contains(hit))
        out.push(`covered: ${node.id || node.className} by ${hit?.id || hit?.className}`);
      if (node.matches('button, textarea') && Math.min(box.width, box.height) < 40)
        out.push(`too small: ${node.id || node.className} ${box.width} x ${box.height}`);
    }
    resolve({ out });
  }));
}), names);

for (const [name, width, height] of [['phone', 360, 640], ['small phone', 320, 568], ['phone on its side', 640, 360],
  ['phone with its keyboard', 360, 330]])
  await step(`${name}: the chat is over the tiles, all is on the screen`, async () => {
    await phone.resize({ width, height });
    await phone.evaluate(() => {
      if (document.getElementById('chat').hidden)
        document.querySelector('[data-action=chat]').click();
      document.getElementById('chat-log').scrollTop = 1e6;
    });
    const { out } = await flaws('#chat-close, #chat-attach, #chat-text, #chat-send, #chat-log, .bar button:not([hidden])');
    assert.deepEqual(out, []);
    assert.ok(await phone.evaluate(() => document.getElementById('chat-log').clientHeight >= 60 && document.querySelector('.stage').inert));
    await shoot(phone, `chat-${name.replaceAll(' ', '-')}`);
  });

await step('closed, the tiles are there again', async () => {
  await phone.resize({ width: 360, height: 640 });
  await phone.click('#chat-close');
  assert.deepEqual((await flaws('.tile, .bar button:not([hidden]), #copy-link')).out, []);
  assert.equal(await phone.evaluate(() => document.querySelector('.stage').inert), false);
  await write(page, 'One for the phone');
  await phone.until(() => document.getElementById('unread').textContent === '1' && !document.getElementById('unread').hidden);
  await shoot(phone, 'chat-phone-unread');
});

await step('touched, it does not bring up the keyboard', async () => {
  await phone.click('[data-action=chat]');
  assert.equal(await phone.evaluate(() => document.activeElement.id), 'chat-title');
});

await step('nothing broke the policy or the console', async () => {
  for (const one of [page, phone]) {
    assert.deepEqual(await one.violations(), []);
    assert.deepEqual(one.problems, []);
  }
});

await server.stop();
await browser.close();
done();
