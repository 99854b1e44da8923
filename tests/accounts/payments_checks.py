"""What must hold of money that comes and goes. Run check by check by payments_test.sh."""

import csv
import http.client
import io
import os
import random
import threading
import time
from decimal import Decimal

import api
from api import User, call, expect, sql


def settled(user, transfer_id, status, seconds=30):
    def reached():
        listed = user.get('/api/transfers').json['transfers']
        return any(t['transfer_id'] == transfer_id and t['status'] == status for t in listed)
    return api.wait_until(reached, seconds)


def ledger_balance(account, asset):
    rows = sql(f'SELECT balance FROM ledger.balances WHERE account = {account} '
               f'AND asset = {asset}')
    return int(rows[0][0]) if rows else 0


def ledger_reaches(account, asset, balance, seconds=20):
    return api.wait_until(lambda: ledger_balance(account, asset) == balance, seconds)


def the_faucet_gives_once_a_day():
    user = User()
    before = user.get('/api/faucet').json['assets']
    expect([a['asset'] for a in before] == ['EUR', 'KCN', 'BTC', 'ETH'], before)
    expect(before[0] == {'asset': 'EUR', 'amount': '10000.00', 'next_claim_at': None}, before)
    answers = api.at_once(10, lambda _: user.post('/api/faucet', {'asset': 'EUR'}))
    expect(sorted(a.status for a in answers) == [200] + [429] * 9, answers)
    won = next(a for a in answers if a.status == 200).json
    transfer = won['transfer']
    expect(transfer['status'] == 'completed' and transfer['kind'] == 'faucet', won)
    expect(transfer['amount'] == '10000.00' and won['sequence'] > 0, won)
    lost = next(a for a in answers if a.status == 429)
    expect(lost.code == 'RATE_LIMITED' and 86000 < int(lost.headers['Retry-After']) <= 86401)
    again = user.get('/api/faucet').json['assets'][0]['next_claim_at']
    expect(86_000_000 < again - time.time() * 1000 < 86_401_000, again)
    expect(user.post('/api/faucet', {'asset': 'KCN'}).status == 200)
    expect(user.post('/api/faucet', {'asset': 'USD'}).code == 'INVALID_REQUEST')
    expect(ledger_reaches(user.account, 1, 1_000_000))
    sql(f"UPDATE payments.faucet_claims SET claimed_ms = claimed_ms - 86400000 "
        f"WHERE user_id = {user.user['user_id']}", 'saker_payments')
    expect(user.post('/api/faucet', {'asset': 'EUR'}).status == 200)
    expect(ledger_reaches(user.account, 1, 2_000_000))


def deposits_have_limits():
    user = User()
    for amount in ('0', '-1', '0.001', '100000.01', '1e3', '', 'NaN', '99999999999999999999'):
        answer = user.post('/api/deposit', {'asset': 'EUR', 'amount': amount})
        expect((answer.status, answer.code) == (400, 'INVALID_REQUEST'), (amount, answer))
    answers = api.at_once(8, lambda _: user.post('/api/deposit',
                                                 {'asset': 'EUR', 'amount': '100000.00'}))
    expect(sorted(a.status for a in answers) == [200, 200] + [409] * 6, answers)
    expect({a.code for a in answers if a.status == 409} == {'LIMIT_EXCEEDED'}, answers)
    expect(ledger_reaches(user.account, 1, 20_000_000))
    other = User()
    expect(other.get('/api/transfers').json == {'transfers': [], 'next': None})
    first = user.get('/api/transfers?limit=1').json
    expect(len(first['transfers']) == 1 and first['next'] is not None, first)
    rest = user.get('/api/transfers?limit=5&before=' + first['next']).json
    expect(len(rest['transfers']) == 1 and rest['next'] is None, rest)


def the_same_request_key_is_one_transfer():
    user = User()
    body = {'asset': 'EUR', 'amount': '5.00'}
    key = {'Idempotency-Key': 'once'}
    answers = api.at_once(6, lambda _: user.post('/api/deposit', body, headers=key))
    expect({a.status for a in answers} == {200}, answers)
    expect(len({a.json['transfer']['transfer_id'] for a in answers}) == 1, answers)
    other = user.post('/api/deposit', {'asset': 'EUR', 'amount': '6.00'}, headers=key)
    expect((other.status, other.code) == (409, 'CONFLICT'), other)
    expect(ledger_reaches(user.account, 1, 500))


def withdrawals_are_held_then_paid_or_void():
    user = User()
    user.post('/api/deposit', {'asset': 'EUR', 'amount': '100.00'})
    for body, status, code in (
            ({'asset': 'EUR', 'amount': '100.01', 'destination': 'DE00'}, 422,
             'RISK_INSUFFICIENT_BALANCE'),
            ({'asset': 'EUR', 'amount': '0.50', 'destination': 'DE00'}, 400, 'INVALID_REQUEST'),
            ({'asset': 'EUR', 'amount': '5.00', 'destination': ''}, 400, 'INVALID_REQUEST'),
            ({'asset': 'EUR', 'amount': '5.00'}, 400, 'INVALID_REQUEST')):
        answer = user.post('/api/withdrawal', body)
        expect((answer.status, answer.code) == (status, code), (body, answer))
    paid = user.post('/api/withdrawal', {'asset': 'EUR', 'amount': '30.00',
                                         'destination': 'DE00'})
    expect(paid.status == 200 and paid.json['transfer']['status'] == 'held', paid)
    refused = user.post('/api/withdrawal', {'asset': 'EUR', 'amount': '60.00',
                                            'destination': 'refuse-this'})
    expect(refused.status == 200, refused)
    more = user.post('/api/withdrawal', {'asset': 'EUR', 'amount': '20.00', 'destination': 'x'})
    expect((more.status, more.code) == (422, 'RISK_INSUFFICIENT_BALANCE'), more)
    expect(settled(user, paid.json['transfer']['transfer_id'], 'paid'))
    expect(settled(user, refused.json['transfer']['transfer_id'], 'void'))
    expect(ledger_reaches(user.account, 1, 7_000))
    rest = user.post('/api/withdrawal', {'asset': 'EUR', 'amount': '70.00', 'destination': 'x'})
    expect(rest.status == 200, rest)  # what came back is there again
    expect(ledger_reaches(user.account, 1, 0))


def an_alarm_stops_withdrawals():
    user = User()
    user.post('/api/deposit', {'asset': 'EUR', 'amount': '50.00'})
    body = {'asset': 'EUR', 'amount': '10.00', 'destination': 'x'}
    held = user.post('/api/withdrawal', body).json['transfer']['transfer_id']
    sql("INSERT INTO ledger.alarms (kind, detail, sequence) VALUES ('contradiction', 'a test', 1)",
        'saker_settlement')
    stopped = user.post('/api/withdrawal', body)
    expect((stopped.status, stopped.code) == (503, 'UNAVAILABLE'), stopped)
    expect(not settled(user, held, 'paid', 3))  # it is due after one second
    expect(user.post('/api/deposit', {'asset': 'EUR', 'amount': '1.00'}).status == 200)
    sql("UPDATE ledger.alarms SET cleared_at = now() WHERE detail = 'a test'",
        'saker_settlement')
    expect(settled(user, held, 'paid'))
    expect(user.post('/api/withdrawal', body).status == 200)


def the_statement_adds_up():
    user = User()
    for amount in ('10.00', '20.50', '0.01'):
        expect(user.post('/api/deposit', {'asset': 'EUR', 'amount': amount}).status == 200)
    answer = user.post('/api/withdrawal', {'asset': 'EUR', 'amount': '5.00', 'destination': 'x'})
    expect(settled(user, answer.json['transfer']['transfer_id'], 'paid'))
    seen = user.post('/api/deposit', {'asset': 'EUR', 'amount': '1.00'}).json['sequence']
    statement = user.get(f'/api/statement?at_least={seen}')
    expect(statement.headers['Content-Type'].startswith('text/csv'), statement.headers)
    rows = list(csv.DictReader(io.StringIO(statement.body)))
    expect([r['kind'] for r in rows] == ['deposit'] * 3 + ['withdrawal', 'deposit'], rows)
    balance = Decimal(0)
    for row in rows:
        balance += Decimal(row['amount'])
        expect(balance == Decimal(row['balance']), rows)
    expect(balance == Decimal('26.51'), rows)
    expect(len(user.get('/api/statement?asset=KCN').body.splitlines()) == 1)
    expect(user.get('/api/statement?from=5&to=4').status == 400)
    expect(len(User().get('/api/statement').body.splitlines()) == 1)
    late = user.get(f'/api/trades?at_least={seen + 1_000_000}')
    expect((late.status, late.code) == (503, 'UNAVAILABLE'), late)
    for path in ('/api/orders', '/api/orders?status=closed', '/api/trades'):
        empty = user.get(path, headers={'X-Saker-At-Least': str(seen)}).json
        expect(empty['next'] is None and empty['sequence'] >= seen, empty)
    expect(user.get('/api/orders/12345').status == 404)


def through_the_gateway(user, method, path, body=None):
    """Where orders are placed: the gateway, which has no service token to be shown."""
    connection = http.client.HTTPConnection('127.0.0.1', api.BASE, timeout=15)
    try:
        connection.request(method, path, None if body is None else api.json.dumps(body),
                           {'Authorization': 'Bearer ' + user.token,
                            'Content-Type': 'application/json'})
        answer = connection.getresponse()
        return api.Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def order(user, side, price, quantity, **more):
    body = {'market': 'KCN/EUR', 'side': side, 'type': 'limit', 'price': price,
            'quantity': quantity, **more}
    answer = through_the_gateway(user, 'POST', '/api/order', body)
    expect(answer.status == 200, answer)
    return answer.json


def the_history_of_orders_is_the_engines():
    seller, buyer = User(), User()
    expect(seller.post('/api/deposit', {'asset': 'KCN', 'amount': '10'}).status == 200)
    expect(buyer.post('/api/deposit', {'asset': 'EUR', 'amount': '1000.00'}).status == 200)
    low = order(seller, 'sell', '24.00', '3')
    high = order(seller, 'sell', '25.00', '4')
    bought = order(buyer, 'buy', '25.00', '5', time_in_force='ioc')
    seen = {'X-Saker-At-Least': str(bought['sequence'])}
    closed = buyer.get('/api/orders?status=closed', headers=seen).json['orders']
    expect(len(closed) == 1, closed)
    expect(closed[0] == {**bought['order'], 'updated_at': closed[0]['updated_at']},
           (closed, bought))
    expect(closed[0]['average_price'] == '24.40', closed)
    detail = buyer.get('/api/orders/' + closed[0]['order_id'], headers=seen).json
    expect(detail['order'] == closed[0] and detail['fills'] == bought['fills'], (detail, bought))
    trades = buyer.get('/api/trades', headers=seen).json
    expect(trades['trades'] == list(reversed(bought['fills'])), (trades, bought))
    expect([t['liquidity'] for t in seller.get('/api/trades').json['trades']] == ['maker'] * 2)
    foreign = seller.get('/api/orders/' + closed[0]['order_id'])
    expect((foreign.status, foreign.code) == (404, 'NOT_FOUND'), foreign)
    open_now = seller.get('/api/orders?status=open').json['orders']
    expect([(o['order_id'], o['status'], o['filled_quantity']) for o in open_now] ==
           [(high['order']['order_id'], 'partially_filled', '2')], open_now)
    gone = through_the_gateway(seller, 'DELETE', '/api/order?order_id=' + open_now[0]['order_id'])
    expect(gone.status == 200, gone)
    seen = {'X-Saker-At-Least': str(gone.json['sequence'])}
    page = seller.get('/api/orders?status=closed&limit=1', headers=seen).json
    expect(page['orders'][0]['reason'] == 'CANCEL_REQUESTED', page)
    rest = seller.get('/api/orders?status=closed&before=' + page['next']).json
    expect([o['order_id'] for o in rest['orders']] == [low['order']['order_id']], rest)
    expect(rest['next'] is None, rest)
    rows = list(csv.DictReader(io.StringIO(buyer.get('/api/statement').body)))
    euros = [Decimal(r['amount']) for r in rows if r['asset'] == 'EUR']
    expect(sum(euros) == Decimal('1000') - 122 - Decimal('0.07'), rows)  # fee rounded up twice
    expect({r['kind'] for r in rows} == {'deposit', 'trade', 'fee'}, rows)


class Depositor(threading.Thread):
    """Deposits and does not rest until each is answered, whatever dies meanwhile."""

    def __init__(self, number):
        super().__init__()
        self.user, self.number = User(), number
        self.keys, self.retries = [], 0

    def run(self):
        while not os.path.exists(f'{api.DATA}/depositing.stop'):
            key = f'{self.number}-{len(self.keys)}'
            self.keys.append(key)
            while not self.deposit(key):
                self.retries += 1
                time.sleep(0.05 + random.random() / 10)

    def deposit(self, key):
        try:
            answer = self.user.post('/api/deposit', {'asset': 'EUR', 'amount': '1.07'},
                                    headers={'Idempotency-Key': key}, timeout=15)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status == 401:  # its access token has run out
            self.user.sign_in()
        return answer.status == 200


def depositing_while_everything_dies():
    depositors = [Depositor(i) for i in range(6)]
    with open(f'{api.DATA}/depositing', 'w', encoding='ascii'):
        pass  # the script begins to kill
    for depositor in depositors:
        depositor.start()
    for depositor in depositors:
        depositor.join()
    with open(f'{api.DATA}/deposits.json', 'w', encoding='ascii') as file:
        api.json.dump([[d.user.user, d.keys] for d in depositors], file)
    print(sum(len(d.keys) for d in depositors), 'deposits,',
          sum(d.retries for d in depositors), 'retries')


def every_deposit_happened_once():
    with open(f'{api.DATA}/deposits.json', encoding='ascii') as file:
        depositors = api.json.load(file)
    expect(api.wait_until(lambda: sql(
        "SELECT count(*) FROM payments.outbox WHERE state = 'open'") == [['0']], 60),
        sql("SELECT * FROM payments.outbox WHERE state = 'open'"))
    total = 0
    for user, keys in depositors:
        mine = sql("SELECT request_key, status, transfer_id FROM payments.transfers "
                   f"WHERE user_id = {user['user_id']}")
        expect(sorted(row[0] for row in mine) == sorted(keys), (len(mine), len(keys)))
        expect({row[1] for row in mine} == {'completed'}, mine)
        account = int(user['account'])
        expect(ledger_reaches(account, 1, 107 * len(keys)),
               (ledger_balance(account, 1), 107 * len(keys)))
        entries = sql('SELECT reference, count(*) FROM ledger.entries WHERE reason = 3 AND '
                      f'account = {account} GROUP BY reference')
        expect(sorted(e[0] for e in entries) == sorted(row[2] for row in mine), entries)
        expect({e[1] for e in entries} <= {'1'}, entries)
        total += len(keys)
    users = sql("SELECT count(*), count(DISTINCT account_id) FROM payments.accounts "
                "WHERE state = 'open'")
    expect(users[0][0] == users[0][1], users)
    expect(sql("SELECT count(*) FROM payments.accounts WHERE state <> 'open'") == [['0']])
    print(total, 'deposits, each once')


api.main(globals())
