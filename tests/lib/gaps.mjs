// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The longest time without a picture, of people whom a fault does not befall.
//
//   const gaps = watchGaps([[ann, slotOfCid], [cid, slotOfAnn]]);
//   …
//   gaps();                    // ms, the longest of all; watches no more

const POLL = 20; // ms

export function watchGaps(views) {
  const state = views.map(([peer, slot]) => ({ peer, slot, last: Date.now(), frames: -1, gap: 0 }));
  const timer = setInterval(() => {
    for (const one of state) {
      const { frames } = one.peer.seen(one.slot);
      if (frames !== one.frames)
        one.last = Date.now();
      one.frames = frames;
      one.gap = Math.max(one.gap, Date.now() - one.last);
    }
  }, POLL);
  return () => {
    clearInterval(timer);
    return Math.max(...state.map(({ gap }) => gap));
  };
}
