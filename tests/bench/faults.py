#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# bench: what each fault does to a call, against Chromium to Chromium
# npm: playwright-core@1.57.0
# npm: ws@8.18.0
# limit: 5400
"""For each fault, runs with callbins and then with the page in two Chromiums, through the
same kind of server and cable, each with the machine to itself: see
tests/bench/faults/faults.mjs for what goes wrong, README.md for the columns."""
import os
import statistics
import sys
import time

import benchlib as bench

FOLDER = bench.SOURCE / 'tests' / 'bench' / 'faults'
KINDS = ['callbin', 'chromium']
# What "again" counts from, in the order of faults.mjs
FAULTS = {
    'none': 'the last picture', 'cut-3': 'its end', 'cut-15': 'its end', 'cut-60': 'its end',
    'address': 'its beginning',
    'nat': 'its beginning', 'kill': 'the next join', 'stop': 'its end',
    'server': 'the last picture', 'turn': 'its beginning', 'loss-5': 'the last picture',
    'loss-20': 'the last picture', 'delay-300': 'the last picture',
    'rate-300': 'the last picture', 'rate-300-fit': 'the last picture',
    'duplicated': 'the join', 'delayed': 'the join', 'reordered': 'the join',
    'dropped': 'the join', 'clock': 'the last picture'}
QUICK = ['cut-3', 'server']
CALLS = 4  # at a time, over one cable
ALONE = {'rate-300-fit'}  # one
NEVER = 35000  # ms: call.mjs waits no longer
LEAST = 150  # ms: what is faster is as good as that, two pictures and their transport
MEMORY = 1024  # KiB more per run that are no growth yet: allocators keep some


def arguments():
    parser = bench.parser(__doc__)
    parser.add_argument('--fault', action='append', choices=list(FAULTS), metavar='NAME',
                        help=f'only this one; may be given again: {" ".join(FAULTS)}')
    parser.add_argument('--runs', type=int, help='of each fault (20)')
    parser.add_argument('--calls', type=int, help='over one cable at a time')
    parser.add_argument('--kind', choices=KINDS, help='only these')
    return parser.parse_args()


def measure(kind, fault, runs, calls):
    """What call.mjs says of one fault, or as far as it came"""
    results = []
    child = bench.Child(bench.SOURCE / 'tests' / 'lib' / 'run-on-link', 'node', FOLDER / 'call.mjs',
                        '--kind', kind, '--fault', fault, '--runs', str(runs),
                        '--calls', str(min(calls, runs)))
    try:
        for result in child.objects(400):
            results.append(result)
    except TimeoutError as error:
        print(f'({kind} {fault}: {error})', flush=True)
    finally:
        child.end()
    return results[:runs]


def run(kind, fault, runs, calls):
    if (kind, fault) == ('chromium', 'clock'):
        return []  # it does not run under libfaketime
    started = time.monotonic()
    found = bench.attempt(measure, kind, fault, runs, calls)
    print(f'({kind} {fault}: {len(found)} of {runs} runs in {time.monotonic() - started:.0f} s, '
          f'again {spread(found, "again")})', flush=True)
    return found


HELD = ('threads', 'descriptors', 'memory')


def values(results, key):
    """What a process holds counts after the first fault of its call: pools fill in that"""
    if key in HELD:
        results = [result for result in results if not result['first']] or results
    return [result[key] for result in results if result[key] is not None]


def spread(results, key, digits=0):
    found = values(results, key)
    return bench.spread(found, digits) if found else '-'


def row(kind, fault, results):
    never = sum(result['again'] is None for result in results)
    lost = values(results, 'lost')
    ours = kind == 'callbin'
    return [fault if ours else '', kind, len(results), spread(results, 'detected'),
            spread(results, 'again'), never or '', FAULTS[fault] if ours else '',
            sum(lost) if lost else '-',
            *[spread(results, key) if ours else '-' for key in HELD]]


def again(results):
    """The median of what it took, or None; never counts as the longest wait"""
    took = [NEVER if r['again'] is None else r['again'] for r in results]
    return max(statistics.median(took), LEAST) if took else None


def judge(fault, ours, theirs, wanted):
    """(ratio or None, what is not as wanted); wanted: runs of ours"""
    missed = []
    if len(ours) < wanted:
        missed.append(f'{fault}: {len(ours)} of {wanted} runs came to an end')
    errors = [text for result in ours for text in result['errors']]
    if errors:
        missed.append(f'{fault}: {len(errors)} errors, first: {errors[0]}')
    if any(values(ours, 'lost')):
        missed.append(f'{fault}: {sum(values(ours, "lost"))} pictures lost at other peers')
    never = sum(result['again'] is None for result in ours)
    if never:
        missed.append(f'{fault}: no pictures again in {never} of {len(ours)} runs')
    for key, bound in (('threads', 0), ('descriptors', 0), ('memory', MEMORY)):
        found = values(ours, key)
        if found and statistics.median_low(found) > bound:
            missed.append(f'{fault}: {statistics.median_low(found)} {key} more after a run')
    mine, other = again(ours), again(theirs)
    return (mine / other if mine and other else None), missed


def main():
    options = arguments()
    faults = options.fault or (QUICK if options.quick else list(FAULTS))
    runs = options.runs or (1 if options.quick else 20)
    kinds = [options.kind] if options.kind else KINDS
    os.environ['GST_CALL_NODE_MODULES'] = os.environ.get('NODE_PATH', '')
    raw = {'facts': bench.print_facts('faults', options.quick)}
    if not bench.CHROMIUM and 'chromium' in kinds:
        print('no Chromium here: tools/bootstrap test')
        kinds.remove('chromium')
    results = {(kind, fault): run(kind, fault, runs,
                                  options.calls or (1 if fault in ALONE else CALLS))
               for fault in faults for kind in kinds}
    raw['results'] = {f'{kind} {fault}': found for (kind, fault), found in results.items()}
    print('ms, min/median/max; detected: from the beginning, as a person is shown it; again: '
          'pictures both ways, from what is in the next column but one; more after than before: '
          'threads, descriptors, KiB')
    bench.print_table(['fault', 'call', 'n', 'detected', 'again', 'never', 'from',
                       'lost at others', 'threads', 'descriptors', 'KiB'],
                      [row(kind, fault, results[kind, fault]) for fault in faults for kind in kinds])
    ratios, missed = [], []
    for fault in faults:
        ratio, shortcomings = judge(fault, results.get(('callbin', fault), []),
                                    results.get(('chromium', fault), []),
                                    runs if 'callbin' in kinds else 0)
        missed += shortcomings
        if ratio is not None:
            ratios.append(ratio)
            if ratio > 1:
                missed.append(f'{fault}: {ratio:.2f} times as long as Chromium')
    return bench.finish('faults', max(ratios, default=None), 1.0, raw, options.json, missed)


if __name__ == '__main__':
    sys.exit(main())
