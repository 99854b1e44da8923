"""Runs one script test and prints `OK|FAIL WALL_SECONDS PROCESSOR_SECONDS`.

Arguments: SECONDS_ALLOWED LOG COMMAND... Processor seconds are those of all processes that the test
started, detached ones too: as their subreaper we are who waits for them. What is still there when
the test has ended is named in the log and ended, and the test has failed.
"""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
# For what a test has told to end, but not waited for.
PATIENCE_S = float(os.environ.get('SAKER_TEST_PATIENCE_S', '20'))


def reap(main):
    """Waits for children until `main` has ended; its exit status."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == main:
            return os.waitstatus_to_exitcode(status)


def none_left():
    """Waits a little for those that the test has left; are they gone?"""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            time.sleep(0.01)
    return False


def end_what_is_left(log):
    """Whether there was anything."""
    me = os.getpid()
    any_left = False
    while not none_left():
        with open(f'/proc/{me}/task/{me}/children', encoding='ascii') as file:
            left = file.read().split()
        for pid in left:
            with open(f'/proc/{pid}/cmdline', encoding='utf-8', errors='replace') as file:
                words = file.read().replace('\0', ' ')
            log.write(f'FAILED: left behind and ended: {pid} {words}\n'.encode())
            os.kill(int(pid), signal.SIGKILL)
            any_left = True
    return any_left


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin = time.monotonic()
    with open(sys.argv[2], 'ab', buffering=0) as log:
        with subprocess.Popen(['timeout', sys.argv[1], *sys.argv[3:]], stdin=subprocess.DEVNULL,
                              stdout=log, stderr=log) as script:
            script.returncode = reap(script.pid)
        wall_s = time.monotonic() - begin
        left = end_what_is_left(log)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    outcome = 'OK' if script.returncode == 0 and not left else 'FAIL'
    print(f'{outcome} {wall_s:.1f} {used.ru_utime + used.ru_stime:.1f}')


main()
