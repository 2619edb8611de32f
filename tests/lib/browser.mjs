// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Real browsers for tests: Chromium by playwright-core, Firefox by puppeteer-core
// (WebDriver BiDi), both headless with fake devices, behind one small interface.
// Run scripts that import it with tests/lib/run-node.
//
//   watchdog(60);                              // the process ends, whatever happens
//   const browser = await launch('firefox');
//   const page = await browser.open(url, { phone: true });
//   await page.until(() => window.gstCall.peers.length === 2);
//   await page.media({ peers: 1 });            // pictures and sound come in
//   await browser.close();
//
// Browsers end with the process that started them: both libraries kill theirs
// from 'exit', and watchdog, signals and failures all go through exit.

import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

export { watchdog } from './tap.mjs';

const require = createRequire(`${process.env.GST_CALL_NODE_MODULES ?? '.'}/x`);

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const TIMEOUT = 20000; // ms, of every wait unless told otherwise
const LAUNCH_TIMEOUT = 90000; // ms; a busy machine starts Firefox slowly
const POLL = 100; // ms

const PREFIXED = new URL('prefixed', import.meta.url).pathname;

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

// Collected in each page before its own scripts run
function watchPolicy() {
  window.policyViolations = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.policyViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
}

class Page {
  #page;
  #select; // puppeteer and playwright name some things differently
  problems = []; // console errors and uncaught exceptions

  constructor(page, { firefox }) {
    this.#page = page;
    this.#select = firefox;
    page.on('console', (message) => {
      if (message.type() === 'error')
        this.problems.push(message.text());
    });
    page.on('pageerror', (error) => this.problems.push(`uncaught: ${error.message}`));
  }

  // Chromium only: what a screen reader is given, [{role, name}…]
  accessibility() { return this.#page.accessibility(); }
  resize(viewport) {
    return this.#select ? this.#page.setViewport(viewport) : this.#page.setViewportSize(viewport);
  }

  goto(url) { return this.#page.goto(url, { timeout: TIMEOUT }); }
  reload() { return this.#page.reload({ timeout: TIMEOUT }); }
  close() { return this.#page.close(); }

  // Chromium only: what the browser saves when that is clicked, {name, path}
  async save(selector) {
    const [download] = await Promise.all([this.#page.waitForEvent('download', { timeout: TIMEOUT }), this.click(selector)]);
    return { name: download.suggestedFilename(), path: await download.path() };
  }

  // Chromium only: the files that a person picks where that asks for some
  async choose(selector, paths) {
    const [chooser] = await Promise.all([this.#page.waitForEvent('filechooser', { timeout: TIMEOUT }), this.click(selector)]);
    await chooser.setFiles(paths);
  }

  press(key) { return this.#page.keyboard.press(key); }
  type(text) { return this.#page.keyboard.type(text); }
  click(selector) { return this.#page.click(selector, this.#select ? {} : { timeout: TIMEOUT }); }
  screenshot(path) { return this.#page.screenshot({ path }); }
  evaluate(fn, ...args) {
    return this.#select ? this.#page.evaluate(fn, ...args) : this.#page.evaluate(fn, args[0]);
  }

  select(selector, value) {
    return this.#select ? this.#page.select(selector, value) : this.#page.selectOption(selector, value);
  }

  // Resolves with fn's first true value in the page, rejects after the timeout
  async until(fn, arg, { timeout = TIMEOUT, what = String(fn) } = {}) {
    const end = Date.now() + timeout;
    for (;;) {
      const value = await this.evaluate(fn, arg);
      if (value)
        return value;
      if (Date.now() > end)
        throw new Error(`not within ${timeout / 1000} s: ${what}; ${await this.evaluate(() =>
          JSON.stringify({ view: document.body.dataset.view, state: window.gstCall?.state, peers: window.gstCall?.peers,
            error: document.getElementById('lobby-error')?.textContent }))}; console: ${this.problems.join(' | ')}`);
      await sleep(POLL);
    }
  }

  // What the page says of each peer: see getStats in main.js
  stats() { return this.evaluate(() => window.gstCall.getStats()); }

  joined() { return this.until(() => window.gstCall?.state === 'open', null, { what: 'joined' }); }

  // Resolves with the statistics once pictures and sound have come from that
  // many peers since the call of this function
  async media({ peers = 1, frames = 5, video = true, audio = true, timeout = TIMEOUT } = {}) {
    const end = Date.now() + timeout;
    const before = new Map((await this.stats()).map((s) => [s.session, s]));
    for (;;) {
      const now = await this.stats();
      const flows = now.filter((s) => {
        const old = before.get(s.session)?.inbound ?? {};
        const grew = (kind, name) => (s.inbound[kind]?.[name] ?? 0) - (old[kind]?.[name] ?? 0);
        return (!video || grew('video', 'framesDecoded') >= frames) &&
          (!audio || grew('audio', 'totalAudioEnergy') > 1e-4);
      });
      if (flows.length >= peers)
        return now;
      if (Date.now() > end)
        throw new Error(`no media of ${peers} peers within ${timeout / 1000} s: ` +
          `${JSON.stringify(now)}; console: ${this.problems.join(' | ')}`);
      await sleep(POLL);
    }
  }

  // Resolves once no sound has come for a second, as people hear it
  async silence({ timeout = TIMEOUT } = {}) {
    const end = Date.now() + timeout;
    const energy = async () =>
      (await this.stats()).reduce((sum, s) => sum + (s.inbound.audio?.totalAudioEnergy ?? 0), 0);
    let heard = await energy();
    let since = Date.now();
    while (Date.now() - since < 1000) {
      await sleep(POLL);
      const now = await energy();
      if (now - heard > 1e-6)
        since = Date.now();
      heard = now;
      if (Date.now() > end)
        throw new Error(`still sound after ${timeout / 1000} s`);
    }
  }

  // Presses the button for the next camera. Chromium's second fake camera is a depth
  // camera, whose pictures cannot be encoded, its third is plain green: both are passed over.
  async flip() {
    const camera = () => this.evaluate(() => window.gstCall.devices.camera);
    const before = await camera();
    do {
      await this.click('.bar [data-action=flip]');
      await this.settled();
    } while (await this.evaluate(() => /fake_device_[12]/.test(document.querySelector('#camera').selectedOptions[0].text)));
    return await camera() !== before;
  }

  // Resolves when the devices have done what they were asked for
  settled() { return this.evaluate(() => window.gstCall.settled()); }

  // The MIME type of what comes in from the first peer
  codec(kind) { return this.stats().then(([peer]) => peer.inbound[kind]?.mimeType); }

  violations() { return this.evaluate(() => window.policyViolations); }
}

class Browser {
  #browser;
  #newPage;

  constructor(browser, name, version, newPage) {
    this.#browser = browser;
    this.#newPage = newPage;
    this.name = name;
    this.version = version;
  }

  // phone: small touch screen; scheme: 'dark' or 'light'; reducedMotion;
  // before: functions run in the page before its scripts
  async open(url, { phone = false, scheme = 'dark', viewport = phone ? PHONE : DESKTOP,
    reducedMotion = false, before = [] } = {}) {
    const raw = await this.#newPage({ phone, scheme, viewport, reducedMotion });
    const addScript = (fn) => (raw.addInitScript ?? raw.evaluateOnNewDocument).call(raw, fn);
    for (const fn of [watchPolicy, ...before])
      await addScript(fn);
    const page = new Page(raw, { firefox: this.name === 'firefox' });
    await page.goto(url);
    return page;
  }

  close() { return this.#browser.close(); }
}

// What runs a browser behind the words of a prefix
const program = (path, prefix, env) => ({
  executablePath: prefix.length ? PREFIXED : path,
  env: { ...process.env, ...env, GST_CALL_PREFIX: [...prefix, path].join(' ') },
});

async function launchChromium({ insecure, cameras, fps, video, devices, permission, args, prefix, env }) {
  const { chromium } = require('playwright-core');
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-features=WebRtcHideLocalIpsWithMdns', '--autoplay-policy=no-user-gesture-required'];
  if (permission)
    flags.push('--use-fake-ui-for-media-stream');
  else
    flags.push('--deny-permission-prompts');
  if (devices)
    flags.push(`--use-fake-device-for-media-stream=device-count=${cameras},fps=${fps}`);
  if (video)
    flags.push(`--use-file-for-fake-video-capture=${video}`);
  const browser = await chromium.launch({ ...program(CHROMIUM, prefix, env), headless: true,
    timeout: LAUNCH_TIMEOUT, args: [...flags, ...args] });
  return new Browser(browser, 'chromium', browser.version(), async (wish) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: insecure, viewport: wish.viewport,
      isMobile: wish.phone, hasTouch: wish.phone, colorScheme: wish.scheme,
      reducedMotion: wish.reducedMotion ? 'reduce' : 'no-preference' });
    const page = await context.newPage();
    page.accessibility = async () => {
      const session = await context.newCDPSession(page);
      const { nodes } = await session.send('Accessibility.getFullAXTree');
      await session.detach();
      return nodes.filter(({ ignored }) => !ignored)
        .map(({ role, name }) => ({ role: role?.value ?? '', name: name?.value ?? '' }));
    };
    const close = page.close.bind(page);
    page.close = async () => {
      await close({ runBeforeUnload: false });
      await context.close();
    };
    return page;
  });
}

async function launchFirefox({ insecure, permission, devices, prefix, env }) {
  const puppeteer = require('puppeteer-core');
  const browser = await puppeteer.launch({
    browser: 'firefox', ...program(FIREFOX, prefix, env), headless: true, timeout: LAUNCH_TIMEOUT,
    acceptInsecureCerts: insecure,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': devices,
      'media.navigator.permission.disabled': permission,
      'permissions.default.camera': permission ? 0 : 2,
      'permissions.default.microphone': permission ? 0 : 2,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.gmp-manager.updateEnabled': false,
      'layout.css.prefers-color-scheme.content-override': 0,
    },
  });
  return new Browser(browser, 'firefox', await browser.version(), async ({ viewport }) => {
    const page = await browser.newPage();
    await page.setViewport(viewport);
    return page;
  });
}

// name: 'chromium' or 'firefox'
//   insecure     takes certificates that nobody signed (tests only)
//   cameras      how many fake cameras Chromium has; fps: of each
//   video        .y4m or .mjpeg file shown by Chromium's camera instead
//   devices      false: the machine's real devices, if it has any
//   permission   false: camera and microphone are refused
//   args         further flags for Chromium
//   prefix       words before the browser, such as those of link.mjs; env: further environment
export function launch(name, { insecure = false, cameras = 4, fps = 15, video = '', devices = true,
  permission = true, args = [], prefix = [], env = {} } = {}) {
  const options = { insecure, cameras, fps, video, devices, permission, args, prefix, env };
  return name === 'firefox' ? launchFirefox(options) : launchChromium(options);
}
