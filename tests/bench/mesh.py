#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: CPU and memory of one sender with 1, 2, 4, 8 peers: callbin, bare webrtcbins
"""CPU time and memory of the sending process alone: 640x360, 30 pictures a second,
VP8, 1.5 Mbit/s, encoded once for all. The receivers live in another process and
decode nothing. See README.md."""
import statistics
import sys
import time

import benchlib as bench

PEERS = (1, 2, 4, 8)


def slope(points):
    """Least squares: how much y grows with one more x."""
    mean_x = statistics.mean(x for x, _ in points)
    mean_y = statistics.mean(y for _, y in points)
    return (sum((x - mean_x) * (y - mean_y) for x, y in points) /
            sum((x - mean_x) ** 2 for x, _ in points))


class Side:
    """One sender, and receivers that come until there are eight."""

    def __init__(self, server, kind, number):
        room = server.room(f'{kind}-{number}')
        self.sender = bench.Child(bench.TOOLS / 'bench-mesh-send', kind, '--uri', room)
        self.sender.object()
        self.receiver = bench.Child(bench.TOOLS / 'bench-mesh-receive', '--uri', room)
        self.receiver.object()
        self.have = 0

    def grow(self, peers):
        self.receiver.ask(f'add {peers - self.have}')
        self.have = peers

    def start(self, seconds):
        self.receiver.tell(f'measure {seconds * 1000:.0f}')
        self.sender.tell(f'measure {seconds * 1000:.0f}')

    def result(self):
        cost = self.sender.object()
        got = self.receiver.object()['got']
        return {
            'peers': self.have, 'cpu': cost['cpu'] / cost['wall'] * 10,
            'rss': cost['rss'] / 1024, 'pss': cost['pss'] / 1024, 'threads': cost['threads'],
            'fps': min(g['fps'] for g in got), 'kbps': statistics.mean(g['kbps'] for g in got)}

    def end(self):
        self.sender.end()
        self.receiver.end()


def run(server, kinds, number, seconds):
    """Both at the same time: what else the machine does costs both the same."""
    sides = {kind: Side(server, kind, number) for kind in kinds}
    samples = {kind: [] for kind in kinds}
    for peers in PEERS:
        for side in sides.values():
            side.grow(peers)
        # the key frames of those who came are not what is measured
        time.sleep(1)
        for side in sides.values():
            side.start(seconds)
        for kind, side in sides.items():
            samples[kind].append(side.result())
    for side in sides.values():
        side.end()
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
    seconds, repeats = (6, 1) if options.quick else (10, 3)
    raw = {'facts': bench.print_facts('mesh', options.quick), 'samples': {}}
    server = bench.Server()
    kinds = ('callbin', 'bare')
    raw['samples'] = {kind: [] for kind in kinds}
    for number in range(repeats):
        samples = bench.attempt(run, server, kinds, number, seconds)
        for kind in kinds if samples else ():
            raw['samples'][kind] += samples[kind]
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
