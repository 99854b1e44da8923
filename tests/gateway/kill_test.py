"""The gateway lives on while what it depends on dies. See kill_test.sh."""

import threading
import time

import check
import venue
import wire

ALICE, BOB = 8, 9
BOOK = 'book.KCN/EUR.none.50.50ms'


class Trader(threading.Thread):
    """Places orders that rest, one after the other, and writes down what it was told."""

    def __init__(self, running, token):
        super().__init__(daemon=True)
        self.venue = running
        self.token = token
        self.stopping = threading.Event()
        self.accepted = {}   # client order id -> order id
        self.unknown = []    # client order ids whose outcome the gateway could not tell
        self.refused = 0     # nothing was done, said the gateway
        self.strange = []
        self.next_id = 1

    def run(self):
        while not self.stopping.is_set():
            self.place(str(self.next_id))
            self.next_id += 1
            time.sleep(0.01)

    def place(self, number):
        body = {'market': 'KCN/EUR', 'side': 'buy', 'type': 'limit', 'price': '21.00',
                'quantity': '1', 'client_order_id': number}
        try:
            reply = self.venue.send('POST', '/api/order', body, self.token)
        except OSError as error:
            self.strange.append(repr(error))
            return
        if reply.status == 200:
            order = reply.json()['order']
            if self.accepted.setdefault(number, order['order_id']) != order['order_id']:
                self.strange.append(f'{number} became two orders')
        elif reply.status == 504 and f'client_order_id {number}' in reply.text:
            self.unknown.append(number)
        elif reply.status == 503:
            self.refused += 1
        else:
            self.strange.append(repr(reply))

    def settle(self):
        """Sends what was in doubt again, under the same id, until it is known."""
        self.stopping.set()
        self.join()
        for number in list(self.unknown):
            venue.wait_until(30, lambda n=number: self.place(n) or n in self.accepted)


class Listener(threading.Thread):
    """Follows channels and holds every push against the one before it."""

    def __init__(self, running, token):
        super().__init__(daemon=True)
        self.socket = running.socket(timeout=1)
        self.socket.ask('auth', {'token': token})
        self.socket.ask('subscribe', {'channels': [BOOK, 'orders', 'fills', 'balances']})
        self.stopping = threading.Event()
        self.gaps, self.feed, self.closed = [], [], None
        self.sequences, self.orders = {}, {}

    def run(self):
        while not self.stopping.is_set():
            try:
                self.socket.step()
            except TimeoutError:
                continue
            except wire.SocketClosed as closed:
                self.closed = closed.code
                return
            while self.socket.pushes:
                self.take(*self.socket.pushes.pop(0))

    def take(self, channel, data):
        if channel == 'status':
            self.feed.append(data['feed'])
            return
        if not data.get('snapshot') and data['prev_sequence'] != self.sequences.get(channel):
            self.gaps.append((channel, self.sequences.get(channel), data))
        self.sequences[channel] = data['sequence']
        if channel == 'orders' and data.get('snapshot'):
            self.orders.clear()
        for order in data.get('orders', []):
            self.orders[order['order_id']] = order['status']


def all_open(running, token):
    """Open orders of the account: client order id -> order id."""
    orders, before = [], ''
    while before is not None:
        page = running.get('/api/orders?status=open&limit=500' +
                           (f'&before={before}' if before else ''), token).json()
        orders += page['orders']
        before = page['next']
    check.expect('no order is listed twice',
                 len(orders) == len({order['order_id'] for order in orders}), len(orders))
    return {order['client_order_id']: order['order_id'] for order in orders}


def kill_and_restart(running, name, trader, downtime):
    before = len(trader.accepted)
    running.kill(name)
    time.sleep(downtime)
    if name in ('engine', 'follower'):
        missing = venue.wait_until(8, lambda: running.get('/readyz').status == 503)
        check.expect(f'not ready without the {name}', missing)
    running.start(name)
    more = venue.wait_until(30, lambda: len(trader.accepted) > before + 20)
    check.expect(f'orders are taken again after the {name} came back', more,
                 running.tail('gateway'))


def survives(running):
    token = running.token(1, ALICE)
    trader, listener = Trader(running, token), Listener(running, token)
    listener.start()
    trader.start()
    venue.wait_until(20, lambda: len(trader.accepted) > 20)
    for name, downtime in (('follower', 0.2), ('engine', 0.2), ('follower', 2.5),
                           ('engine', 2.5), ('engine', 0)):
        kill_and_restart(running, name, trader, downtime)
    trader.settle()
    check.expect('nothing unforeseen', not trader.strange, trader.strange[:5])
    check.expect('every doubt was settled', set(trader.unknown) <= set(trader.accepted),
                 trader.unknown)
    listed = all_open(running, token)
    check.expect('every acknowledged order is there, once', listed == trader.accepted,
                 sorted(set(listed.items()) ^ set(trader.accepted.items()))[:10])
    venue.wait_until(10, lambda: len(listener.orders) == len(listed))
    listener.stopping.set()
    listener.join()
    check.expect('the socket lived through it all', listener.closed is None, listener.closed)
    check.expect('its orders are the same ones',
                 {i for i, s in listener.orders.items() if s == 'open'} == set(listed.values()),
                 len(listener.orders))
    check.expect('no push was missing', not listener.gaps, listener.gaps[:3])
    check.expect('it was told of stale data, and that it was over',
                 'stale' in listener.feed and listener.feed[-1] == 'live', listener.feed)
    depth = running.get('/api/depth?market=KCN/EUR').json()
    check.expect('the book has them all', depth['bids'] == [['21.00', str(len(listed))]], depth)
    cancelled = running.send('DELETE', '/api/orders', token=token).json()
    check.expect('and all can be cancelled', cancelled.get('cancelled') == len(listed), cancelled)
    print(f'{len(trader.accepted)} orders, {len(trader.unknown)} in doubt for a while, '
          f'{trader.refused} not taken')


def cancels_in_several_steps(running):
    """One command cancels at most 32; the answer names the one that cancelled the last of them."""
    token = running.token(2, BOB)
    trader = Trader(running, token)
    for number in range(1001, 1161):
        trader.place(str(number))
    count = len(all_open(running, token))
    before = running.get('/api/balances', token).json()['sequence']
    cancelled = running.send('DELETE', '/api/orders', token=token).json()
    check.expect('160 orders are cancelled', (count, cancelled.get('cancelled')) == (160, 160),
                 (count, cancelled, trader.strange))
    check.expect('reads after it have every cancellation', cancelled['sequence'] >= before + 5,
                 (before, cancelled))


def trades_without_follower(running):
    """Answers then come from the engine's reports, which tell the gateway both sides of a trade."""
    for price, number in (('25.00', '1'), ('25.10', '2')):
        body = {'market': 'KCN/EUR', 'side': 'sell', 'type': 'limit', 'price': price,
                'quantity': '2', 'client_order_id': '200' + number}
        resting = running.send('POST', '/api/order', body, running.token(1, ALICE))
        check.expect('it rests', resting.json()['order']['status'] == 'open', resting)
    running.pause('follower')
    body = {'market': 'KCN/EUR', 'side': 'buy', 'type': 'limit', 'price': '25.10',
            'quantity': '5', 'client_order_id': '2003'}
    reply = running.send('POST', '/api/order', body, running.token(2, BOB))
    running.pause('follower', over=True)
    check.expect('it is decided', reply.status == 200, reply)
    told = reply.json()
    order, fills = told['order'], told['fills']
    check.expect('four were bought, at their average price',
                 (order['filled_quantity'], order['average_price'], order['status']) ==
                 ('4', '25.05', 'partially_filled'), order)
    check.expect('only the own side of the trades is told',
                 [(fill['order_id'], fill['price'], fill['liquidity'], fill['side'])
                  for fill in fills] ==
                 [(order['order_id'], price, 'taker', 'buy') for price in ('25.00', '25.10')],
                 fills)
    venue.wait_until(20, lambda: all_up(running))
    running.send('DELETE', '/api/orders', token=running.token(2, BOB))


def doubt_is_in_no_list(running):
    """An order that is not decided may still be placed: no list says it is not there."""
    token = running.token(2, BOB)
    trader = Trader(running, token)
    answers = {}

    def ask(status):
        answers[status] = running.get(f'/api/orders?status={status}', token)

    running.pause('engine')
    asking = [threading.Thread(target=trader.place, args=('3001',))]
    asking += [threading.Thread(target=ask, args=(status,)) for status in ('open', 'closed')]
    for thread in asking:
        thread.start()
        time.sleep(0.2)
    for thread in asking:
        thread.join()
    running.pause('engine', over=True)
    check.expect('the order is in doubt', trader.unknown == ['3001'], trader.strange)
    for status, answer in answers.items():
        check.expect(f'so no list of {status} orders is given',
                     answer.status == 504 and 'client_order_id 3001' in answer.text, answer)
    listed = venue.wait_until(
        20, lambda: running.get('/api/orders?status=open', token).status == 200)
    check.expect('one is given when it is decided', listed)
    check.expect('and has it', '3001' in all_open(running, token))
    running.send('DELETE', '/api/orders', token=token)


def gateway_dies(running):
    """Another gateway knows all that this one knew; the same order again is no second one."""
    token = running.token(2, BOB)
    trader = Trader(running, token)
    for number in range(1, 30):
        trader.place(str(number))
    running.kill('gateway')
    running.start('gateway', wait=False)
    up = venue.wait_until(20, lambda: all_up(running))
    check.expect('it comes back', up, running.tail('gateway'))
    check.expect('with every order', all_open(running, token) == trader.accepted)
    before = dict(trader.accepted)
    for number in range(20, 30):
        trader.place(str(number))
    check.expect('known ids find their orders', trader.accepted == before and not trader.strange,
                 trader.strange)


def all_up(running):
    try:
        text = running.get('/readyz').text
    except OSError:
        return False
    return not any(word in text for word in ('engine', 'follower', 'feed', 'starting'))


def main():
    running = venue.Venue()
    try:
        running.make_token_key()
        running.edit('gateway/gateway.toml', {
            '\nrequests_per_second = 50 ': '\nrequests_per_second = 0 ',
            '\norders_per_second = 50 ': '\norders_per_second = 0 ',
            'directory = "frontend/dist"': 'directory = ""'})
        running.start('engine', 'follower')
        running.start('gateway', wait=False)
        check.expect('the gateway is up', venue.wait_until(20, lambda: all_up(running)),
                     running.tail('gateway'))
        for account in (ALICE, BOB):
            running.grant(account)
        check.run([survives, cancels_in_several_steps, trades_without_follower,
                   doubt_is_in_no_list, gateway_dies], running)
        if check.failed:
            print(running.tail('gateway', 30))
    finally:
        running.close()
    return check.verdict()


if __name__ == '__main__':
    raise SystemExit(main())
