#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: data channels: callbin's pads, a bare pair of webrtcbins, Chromium
# npm: playwright-core@1.57.0
"""One transfer over the loopback by turns with callbin, two bare webrtcbins with the usual
watermarks, and Chromium; then 1,000 messages of 100 bytes a second. See README.md."""
import os
import shutil
import statistics
import sys
from pathlib import Path

import benchlib as bench

TOOL = bench.TOOLS / 'bench-data'
MEMORY = 16 * 1024  # KiB more while a transfer runs


def ours(kind, mode, *more):
    return bench.Child(TOOL, kind, mode, *more).object(150)


def chromium(mode, *more):
    if not bench.CHROMIUM or not shutil.which('node'):
        raise RuntimeError('no Chromium or no node here: tools/bootstrap test')
    command = ['node', Path(__file__).parent / 'chromium' / 'bench-data.js', mode,
               '--executable', bench.CHROMIUM, *more]
    if os.environ.get('BENCH_NETWORK') != 'own':
        command.append('--loopback')
    return bench.Child(*command).object(150)


def add(samples, name, measure, *args):
    found = bench.attempt(measure, *args)
    samples.setdefault(name, [])
    if found:
        samples[name].append(found)


def one_turn(samples, turn, size, total):
    """callbin and the bare pair, one after the other, in turns who is first: the bare pair's
    MB/s to callbin's. From one minute to the next both may be a third faster or slower."""
    rates = {}
    for kind in ('callbin', 'bare')[::-1 if turn % 2 else 1]:
        name = f'{kind}, {size // 1024} KiB'
        found = bench.attempt(ours, kind, 'throughput', '--total', total, '--size', size)
        samples.setdefault(name, []).extend([found] if found else [])
        rates[kind] = found and found['MBps']
    return [rates['bare'] / rates['callbin']] if all(rates.values()) else []


def throughput(options):
    samples, ratios = {}, []
    total = '40' if options.quick else '200'
    for turn in range(2 if options.quick else 12):
        for size in (16384,) if options.quick else (16384, 65536):
            ratios += one_turn(samples, turn, size, total)
        if turn % 2 == 0:
            add(samples, 'Chromium, 64 KiB', chromium, 'throughput', '--total', total)
    bench.print_table(['', 'n', 'MB/s', 'CPU s', 'memory KiB'], [
        [name, len(of), bench.spread([s['MBps'] for s in of]),
         bench.spread([s['cpu'] for s in of if 'cpu' in s]),
         bench.spread([s['memory'] for s in of if 'memory' in s], 0)]
        for name, of in sorted(samples.items())])
    print(f"the bare pair's MB/s to callbin's, turn by turn: {bench.spread(ratios, 2)}")
    return samples, ratios


def latency(options):
    seconds = ['--seconds', '3' if options.quick else '10']
    samples = {}
    add(samples, 'callbin, and video', ours, 'callbin', 'latency', '--video', *seconds)
    add(samples, 'the same without data', ours, 'callbin', 'latency', '--video', '--silent', *seconds)
    add(samples, 'bare pair', ours, 'bare', 'latency', *seconds)
    add(samples, 'Chromium', chromium, 'latency', *seconds)
    rows = []
    for name, found in samples.items():
        for s in found:
            ms = [age / 1000 for age in s['ages']]
            rows.append([name, len(ms), *[f'{bench.percentile(ms, p):.2f}' if ms else '-' for p in (50, 99)],
                         s.get('sent', '-'), s.get('decoded', '-')])
    print('1,000 messages a second of 100 bytes, ms; pictures beside them')
    bench.print_table(['', 'n', 'p50', 'p99', 'pictures sent', 'decoded'], rows)
    return samples


def judge(moved, messages):
    missed = []
    for name, of in moved.items():
        most = max((s['memory'] for s in of if 'memory' in s), default=0)
        if name.startswith('callbin') and most > MEMORY:
            missed.append(f'{name}: {most} KiB more while it ran')
    for s in messages.get('callbin, and video', []):
        if s['sent'] - s['decoded'] > 2:  # one or two are under way at the end
            missed.append(f"{s['sent'] - s['decoded']} pictures lost")
    return missed


def main():
    options = bench.arguments(__doc__)
    raw = {'facts': bench.print_facts('data', options.quick)}
    moved, ratios = throughput(options)
    raw['throughput'], raw['ratios'] = moved, ratios
    raw['latency'] = messages = latency(options)
    ratio = statistics.median(ratios) if ratios else None
    return bench.finish('data', ratio, 1 / 0.95, raw, options.json, judge(moved, messages))


if __name__ == '__main__':
    sys.exit(main())
