#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: what chunk-size and window do to a file
"""A file from one gst-launch line to another through callfilepay and callfiledepay, over the
loopback, with each chunk size and window by turns. See README.md."""
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import benchlib as bench

CHUNKS = [8, 16, 32, 48]  # KiB, to the most
WINDOWS = [512, 768, 2048, 4096]  # KiB; from the least to the most
DEFAULT = (32, 768)


class Line(bench.Child):
    """A line of gst-launch, of which the element messages are read"""

    def __init__(self, words):
        os.environ['GST_PLUGIN_PATH'] = str(bench.BUILD / 'gst')
        super().__init__('gst-launch-1.0', '-m', *words.split())

    def wait(self, message, seconds=60):
        """The time at which that message came"""
        end = time.monotonic() + seconds
        while line := self.line(max(0.1, end - time.monotonic())):
            if re.search(rf'\(element\): {message}[,;]', line):
                return time.monotonic()
        raise RuntimeError(f'{self.name} ended without {message}')

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def transfer(server, file, chunk, window, count):
    """MB/s of one file"""
    room = server.room(f'file-{count}')
    with tempfile.TemporaryDirectory() as folder:
        to = Line(f'callbin name=call uri={room} call.remote_data_files ! '
                  f'callfiledepay directory={folder}')
        to.wait('call-joined')
        send = Line(f'filesrc location={file} ! callfilepay chunk-size={chunk * 1024} '
                    f'window={window * 1024} ! call.data_files callbin name=call uri={room}')
        try:
            began = to.wait('call-file-progress')
            ended = to.wait('call-file-received')
        finally:
            send.stop()
            to.stop()
    return file.stat().st_size / 1e6 / (ended - began)


def main():
    options = bench.arguments(__doc__)
    raw = {'facts': bench.print_facts('file', options.quick)}
    pairs = [DEFAULT, (16, 512)] if options.quick else [(c, w) for c in CHUNKS for w in WINDOWS]
    samples = {pair: [] for pair in pairs}
    server = bench.Server()
    with tempfile.NamedTemporaryFile() as file:
        block = os.urandom(1000000)
        for _ in range(20 if options.quick else 100):
            file.write(block)
        file.flush()
        for turn in range(1 if options.quick else 3):
            for i, pair in enumerate(pairs):
                found = bench.attempt(transfer, server, Path(file.name), *pair, turn * 100 + i)
                samples[pair] += [found] if found else []
    print('MB/s, min/median/max; chunk size by window, KiB')
    windows = sorted({window for _, window in pairs})
    bench.print_table(['', *map(str, windows)], [
        [chunk, *[bench.spread(samples.get((chunk, window), [])) for window in windows]]
        for chunk in sorted({chunk for chunk, _ in pairs})])
    raw['MBps'] = {f'{chunk}/{window}': of for (chunk, window), of in samples.items()}
    medians = {pair: statistics.median(of) for pair, of in samples.items() if of}
    ratio = max(medians.values()) / medians[DEFAULT] if DEFAULT in medians else None
    return bench.finish('file', ratio, 1.10, raw, options.json)


if __name__ == '__main__':
    sys.exit(main())
