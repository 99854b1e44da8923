"""Runs fuzz targets by processor time and keeps the record of it: what `./saker test --fuzz` calls.

fuzz.py run [--hours H | --seconds N] [--jobs N] [--keep] [--record FILE] [--rows-only]
            [--root DIR] RESULTS PROGRAM...
    --seconds N  N processor seconds of each target (60)
    --hours H    H processor hours in all, slice by slice, the target with the least so far first
    --jobs N     so many at a time (1)
    --keep       minimises what was learnt into the corpora in the tree
    --record     adds every slice to this file as it ends
    --root DIR   where the targets' corpora are (this tree)
    --rows-only  prints the rows of the slices, neither header nor sum
fuzz.py header   prints the rows' header
fuzz.py table RECORD DOCUMENT
    writes the record's table into the document, between the two lines that say so

RESULTS/NAME is the corpus that grows from run to run, RESULTS/NAME.log what the last slice said,
RESULTS/NAME.crash-… what a target fell over. SIGINT or SIGTERM ends the run; its slices count as
far as they came. Everything runs at idle priority.
"""

import argparse
import os
import pathlib
import signal
import sys
import threading

sys.dont_write_bytecode = True

from fuzz_keep import keep
from fuzz_record import Record, write_table
from fuzz_slice import run_slice

SLICE_S = 60  # of processor time; reading the corpus again is little beside it

HEADER = ('| target | executions | a second | processor s | edges | features | last new edge at '
          '| inputs kept | outcome |\n' + '| --- ' * 9 + '|')


def target_of(program):
    return pathlib.Path(program).name.removesuffix('_fuzz')


def find_in_tree(root, name):
    """The target's corpus folder and, when it has one, its dictionary."""
    for folder, folders, files in os.walk(root):
        folders[:] = [one for one in folders if one not in ('build', '.git', 'node_modules')]
        if f'{name}_fuzz_corpus' in folders:
            dictionary = f'{name}_fuzz.dict'
            return (pathlib.Path(folder, f'{name}_fuzz_corpus'),
                    pathlib.Path(folder, dictionary) if dictionary in files else None)
    sys.exit(f'{name}_fuzz has no corpus folder in the tree')


class Run:
    """Workers take slices until the time is used up."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.record = Record(options.record)
        self.programs = {target_of(program): program for program in options.program}
        self.in_tree = {name: find_in_tree(options.root, name) for name in self.programs}
        self.spent_s = dict.fromkeys(self.programs, 0.0)
        self.busy, self.failed = set(), {}
        self.left_s = options.hours * 3600 if options.hours else None

    def next_slice(self):
        """(target, processor seconds), or None when there is nothing more to do now."""
        with self.lock:
            free = [name for name in self.programs if name not in self.busy | set(self.failed)]
            free.sort(key=lambda name: self.record.processor_s(name))  # the order asked for: stable
            if self.left_s is None:
                free = [name for name in free if self.spent_s[name] == 0]
            used_up = self.left_s is not None and self.left_s < 0.1
            if self.stopping.is_set() or not free or used_up:
                return None
            seconds = self.options.seconds
            if self.left_s is not None:
                seconds = min(SLICE_S, self.left_s)
                self.left_s -= seconds
            self.busy.add(free[0])
            return free[0], seconds

    def work(self):
        while True:
            chosen = self.next_slice()
            if chosen is None:
                return
            name, seconds = chosen
            tree, dictionary = self.in_tree[name]
            done = run_slice(self.programs[name], name, self.options.results, tree, dictionary,
                             seconds, self.stopping)
            with self.lock:
                self.busy.discard(name)
                self.spent_s[name] += max(done.processor_s, 0.01)
                if done.problem:
                    self.failed[name] = done.problem
                self.record.add(name, done, self.options.root)
                print(row(name, done), flush=True)

    def run(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        if not self.options.rows_only:
            print(HEADER, flush=True)
        workers = [threading.Thread(target=self.work) for _ in range(self.options.jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(0.5)
        if self.options.keep:
            self.keep_all()
        for name, problem in self.failed.items():
            print(f'{name}: {problem}; its input and its log: {self.options.results}/{name}.*',
                  file=sys.stderr)
        if not self.options.rows_only:
            passed = sum(spent > 0 for spent in self.spent_s.values()) - len(self.failed)
            print(f'{passed} passed, {len(self.failed)} failed', flush=True)
        return 1 if self.failed else 130 if self.stopping.is_set() else 0

    def keep_all(self):
        for name, program in self.programs.items():
            if self.spent_s[name] == 0:
                continue
            kept = keep(program, self.options.results / name, self.in_tree[name][0])
            if kept is None:
                self.failed.setdefault(name, 'its inputs could not be merged')
            else:
                print(f'{name}: {kept[0]} inputs in the tree, {kept[1]:,} bytes', flush=True)


def row(name, done):
    per_second = done.executions / done.processor_s if done.processor_s > 0 else 0
    last_new = f'{done.new_edge_s:,.0f} s' if done.new_edge_s else 'the seeds'
    return (f'| {name} | {done.executions:,} | {per_second:,.0f} | {done.processor_s:,.0f} | '
            f'{done.edges:,} | {done.features:,} | {last_new} | {done.inputs:,} | '
            f'{done.problem or "clean"} |')


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest='verb', required=True)
    run = verbs.add_parser('run')
    run.add_argument('--seconds', type=float, default=60)
    run.add_argument('--hours', type=float)
    run.add_argument('--jobs', type=int, default=1)
    run.add_argument('--keep', action='store_true')
    run.add_argument('--record', type=pathlib.Path)
    run.add_argument('--rows-only', action='store_true')
    run.add_argument('--root', type=pathlib.Path,
                     default=pathlib.Path(__file__).resolve().parents[2])
    run.add_argument('results', type=pathlib.Path)
    run.add_argument('program', nargs='+')
    verbs.add_parser('header')
    table = verbs.add_parser('table')
    table.add_argument('record', type=pathlib.Path)
    table.add_argument('document', type=pathlib.Path)
    options = parser.parse_args()
    if options.verb == 'header':
        print(HEADER)
        return 0
    if options.verb == 'table':
        write_table(options.record, options.document)
        return 0
    return Run(options).run()


sys.exit(main())
