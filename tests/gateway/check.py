"""What a test is made of: expectations that are counted, and a verdict."""

import sys
import time
import traceback

held = 0
failed = []


def expect(what, condition, shown=''):
    """Counts; a failure is told at once with what was seen. The condition."""
    global held
    if condition:
        held += 1
    else:
        failed.append(what)
        print(f'FAILED: {what}\n  {shown}', flush=True)
    return bool(condition)


def none_of(what, errors):
    """There must be no errors."""
    return expect(what, not errors, '\n  '.join(errors[:5]))


def verdict():
    print(f'{held + len(failed)} expectations, {len(failed)} failed')
    return 1 if failed or held == 0 else 0


def run(tests, *arguments):
    """Calls each test; one that ends in an exception has failed, and the others still run.
    Says how long each took."""
    for test in tests:
        begin = time.monotonic()
        try:
            test(*arguments)
        except Exception:  # pylint: disable=broad-except
            expect(f'{test.__name__} runs to its end', False, traceback.format_exc())
        print(f'{test.__name__}: {time.monotonic() - begin:.1f} s', flush=True)
