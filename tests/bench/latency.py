#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: glass to glass of a picture: callbin, Chromium, bare webrtcbins
# npm: playwright-core@1.57.0
"""Age of a picture when it is decoded and when it is shown, by the bar code in it;
one way, clean loopback. See README.md."""
import statistics
import sys

import benchlib as bench


def callbin(server, seconds, *more):
    room = server.room('callbin' + ''.join(more))
    sender = bench.Child(bench.TOOLS / 'bench-callbin', 'send', '--uri', room, *more)
    sender.object()
    receiver = bench.Child(bench.TOOLS / 'bench-callbin', 'receive', '--uri', room,
                           '--seconds', seconds, *more)
    samples = list(receiver.objects(60 + seconds))
    sender.end()
    return samples


def pair(latency, seconds):
    return list(bench.Child(bench.TOOLS / 'bench-pair', 'latency', '--latency', latency,
                            '--seconds', seconds).objects(60 + seconds))


def main():
    options = bench.arguments(__doc__)
    seconds = 3 if options.quick else 20
    raw = {'facts': bench.print_facts('latency', options.quick)}
    server = bench.Server()
    samples = raw['samples'] = {
        'callbin': bench.attempt(callbin, server, seconds),
        'callbin, with sound': bench.attempt(callbin, server, seconds, '--sound'),
        'Chromium': bench.attempt(bench.chromium, 'latency', server, '--seconds', str(seconds)),
        'Chromium, with sound': [] if options.quick else bench.attempt(
            bench.chromium, 'latency', server, '--seconds', str(seconds), '--sound'),
        **{f'bare pair, latency {ms}': bench.attempt(pair, ms, seconds)
           for ms in (0, 60, 200)},
    }
    merged = {name: {what: [v for s in of for v in s[what]] for what in ('decoded', 'shown')}
              for name, of in samples.items()}
    print('age of the picture in ms, min/median/max')
    bench.print_table(['', 'n', 'decoded', 'shown', 'unreadable'], [
        [name, len(merged[name]['shown']), bench.spread(merged[name]['decoded']),
         bench.spread(merged[name]['shown']), sum(s['unreadable'] for s in of)]
        for name, of in samples.items()])
    ours, theirs = merged['callbin']['shown'], merged['Chromium']['shown']
    ratio = statistics.median(ours) / statistics.median(theirs) if ours and theirs else None
    return bench.finish('latency', ratio, 1.0, raw, options.json)


if __name__ == '__main__':
    sys.exit(main())
