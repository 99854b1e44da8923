"""The WebSocket: requests, channels, and the proof that nothing is missing."""

import check
import trading_cases
import wire


def signed_in(world, person):
    socket = world.venue.socket()
    world.ask(socket, 'auth', {'token': person.token})
    return socket


def fits(world, socket):
    for channel, data in socket.pushes:
        check.none_of('push as in the document', world.pushes.push_errors(channel, data))


def apply(book, push):
    """A push on a book of {side: {price: quantity}}."""
    if push.get('snapshot'):
        book.update(bids={}, asks={})
    for side in ('bids', 'asks'):
        for price, quantity in push[side]:
            if quantity == '0':
                book[side].pop(price, None)
            else:
                book[side][price] = quantity


def requests(world):
    socket = world.venue.socket()
    check.expect('the first word is whether the feed is live',
                 socket.push('status') == {'feed': 'live'})
    world.ask(socket, 'ping', {})
    world.ask(socket, 'ping')
    world.ask(socket, 'ping', {'x': 1}, code='INVALID_REQUEST')
    world.ask(socket, 'auth', {'token': 'x'}, code='UNAUTHENTICATED')
    world.ask(socket, 'auth', {'token': world.alice.token})
    for text in ('', 'x', '[]', '{}', '{"id":1}', '{"id":{},"method":"ping"}',
                 '{"id":null,"method":"ping"}'):
        socket.send_text(text)
        reply = socket.step()
        check.expect(f'{text!r} is refused', 'error' in reply, reply)
    socket.send_text('{"id":7,"method":"ping"}')
    check.expect('an id comes back as it was', socket.reply(7)['id'] == 7)
    reply = socket.ask('nothing')
    check.expect('no such method', reply['error']['code'] == 'NOT_FOUND', reply)
    socket.close()


def book_is_the_book(world):
    """Snapshot and changes without a gap, and what they make is what /api/depth says."""
    name = 'book.KCN/EUR.none.20.50ms'
    socket = world.venue.socket()
    world.ask(socket, 'subscribe', {'channels': [name]})
    book, last, compared = {}, None, 0
    for _ in range(60):
        push = socket.push(name, seconds=5)
        if not check.expect('the book moves', push):
            break
        check.none_of('as in the document', world.pushes.push_errors(name, push))
        chained = push['prev_sequence'] == last and (last is None) == bool(push.get('snapshot'))
        check.expect('each push follows the one before', chained, (last, push))
        check.expect('the numbers rise', last is None or push['sequence'] > last, (last, push))
        last = push['sequence']
        apply(book, push)
        depth = world.venue.get('/api/depth?market=KCN/EUR&depth=20').json()
        if depth['sequence'] == last:
            compared += 1
            for side in ('bids', 'asks'):
                check.expect('the book is that of /api/depth', dict(depth[side]) == book[side],
                             (side, depth[side], book[side]))
    check.expect('depth and channel met at one sequence', compared > 0)
    world.ask(socket, 'unsubscribe', {'channels': [name]})
    socket.drain(0.3)
    socket.pushes.clear()
    socket.drain(0.5)
    check.expect('silent afterwards', not socket.pushes, socket.pushes)
    socket.close()


def public_channels(world):
    names = ['trades.KCN/EUR', 'ticker.KCN/EUR', 'candles.KCN/EUR.1m', 'candles.KCN/EUR.1d',
             'book.KCN/EUR.0.10.5.100ms']
    socket = world.venue.socket()
    world.ask(socket, 'subscribe', {'channels': names})
    socket.drain(6)
    fits(world, socket)
    for name in names:
        pushes = [data for channel, data in socket.pushes if channel == name]
        if not check.expect(f'{name} pushes', len(pushes) > 1, len(pushes)):
            continue
        check.expect(f'{name} begins with a snapshot',
                     pushes[0].get('snapshot') and pushes[0]['prev_sequence'] is None, pushes[0])
        check.expect(f'{name} is without gaps',
                     all(b['prev_sequence'] == a['sequence'] and b['sequence'] > a['sequence']
                         for a, b in zip(pushes, pushes[1:])), pushes)
    ids = [int(trade['trade_id']) for channel, data in socket.pushes
           if channel == 'trades.KCN/EUR' for trade in data['trades']]
    check.expect('every trade once, oldest first', ids == sorted(set(ids)), ids)
    tickers = [1 for channel, _ in socket.pushes if channel == 'ticker.KCN/EUR']
    check.expect('at most two tickers a second', len(tickers) <= 14, len(tickers))
    socket.close()


def private_channels(world):
    """Orders, fills and balances of one account, nobody else's."""
    socket = signed_in(world, world.alice)
    other = signed_in(world, world.bob)
    channels = {'channels': ['orders', 'fills', 'balances']}
    for one in (socket, other):
        world.ask(one, 'subscribe', channels)
        for name in channels['channels']:
            check.expect(f'{name} begins with a snapshot', one.push(name)['snapshot'])
        one.pushes.clear()
    reply = trading_cases.place(world, world.alice, type='market', price=None, quantity='2')
    resting = world.ask(socket, 'place_order', trading_cases.ORDER)['order']
    world.ask(socket, 'replace_order', {'order_id': resting['order_id'], 'price': '21.10'})
    world.ask(socket, 'cancel_order', {'order_id': resting['order_id']})
    socket.drain(1)
    other.drain(0.2)
    fits(world, socket)
    pushed = [data for channel, data in socket.pushes if channel == 'fills']
    fills = [fill for data in pushed for fill in data['fills']]
    check.expect('the fills of the reply', fills == reply['fills'], (fills, reply['fills']))
    orders = [order for channel, data in socket.pushes if channel == 'orders'
              for order in data['orders']]
    check.expect('the market order as in the reply', reply['order'] in orders, (orders, reply))
    check.expect('the last word on the other is its end',
                 orders[-1]['order_id'] == resting['order_id'] and
                 orders[-1]['status'] == 'cancelled', orders[-1])
    for name in channels['channels']:
        numbers = [(data['prev_sequence'], data['sequence'])
                   for channel, data in socket.pushes if channel == name]
        check.expect(f'{name} without gaps',
                     numbers and all(b[0] == a[1] for a, b in zip(numbers, numbers[1:])), numbers)
    last = [data for channel, data in socket.pushes if channel == 'balances'][-1]['balances']
    now = world.call('get_balances', 200, token=world.alice.token).json()['balances']
    check.expect('the last balances pushed are the balances', last == now, (last, now))
    seen = [channel for channel, _ in other.pushes if channel in channels['channels']]
    check.expect('nothing of it reaches others', not seen, other.pushes)
    again = signed_in(world, world.alice)
    world.ask(again, 'subscribe', {'channels': ['orders']})
    check.expect('no open orders are left', again.push('orders')['orders'] == [])
    for one in (socket, other, again):
        one.close()


def trading_needs_a_token(world):
    socket = world.venue.socket()
    for method, params in (('place_order', trading_cases.ORDER),
                           ('replace_order', {'order_id': '1', 'price': '1.00'}),
                           ('cancel_order', {'order_id': '1'}), ('cancel_all', {}),
                           ('subscribe', {'channels': ['orders']})):
        world.ask(socket, method, params, code='UNAUTHENTICATED')
    world.ask(socket, 'auth', {'token': world.alice.token})
    world.ask(socket, 'cancel_all', {})
    world.ask(socket, 'cancel_order', {'order_id': '1'}, code='UNKNOWN_ORDER')
    world.ask(socket, 'place_order', {**trading_cases.ORDER, 'price': '1.00'},
              code='RISK_PRICE_BAND')
    socket.close()


def tokens_expire(world):
    """What a token has opened ends with it; public channels go on."""
    user = world.alice.user
    token = world.venue.token(int(user['user_id']), int(user['account']), seconds=3)
    socket = world.venue.socket()
    world.ask(socket, 'auth', {'token': token})
    world.ask(socket, 'subscribe', {'channels': ['orders', 'balances', 'book.KCN/EUR.none.5.50ms']})
    told = socket.push('auth', seconds=8)
    check.none_of('told as in the document', world.pushes.push_errors('auth', told))
    world.ask(socket, 'cancel_all', {}, code='UNAUTHENTICATED')
    socket.pushes.clear()
    trading_cases.place(world, world.alice)
    world.call('cancel_all_orders', 200, token=world.alice.token)
    check.expect('the book goes on', socket.push('book.KCN/EUR.none.5.50ms'))
    private = [channel for channel, _ in socket.pushes if channel in ('orders', 'balances')]
    check.expect('private channels do not', not private, private)
    world.ask(socket, 'auth', {'token': token}, code='UNAUTHENTICATED')
    world.ask(socket, 'auth', {'token': world.alice.token})
    world.ask(socket, 'subscribe', {'channels': ['orders']})
    check.expect('a new token opens them again', socket.push('orders')['snapshot'])
    # Somebody else on the same socket: what the one before followed is over.
    world.ask(socket, 'auth', {'token': world.bob.token})
    socket.drain(0.2)
    socket.pushes.clear()
    trading_cases.place(world, world.alice)
    world.call('cancel_all_orders', 200, token=world.alice.token)
    check.expect('nothing of the one before', socket.push('orders', seconds=0.5) is None)
    socket.close()


def bad_channels(world):
    socket = world.venue.socket()
    for name in ('book.KCN/EUR', 'book.KCN/EUR.none.0.100ms', 'book.KCN/EUR.none.201.100ms',
                 'book.KCN/EUR.none.20.75ms', 'book.KCN/EUR.0.015.20.100ms', 'candles.KCN/EUR.2m',
                 'x', '', 'trades.', 'x' * 65):
        world.ask(socket, 'subscribe', {'channels': [name]}, code='INVALID_REQUEST')
    world.ask(socket, 'subscribe', {'channels': ['trades.NO/PE']}, code='NOT_FOUND')
    world.ask(socket, 'unsubscribe', {'channels': 'trades.KCN/EUR'}, code='INVALID_REQUEST')
    # All or none: the good one before the bad one is not followed either.
    world.ask(socket, 'subscribe', {'channels': ['trades.KCN/EUR', 'trades.NO/PE']},
              code='NOT_FOUND')
    many = [f'book.KCN/EUR.none.{depth}.100ms' for depth in range(1, 66)]
    world.ask(socket, 'subscribe', {'channels': many}, code='CONFLICT')
    socket.drain(0.5)
    followed = [channel for channel, _ in socket.pushes if channel != 'status']
    check.expect('nothing is followed', not followed, followed)
    socket.close()


def too_many_requests(world):
    socket = world.venue.socket()
    numbers = [socket.ask('ping', {}, wait=False) for _ in range(1000)]
    codes = [socket.reply(number).get('error', {}).get('code') for number in numbers]
    check.expect('most of a flood is refused', codes.count('RATE_LIMITED') > 100,
                 codes.count('RATE_LIMITED'))
    check.expect('the rest is answered', codes.count(None) >= 100, codes.count(None))
    socket.close()


def strangers(world):
    """What is not text or too large ends the socket; others do not notice."""
    for opcode, payload, code in ((2, b'x', 1003), (1, b'{"id":"' + b'x' * 70000 + b'"}', 1009)):
        socket = world.venue.socket()
        socket.send_frame(opcode, payload)
        try:
            while True:
                socket.receive()
        except wire.SocketClosed as closed:
            check.expect(f'closed with {code}', closed.code == code, closed.code)
        socket.close()
    check.expect('the gateway lives', world.venue.get('/healthz').status == 200)


TESTS = [requests, book_is_the_book, public_channels, private_channels, trading_needs_a_token,
         tokens_expire, bad_channels, too_many_requests, strangers]
