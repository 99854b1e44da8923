"""The record of all fuzzing, a line for each target (docs/fuzzing.csv), and the table of it."""

import csv
import datetime
import fcntl
import os
import subprocess
import sys

FIELDS = ['target', 'processor_s', 'executions', 'edges', 'features', 'since_new_edge_s',
          'since_new_feature_s', 'inputs', 'last_run', 'commit', 'outcome']
NUMBERS = FIELDS[1:8]
ENOUGH_S = 7200
BEGIN = '<!-- from docs/fuzzing.csv, by ./saker test --fuzz --table -->'
END = '<!-- end of the table -->'


def read_record(path):
    rows = {}
    if path is not None and path.exists():
        with open(path, encoding='utf-8', newline='') as file:
            rows = {row['target']: row for row in csv.DictReader(file)}
    return rows


class Record:
    """With no path it is empty and stays so."""

    def __init__(self, path):
        self.path = path
        self.rows = read_record(path)

    def processor_s(self, name):
        return float(self.rows[name]['processor_s']) if name in self.rows else 0.0

    def add(self, name, done, root):
        """Another run may have written since: the file is read again, changed, replaced."""
        if self.path is None:
            return
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self.rows = read_record(self.path)
            self.rows[name] = self.row(name, done, root)
            new = f'{self.path}.new'
            with open(new, 'w', encoding='utf-8', newline='') as file:
                writer = csv.DictWriter(file, FIELDS, lineterminator='\n')
                writer.writeheader()
                writer.writerows(self.rows[key] for key in sorted(self.rows))
            os.replace(new, self.path)
        finally:
            os.close(folder)

    def row(self, name, done, root):
        old = self.rows.get(name, dict.fromkeys(FIELDS, '0'))

        def since(new_s, field):
            return round(done.processor_s - new_s if new_s else
                         float(old[field]) + done.processor_s, 1)

        return {
            'target': name,
            'processor_s': round(float(old['processor_s']) + done.processor_s, 1),
            'executions': int(old['executions']) + done.executions,
            # A short run ends before it has read all of its inputs.
            'edges': max(done.edges, int(old['edges'])),
            'features': max(done.features, int(old['features'])),
            'since_new_edge_s': since(done.new_edge_s, 'since_new_edge_s'),
            'since_new_feature_s': since(done.new_feature_s, 'since_new_feature_s'),
            'inputs': done.inputs,
            'last_run': datetime.datetime.now(datetime.timezone.utc).strftime('%Y-%m-%d'),
            'commit': commit_of(root),
            'outcome': done.problem or 'clean',
        }


def commit_of(root):
    """With a plus when there is C++ that is not in it."""
    def git(*words):
        return subprocess.run(['git', '-C', str(root), *words], capture_output=True, text=True,
                              check=False).stdout.strip()

    changed = git('status', '--porcelain', '--untracked-files=no', '--', '*.cpp', '*.hpp')
    return (git('rev-parse', '--short', 'HEAD') or 'unknown') + ('+' if changed else '')


def write_table(record, document):
    text = document.read_text(encoding='utf-8')
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f'{document} has no place for the table')
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    document.write_text(before + BEGIN + '\n' + table(read_record(record)) + END + after,
                        encoding='utf-8')


def table(rows):
    lines = ['| target | processor s | executions | edges | features | since the last new edge, s '
             '| since the last new feature, s | inputs | last run | commit | outcome |',
             '| --- ' * 11 + '|']
    for row in rows.values():
        cells = [f'{float(row[field]):,.0f}' if field in NUMBERS else row[field]
                 for field in FIELDS]
        lines.append('| ' + ' | '.join(cells) + ' |')
    total_s = sum(float(row['processor_s']) for row in rows.values())
    enough = sum(float(row['processor_s']) >= ENOUGH_S for row in rows.values())
    lines += ['', f'{len(rows)} targets, {total_s / 3600:.1f} processor-hours, '
              f'{sum(int(row["executions"]) for row in rows.values()):,} executions; '
              f'{enough} of the targets had their two hours.', '']
    return '\n'.join(lines)
