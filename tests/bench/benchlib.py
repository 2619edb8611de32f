# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the benchmarks share: children that never outlive them, facts of the machine,
tables, and the last line."""
import argparse
import atexit
import json
import os
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

SOURCE = Path(os.environ.get('GST_CALL_SOURCE_ROOT', Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get('GST_CALL_BUILD_ROOT', SOURCE / 'build'))
TOOLS = BUILD / 'tests' / 'bench'
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')

_children = []


def _end_children():
    for child in reversed(_children):
        if child.poll() is None:
            child.terminate()
    for child in _children:
        try:
            child.wait(3)
        except subprocess.TimeoutExpired:
            child.kill()


atexit.register(_end_children)
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
signal.signal(signal.SIGINT, lambda number, frame: sys.exit(128 + number))


class Child:
    """A program that says what it has to say as lines of JSON."""

    def __init__(self, *command):
        self.name = Path(command[0]).name
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.unread = b''
        _children.append(self.process)

    def line(self, timeout):
        """The next line of its output, '' at its end."""
        # not readline (): select () does not see what that has read ahead
        while b'\n' not in self.unread:
            if not select.select([self.process.stdout], [], [], timeout)[0]:
                raise TimeoutError(f'{self.name} said nothing for {timeout} s')
            if not (data := os.read(self.process.stdout.fileno(), 65536)):
                break
            self.unread += data
        line, end, self.unread = self.unread.partition(b'\n')
        return (line + end).decode(errors='replace')

    def objects(self, timeout=25):
        """All lines of JSON until it ends."""
        while line := self.line(timeout):
            if line.startswith('{'):
                yield json.loads(line)
        if self.process.wait():
            print(f'({self.name} ended with status {self.process.returncode})')

    def object(self, timeout=60):
        while line := self.line(timeout):
            if line.startswith('{'):
                return json.loads(line)
        raise RuntimeError(f'{self.name} ended with status {self.process.wait()}')

    def tell(self, text):
        self.process.stdin.write(text + '\n')
        self.process.stdin.flush()

    def ask(self, text, timeout=60):
        self.tell(text)
        return self.object(timeout)

    def end(self):
        """Ends its input, by which it knows that it may go."""
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            print(f'({self.name} did not end by itself)', flush=True)
            self.process.kill()
            self.process.wait()


class Server(Child):
    """A call-server of our own on a free port of the loopback."""

    def __init__(self, *arguments):
        if not (BUILD / 'signaling' / 'call-server').exists():
            sys.exit('call-server is not built')
        super().__init__(BUILD / 'signaling' / 'call-server', '--listen',
                         '127.0.0.1:0', *arguments)
        deadline = time.monotonic() + 10
        while True:
            line = self.line(max(0.1, deadline - time.monotonic()))
            if match := re.search(r'(?:http|ws)://127\.0\.0\.1:(\d+)', line):
                break
            if not line:
                raise RuntimeError('call-server ended before it listened')
        self.http = f'http://127.0.0.1:{match.group(1)}'
        # nobody reads what else it says, but its pipe must not fill
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def room(self, name):
        return self.http.replace('http', 'ws') + f'/room/{name}'


def parser(description):
    """With what every benchmark takes"""
    found = argparse.ArgumentParser(description=description)
    found.add_argument('--quick', action='store_true')
    found.add_argument('--json', metavar='FILE')
    return found


def arguments(description):
    return parser(description).parse_args()


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ''


def facts():
    """What the figures depend on."""
    model = re.search(r'model name\s*: (.*)', Path('/proc/cpuinfo').read_text())
    gst = re.search(r'GStreamer (\S+)', _output('gst-launch-1.0', '--version'))
    nice = _output('pkg-config', '--modversion', 'nice').strip()
    chromium = re.search(r'[\d.]{5,}', _output(CHROMIUM, '--version')) if CHROMIUM else None
    return {
        'cores': len(os.sched_getaffinity(0)),
        'cpu': model.group(1).strip() if model else 'unknown',
        'kernel': os.uname().release,
        'load': round(os.getloadavg()[0], 2),
        'gstreamer': gst.group(1) if gst else 'unknown',
        'libnice': nice or 'unknown',
        'chromium': chromium.group(0) if chromium else 'none',
        'network': os.environ.get('BENCH_NETWORK', 'host'),
        'date': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
    }


def print_facts(name, quick):
    machine = facts()
    print(f'{name}{" (quick)" if quick else ""}: {machine["cores"]} cores {machine["cpu"]}, '
          f'Linux {machine["kernel"]}, load {machine["load"]}, '
          f'GStreamer {machine["gstreamer"]}, libnice {machine["libnice"]}, '
          f'Chromium {machine["chromium"]}, {machine["network"]} network, {machine["date"]}',
          flush=True)
    if machine['load'] > machine['cores'] / 2:
        print('the machine is busy: expect worse and wider figures')
    return machine


def spread(values, digits=1):
    """min/median/max as text, or a dash"""
    if not values:
        return '-'
    return '/'.join(f'{v:.{digits}f}' for v in (min(values), statistics.median(values),
                                                max(values)))


def print_table(head, rows):
    table = [head, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        print('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def percentile(values, share):
    """The value that so many percent are not above"""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def finish(name, ratio, wanted, raw, json_file, missed=()):
    """Keeps the raw numbers and says the last line. missed: what else was wanted and is
    not so."""
    if json_file:
        Path(json_file).write_text(json.dumps(
            {'name': name, 'ratio': ratio, 'wanted': wanted, **raw}, indent=1) + '\n')
    for promise in missed:
        print(f'not so: {promise}')
    if ratio is None:
        print(f'{name} ratio=none wanted={wanted:.2f} short')
        return 1
    verdict = 'ok' if ratio <= wanted and not missed else 'short'
    print(f'{name} ratio={ratio:.2f} wanted={wanted:.2f} {verdict}')
    return 0


def attempt(measure, *args):
    """The samples, or none and a word about why: the others are measured all the same."""
    try:
        return measure(*args)
    except (OSError, RuntimeError, TimeoutError, ValueError) as error:
        print(f'{measure.__name__}: {error}', flush=True)
        return []


def joins(child):
    """The marks of the joins that succeeded; the others are told, not hidden."""
    good = []
    for marks in child.objects():
        if marks['who'] == 'failed':
            print(f'({child.name}: a join failed after 8 s: {json.dumps(marks)})', flush=True)
        elif marks['who'] == 'second':
            good.append(marks)
    return good


def median_of(samples, mark):
    values = [sample[mark] for sample in samples if mark in sample]
    return statistics.median(values) if values else None


def chromium_command(mode, server, *more):
    """The command of bench-chromium.js, [] where it cannot run."""
    if not CHROMIUM or not shutil.which('node'):
        print('no Chromium or no node here: tools/bootstrap test')
        return []
    command = ['node', Path(__file__).parent / 'chromium' / 'bench-chromium.js', mode,
               '--server', server.http, '--executable', CHROMIUM, *more]
    if os.environ.get('BENCH_NETWORK') != 'own':
        command.append('--loopback')
    return command


def chromium(mode, server, *more):
    """The samples of bench-chromium.js, [] where it cannot run."""
    command = chromium_command(mode, server, *more)
    return [o for o in Child(*command).objects(90) if 'who' in o] if command else []
