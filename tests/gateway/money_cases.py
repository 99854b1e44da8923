"""Signing in, the profile, test money in and out: what the gateway passes on to saker-accounts."""

import check
import venue


def no_token_no_answer(world):
    """Every operation that needs a token refuses without one, with a wrong one and an old one."""
    for name, (method, template, operation) in world.rest.operations.items():
        if not operation.get('security'):
            continue
        path = template.replace('{order_id}', '1').replace('{session_id}', '1')
        old = world.alice.token[:-4] + 'AAAA'
        for token in (None, 'x', old):
            world.call(name, 401, path, token=token, code='UNAUTHENTICATED')
        del method


def signing_in(world):
    world.call('request_code', 400, body={'email': 'nobody'}, code='INVALID_REQUEST')
    world.call('create_session', 401, body={'email': 'alice@example.com', 'code': '000000'},
               code='UNAUTHENTICATED')
    world.call('create_session', 400, body={'email': 'alice@example.com'})
    world.call('refresh_session', 401, code='UNAUTHENTICATED')
    reply = world.call('refresh_session', 200, headers={'Cookie': world.alice.cookie})
    cookie = reply.headers.get('set-cookie', '')
    check.expect('the refresh cookie is not for scripts or other sites',
                 'HttpOnly' in cookie and 'SameSite=Strict' in cookie and 'Path=/auth' in cookie,
                 cookie)
    world.alice.cookie = cookie.split(';')[0]
    world.alice.token = reply.json()['access_token']
    sessions = world.call('list_sessions', 200, token=world.alice.token).json()['sessions']
    check.expect('one session, the current one', [s['current'] for s in sessions] == [True],
                 sessions)
    # Somebody else's session is as good as none.
    world.call('revoke_session', 404, '/auth/sessions/' + sessions[0]['session_id'],
               token=world.bob.token)


def profile(world):
    me = world.call('get_profile', 200, token=world.alice.token).json()
    check.expect('it is alice', me['email'] == 'alice@example.com', me)
    me = world.call('update_profile', 200, body={'display_name': 'Alice'},
                    token=world.alice.token).json()
    check.expect('renamed', me['display_name'] == 'Alice', me)
    world.call('update_profile', 400, body={'account': 1}, token=world.alice.token)


def balance(world, person, asset):
    reply = world.call('get_balances', 200, token=person.token).json()
    (found,) = [b for b in reply['balances'] if b['asset'] == asset]
    return found


def test_money(world):
    """After the answer the balance has it, at once."""
    assets = world.call('get_faucet', 200, token=world.alice.token).json()['assets']
    names = [asset['asset'] for asset in assets]
    check.expect('the faucet gives EUR and KCN', {'EUR', 'KCN'} <= set(names), assets)
    for person in (world.alice, world.bob):
        for asset in ('EUR', 'KCN'):
            reply = world.call('claim_faucet', 200, body={'asset': asset}, token=person.token)
            amount = reply.json()['transfer']['amount']
            got = balance(world, person, asset)
            check.expect('the balance has it', got['available'] == amount, (reply, got))
    refused = world.venue.send('POST', '/api/faucet', {'asset': 'EUR'}, world.alice.token)
    check.expect('once a day', refused.status in (409, 429), repr(refused))
    world.call('claim_faucet', 400, body={'asset': 'NOPE'}, token=world.alice.token)
    before = balance(world, world.alice, 'EUR')
    world.call('deposit', 200, body={'asset': 'EUR', 'amount': '100.50'}, token=world.alice.token)
    after = balance(world, world.alice, 'EUR')
    check.expect('the deposit is there, exact to the cent',
                 cents(after['available']) - cents(before['available']) == 10050, (before, after))
    for body in ({'asset': 'EUR', 'amount': '0'}, {'asset': 'EUR', 'amount': '-1'},
                 {'asset': 'EUR', 'amount': '1.005'}, {'asset': 'EUR', 'amount': 5},
                 {'asset': 'EUR'}, {'asset': 'EUR', 'amount': '1', 'account': 2}):
        world.call('deposit', 400, body=body, token=world.alice.token)


def cents(text):
    whole, part = text.split('.')
    return int(whole) * 100 + int(part)


def withdrawal(world):
    before = balance(world, world.alice, 'EUR')
    world.call('withdraw', 200, body={'asset': 'EUR', 'amount': '20.00', 'destination': 'bank'},
               token=world.alice.token)
    after = balance(world, world.alice, 'EUR')
    check.expect('what is on its way out cannot be spent',
                 cents(before['available']) - cents(after['available']) == 2000, (before, after))
    world.call('withdraw', 400, body={'asset': 'EUR', 'amount': '20.00'},
               token=world.alice.token)
    listed = world.call('get_transfers', 200, token=world.alice.token).json()['transfers']
    check.expect('all four are listed', len(listed) == 4, listed)
    other = world.call('get_transfers', 200, token=world.bob.token).json()['transfers']
    own = {transfer['transfer_id'] for transfer in listed}
    check.expect('nobody sees the transfers of others',
                 not own & {transfer['transfer_id'] for transfer in other}, other)
    world.call('get_transfers', 400, '/api/transfers?limit=0', token=world.alice.token)
    world.call('get_faucet', 401)


def statement(world):
    reply = world.call('get_statement', 200, '/api/statement?asset=EUR', token=world.alice.token)
    lines = reply.text.strip().splitlines()
    check.expect('a line for each entry and one for the names', len(lines) >= 3, reply.text)
    world.call('get_statement', 400, '/api/statement?asset=NOPE', token=world.alice.token)


def signing_out(world):
    sessions = world.call('list_sessions', 200, token=world.bob.token).json()['sessions']
    world.call('revoke_session', 204, '/auth/sessions/' + sessions[0]['session_id'],
               token=world.bob.token)
    world.call('refresh_session', 401, headers={'Cookie': world.bob.cookie})
    world.call('sign_out', 204, headers={'Cookie': world.alice.cookie})
    world.call('refresh_session', 401, headers={'Cookie': world.alice.cookie})
    world.call('get_profile', 401, token='')


def without_accounts(world):
    """What is behind another service says so when that is away; the rest goes on."""
    world.venue.kill('accounts')
    world.call('request_code', 503, body={'email': 'alice@example.com'}, code='UNAVAILABLE')
    world.call('sign_out', 503, code='UNAVAILABLE')
    missing = venue.wait_until(10, lambda: world.venue.get('/readyz').status == 503)
    check.expect('not ready without accounts', missing)
    check.expect('readyz says what is missing', 'accounts' in world.venue.get('/readyz').text,
                 world.venue.get('/readyz').text)
    world.call('get_markets', 200)
    world.venue.start('accounts')
    world.call('request_code', 202, body={'email': 'carol@example.com'})


def without_market_data(world):
    path = '/api/ohlcv?market=KCN/EUR&interval=1m'
    before = world.call('get_ohlcv', 200, path).json()['candles']
    world.venue.kill('marketdata')
    world.call('get_ohlcv', 503, path, code='UNAVAILABLE')
    world.call('get_ticker', 200)
    world.call('get_recent_trades', 200, '/api/trades/recent?market=KCN/EUR')
    world.venue.start('marketdata')
    after = world.call('get_ohlcv', 200, path).json()['candles']
    check.expect('the same candles afterwards, and perhaps more',
                 {c['open_time']: c for c in before[:-1]}.items() <=
                 {c['open_time']: c for c in after}.items(), (before, after))
    check.expect('ready again',
                 venue.wait_until(10, lambda: world.venue.get('/readyz').status == 200),
                 world.venue.get('/readyz').text)


TESTS = [no_token_no_answer, signing_in, profile, test_money, withdrawal, statement]
LAST_TESTS = [signing_out, without_accounts, without_market_data]
