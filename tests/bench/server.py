#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: relay latency and memory of call-server with 10,000 idle members, against npm's ws
# npm: ws@8.18.0
"""Each server in turn has 10,000 idle members in rooms of ten, and then a hundred others
in rooms of two send 5,000 messages a second. The rounds alternate; the ratio is that of the
medians of p99. A latency is from when the message was due to when it was read."""
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchlib import BUILD, SOURCE, TOOLS, Child, Server, arguments, finish, print_facts, \
    print_table

ACTIVE, RATE = 100, 5000
KILOBYTE = 1024


def resident(pid):
    """Bytes of memory that the process itself has touched."""
    for line in Path(f'/proc/{pid}/smaps_rollup').read_text().split('\n'):
        if line.startswith('Pss_Anon:') or line.startswith('Anonymous:'):
            return int(line.split()[1]) * KILOBYTE
    raise RuntimeError('no Anonymous in smaps_rollup')


def cpu(pid):
    fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def measure(server, port, idle, seconds):
    """One round: enters, weighs, lets them talk."""
    before = resident(server.process.pid)
    begun = time.monotonic()
    load = Child(TOOLS / 'bench-server-load', port, idle, ACTIVE, RATE, seconds)
    load.object(300)
    entered = time.monotonic() - begun
    time.sleep(1)  # so that what joining left to do is not measured
    bytes_each = (resident(server.process.pid) - before) / (idle + ACTIVE)
    used = cpu(server.process.pid)
    result = load.ask('go', seconds + 30)
    used = cpu(server.process.pid) - used
    load.end()
    if result['received'] != result['sent']:
        print(f'({server.name} relayed {result["received"]} of {result["sent"]} messages)')
    return {**result, 'bytes': bytes_each, 'cpu': used / seconds, 'entered': entered}


def ours(idle, seconds):
    folder = tempfile.mkdtemp(prefix='gst-call-bench-')
    try:
        server = Server('--max-per-address', '0', '--state-dir', folder)
        result = measure(server, server.http.rsplit(':', 1)[1], idle, seconds)
        server.process.terminate()
        server.process.wait(5)
        return result
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def theirs(idle, seconds):
    server = Child('node', SOURCE / 'tests' / 'bench' / 'server-ws.js')
    port = server.object(20)['port']
    result = measure(server, port, idle, seconds)
    server.end()
    return result


def main():
    options = arguments(__doc__)
    idle, seconds, rounds = (2000, 4, 2) if options.quick else (10000, 15, 3)
    facts = print_facts('server', options.quick)
    if not (BUILD / 'signaling' / 'call-server').exists():
        raise SystemExit('call-server is not built')
    runs = {'call-server': [], 'ws': []}
    for _ in range(rounds):
        runs['call-server'].append(ours(idle, seconds))
        runs['ws'].append(theirs(idle, seconds))

    def median(name, key):
        return statistics.median(run[key] for run in runs[name])

    print(f'{idle} idle members, {ACTIVE} others send {RATE} messages a second for {seconds} s, '
          f'{rounds} rounds; medians')
    print_table(['server', 'p50 ms', 'p99 ms', 'worst ms', 'p99 of each round', 'KB/connection',
                 'CPU', 'all in after s'],
                [[name, f'{median(name, "p50"):.2f}', f'{median(name, "p99"):.2f}',
                  f'{median(name, "max"):.1f}',
                  ' '.join(f'{run["p99"]:.2f}' for run in runs[name]),
                  f'{median(name, "bytes") / KILOBYTE:.1f}', f'{median(name, "cpu"):.2f}',
                  f'{median(name, "entered"):.1f}'] for name in runs])
    memory = median('call-server', 'bytes')
    print(f'memory: {memory / KILOBYTE:.1f} KB a plain connection, wanted at most 8: '
          f'{"ok" if memory <= 8 * KILOBYTE else "short"}')
    return finish('server', median('call-server', 'p99') / median('ws', 'p99'), 1.0,
                  {'facts': facts, 'runs': runs}, options.json)


if __name__ == '__main__':
    raise SystemExit(main())
