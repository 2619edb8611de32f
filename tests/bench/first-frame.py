#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: first remote picture of one who joins: callbin, Chromium, bare webrtcbins
# npm: playwright-core@1.57.0
"""From the second peer's PLAYING (Chromium: from its new WebSocket) to its first
decoded remote picture; picture and sound both ways, plugins loaded, the first peer
already in the room of a real call-server. See README.md."""
import sys

import benchlib as bench

MARKS = ['joined', 'offer', 'answer', 'ice', 'dtls', 'pad', 'decoded', 'shown']


def callbin(server, count, *more):
    room = server.room('callbin' + ''.join(more))
    first = bench.Child(bench.TOOLS / 'bench-callbin', 'first', '--uri', room, *more)
    first.object()
    samples = bench.joins(bench.Child(bench.TOOLS / 'bench-callbin', 'join', '--uri', room,
                                      '--count', count, *more))
    first.end()
    return samples


def pair(count, *more):
    return bench.joins(bench.Child(bench.TOOLS / 'bench-pair', 'join', '--count', count,
                                   '--plain', *more))


def film():
    """The benchmark's picture as a file that Chromium takes for a camera"""
    clip = bench.TOOLS / 'clip.y4m'
    if not clip.exists():
        part = clip.with_suffix('.part')
        for _ in bench.Child(bench.TOOLS / 'bench-clip', part).objects():
            pass
        part.rename(clip)
    return clip


def main():
    options = bench.arguments(__doc__)
    count = 8 if options.quick else 30
    raw = {'facts': bench.print_facts('first-frame', options.quick)}
    server = bench.Server()
    samples = raw['samples'] = {
        'callbin': bench.attempt(callbin, server, count, '--plain'),
        'Chromium': bench.attempt(bench.chromium, 'join', server, '--count', str(count)),
        'bare pair, plain': bench.attempt(pair, count // 2),
        'bare pair, levers': bench.attempt(pair, count // 2, '--latency', 0, '--pacing', 5,
                                           '--keyframe'),
    }
    if not options.quick:
        samples['callbin, detailed'] = bench.attempt(callbin, server, count)
        samples['Chromium, detailed'] = bench.attempt(
            bench.chromium, 'join', server, '--count', str(count), '--clip', film())
    print('ms after the start of the joiner, min/median/max')
    bench.print_table(['', 'n', *MARKS], [
        [name, len(of), *[bench.spread([s[m] for s in of if m in s]) for m in MARKS]]
        for name, of in samples.items()])
    ours = bench.median_of(samples['callbin'], 'decoded')
    theirs = bench.median_of(samples['Chromium'], 'decoded')
    ratio = ours / theirs if ours and theirs else None
    return bench.finish('first-frame', ratio, 1.0, raw, options.json)


if __name__ == '__main__':
    sys.exit(main())
