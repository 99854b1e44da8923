"""Customers who trade and pay in while the venue's processes die, and remember all they are told.

Arguments: DATA PORT_BASE STOP_FILE. Creates STOP_FILE.ready when they begin, and ends when
STOP_FILE exists. Then every answer is compared with what the venue's own lists say: what was
acknowledged is there once, what was refused is not there, what was in doubt is there at most once.
"""

import csv
import http.client
import os
import random
import sys
import threading
import time
from collections import Counter
from decimal import Decimal

from people import Failed, Person, need
import wire

REFUSED = (503, 409, 422, 429)  # nothing was done
STATEMENT_MS = 120_000          # a statement has an end; longer times are asked for piece by piece


class Trader(threading.Thread):
    def __init__(self, data, port, name, stop):
        super().__init__(daemon=True)
        self.person = Person(data, port, name)
        self.person.fund(['EUR', 'KCN'])
        self.stop = stop
        self.random = random.Random(name)
        self.orders = {}     # client order id -> the order as last acknowledged
        self.fills = {}      # trade id -> fill
        self.doubtful = set()
        self.refused = 0
        self.deposits = {}   # transfer id -> amount
        self.deposits_tried = 0
        self.problems = []
        self.number = 0
        self.bought = 0      # of what is known, less what was sold
        self.begun_ms = int(time.time() * 1000)

    def run(self):
        try:
            while not os.path.exists(self.stop):
                self.number += 1
                if self.number % 25 == 0:
                    self.deposit()
                elif self.number % 301 == 0:
                    self.ask('DELETE', '/api/orders')  # there may only be so many open
                else:
                    self.order()
                time.sleep(0.02)
        except Exception as error:  # an answer of a shape that no document promises
            self.problems.append(repr(error))

    def ask(self, *words):
        """None when nobody answers, or nobody knows."""
        try:
            reply = self.person.ask(*words)
        except (OSError, http.client.HTTPException):
            return None
        if reply.status == 401:
            self.sign_in_again()
            return None
        return None if reply.status in (502, 504) else reply

    def sign_in_again(self):
        for _ in range(60):
            try:
                return self.person.sign_in()
            except (Failed, OSError, http.client.HTTPException):
                time.sleep(1)
        raise Failed('cannot sign in again')

    def order(self):
        name = str(self.number)
        buys = self.random.random() < 0.5 - self.bought / 100  # never out of either
        body = {'market': 'KCN/EUR', 'side': 'buy' if buys else 'sell', 'quantity': '1',
                'client_order_id': name}
        if self.random.random() < 0.5:
            body['type'] = 'market'
        else:
            body.update(type='limit', price='22.00' if buys else '28.00')
        reply = self.ask('POST', '/api/order', body)
        self.take(name, reply)
        if reply is not None and reply.status == 200 and self.random.random() < 0.4:
            order = reply.json()['order']
            if order['status'] == 'open':
                self.take(name, self.ask('DELETE', '/api/order?order_id=' + order['order_id']),
                          cancel=True)

    def take(self, name, reply, cancel=False):
        if reply is None:
            self.doubtful.add(name)
        elif reply.status == 200:
            answer = reply.json()
            known = self.orders.setdefault(name, answer['order'])
            if known['order_id'] != answer['order']['order_id']:
                self.problems.append(f'{name} is two orders')
            self.orders[name] = answer['order']
            for fill in answer.get('fills', []):
                if fill['trade_id'] not in self.fills:
                    self.bought += 1 if fill['side'] == 'buy' else -1
                self.fills[fill['trade_id']] = fill
        elif reply.status in REFUSED or (cancel and reply.status == 404):
            self.refused += 1
        else:
            self.problems.append(f'{name}: {reply}')

    def deposit(self):
        self.deposits_tried += 1
        reply = self.ask('POST', '/api/deposit', {'asset': 'EUR', 'amount': '10.00'})
        if reply is not None and reply.status == 200:
            transfer = reply.json()['transfer']
            self.deposits[transfer['transfer_id']] = transfer['amount']
        elif reply is not None and reply.status not in (202,) + REFUSED:
            self.problems.append(f'deposit: {reply}')

    # -- afterwards ----------------------------------------------------------------------------

    def everything(self, path, key):
        """All pages of a list."""
        found, before = [], ''
        while True:
            page = need(self.patient('GET', f'{path}limit=100{before}')).json()
            found += page[key]
            if not page.get('next'):
                return found
            before = '&before=' + page['next']

    def patient(self, *words):
        for _ in range(120):
            reply = self.ask(*words)
            if reply is not None and reply.status < 500:
                return reply
            time.sleep(0.5)
        raise Failed(f'no answer to {words}')

    def compare(self):
        self.patient('DELETE', '/api/orders')  # reads from now on include all that was done
        closed = self.everything('/api/orders?status=closed&', 'orders')
        still_open = self.everything('/api/orders?status=open&', 'orders')
        if still_open:
            self.problems.append(f'open after cancelling all: {still_open}')
        by_name = {}
        for order in closed:
            if by_name.setdefault(order['client_order_id'], order) is not order:
                self.problems.append(f"{order['client_order_id']} is there twice")
        for name, order in self.orders.items():
            listed = by_name.get(name)
            if listed is None:
                self.problems.append(f'acknowledged order {name} is missing')
            elif listed['order_id'] != order['order_id'] or \
                    Decimal(listed['filled_quantity']) < Decimal(order['filled_quantity']):
                self.problems.append(f'order {name}: told {order}, listed {listed}')
        for name in by_name.keys() - self.orders.keys() - self.doubtful:
            if by_name[name]['status'] != 'rejected':
                self.problems.append(f'order {name} was refused and is there: {by_name[name]}')
        self.compare_fills()
        self.compare_deposits()

    def compare_fills(self):
        listed = {}
        for fill in self.everything('/api/trades?', 'trades'):
            if fill['trade_id'] in listed:
                self.problems.append(f"fill {fill['trade_id']} is there twice")
            listed[fill['trade_id']] = fill
        for trade_id, fill in self.fills.items():
            if listed.get(trade_id) != fill:
                self.problems.append(f'fill: told {fill}, listed {listed.get(trade_id)}')

    def compare_deposits(self):
        transfers = self.everything('/api/transfers?', 'transfers')
        done = {t['transfer_id']: t['amount'] for t in transfers
                if t['kind'] == 'deposit' and t['status'] == 'completed'}
        for transfer_id, amount in self.deposits.items():
            if done.get(transfer_id) != amount:
                self.problems.append(f'deposit {transfer_id} of {amount} is missing')
        if len(done) > self.deposits_tried:
            self.problems.append('more deposits than were asked for')
        booked = self.booked_deposits()
        for transfer_id in done:
            if booked[transfer_id] != 1:
                self.problems.append(f'deposit {transfer_id} is {booked[transfer_id]} times '
                                     'in the statement')

    def booked_deposits(self):
        """How often each is in the statement, which is read in pieces without a gap."""
        booked = Counter()
        start, now = 0, int(time.time() * 1000)
        while True:
            end = max(start, self.begun_ms) + STATEMENT_MS
            path = f'/api/statement?from={start}' + (f'&to={end}' if end < now else '')
            text = need(self.patient('GET', path)).text
            booked.update(row['reference'] for row in csv.DictReader(text.splitlines())
                          if row['kind'] == 'deposit')
            if end >= now:
                return booked
            start = end

    def __str__(self):
        return (f'{len(self.orders)} orders acknowledged, {self.refused} refused, '
                f'{len(self.doubtful)} in doubt, {len(self.fills)} fills, '
                f'{len(self.deposits)} of {self.deposits_tried} deposits')


def main():
    data, port, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    traders = [Trader(data, port, name, stop) for name in ('ann', 'ben')]
    for trader in traders:
        trader.start()
    with open(stop + '.ready', 'w', encoding='ascii'):
        pass
    for trader in traders:
        trader.join()
    failed = False
    for trader in traders:
        if not trader.problems:
            trader.compare()
        print(trader)
        for problem in trader.problems[:20]:
            print('PROBLEM:', problem)
        busy = len(trader.orders) > 50 and trader.fills and trader.deposits
        if not busy:
            print('PROBLEM: too little was done for this to prove anything')
        failed = failed or bool(trader.problems) or not busy
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
