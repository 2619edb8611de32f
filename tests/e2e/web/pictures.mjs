// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Given two pages in a call, in the browsers named as arguments,
// when pictures and what only calls itself a picture are sent,
// then pictures are shown, on both sides, and everything else is a link to save it.
//
// With GST_CALL_SCREENSHOTS=FOLDER pictures of the page are put there.

import assert from 'node:assert/strict';
import { launch, watchdog } from '../../lib/browser.mjs';
import { startServer } from '../../lib/call-server.mjs';
import { gave, give, got, meet, write } from '../../lib/page-files.mjs';
import { done, step } from '../../lib/tap.mjs';

const [annsBrowser = 'chromium', bobsBrowser = 'chromium'] = process.argv.slice(2);
watchdog(100);

const screenshots = process.env.GST_CALL_SCREENSHOTS;
const server = await startServer();
const ann = await launch(annsBrowser);
const bob = bobsBrowser === annsBrowser ? ann : await launch(bobsBrowser);
let a;
let b;

// Natural size and the colours at a corner and in the middle, of what is really painted
const picture = (page, name) => page.until((n) => {
  const image = [...document.querySelectorAll('.picture img')].find((node) => node.alt === n);
  if (!image?.complete || !image.naturalWidth)
    return null;
  const box = image.getBoundingClientRect();
  const log = document.getElementById('chat-log').getBoundingClientRect();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)];
  return { size: [image.naturalWidth, image.naturalHeight], corner: at(2, 2),
    middle: at(canvas.width >> 1, canvas.height >> 1), fits: box.width > 20 && box.right <= log.right };
}, name, { what: `the picture ${name}` });

const near = (colour, wanted) => colour.every((value, i) => Math.abs(value - wanted[i]) < 12);
const pictures = (page) => page.evaluate(() => document.querySelectorAll('.picture img').length);

await step(`${annsBrowser} and ${bobsBrowser}: PNG, JPEG and WebP are shown, here and there`, async () => {
  [a, b] = await meet([ann, bob], server, 'tea');
  const made = [['photo.png', 1600, 1200, 'image/png'], ['photo.jpg', 1200, 1600, 'image/jpeg']];
  if (annsBrowser === 'chromium')
    made.push(['photo.webp', 640, 480, 'image/webp']);
  await write(b, 'Show me the picture!');
  for (const [name, width, height, type] of made) {
    await give(a, [{ name, picture: [width, height, type] }]);
    for (const page of [a, b]) {
      const { size, corner, middle, fits } = await picture(page, name);
      assert.deepEqual(size, [width, height]);
      assert.ok(near(corner, [31, 111, 214]) && near(middle, [245, 165, 36]), `${corner} ${middle}`);
      assert.ok(fits, 'it is within the list');
    }
    assert.deepEqual(await got(b, name), await gave(a, name));
  }
  if (screenshots)
    await b.screenshot(`${screenshots}/pictures-${bobsBrowser}.png`);
});

await step('what a picture is called does not count', async () => {
  const before = await pictures(b);
  await give(a, [{ name: 'really.txt', picture: [300, 200, 'image/png'], type: 'text/plain' }]);
  assert.deepEqual((await picture(b, 'really.txt')).size, [300, 200]);
  assert.equal(await pictures(b), before + 1);
});

await step('SVG, HTML and what is broken are links', async () => {
  const before = await pictures(b);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="parent.pwned = 1"><script>parent.pwned = 1</script></svg>';
  const files = [
    { name: 'drawing.svg', text: svg, type: 'image/svg+xml' },
    { name: 'page.html', text: '<script>opener.pwned = 1</script>', type: 'text/html' },
    { name: 'page.png', text: '<script>opener.pwned = 1</script>', type: 'image/png' },
    { name: 'short.png', text: '\x89PNG', type: 'image/png' },
  ];
  await give(a, files);
  for (const { name } of files)
    assert.deepEqual(await got(b, name), await gave(a, name));
  assert.equal(await pictures(b), before);
  assert.deepEqual(await b.evaluate(() => [...document.querySelectorAll('a[download]:not([hidden])')]
    .map((link) => window.blobs.get(link.href)?.type).filter((type) => !/^image\/(png|jpeg|webp)$|^application\/octet-stream$/.test(type))), []);
  assert.equal(await b.evaluate(() => window.pwned), undefined);
});

await step('a small file that claims to be a huge picture is a link', async () => {
  const before = await pictures(b);
  await a.evaluate(async () => {
    const file = await window.makeFile({ name: 'x.png', picture: [8, 8, 'image/png'] });
    const bytes = new Uint8Array(await file.arrayBuffer());
    new DataView(bytes.buffer).setUint32(16, 60000);
    new DataView(bytes.buffer).setUint32(20, 60000);
    window.makeFile = async () => new File([bytes], 'huge.png', { type: 'image/png' });
  });
  await give(a, [{ name: 'huge.png' }]);
  assert.deepEqual(await got(b, 'huge.png'), await gave(a, 'huge.png'));
  assert.equal(await pictures(b), before);
});

await step('nothing broke the policy or the console', async () => {
  for (const page of [a, b]) {
    assert.deepEqual(await page.violations(), []);
    assert.deepEqual(page.problems, []);
  }
});

await server.stop();
await ann.close();
if (bob !== ann)
  await bob.close();
done();
