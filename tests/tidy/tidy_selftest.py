"""Proves that every tidy rule can fail: a small clean tree, and one change per case."""

import os
import sys
import tempfile
import unittest

import tidy

LONG_BODY = '  work();\n' * 80
CLEAN = {
    'common/README.md': 'Shared.\n',
    'common/types.hpp': '#pragma once\nnamespace saker { struct Point { int x{}; }; }\n',
    'engine/core/README.md': 'Pure.\n',
    'engine/core/book.hpp': '#include "common/types.hpp"\n// a new double comment\nint f();\n',
    'engine/core/book.cpp': '#include "engine/core/book.hpp"\nint f() {\n  return 1;\n}\n',
    'engine/core/meson.build': "x = files('book.cpp')\n",
    'saker': '#!/usr/bin/env bash\nf() {\n  :\n}\n',
    'README.md': 'Root.\n',
}


def breaches_of(changes):
    """Breaches of the clean tree with `changes` (path -> text) laid over it."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**CLEAN, **changes}.items():
            if text is None:
                continue
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8') as file:
                file.write(text)
        return tidy.breaches(root)


def cpp(body):
    return {'engine/core/book.cpp': body}


# Rule -> changes that must each break it, and only it.
BROKEN = {
    'includes_go_one_way': [
        cpp('#include "journal/reader.hpp"\n'),
        cpp('#include "engine/session/session.hpp"\n'),
        cpp('#include "book.hpp"\n'),
        {'common/types.hpp': '#include "proto/frame.hpp"\n'},
        {'sim/naive/README.md': 'x\n', 'sim/naive/book.hpp': '#include "engine/core/book.hpp"\n'},
        {'other/README.md': 'x\n', 'other/x.hpp': 'int x;\n'},
    ],
    'files_are_short': [
        {'common/types.hpp': 'int x;\n' * 601},
        {'frontend/app.tsx': 'work();\n' * 601},
        {'saker': '#!/usr/bin/env bash\n' + ':\n' * 601},
    ],
    'functions_fit_on_a_page': [
        cpp('int f() {\n' + LONG_BODY + '}\n'),
        cpp('namespace a {\nclass B {\n  void f() const noexcept {\n' + LONG_BODY + '  }\n};\n}\n'),
        cpp('B::B(int x) : a_(x), b_{x} {\n' + LONG_BODY + '}\n'),
        cpp('B::B(int x) : a_{x},\n b_{x} {\n' + LONG_BODY + '}\n'),
        cpp("auto f(int x = 1'000) -> std::vector<int> {\n" + LONG_BODY + '}\n'),
        cpp('bool operator==(const A& a, const A& b) {\n' + LONG_BODY + '}\n'),
        cpp('TEST(A, B) {\n  f("}");\n' + LONG_BODY + '}\n'),
        cpp('template <class T>\n  requires(sizeof(T) > 1)\nvoid f() {\n' + LONG_BODY + '}\n'),
        {'saker': '#!/usr/bin/env bash\nf() {\n' + LONG_BODY + '}\n'},
        {'tests/README.md': 'x\n', 'tests/x.py': 'def f():\n' + '    a = 1\n' * 80},
    ],
    'lines_are_narrow': [
        cpp('// ' + 'x' * 98 + '\n'),
        {'frontend/style.css': '/* ' + 'x' * 96 + ' */\n'},
        {'saker': '#!/usr/bin/env bash\n# ' + 'x' * 99 + '\n'},
    ],
    'nothing_is_unfinished': [
        cpp('// TO' 'DO: later\n'),
        {'frontend/e2e/load.mjs': '// TO' 'DO: later\n'},
        cpp('int f() { GTEST_' 'SKIP(); }\n'),
        cpp('TEST(A, DIS' 'ABLED_b) {}\n'),
        {'saker': '#!/usr/bin/env bash\n# FIX' 'ME\n'},
    ],
    'folders_have_readmes': [
        {'engine/core/README.md': None},
        {'README.md': None},
        {'common/README.md': None, 'README.md': 'Has `common/`.\n'},
    ],
    'sources_are_built': [
        {'engine/core/book_test.cpp': 'int g();\n'},
        {'engine/core/meson.build': "x = files('notebook.cpp')\n"},
    ],
    'shell_reads_have_no_timeout': [
        {'saker': '#!/usr/bin/env bash\nread -r -t 0.5 <&"$never"\n'},
        {'saker': '#!/usr/bin/env bash\nf() { IFS= read -t 60 word; }\n'},
    ],
    'the_core_is_pure': [
        cpp('double price;\n'),
        cpp('auto t = std::chrono::steady_clock::now();\n'),
        cpp('auto* p = new Order;\n'),
        cpp('auto* p = new Order;  // tidy: allow(clock) wrong word\n'),
        cpp('auto* p = new Order;  // tidy: allow(allocation)\n'),
        cpp('std::unordered_map<int, int> m;\n'),
        cpp('void f() { std::printf("x"); }\n'),
        cpp('std::mutex m;\n'),
        cpp('int f() { return rand(); }\n'),
    ],
}

FINE = [
    {},
    {'saker': '#!/usr/bin/env bash\nread -r -t 0 && read -r word # read -t 1 is bad\n'},
    cpp('auto* p = new Order;  // tidy: allow(allocation) once, when the arena is made\n'),
    cpp('constexpr int kTable[] = {\n' + '  1,\n' * 80 + '};\n'),
    cpp('class A {\n' + '  void f() { g(); }\n' * 80 + '};\n'),
    cpp('namespace a {\n' + 'void f(int x) {\n  g(x);\n}\n' * 80 + '}\n'),
    {'engine/core/README.md': None, 'engine/README.md': 'Has `core/`.\n'},
    {'engine/README.md': 'x\n', 'engine/loop.hpp': '#include "engine/core/book.hpp"\n'},
    cpp('A::A() : a_{1} {}\n' + 'int x;\n' * 80),
    {'engine/core/book_test.cpp': 'double x = 1;\n',
     'engine/core/meson.build': "x = files('book.cpp', 'book_test.cpp')\n"},
]


class TidySelfTest(unittest.TestCase):
    def test_every_rule_has_cases(self):
        self.assertEqual({rule.__name__ for rule in tidy.RULES}, set(BROKEN))

    def test_clean_trees_pass(self):
        for changes in FINE:
            with self.subTest(changes=changes):
                self.assertEqual(breaches_of(changes), [])

    def test_every_rule_can_fail(self):
        for rule, cases in BROKEN.items():
            for changes in cases:
                with self.subTest(rule=rule, changes=changes):
                    self.assertEqual({breach[0] for breach in breaches_of(changes)}, {rule})


if __name__ == '__main__':
    sys.exit(unittest.main())
