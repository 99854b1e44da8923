"""Orders over HTTP: each answer is the engine's decision, and everything read after it has it."""

import time

import check
import money_cases

ORDER = {'market': 'KCN/EUR', 'side': 'buy', 'type': 'limit', 'price': '21.00', 'quantity': '4'}


def place(world, person, **fields):
    body = {**ORDER, **fields}
    body = {name: value for name, value in body.items() if value is not None}
    return world.call('place_order', 200, body=body, token=person.token).json()


def open_ids(world, person):
    reply = world.call('get_orders', 200, '/api/orders?status=open', token=person.token).json()
    return [order['order_id'] for order in reply['orders']]


def places_and_cancels(world):
    before = money_cases.balance(world, world.alice, 'EUR')
    reply = place(world, world.alice, client_order_id='1001')
    order = reply['order']
    check.expect('it rests', order['status'] == 'open' and not reply['fills'], reply)
    check.expect('as it was asked for',
                 (order['price'], order['quantity'], order['remaining_quantity'],
                  order['client_order_id']) == ('21.00', '4', '4', '1001'), order)
    held = money_cases.balance(world, world.alice, 'EUR')
    # 84.00 and the larger fee, rounded up: 84.00 × 0.0005 = 0.042.
    check.expect('the hold is price × quantity and the fee, to the cent',
                 money_cases.cents(held['held']) - money_cases.cents(before['held']) == 8405,
                 (before, held))
    check.expect('it is listed', order['order_id'] in open_ids(world, world.alice))
    check.expect('nobody else sees it', order['order_id'] not in open_ids(world, world.bob))
    world.call('cancel_order', 404, '/api/order?order_id=' + order['order_id'],
               token=world.bob.token, code='UNKNOWN_ORDER')
    gone = world.call('cancel_order', 200, '/api/order?order_id=' + order['order_id'],
                      token=world.alice.token).json()
    check.expect('cancelled on request', (gone['order']['status'], gone['order']['reason']) ==
                 ('cancelled', 'CANCEL_REQUESTED'), gone)
    after = money_cases.balance(world, world.alice, 'EUR')
    check.expect('the hold is given back', after == before, (before, after))
    for query, status in (('', 400), ('?order_id=1&client_order_id=1', 400), ('?order_id=x', 400),
                          ('?order_id=77', 404), ('?order_id=1&x=1', 400)):
        world.call('cancel_order', status, '/api/order' + query, token=world.alice.token)


def the_same_again_is_the_same_order(world):
    first = place(world, world.alice, client_order_id='2001')['order']
    again = place(world, world.alice, client_order_id='2001')['order']
    check.expect('one order, told twice', first == again, (first, again))
    other = {**ORDER, 'client_order_id': '2001', 'price': '21.01'}
    world.call('place_order', 422, body=other, token=world.alice.token,
               code='ORDER_DUPLICATE_CLIENT_ID')
    mine = place(world, world.bob, client_order_id='2001')['order']
    check.expect('ids are an account\'s own', mine['order_id'] != first['order_id'], mine)
    for person in (world.alice, world.bob):
        world.call('cancel_order', 200, '/api/order?client_order_id=2001', token=person.token)
    done = place(world, world.alice, client_order_id='2001')['order']
    check.expect('also when it is done', done['status'] == 'cancelled', done)


def replaces(world):
    order = place(world, world.alice)['order']
    body = {'order_id': order['order_id'], 'quantity': '3'}
    changed = world.call('replace_order', 200, body=body, token=world.alice.token).json()['order']
    check.expect('fewer of it', (changed['quantity'], changed['price'], changed['order_id']) ==
                 ('3', '21.00', order['order_id']), changed)
    body = {'order_id': order['order_id'], 'price': '21.50', 'quantity': '5'}
    changed = world.call('replace_order', 200, body=body, token=world.alice.token).json()['order']
    check.expect('more of it, dearer', (changed['quantity'], changed['price']) == ('5', '21.50'),
                 changed)
    for body, status in (({'order_id': order['order_id']}, 400),
                         ({'price': '21.00'}, 400),
                         ({'order_id': order['order_id'], 'price': '21.001'}, 400),
                         ({'order_id': '77', 'price': '21.00'}, 404),
                         ({'order_id': order['order_id'], 'quantity': '2000000'}, 422)):
        world.call('replace_order', status, body=body, token=world.alice.token)
    world.call('replace_order', 404, body={'order_id': order['order_id'], 'price': '22.00'},
               token=world.bob.token, code='UNKNOWN_ORDER')
    world.call('cancel_order', 200, '/api/order?order_id=' + order['order_id'],
               token=world.alice.token)


def trades(world):
    """A market order against the bots: fills add up, fees are charged, history has it."""
    before = {a: money_cases.balance(world, world.alice, a) for a in ('EUR', 'KCN')}
    reply = place(world, world.alice, type='market', price=None, quantity='2')
    order, fills = reply['order'], reply['fills']
    check.expect('filled', (order['status'], order['filled_quantity']) == ('filled', '2'), reply)
    check.expect('the fills make up the order', sum(int(f['quantity']) for f in fills) == 2, reply)
    cost = sum(money_cases.cents(f['price']) * int(f['quantity']) for f in fills)
    fees = sum(money_cases.cents(f['fee']) for f in fills)
    check.expect('fees are charged', fees > 0 and all(f['liquidity'] == 'taker' for f in fills),
                 fills)
    after = {a: money_cases.balance(world, world.alice, a) for a in ('EUR', 'KCN')}
    check.expect('paid to the cent', money_cases.cents(before['EUR']['total']) -
                 money_cases.cents(after['EUR']['total']) == cost + fees, (before, after, reply))
    check.expect('and got it', int(float(after['KCN']['total'])) -
                 int(float(before['KCN']['total'])) == 2, (before, after))
    detail = world.call('get_order', 200, '/api/orders/' + order['order_id'],
                        token=world.alice.token).json()
    check.expect('history has the same order', detail['order'] == order, (detail, order))
    check.expect('and the same fills', detail['fills'] == fills, (detail, fills))
    world.call('get_order', 404, '/api/orders/' + order['order_id'], token=world.bob.token)
    listed = world.call('get_trades', 200, token=world.alice.token).json()
    check.expect('and the fills are listed, newest first',
                 listed['trades'][:len(fills)] == fills[::-1], (listed, fills))
    check.expect('as of the order or later', listed['sequence'] >= reply['sequence'], listed)
    closed = world.call('get_orders', 200, '/api/orders?status=closed&limit=1',
                        token=world.alice.token).json()
    check.expect('the closed order comes first',
                 closed['orders'][0]['order_id'] == order['order_id'], closed)
    others = world.call('get_trades', 200, token=world.bob.token).json()['trades']
    own = {fill['trade_id'] for fill in fills}
    check.expect('nobody sees the fills of others',
                 not own & {fill['trade_id'] for fill in others}, others)
    world.call('get_trades', 400, '/api/trades?limit=0', token=world.alice.token)
    world.call('get_orders', 400, '/api/orders', token=world.alice.token)


def buys_for_an_amount(world):
    reply = place(world, world.alice, type='market', price=None, quantity=None,
                  quote_amount='60.00')
    cost = sum(money_cases.cents(f['price']) * int(f['quantity']) + money_cases.cents(f['fee'])
               for f in reply['fills'])
    check.expect('not more than the amount, fees included', 0 < cost <= 6000, reply)
    check.expect('its quantity is what it bought',
                 reply['order']['quantity'] == reply['order']['filled_quantity'], reply)
    detail = world.call('get_order', 200, '/api/orders/' + reply['order']['order_id'],
                        token=world.alice.token).json()
    check.expect('history has the same order', detail['order'] == reply['order'],
                 (detail, reply))
    sold = place(world, world.alice, type='market', side='sell', price=None, quantity='1')
    check.expect('and sells at the market', sold['order']['status'] == 'filled', sold)


def immediate_or_cancel(world):
    reply = place(world, world.alice, time_in_force='ioc')
    order = reply['order']
    check.expect('nothing to trade with: cancelled at once',
                 (order['status'], order['reason'], order['time_in_force']) ==
                 ('cancelled', 'CANCEL_IMMEDIATE_REMAINDER', 'ioc'), reply)


def says_why_not(world):
    for change, status, code in (
            ({'price': '21.001'}, 400, 'INVALID_REQUEST'), ({'price': '0'}, 400, None),
            ({'price': '-1'}, 400, None), ({'price': 21}, 400, None), ({'price': None}, 400, None),
            ({'price': '1e2'}, 400, None), ({'price': '999999999999999999999'}, 400, None),
            ({'quantity': '0'}, 400, None), ({'quantity': '-4'}, 400, None),
            ({'quantity': '1.5'}, 400, None), ({'quantity': None}, 400, None),
            ({'side': 'both'}, 400, None), ({'type': 'stop'}, 400, None),
            ({'market': 'EUR/KCN'}, 404, 'NOT_FOUND'), ({'market': None}, 400, None),
            ({'account': 2}, 400, None), ({'client_order_id': '0'}, 400, None),
            ({'client_order_id': '9223372036854775808'}, 400, None),
            ({'client_order_id': 'abc'}, 400, None), ({'quote_amount': '5.00'}, 400, None),
            ({'type': 'market', 'time_in_force': 'gtc', 'price': None}, 400, None),
            ({'type': 'market', 'quote_amount': '5.00'}, 400, None),
            ({'price': '21.00', 'quantity': '900000'}, 422, 'RISK_INSUFFICIENT_BALANCE'),
            ({'price': '1.00'}, 422, 'RISK_PRICE_BAND'),
            ({'quantity': '1000001'}, 422, 'ORDER_QUANTITY_INVALID')):
        body = {k: v for k, v in {**ORDER, **change}.items() if v is not None}
        world.call('place_order', status, body=body, token=world.alice.token, code=code)
    for body in ('', '[]', '{', '"x"', '{"market":"KCN/EUR","market":"KCN/EUR"}', '\xff'):
        world.call('place_order', 400, body=body.encode('latin-1'), token=world.alice.token,
                   headers={'Content-Type': 'application/json'})
    world.call('place_order', 413, body='{"market":"' + 'x' * 20000 + '"}',
               token=world.alice.token)


def pages_and_cancels_all(world):
    # So many that several fall into one millisecond.
    prices = [f'21.{i:02}' for i in range(60)]
    ids = [place(world, world.alice, price=price)['order']['order_id'] for price in prices]
    seen, before = [], ''
    while before is not None:
        path = '/api/orders?status=open&market=KCN/EUR&limit=25'
        page = world.call('get_orders', 200, path + (f'&before={before}' if before else ''),
                          token=world.alice.token).json()
        seen += [order['order_id'] for order in page['orders']]
        before = page['next']
    check.expect('every open order once, newest first', seen == ids[::-1], (seen, ids))
    world.call('get_orders', 400, '/api/orders?status=open&before=x', token=world.alice.token)
    kept = place(world, world.bob)['order']['order_id']
    world.call('cancel_all_orders', 400, '/api/orders?side=x', token=world.alice.token)
    reply = world.call('cancel_all_orders', 200, '/api/orders?side=sell',
                       token=world.alice.token).json()
    check.expect('no sells', reply['cancelled'] == 0, reply)
    reply = world.call('cancel_all_orders', 200, '/api/orders?market=KCN/EUR',
                       token=world.alice.token).json()
    check.expect('all of them', reply['cancelled'] == len(ids), reply)
    check.expect('none is left', open_ids(world, world.alice) == [])
    check.expect('those of others stay', open_ids(world, world.bob) == [kept])
    world.call('cancel_all_orders', 200, token=world.bob.token)


def waits_for_what_is_asked_for(world):
    reply = place(world, world.alice)
    path = f'/api/orders?status=open&at_least={reply["sequence"]}'
    listed = world.call('get_orders', 200, path, token=world.alice.token).json()
    check.expect('as of the order or later', listed['sequence'] >= reply['sequence'], listed)
    world.call('get_balances', 400, '/api/balances?at_least=x', token=world.alice.token)
    world.call('cancel_all_orders', 200, token=world.alice.token)


def too_fast_is_told(world):
    """More than the account's burst at once: refused with a time to wait, then it goes on."""
    refused = None
    for _ in range(400):
        reply = world.venue.send('POST', '/api/order', {**ORDER, 'price': '1.00'},
                                 world.bob.token)
        if reply.status == 429:
            refused = reply
            break
    if check.expect('an account has a rate', refused):
        check.expect('with Retry-After', int(refused.headers.get('retry-after', 0)) >= 1,
                     refused.headers)
        check.none_of('as in the document', world.rest.answer_errors('place_order', refused))
        time.sleep(int(refused.headers['retry-after']))
        world.call('place_order', 422, body={**ORDER, 'price': '1.00'}, token=world.bob.token)
        time.sleep(1)


TESTS = [places_and_cancels, the_same_again_is_the_same_order, replaces, trades,
         buys_for_an_amount, immediate_or_cancel, says_why_not, pages_and_cancels_all,
         waits_for_what_is_asked_for, too_fast_is_told]
