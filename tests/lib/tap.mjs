// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// Test scripts as TAP, one promise after the other. The first that fails ends
// the script: what follows stands on it.

let count = 0;

export async function step(name, promise) {
  const started = Date.now();
  try {
    await promise();
  } catch (error) {
    console.log(`not ok ${++count} - ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, '# '));
    process.exit(1);
  }
  console.log(`ok ${++count} - ${name} # ${Date.now() - started} ms`);
}

// Ends the process, and with it what it started
export function done() {
  console.log(`1..${count}`);
  process.exit(0);
}

// seconds: the process exits with 124 after them
export function watchdog(seconds) {
  setTimeout(() => {
    console.error(`watchdog: not done after ${seconds} s`);
    process.exit(124);
  }, seconds * 1000).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => process.exit(128 + 15));
}
