"""Shows the mail sink's inbox, newest first, the codes in it highlighted.

Usage: inbox.py MAILDIR [--follow] [--count N] [--code] [--wait SECONDS] [ADDRESS]
"""

import argparse
import email
import email.policy
import os
import re
import sys
import time

CODE = re.compile(r'(?<![\w.:/-])\d{6,8}(?![\w:/-])')
POLL_S = 0.2
CODE_POLL_S = 0.05


class Message:
    def __init__(self, path, content):
        self.mail = email.message_from_bytes(content, policy=email.policy.default)
        self.arrived_s = os.stat(path).st_mtime
        self.recipients = [str(r).lower() for r in self.mail.get_all('X-Delivered-To', [])]

    def text(self):
        part = self.mail.get_body(preferencelist=('plain', 'html'))
        return part.get_content().strip() if part else ''

    def code(self):
        """The first code of the text, or None."""
        found = CODE.search(self.text())
        return found.group(0) if found else None


class Inbox:
    def __init__(self, directory, address):
        self.folders = [os.path.join(directory, name) for name in ('new', 'cur')]
        self.address = address.lower() if address else None
        self.seen = set()

    def skip(self):
        """Takes all that is there as seen."""
        self.seen.update(self._paths())
        return self

    def _paths(self):
        return {os.path.join(folder, name) for folder in self.folders if os.path.isdir(folder)
                for name in os.listdir(folder)}

    def fresh(self):
        """Messages to the address that were not returned before, oldest first."""
        found = []
        for path in sorted(self._paths() - self.seen, key=_arrival):
            self.seen.add(path)
            try:
                with open(path, 'rb') as file:
                    content = file.read()
                if not self._may_be_ours(content):
                    continue
                message = Message(path, content)
            except FileNotFoundError:
                continue
            if self.address is None or self.address in message.recipients:
                found.append(message)
        return found

    def _may_be_ours(self, content):
        """Reading a message whole takes long; most are to others, which their bytes tell."""
        if self.address is None or not self.address.isascii():
            return True
        return self.address.encode() in content.lower()


def _arrival(path):
    """The order of arrival that a Maildir name tells: seconds, then microseconds."""
    found = re.match(r'(\d+)\.M(\d+)', os.path.basename(path))
    return (int(found.group(1)), int(found.group(2)), path) if found else (0, 0, path)


def show(message, colours):
    bold, mark, dim, plain = ('\033[1m', '\033[7;1m', '\033[2m', '\033[0m') if colours else [''] * 4
    when = time.strftime('%H:%M:%S', time.localtime(message.arrived_s))
    print(f'{dim}{when}{plain}  to {bold}{", ".join(message.recipients)}{plain}: '
          f'{_printable(str(message.mail["Subject"] or "(no subject)"))}')
    for line in message.text().splitlines():
        line = CODE.sub(lambda found: f'{mark} {found.group(0)} {plain}' if colours
                        else found.group(0), _printable(line))
        print(f'    {line}'.rstrip())
    print(flush=True)


def _printable(text):
    """Without control characters: a message must not be able to write to the terminal."""
    return ''.join(c if c.isprintable() or c == '\t' else '\N{REPLACEMENT CHARACTER}' for c in text)


def newest_code(inbox, wait_s):
    """The newest code to the address; None when there is none within the time."""
    deadline = time.monotonic() + wait_s
    newest = None
    while True:
        for message in inbox.fresh():
            newest = message.code() or newest
        if newest or time.monotonic() >= deadline:
            return newest
        time.sleep(CODE_POLL_S)


def print_code(inbox, wait_s):
    code = newest_code(inbox, wait_s)
    if code is None:
        print('no code', file=sys.stderr)
        return 1
    print(code)
    return 0


def main():
    parser = argparse.ArgumentParser(prog='./saker mail', description='Shows the inbox of the '
                                     'venue\'s mail sink, newest message first.')
    parser.add_argument('directory', help=argparse.SUPPRESS)
    parser.add_argument('address', nargs='?', help='only messages to this address')
    parser.add_argument('-f', '--follow', action='store_true', help='go on showing what comes')
    parser.add_argument('-n', '--count', type=int, default=10, help='how many (default 10)')
    parser.add_argument('--code', action='store_true', help='print the newest code alone')
    parser.add_argument('--wait', type=float, default=0, metavar='SECONDS',
                        help='with --code: how long to wait for one')
    arguments = parser.parse_intermixed_args()
    inbox = Inbox(arguments.directory, arguments.address)
    if arguments.code:
        return print_code(inbox, arguments.wait)
    colours = sys.stdout.isatty()
    messages = inbox.fresh()[-arguments.count:] if arguments.count > 0 else []
    if not messages and not arguments.follow:
        print('no mail' + (f' to {arguments.address}' if arguments.address else ''))
    # What follows is added below, so with --follow the newest stands last.
    for message in messages if arguments.follow else reversed(messages):
        show(message, colours)
    while arguments.follow:
        time.sleep(POLL_S)
        for message in inbox.fresh():
            show(message, colours)
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
