#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: CPU and memory of one sender with 1, 2, 4, 8 peers: callbin, bare webrtcbins
"""CPU time and memory of the sending process alone: 640x360, 30 pictures a second,
VP8, 1.5 Mbit/s, encoded once for all. The receivers live in another process and
decode nothing. See README.md."""
import statistics
import sys

import benchlib as bench

PEERS = (1, 2, 4, 8)


def slope(points):
    """Least squares: how much y grows with one more x."""
    mean_x = statistics.mean(x for x, _ in points)
    mean_y = statistics.mean(y for _, y in points)
    return (sum((x - mean_x) * (y - mean_y) for x, y in points) /
            sum((x - mean_x) ** 2 for x, _ in points))


def run(server, kind, number, seconds):
    """One sender, and receivers that come until there are eight."""
    room = server.room(f'{kind}-{number}')
    sender = bench.Child(bench.TOOLS / 'bench-mesh-send', kind, '--uri', room)
    sender.object()
    receiver = bench.Child(bench.TOOLS / 'bench-mesh-receive', '--uri', room)
    receiver.object()
    samples = []
    have = 0
    for peers in PEERS:
        receiver.ask(f'add {peers - have}')
        have = peers
        # the key frames of those who came are not what is measured
        sender.ask('measure 1000')
        receiver.tell(f'measure {seconds * 1000:.0f}')
        cost = sender.ask(f'measure {seconds * 1000:.0f}')
        got = receiver.object()['got']
        samples.append({
            'peers': peers, 'cpu': cost['cpu'] / cost['wall'] * 10, 'rss': cost['rss'] / 1024,
            'pss': cost['pss'] / 1024, 'threads': cost['threads'],
            'fps': min(g['fps'] for g in got), 'kbps': statistics.mean(g['kbps'] for g in got)})
    sender.end()
    receiver.end()
    return samples


def summary(samples):
    """Per number of peers, and what one more costs"""
    rows = []
    for peers in PEERS:
        of = [s for s in samples if s['peers'] == peers]
        if of:
            rows.append((peers, {key: [s[key] for s in of] for key in of[0]}))
    if not rows:
        return rows, None, None
    return (rows, slope([(s['peers'], s['cpu']) for s in samples]),
            slope([(s['peers'], s['pss']) for s in samples]))


def main():
    options = bench.arguments(__doc__)
    seconds, repeats = (2.5, 1) if options.quick else (10, 3)
    raw = {'facts': bench.print_facts('mesh', options.quick), 'samples': {}}
    server = bench.Server()
    kinds = ('callbin', 'bare')
    for number in range(repeats):
        for kind in kinds:
            raw['samples'].setdefault(kind, []).extend(
                bench.attempt(run, server, kind, number, seconds))
    table, extra = [], {}
    for kind in kinds:
        rows, cpu, pss = summary(raw['samples'][kind])
        extra[kind] = (cpu, pss)
        table += [[kind, peers, bench.spread(of['cpu'], 2), bench.spread(of['pss']),
                   bench.spread(of['rss']), max(of['threads']), f'{min(of["fps"]):.1f}',
                   f'{statistics.mean(of["kbps"]):.0f}'] for peers, of in rows]
    print('sender alone, min/median/max of the runs')
    bench.print_table(['', 'peers', 'CPU s in 10 s', 'PSS MB', 'RSS MB', 'threads', 'least fps',
                       'kbit/s each'], table)
    for kind, (cpu, pss) in extra.items():
        if cpu is not None:
            print(f'{kind}: each extra peer costs {cpu:.3f} CPU s in 10 s and {pss:.2f} MB '
                  '(wanted: at most 3 MB)')
    ours, theirs = extra['callbin'][0], extra['bare'][0]
    ratio = ours / theirs if ours is not None and theirs else None
    raw['extra_peer'] = {kind: {'cpu': cpu, 'pss': pss} for kind, (cpu, pss) in extra.items()}
    return bench.finish('mesh', ratio, 1.1, raw, options.json)


if __name__ == '__main__':
    sys.exit(main())
