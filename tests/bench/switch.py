#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: the camera changes in a call: callvideosrc, callswitch, by hand, Chromium
# npm: playwright-core@1.57.0
"""Switches among three cameras that take a second to open, 640x360 at 30 pictures a
second, detailed, seen at the receiving callbin after decoding. See README.md."""
import statistics
import sys

import benchlib as bench

FRAME = 1000 / 30
OPEN = 1000
WAYS = {'source': 'callvideosrc device-id', 'callswitch': 'callswitch, opened first',
        'open': 'callswitch, all open', 'open --keyframe': 'the same, key frame forced',
        'selector': 'input-selector, all open', 'naive': 'stop, unlink, link, start',
        'chromium': 'Chromium replaceTrack'}
# switches: quick, full
COUNTS = {'source': (6, 200), 'callswitch': (0, 100), 'open': (0, 100),
          'open --keyframe': (0, 100), 'selector': (6, 100), 'naive': (2, 100),
          'chromium': (10, 200), 'microphone': (3, 100)}


def call(server, sender, room):
    """What the receiver has seen, and what the sender has done"""
    receiver = bench.Child(bench.TOOLS / 'bench-switch', 'receive', '--uri', server.room(room))
    child = bench.Child(*sender)
    child.object(30)
    receiver.object(30)
    done = child.ask('go', 600)
    receiver.process.stdin.close()
    seen = receiver.object()
    child.end()
    receiver.process.wait(10)
    return {**seen, **done}


def gstreamer(server, way, count):
    room = way.replace(' ', '')
    return call(server, [bench.TOOLS / 'bench-switch', 'send', *way.split(), '--uri',
                         server.room(room), '--count', count, '--open-delay', OPEN], room)


def chromium(server, count):
    command = bench.chromium_command('switch', server, '--count', str(count), '--room', 'chromium')
    if not command:
        raise RuntimeError('not measured')
    # who comes last offers: that is Chromium
    return call(server, command, 'chromium')


def look_at(run):
    """Each switch by its pictures: [arrival, camera, number, stamped]"""
    pictures = run['pictures']
    gaps, taken, times, missed, back = [], [], [], 0, 0
    ends = [s[0] for s in run['switches'][1:]] + [float('inf')]
    for (asked, camera), end in zip(run['switches'], ends):
        new = next((i for i, p in enumerate(pictures)
                    if asked < p[0] < end and p[1] == camera), None)
        if not new:             # none, or nothing before it
            missed += 1
            continue
        gaps.append(pictures[new][0] - pictures[new - 1][0])
        passed = pictures[new][3] - pictures[new - 1][3]
        taken.append(((passed + 2**31) % 2**32 - 2**31) / 10)
        times.append(pictures[new][0] - asked)
        # an old picture after the first new one
        back += any(p[1] != camera for p in pictures[new:] if p[0] < end)
    skipped = sum((b[2] - a[2] - 1) % 65536 for a, b in zip(pictures, pictures[1:])
                  if a[1] == b[1] and 0 < (b[2] - a[2]) % 65536 < 3000)
    return {'gaps': gaps, 'taken': taken, 'times': times, 'missed': missed + run['failed'], 'back': back,
            'skipped': skipped}


def row(name, run, seen):
    n = max(len(seen['gaps']), 1)
    gaps, taken, times = (seen[what] or [0] for what in ('gaps', 'taken', 'times'))
    return [WAYS[name], len(seen['gaps']), seen['missed'],
            *(f'{v:.0f}' for v in (statistics.median(gaps), bench.percentile(gaps, 99), max(gaps),
                                   statistics.median(taken), bench.percentile(taken, 99),
                                   statistics.median(times), bench.percentile(times, 99))),
            run['lost'], seen['skipped'], run['jumps'], seen['back'], run['negotiations'],
            f'{run["keys"] / n:.2f}', run['unreadable'], f'{run["kbits"]:.0f}']


HEAD = ['', 'n', 'failed', 'gap p50', 'p99', 'max', 'taken p50', 'p99', 'new p50', 'p99', 'lost', 'skipped', 'jumps',
        'old after new', 'negotiations', 'keys/switch', 'unreadable', 'kbit/s']


def look_at_sound(run):
    """Windows of 10 ms: [arrival, rms, largest step]"""
    windows = run['windows']
    usual = statistics.median(w[1] for w in windows)
    steps = sorted(w[2] for w in windows)
    quiet = longest = 0
    for _, rms, _ in windows:
        quiet = quiet + 10 if rms < usual / 4 else 0
        longest = max(longest, quiet)
    return {'windows': len(windows), 'gap': longest, 'step': steps[-1],
            'usual step': steps[len(steps) * 9 // 10]}


def promises(run, seen):
    """What is wanted of the source beside its gap"""
    wanted = [
        (run['lost'] == 0, f'no packet lost ({run["lost"]})'),
        (seen['skipped'] == 0, f'no picture skipped ({seen["skipped"]})'),
        (run['jumps'] == 0, f'no discontinuity ({run["jumps"]})'),
        (run['negotiations'] == 0, f'no renegotiation ({run["negotiations"]})'),
        (run['keys'] <= len(run['switches']), f'one key frame a switch at most ({run["keys"]})'),
        (seen['missed'] == 0, f'each switch seen ({seen["missed"]} not)'),
        (bench.percentile(seen['gaps'] or [1e9], 99) <= 1.5 * FRAME,
         'gap p99 of 1.5 frame intervals'),
        (bench.percentile(seen['times'] or [1e9], 99) <= OPEN + 2 * FRAME,
         'new picture after opening and two frame intervals'),
    ]
    return [text for good, text in wanted if not good]


def main():
    options = bench.arguments(__doc__)
    raw = {'facts': bench.print_facts('switch', options.quick)}
    server = bench.Server()
    runs, looks = raw.setdefault('runs', {}), {}
    for name in WAYS:
        count = COUNTS[name][not options.quick]
        if not count:
            continue
        run = bench.attempt(chromium, server, count) if name == 'chromium' else \
            bench.attempt(gstreamer, server, name, count)
        if run:
            runs[name], looks[name] = run, look_at(run)
    print('ms, at the receiver after decoding; new: from the request to the first new picture')
    bench.print_table(HEAD, [row(name, runs[name], looks[name]) for name in runs])
    missed = promises(runs['source'], looks['source']) if 'source' in runs else []
    sound = bench.attempt(gstreamer, server, 'microphone', COUNTS['microphone'][not options.quick])
    if sound:
        heard = look_at_sound(sound)
        print('callaudiosrc device-id: {windows} windows of 10 ms, longest gap {gap} ms, largest step {step} '
              '({usual step} within the tones)'.format(**heard))
        if heard['gap'] > 10:
            missed.append(f'no gap in the sound above 10 ms ({heard["gap"]})')
        if heard['step'] > 2 * heard['usual step']:
            missed.append('no step in the sound')
        raw['sound'] = heard
    ratio = None
    if looks.get('source', {}).get('gaps') and looks.get('chromium', {}).get('gaps'):
        ratio = bench.percentile(looks['source']['gaps'], 99) / \
            bench.percentile(looks['chromium']['gaps'], 99)
    return bench.finish('switch', ratio, 1.0, raw, options.json, missed)


if __name__ == '__main__':
    sys.exit(main())
