"""One row of the table of `./saker test --fuzz`: fuzz_row.py NAME LOG TIMES CORPUS OUTCOME."""

import os
import re
import sys


def main():
    name, log, times, corpus, outcome = sys.argv[1:]
    executions = edges = last_new = 0
    problem = ''
    with open(log, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            found = re.match(r'#(\d+)\s+(\S+)\s+cov: (\d+)', line)
            if found:
                executions = int(found[1])
                if int(found[3]) > edges and found[2] != 'INITED':
                    last_new = executions
                edges = max(edges, int(found[3]))
            found = re.match(r'stat::number_of_executed_units:\s+(\d+)', line)
            if found:
                executions = int(found[1])
            if not problem and ('ERROR:' in line or 'runtime error:' in line):
                problem = line.strip()[:60]
    with open(times, encoding='utf-8') as text:
        words = text.read().split()
    processor_s = sum(float(word) for word in words[-2:])
    per_second = executions / processor_s if processor_s > 0 else 0
    share = f'{100 * last_new // executions} % of them' if last_new else 'the seeds'
    good = 'clean' if outcome == '0' else problem or f'exit status {outcome}'
    print(f'| {name} | {executions:,} | {per_second:,.0f} | {processor_s:.0f} | {edges:,} | '
          f'{share} | {len(os.listdir(corpus)):,} | {good} |', flush=True)


main()
