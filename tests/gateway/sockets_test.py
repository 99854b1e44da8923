"""Many sockets, some of them stalled. See sockets_test.sh."""

import os
import resource
import selectors
import time

import check
import venue
import wire

SOCKETS = 2000 if os.environ.get('SAKER_FULL') else 200
STALLED = SOCKETS // 20
SECONDS = 20  # at most, where the quick form need not watch longer than there is something to see
KIB_PER_SOCKET = 400  # bounds of queue and kernel aside, what a healthy one may cost at most
# One Python process reads them all: what it can parse is the limit here.
BOOK = 'book.KCN/EUR.none.200.' + ('50ms' if SOCKETS < 1000 else '1000ms')
ORDER = {'market': 'KCN/EUR', 'side': 'buy', 'type': 'limit', 'quantity': '1'}


def memory_kib(process):
    with open(f'/proc/{process.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))


class Follower:
    """Reads what comes, and holds the book's pushes against each other."""

    def __init__(self, running):
        self.socket = running.socket(receive_buffer=65536)
        self.socket.ask('subscribe', {'channels': [BOOK]})
        self.last, self.pushes, self.gaps, self.closed = None, 0, 0, None
        self.note()

    def note(self):
        for channel, data in self.socket.pushes:
            if channel != BOOK:
                continue
            self.pushes += 1
            if not data.get('snapshot') and data['prev_sequence'] != self.last:
                self.gaps += 1
            self.last = data['sequence']
        self.socket.pushes.clear()

    def read(self):
        """What is there, without waiting."""
        self.socket.socket.setblocking(False)
        try:
            while True:
                self.socket.step()
        except (BlockingIOError, TimeoutError):
            pass
        except (wire.SocketClosed, OSError) as closed:
            self.closed = closed
        self.note()


class Stalled:
    """Asks for a great deal and reads nothing of it."""

    def __init__(self, running):
        self.socket = running.socket(receive_buffer=4096)
        channels = [f'book.KCN/EUR.none.{depth}.50ms' for depth in range(140, 200)]
        self.socket.ask('subscribe', {'channels': channels}, wait=False)


def fill_the_book(running, token):
    """200 levels, one order each."""
    for i in range(200):
        reply = running.send('POST', '/api/order', {**ORDER, 'price': f'{23 + i / 100:.2f}',
                                                    'client_order_id': str(i + 1)}, token)
        if reply.status != 200:
            raise RuntimeError(repr(reply))


def move_the_book(running, token, move):
    """Some of the best levels change their quantity."""
    for i in range(3):
        body = {'client_order_id': str(200 - (move + i) % 50), 'quantity': str(2 + move % 7)}
        running.send('PUT', '/api/order', body, token)


def enough(followers, running):
    """All that do not read have been cut, all others have seen many moves."""
    return (not os.environ.get('SAKER_FULL') and min(f.pushes for f in followers) > 50 and
            metric(running, 'sockets_cut_slow_total') >= STALLED)


def watch(followers, running, token):
    selector = selectors.DefaultSelector()
    for follower in followers:
        follower.socket.socket.setblocking(False)
        selector.register(follower.socket.socket, selectors.EVENT_READ, follower)
    deadline = time.monotonic() + SECONDS
    moves = 0
    while time.monotonic() < deadline and not (moves % 50 == 49 and enough(followers, running)):
        move_the_book(running, token, moves)
        moves += 1
        for key, _ in selector.select(0.02):
            key.data.read()
            if key.data.closed:
                selector.unregister(key.fileobj)
    selector.close()
    return moves


def metric(running, name):
    reply = running.get('/metrics', headers={'X-Saker-Service': running.service_token()})
    return next(int(line.split()[-1]) for line in reply.text.splitlines()
                if line.startswith('saker_gateway_' + name + ' '))


def many_sockets(running):
    token = running.token(1, 8)
    fill_the_book(running, token)
    gateway = running.processes['gateway']
    before = memory_kib(gateway)
    began = time.monotonic()
    followers = [Follower(running) for _ in range(SOCKETS - STALLED)]
    stalled = [Stalled(running) for _ in range(STALLED)]
    opened = time.monotonic() - began
    check.expect('all are open', metric(running, 'sockets') >= SOCKETS - STALLED,
                 metric(running, 'sockets'))
    moves = watch(followers, running, token)
    for follower in followers:
        follower.read()
    after = memory_kib(gateway)
    cut = metric(running, 'sockets_cut_slow_total')
    check.expect('those that do not read are cut', cut > 0, cut)
    lost = [follower.closed for follower in followers if follower.closed]
    check.expect('no other is', not lost, lost[:3])
    check.expect('nobody has missed a push', not sum(f.gaps for f in followers),
                 sum(f.gaps for f in followers))
    check.expect('everybody has seen the book move', min(f.pushes for f in followers) > 10,
                 min(f.pushes for f in followers))
    limit = SOCKETS * KIB_PER_SOCKET + STALLED * 1400
    check.expect('memory is bounded', after - before < limit, f'{after - before} KiB')
    print(f'{SOCKETS} sockets opened in {opened:.1f} s, {STALLED} stalled ({cut} cut), {moves} '
          f'moves, {sum(f.pushes for f in followers)} pushes read, '
          f'{(after - before) / SOCKETS:.0f} KiB per socket')
    del stalled


def main():
    # With sanitizers, freed memory is kept for a while; the figure is about what is in use.
    os.environ['ASAN_OPTIONS'] = 'quarantine_size_mb=1:thread_local_quarantine_size_kb=64'
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 3 * SOCKETS)), hard))
    running = venue.Venue()
    try:
        running.make_token_key()
        running.edit('gateway/gateway.toml', {
            '\nrequests_per_second = 50 ': '\nrequests_per_second = 0 ',
            '\norders_per_second = 50 ': '\norders_per_second = 0 ',
            'directory = "frontend/dist"': 'directory = ""'})
        running.start('engine', 'follower')
        running.start('gateway', wait=False)
        up = venue.wait_until(20, lambda: b'the feed is live' in open(running.log('gateway'),
                                                                      'rb').read())
        check.expect('the gateway is up', up, running.tail('gateway'))
        running.grant(8)
        check.run([many_sockets], running)
    finally:
        running.close()
    return check.verdict()


if __name__ == '__main__':
    raise SystemExit(main())
