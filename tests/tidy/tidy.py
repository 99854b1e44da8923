"""The rules of the house that a program can hold. Prints one line per breach, exits 1 if any.

Usage: tidy.py [ROOT]. Each rule is a function from a Tree to (path, line, message) triples.
"""

import ast
import os
import re
import sys

import cpp_scan

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100

# Folder -> the folders it may include from. The longest matching folder counts; None is "all".
MAY_INCLUDE = {
    'common': {'common'},
    'proto': {'common', 'proto'},
    'journal': {'common', 'journal'},
    'net': {'common', 'net'},
    'engine/core': {'common', 'proto', 'engine/core'},
    'engine': {'common', 'proto', 'journal', 'net', 'engine', 'engine/core'},
    'client': {'common', 'proto', 'net', 'client'},
    'bots': {'common', 'proto', 'net', 'client', 'bots'},
    'gateway': {'common', 'proto', 'client', 'journal', 'web', 'gateway'},
    'accounts': {'common', 'proto', 'client', 'journal', 'events', 'web', 'accounts'},
    'marketdata': {'common', 'proto', 'client', 'journal', 'events', 'web', 'marketdata'},
    'events': {'common', 'proto', 'journal', 'events'},
    'web': {'common', 'web'},
    'sim/naive': {'common', 'proto', 'sim/naive'},
    'sim': None,
    'bench': None,
    'tests': None,
    'tuning': {'common', 'tuning'},
}

# Headers that may be included from folders which may not include the rest of theirs: the event
# journal is what the engine's side hands to the services; its writer is for their tests alone.
OPEN_HEADERS = {
    'engine/follower/event_format.hpp': {'events', 'accounts', 'marketdata'},
    'engine/follower/event_reader.hpp': {'events', 'accounts', 'marketdata'},
    'engine/follower/event_journal.hpp': {'events', 'accounts', 'marketdata'},
}

SKIPPED_FOLDERS = {'build', 'dist', '.git', '.saker', '__pycache__', 'node_modules'}
SOURCE = ('.cpp', '.hpp', '.sh', '.py', '.fbs')
PAGE = ('.ts', '.tsx', '.css', '.mjs')  # length of functions: biome, frontend/biome.json
# Put together from halves, so that this file does not break its own rule.
UNFINISHED = re.compile(r'\b(%s)\b|(%s)' % (
    '|'.join(('TO' 'DO', 'FIX' 'ME', 'X' 'XX', 'GTEST_' 'SKIP')), 'DIS' 'ABLED_'))

# What the core may not name (rule 7), and the word that a comment on the line excuses it with.
PURITY = [
    ('floating', re.compile(r'\b(float|double)\b')),
    ('clock', re.compile(r'\b(clock_gettime|gettimeofday|steady_clock|system_clock|'
                         r'high_resolution_clock|__rdtscp?|std::time)\b')),
    ('allocation', re.compile(r'\b(malloc|calloc|realloc|make_unique|make_shared|new)\b(?!\s*=)')),
    ('unordered', re.compile(r'\bunordered_(multi)?(map|set)\b')),
    ('randomness', re.compile(r'\b(rand|random|srand)\s*\(|\brandom_device\b|\bmt19937')),
    ('input-output', re.compile(r'\b(fopen|printf|fprintf|std::(cout|cerr|[io]?fstream))\b')),
    ('threads', re.compile(r'\bstd::(thread|mutex|atomic|condition_variable)\b')),
]
ALLOWED = re.compile(r'tidy: allow\(([\w-]+)\) \w')


class Tree:
    """The project's files, read once."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for folder, names, files in os.walk(root):
            names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS)
            for name in sorted(files):
                path = os.path.relpath(os.path.join(folder, name), root)
                if self._is_text(path):
                    with open(os.path.join(root, path), encoding='utf-8') as file:
                        self.files[path] = file.read()

    def _is_text(self, path):
        name = os.path.basename(path)
        if path.endswith(SOURCE + PAGE + ('.md', '.toml')) or name == 'meson.build':
            return True
        if '.' in name.lstrip('.'):
            return False
        with open(os.path.join(self.root, path), 'rb') as file:
            return file.read(2) == b'#!'

    def of(self, *endings):
        """(path, text) of files with these endings; scripts without one count as '.sh'."""
        for path, text in self.files.items():
            is_script = text.startswith('#!') and '.' not in os.path.basename(path).lstrip('.')
            if path.endswith(endings) or ('.sh' in endings and is_script):
                yield path, text


def folder_of(path):
    """The longest folder of MAY_INCLUDE that holds `path`, or None."""
    parts = path.split('/')[:-1]
    while parts:
        if '/'.join(parts) in MAY_INCLUDE:
            return '/'.join(parts)
        parts.pop()
    return None


def includes_go_one_way(tree):
    for path, text in tree.of('.cpp', '.hpp'):
        own = folder_of(path)
        if own is None:
            yield path, 1, 'folder is not in MAY_INCLUDE of tests/tidy/tidy.py'
            continue
        allowed = MAY_INCLUDE[own]
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            target = found.group(1)
            folder = 'proto' if re.fullmatch(r'\w+_generated\.h', target) else folder_of(target)
            if folder is None:
                yield path, number, f'"{target}" is not a path from the repository root'
            elif own in OPEN_HEADERS.get(target, ()):
                if target.endswith('journal.hpp') and not path.endswith('_test.cpp'):
                    yield path, number, f'"{target}" is for tests of {own}/ only'
            elif allowed is not None and folder not in allowed:
                yield path, number, f'{own}/ may not include {folder}/ ("{target}")'


def files_are_short(tree):
    for path, text in tree.of(*SOURCE, *PAGE, 'meson.build'):
        lines = text.count('\n')
        if lines > MAX_FILE_LINES:
            yield path, lines, f'file of {lines} lines (at most {MAX_FILE_LINES})'


def _shell_functions(text):
    start, name = None, ''
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'([\w-]+)\(\) [{(]', line)
        if found and not line.rstrip().endswith(('}', ')')):
            start, name = number, found.group(1)
        elif start and line.rstrip() in ('}', ')'):
            yield start, number, name
            start = None


def _python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def functions_fit_on_a_page(tree):
    finders = [(('.cpp', '.hpp'), cpp_scan.functions), (('.sh',), _shell_functions),
               (('.py',), _python_functions)]
    for endings, finder in finders:
        for path, text in tree.of(*endings):
            for first, last, name in finder(text):
                length = last - first + 1
                if length > MAX_FUNCTION_LINES:
                    yield path, first, f'{name} has {length} lines (at most {MAX_FUNCTION_LINES})'


def lines_are_narrow(tree):
    for path, text in tree.of(*SOURCE, *PAGE, '.toml', 'meson.build'):
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > MAX_COLUMNS:
                yield path, number, f'{len(line)} columns (at most {MAX_COLUMNS})'


def nothing_is_unfinished(tree):
    for path, text in tree.of(*SOURCE, *PAGE, '.toml', 'meson.build'):
        for number, line in enumerate(text.splitlines(), 1):
            found = UNFINISHED.search(line)
            if found:
                yield path, number, f'unfinished: {found.group(0)}'


def folders_have_readmes(tree):
    """A README of its own, or a word on `folder/` in the README above it."""
    folders = {os.path.dirname(path) for path, _ in tree.of(*SOURCE)}
    for folder in sorted(folders):
        parent, name = os.path.split(folder)
        told_above = name and f'`{name}/`' in tree.files.get(os.path.join(parent, 'README.md'), '')
        if parent == '':
            told_above = folder == '.ci'
        if os.path.join(folder, 'README.md') not in tree.files and not told_above:
            yield folder, 1, 'folder with sources but without README.md'


def sources_are_built(tree):
    """Every .cpp is named in a meson.build of its folder or of one above it."""
    for path, _ in tree.of('.cpp'):
        folder = os.path.dirname(path)
        while True:
            text = tree.files.get(os.path.join(folder, 'meson.build'), '')
            relative = os.path.relpath(path, folder or '.')
            if re.search(r"'(\S*/)?%s'" % re.escape(relative), text):
                break
            if not folder:
                yield path, 1, 'named in no meson.build'
                break
            folder = os.path.dirname(folder)


# A `read -t` that finds its time already over leaves bash 5.2 with a signal mask of leftover bytes:
# SIGTERM then reaches neither the script nor what it starts. `-t 0` only looks, `sleep` waits.
TIMED_READ = re.compile(r'^[^#]*\bread\b[^#|;&]*\s-t\s*(?!0\s)\S')


def shell_reads_have_no_timeout(tree):
    for path, text in tree.of('.sh'):
        for number, line in enumerate(text.splitlines(), 1):
            if TIMED_READ.search(line):
                yield path, number, '`read -t` may block all signals; use `sleep` or `-t 0`'


def the_core_is_pure(tree):
    for path, text in tree.of('.cpp', '.hpp'):
        if not path.startswith('engine/core/') or path.endswith(('_test.cpp', '_bench.cpp')):
            continue
        code = cpp_scan.blank_comments_and_literals(text).splitlines()
        for number, (line, raw) in enumerate(zip(code, text.splitlines()), 1):
            if line.lstrip().startswith('#'):
                continue
            for word, pattern in PURITY:
                found = pattern.search(line)
                excuse = ALLOWED.search(raw)
                if found and not (excuse and excuse.group(1) == word):
                    yield path, number, (f'{found.group(0)!r} in the core; where it is right: '
                                         f'// tidy: allow({word}) and why, on this line')


RULES = [includes_go_one_way, files_are_short, functions_fit_on_a_page, lines_are_narrow,
         nothing_is_unfinished, folders_have_readmes, sources_are_built,
         shell_reads_have_no_timeout, the_core_is_pure]


def breaches(root):
    """All breaches under `root`, as (rule, path, line, message)."""
    tree = Tree(root)
    return [(rule.__name__, *breach) for rule in RULES for breach in rule(tree)]


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(here))
    found = breaches(root)
    for rule, path, line, message in found:
        print(f'{path}:{line}: {message} [{rule}]')
    print(f'{len(found)} breaches of {len(RULES)} rules')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
