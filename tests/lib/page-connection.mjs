// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The connection of a page, for tests that do to it what the page does not. The function
// runs in the page, before its own scripts.
//
//   const page = await browser.open(url, { before: [keepConnection] });
//   await page.evaluate(() => window.connection.restartIce());

export function keepConnection() {
  const Plain = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...args) {
      super(...args);
      window.connection = this; // the newest
    }
  };
}
