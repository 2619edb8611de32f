// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a process holds: {threads, descriptors, memory}; memory in KiB, what it has
// itself written to.

import { readFileSync, readdirSync } from 'node:fs';

export function resourcesOf(pid) {
  const [, anonymous] = /^(?:Pss_Anon|Anonymous): +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return {
    threads: readdirSync(`/proc/${pid}/task`).length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    memory: Number(anonymous),
  };
}
