"""A mail server that delivers to nobody: every message is kept in a Maildir, DATA/mail.

It stands in for the outside world on a machine without mail. Listens on 127.0.0.1 only, at the
port base + 6; `./saker mail` shows what has come. Runs until SIGTERM.
"""

import argparse
import asyncio
import functools
import logging
import mailbox
import os
import signal
import sys

from aiosmtpd.smtp import SMTP

PORT_OFFSET = 6
MESSAGE_LIMIT_BYTES = 256 * 1024
MESSAGES_KEPT = 5000
CONNECTION_IDLE_S = 60


class Keeper:
    """Puts messages into the Maildir, and forgets the oldest when there are too many."""

    def __init__(self, directory):
        self.box = mailbox.Maildir(directory, create=True)
        self.new = os.path.join(directory, 'new')

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802, aiosmtpd's own name
        message = mailbox.MaildirMessage(envelope.original_content)
        del message['X-Delivered-To']
        for recipient in envelope.rcpt_tos:
            message.add_header('X-Delivered-To', recipient)
        # The name begins with the time in microseconds, so that names sort by arrival.
        self.box.add(message)
        logging.info('kept a message from %s to %s', envelope.mail_from, envelope.rcpt_tos)
        self._forget_oldest()
        return '250 kept'

    def _forget_oldest(self):
        names = sorted(os.listdir(self.new))
        for name in names[:-MESSAGES_KEPT]:
            os.unlink(os.path.join(self.new, name))


async def serve(arguments):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    os.makedirs(arguments.data, exist_ok=True)
    keeper = Keeper(os.path.join(arguments.data, 'mail'))
    session = functools.partial(SMTP, keeper, hostname='localhost', ident='saker mail sink',
                                data_size_limit=MESSAGE_LIMIT_BYTES, timeout=CONNECTION_IDLE_S,
                                loop=loop)
    port = arguments.port_base + PORT_OFFSET
    server = await loop.create_server(session, '127.0.0.1', port)
    logging.info('listening on 127.0.0.1:%d', port)
    if arguments.ready_fd is not None:
        os.write(arguments.ready_fd, b'ready\n')
        os.close(arguments.ready_fd)
    await stop.wait()
    server.close()
    logging.info('stopped')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True, help='data directory')
    parser.add_argument('--port-base', type=int, required=True, help='the port is this + 6')
    parser.add_argument('--ready-fd', type=int, help='descriptor to say "ready" on')
    logging.basicConfig(level=logging.INFO, stream=sys.stderr,
                        format='%(asctime)s.%(msecs)03d %(levelname)s %(message)s',
                        datefmt='%Y-%m-%dT%H:%M:%S')
    logging.getLogger('mail.log').setLevel(logging.WARNING)
    os.umask(0o077)
    asyncio.run(serve(parser.parse_args()))


if __name__ == '__main__':
    main()
