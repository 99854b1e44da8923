"""Adds up test results and ends with the line `N passed, N failed`.

Arguments: result files. `*.json` is Meson's testlog.json, one object a line; `*.txt` has lines
`OK|FAIL NAME LOGFILE`. A GoogleTest executable counts with each of its cases, anything else as
one. A skipped case or test is a failure: the suite has none. Every `*.json` must hold the same
list of tests. Exits 0 only when something passed and nothing failed.
"""

import json
import re
import sys

GTEST_OK = re.compile(r"^\[       OK \] (\S+)", re.MULTILINE)
GTEST_BAD = re.compile(r"^\[  (?:FAILED |SKIPPED) \] ([\w/.]+)(?:,.*)? \(\d+ ms\)$", re.MULTILINE)
# How a test says what failed; the lines after it say what was seen.
FAILURE = re.compile(r"^(FAILED|TIMED OUT|not ok)\b|: Failure$|ERROR: \w+Sanitizer|runtime error:")
TAIL_LINES = 60
HEADLINES = 3        # of one test
HEADLINE_LINES = 3   # of one failure
HEADLINE_COLUMNS = 300


class Totals:
    """Counts over all builds, and what is wrong."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.complaints = []

    def add(self, name, passed, failed, output):
        self.passed += passed
        self.failed += failed
        if failed:
            tail = output.rstrip().splitlines()[-TAIL_LINES:]
            self.complaints.append((name, tail, headlines(output)))


def headlines(output):
    """The first failures in a test's output, each with the lines that follow it."""
    lines = output.splitlines()
    places = [at for at, line in enumerate(lines) if FAILURE.search(line)]
    shown = []
    for at in places[:HEADLINES]:
        shown += [line[:HEADLINE_COLUMNS] for line in lines[at:at + HEADLINE_LINES]]
    if len(places) > HEADLINES:
        shown.append(f"... and {len(places) - HEADLINES} more")
    return shown


def count_cases(entry):
    """(passed, failed) of one entry of Meson's log."""
    output = entry.get("stdout") or ""
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    passed = len(set(GTEST_OK.findall(output)))
    failed = len(set(GTEST_BAD.findall(output)))
    if passed + failed == 0:
        return (1, 0) if good else (0, 1)
    if not good:
        failed = max(failed, 1)
    return passed, failed


def add_meson(path, totals):
    """Adds Meson's log; returns the set of test names in it."""
    build = path.rsplit("/", 1)[-1].removesuffix(".json")
    names = set()
    with open(path, encoding="utf-8") as log:
        for line in filter(str.strip, log):
            entry = json.loads(line)
            names.add(entry["name"])
            passed, failed = count_cases(entry)
            output = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
            title = f"{entry['name']} ({build} build): {entry['result']}"
            totals.add(title, passed, failed, output)
    return names


def add_scripts(path, totals):
    with open(path, encoding="utf-8") as log:
        for line in filter(str.strip, log):
            outcome, name, output_path = line.split()
            with open(output_path, encoding="utf-8", errors="replace") as output:
                text = output.read()
            good = outcome == "OK"
            totals.add(f"{name}: {outcome}", int(good), int(not good), text)


def main(paths):
    totals = Totals()
    lists = {}
    for path in paths:
        if path.endswith(".json"):
            lists[path] = add_meson(path, totals)
        else:
            add_scripts(path, totals)
    for path, names in lists.items():
        missing = set.union(*lists.values()) - names
        if missing:
            totals.add(f"tests missing in {path}", 0, 1, " ".join(sorted(missing)))
    for name, tail, _ in totals.complaints:
        print(f"\n==== {name}")
        print("\n".join(tail))
    if totals.complaints:
        print("\n==== in short")
    for name, _, first in totals.complaints:
        print(name)
        print("".join(f"  {line}\n" for line in first), end="")
    print(f"{totals.passed} passed, {totals.failed} failed", flush=True)
    return 0 if totals.passed and not totals.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
