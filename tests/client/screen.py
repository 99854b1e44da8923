"""Runs `saker-top` on a pseudo terminal, presses keys, and says what was on the screen.

Usage: screen.py quit|term|resize PROGRAM ARGUMENT...
Prints PASS lines for what holds; exits 1 when something does not.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time


def read_until(master, seconds, enough):
    """What is shown until `enough(text)` holds, or for so long."""
    text = b''
    end = time.monotonic() + seconds
    while time.monotonic() < end and not enough(text):
        if select.select([master], [], [], 0.1)[0]:
            try:
                text += os.read(master, 65536)
            except OSError:
                break
    return text


def set_size(master, rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def last_picture(output):
    """Lines of the last picture that was drawn, without colours."""
    last = output.split(b'\x1b[H')[-1]
    plain = re.sub(rb'\x1b\[[0-9;?]*[A-Za-z]', b'', last).decode('utf-8', 'replace')
    return [line.strip('\r') for line in plain.split('\n')]


def widest(output):
    return max(len(line) for line in last_picture(output))


def main():
    how, command = sys.argv[1], sys.argv[2:]
    master, slave = pty.openpty()
    set_size(master, 24, 80)
    before = termios.tcgetattr(slave)
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.execv(command[0], command)
    checks = []
    text = read_until(master, 20, lambda t: b'KCN/EUR' in t and b'spread' in t and
                      t.count(b'\x1b[H') > 1)
    checks.append(('shows the book', b'KCN/EUR' in text and b'spread' in text))
    checks.append(('keeps to 80 columns', widest(text) <= 80))
    checks.append(('other screen, no cursor', b'\x1b[?1049h' in text and b'\x1b[?25l' in text))
    checks.append(('keys are raw', not termios.tcgetattr(slave)[3] & termios.ECHO))
    os.write(master, b'2')
    shows_bitcoin = lambda t: last_picture(t)[0].startswith(' SAKER  BTC/EUR')
    checks.append(('key 2 shows market 2', shows_bitcoin(read_until(master, 5, shows_bitcoin))))
    if how == 'resize':
        set_size(master, 40, 120)
        os.kill(child, signal.SIGWINCH)
        text = read_until(master, 5, lambda t: 80 < widest(t))
        checks.append(('uses the larger screen', 80 < widest(text) <= 120))
    if how == 'term':
        os.kill(child, signal.SIGTERM)
    else:
        os.write(master, b'q')
    text = read_until(master, 5, lambda t: b'\x1b[?1049l' in t)
    status = os.waitpid(child, 0)[1]
    checks.append(('ends well', os.waitstatus_to_exitcode(status) == 0))
    checks.append(('leaves the other screen', b'\x1b[?1049l' in text and b'\x1b[?25h' in text))
    checks.append(('terminal as before', termios.tcgetattr(slave) == before))
    for name, holds in checks:
        print('PASS' if holds else 'FAIL', name)
    sys.exit(0 if all(holds for _, holds in checks) else 1)


main()
