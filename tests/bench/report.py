"""Checks the folder that `saker-bench wire --out` wrote: report.py FOLDER ROUNDS LOADS.

Counts and structure, and that all forms tell the same; never how fast anything was.
"""
import csv
import json
import sys
import xml.dom.minidom
from pathlib import Path

import hlog


def expect(what, holds, saw=''):
    print('ok' if holds else 'FAILED', what, '' if holds else saw)
    if not holds:
        expect.failures += 1


expect.failures = 0


def check_totals(report):
    for name in ('echo', 'order'):
        totals = report[name]
        expect(f'{name}: answered and lost make up what was sent', totals['lost'] == 0
               and totals['answered'] == totals['measured'] > 0, totals)
        expect(f'{name}: sent as planned', totals['sent'] == totals['planned'], totals)
    order = report['order']
    both = order['latency']['samples'] + report['cancel']['samples']
    expect('orders and cancels are all that was measured', both == order['measured'], order)
    expect('all were accepted', order['not_accepted'] == 0, order)


def check_stages(report):
    samples = {name: stage['samples'] for name, stage in report['stages'].items()}
    expect('stages are named', list(samples) == ['plan', 'inbound', 'verify', 'match', 'stage',
                                                 'outbound'], samples)
    # Reports that came after a hole are not attributed; without losses there are none.
    expect('each order has its stages',
           set(samples.values()) == {report['order']['latency']['samples']}, samples)


def check_log(folder, report, rounds):
    lines = list(hlog.read_log(folder / 'latency.hlog'))
    tags = [line[0] for line in lines]
    expect('two intervals in each round', tags == ['echo', 'order'] * rounds, tags)
    starts = [line[1] for line in lines]
    expect('in the order they were taken', starts == sorted(starts), starts)
    for line, (number, key) in zip(lines, [(n, k) for n in range(rounds)
                                           for k in ('echo_p50_ns', 'order_p50_ns')]):
        mine = hlog.percentile(line[4], 50)
        theirs = report['rounds'][number][key]
        expect(f'round {number} {key} is read as {theirs}', mine == theirs, mine)
    for name in ('echo', 'order'):
        total = sum(c for line in lines if line[0] == name for _, c in line[4])
        expect(f'all {name} samples are in the log',
               total == report[name]['latency']['samples'], total)


def check_forms(folder, report, loads):
    rows = list(csv.DictReader((folder / 'report.csv').open()))
    by_name = {row['what']: row for row in rows}
    expect('the csv tells the same',
           int(by_name['order']['samples']) == report['order']['latency']['samples'], rows)
    expect('a point for each load', len(report['curve']) >= min(loads, 1)
           and len([r for r in rows if r['what'].startswith('load')]) == len(report['curve']),
           report['curve'])
    page = (folder / 'report.html').read_text()
    expect('pictures in the page', page.count('<svg') == (3 if loads else 2))
    for svg in page.split('<svg')[1:]:
        xml.dom.minidom.parseString('<svg' + svg.split('</svg>')[0] + '</svg>')
    for picture in ['percentiles.svg'] + ['load.svg'] * bool(loads):
        xml.dom.minidom.parse(str(folder / picture))
    for name in ('commit', 'build', 'machine', 'kernel', 'DPDK', 'machine load', 'transport',
                 'commit policy', 'tags', 'load', 'achieved', 'samples'):
        expect(f'the head says {name}', bool(report['facts'].get(name)), report['facts'])
        expect(f'the page, too, says {name}', f'<th>{name}</th>' in page)
    table = (folder / 'order.hgrm').read_text().splitlines()
    expect('the table of percentiles ends at all of them',
           [line.split()[1:3] for line in table if line.split()[1:2] == ['1.000000000000']]
           == [['1.000000000000', str(report['order']['latency']['samples'])]], table[-5:])


def main():
    folder, rounds, loads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    report = json.loads((folder / 'report.json').read_text())
    expect('every round is there', len(report['rounds']) == rounds, report['rounds'])
    check_totals(report)
    check_stages(report)
    check_log(folder, report, rounds)
    check_forms(folder, report, loads)
    sys.exit(1 if expect.failures else 0)


if __name__ == '__main__':
    main()
