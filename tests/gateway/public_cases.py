"""What everybody may see."""

import hashlib

import check
import venue


def markets(world):
    reply = world.call('get_markets', 200).json()
    names = [market['market'] for market in reply['markets']]
    check.expect('the markets of the venue', names == ['KCN/EUR', 'BTC/EUR', 'ETH/EUR'], names)
    kcn = reply['markets'][0]
    check.expect('steps, limits and fees as in venue.toml',
                 (kcn['tick_size'], kcn['lot_size'], kcn['min_notional'], kcn['maker_fee'],
                  kcn['taker_fee'], kcn['max_notional']) ==
                 ('0.01', '1', '1.00', '0.0002', '0.0005', None), kcn)
    world.call('get_markets', 400, '/api/markets?market=KCN/EUR', code='INVALID_REQUEST')


def depth(world):
    reply = venue.wait_until(20, lambda: _two_sided(world))
    if not check.expect('the bots quote', reply, world.venue.tail('bots')):
        return
    prices = [float(price) for price, _ in reply['bids']]
    check.expect('bids fall', prices == sorted(prices, reverse=True), prices)
    grouped = world.call('get_depth', 200, '/api/depth?market=KCN/EUR&group=0.10&depth=5').json()
    check.expect('grouped prices are multiples of the group',
                 all(price.endswith('0') for price, _ in grouped['bids'] + grouped['asks']),
                 grouped)
    check.expect('no more levels than asked for', len(grouped['bids']) <= 5, grouped)
    for query, status in (('', 400), ('?market=NO/PE', 404), ('?market=KCN/EUR&depth=0', 400),
                          ('?market=KCN/EUR&depth=201', 400), ('?market=KCN/EUR&group=0.015', 400),
                          ('?market=KCN/EUR&group=-1', 400), ('?market=KCN/EUR&x=1', 400),
                          ('?market=%ff', 400)):
        world.call('get_depth', status, '/api/depth' + query)


def _two_sided(world):
    reply = world.venue.get('/api/depth?market=KCN/EUR').json()
    return reply if reply.get('bids') and reply.get('asks') else None


def ticker(world):
    reply = world.call('get_ticker', 200).json()
    check.expect('one ticker per market', len(reply['tickers']) == 3, reply)
    one = world.call('get_ticker', 200, '/api/ticker?market=KCN/EUR').json()['tickers']
    check.expect('the one that was asked for', [t['market'] for t in one] == ['KCN/EUR'], one)
    check.expect('with a touch', one[0]['bid'] and one[0]['ask'], one)
    world.call('get_ticker', 404, '/api/ticker?market=NO/PE', code='NOT_FOUND')


def recent_trades(world):
    path = '/api/trades/recent?market=KCN/EUR&limit=5'
    trades = venue.wait_until(
        20, lambda: world.venue.get(path).json()['trades'])
    trades = world.call('get_recent_trades', 200, path).json()['trades']
    check.expect('there are trades', trades)
    ids = [int(trade['trade_id']) for trade in trades]
    check.expect('newest first', ids == sorted(ids, reverse=True), ids)
    for query in ('?market=KCN/EUR&limit=501', '?limit=5', '?market=KCN/EUR&limit=x'):
        world.call('get_recent_trades', 400, '/api/trades/recent' + query)


def candles(world):
    path = '/api/ohlcv?market=KCN/EUR&interval=1m'
    venue.wait_until(20, lambda: world.venue.get(path).json().get('candles'))
    reply = world.call('get_ohlcv', 200, path).json()['candles']
    check.expect('there are candles', reply)
    for candle in reply:
        low, high = float(candle['low']), float(candle['high'])
        inside = all(low <= float(candle[k]) <= high for k in ('open', 'close'))
        check.expect('open and close lie between low and high', inside, candle)
    day = world.call('get_ohlcv', 200, '/api/ohlcv?market=KCN/EUR&interval=1d&limit=1').json()
    check.expect('the day has at least what its minutes have',
                 sum(int(c['trades']) for c in reply) <= day['candles'][0]['trades'] or
                 len(reply) > 1, (reply, day))
    for query in ('?market=KCN/EUR', '?market=KCN/EUR&interval=2m', '?interval=1m',
                  '?market=KCN/EUR&interval=1m&limit=1001'):
        world.call('get_ohlcv', 400, '/api/ohlcv' + query)


def evidence(world):
    """Heads, once they are signed; each with a signature that another program finds good, and each
    naming the one before."""
    path = '/api/evidence'
    world.call('get_evidence', 503, path, code='UNAVAILABLE')
    world.venue.start('notary')
    venue.wait_until(20, lambda: world.venue.get(path + '?from=2').status == 200)
    reply = world.call('get_evidence', 200, path + '?from=1&limit=100').json()
    heads = reply['heads']
    check.expect('numbered from 1', [h['number'] for h in heads] == list(range(1, len(heads) + 1)),
                 heads)
    check.expect('one goes on where the other ends',
                 all(b['first_sequence'] == a['last_sequence'] + 1
                     for a, b in zip(heads, heads[1:])), heads)
    signed = [bytes.fromhex(head['signed']) for head in heads]
    check.expect('the first has none before it', heads[0]['previous'] == '0' * 64, heads[0])
    links = [hashlib.blake2b(one, digest_size=32).hexdigest() for one in signed]
    check.expect('each names the one before', links[:-1] == [h['previous'] for h in heads[1:]],
                 (links, heads))
    key = bytes.fromhex(reply['public_key'])
    good = [world.venue.is_signed(one[:160], one[160:], key) for one in signed]
    check.expect('signed with the key', all(good), good)
    check.expect('another text is not', not world.venue.is_signed(b'x', signed[0][160:], key), '')
    newest = world.call('get_evidence', 200).json()
    check.expect('without a number the newest one',
                 [h['number'] for h in newest['heads']] == [newest['count']], newest)
    for query, status in (('?from=0', 400), ('?limit=101', 400), ('?x=1', 400),
                          ('?from=1000000', 404)):
        world.call('get_evidence', status, path + query)


def errors_look_alike(world):
    for method, path, status, code in (('GET', '/api/nothing', 404, 'NOT_FOUND'),
                                       ('GET', '/internal/mint', 404, 'NOT_FOUND'),
                                       ('POST', '/api/markets', 405, 'METHOD_NOT_ALLOWED'),
                                       ('GET', '/metrics', 401, 'UNAUTHENTICATED')):
        reply = world.venue.send(method, path)
        check.expect(f'{method} {path}: {status} {code}',
                     (reply.status, reply.code()) == (status, code), repr(reply))
    token = world.venue.service_token()
    reply = world.venue.get('/metrics', headers={'X-Saker-Service': token})
    check.expect('metrics for who has the service token',
                 reply.status == 200 and 'saker_gateway_feed_live 1' in reply.text, repr(reply))
    check.expect('ready', world.venue.get('/readyz').status == 200)


TESTS = [markets, depth, ticker, recent_trades, candles, evidence, errors_look_alike]
