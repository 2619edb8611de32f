// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// What goes wrong with a call between a near and a far machine.
//
//   begin(stage)  makes it so; stage: see call.mjs
//   end(stage)    after `hold` seconds: makes it good again
//   from          'end': pictures are waited for from there; 'begin': from its beginning;
//                 'freeze': the longest time without one, from the beginning
//                 'join': from the joined() of one who comes
//   watch         seconds that are looked at, at least, after the end
//   nat, turn, proxy  what the stage must have
//   call          properties of callbins
//   pair          of two people, always

const onLink = (values, hold) => ({
  begin: ({ link }) => link.set(values),
  end: ({ link }) => link.set({ delay: 0, jitter: 0, rate: 0, loss: 0, cut: 0 }),
  hold,
});

const cut = (seconds) => ({ ...onLink({ cut: 1 }, seconds), from: 'end', watch: 3 });
const bad = (values) => ({ ...onLink(values, 8), from: 'freeze', watch: 1 });

const rejoins = (mishap) => ({
  proxy: mishap,
  begin: ({ rejoin }) => rejoin(),
  from: 'join',
  watch: 1,
});

export const FAULTS = {
  none: bad({}), // what a machine loses by itself
  'cut-3': cut(3),
  'cut-15': cut(15),
  'cut-60': cut(60),
  address: { begin: ({ link }) => link.move(), from: 'begin', watch: 4 },
  nat: { nat: true, begin: ({ link }) => link.rebind(), from: 'begin', watch: 4 },
  kill: { begin: ({ signal }) => signal('SIGKILL'), hold: 6, end: ({ again }) => again(), from: 'join', watch: 2 },
  stop: { begin: ({ signal }) => signal('SIGSTOP'), hold: 10, end: ({ signal }) => signal('SIGCONT'), from: 'end', watch: 2 },
  server: { begin: ({ server }) => server.kill(), hold: 2, end: ({ server }) => server.start(), from: 'freeze', watch: 6 },
  turn: { turn: true, begin: ({ turn }) => turn.restart(), from: 'begin', watch: 12 },
  'loss-5': bad({ loss: 5 }),
  'loss-20': bad({ loss: 20 }),
  'delay-300': bad({ delay: 300 }),
  'rate-300': bad({ rate: 300 }),
  'rate-300-fit': { ...bad({ rate: 300 }), call: { 'max-bitrate': 150000 }, pair: true },
  duplicated: rejoins({ duplicate: 0.5 }),
  delayed: rejoins({ delay: 300 }),
  reordered: rejoins({ reorder: 0.2 }),
  dropped: rejoins({ drop: 0.1 }),
  clock: { clock: true, begin: ({ clock }) => clock.step(3600), from: 'freeze', watch: 5 },
};
