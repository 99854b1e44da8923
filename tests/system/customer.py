"""A customer who does what is said on the standard input, a line each, and remembers all that the
venue told; answers with one line.

Arguments: DATA PORT_BASE NAME. Lines: `order` (one that rests, far from the market), `trade` (one
that meets the bots), `cancel` (the one that rests longest), `deposit`; `compare`: is everything as
it was told? An answer is the HTTP status and, of what was refused, the error's code.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'venue'))

from traders import Trader  # noqa: E402  (found through the line above)


class Customer(Trader):
    def __init__(self, data, port, name):
        super().__init__(data, port, name, stop=None)
        self.resting = []
        self.reply = None

    def ask(self, *words):
        self.reply = super().ask(*words)
        return self.reply

    def place(self, **terms):
        self.number += 1
        name = str(self.number)
        reply = self.ask('POST', '/api/order', {'market': 'KCN/EUR', 'side': 'buy', 'quantity': '1',
                                                'client_order_id': name, **terms})
        self.take(name, reply)
        if reply is not None and reply.status == 200:
            order = reply.json()['order']
            if order['status'] == 'open':
                self.resting.append((name, order['order_id']))

    def cancel(self):
        name, order_id = self.resting.pop(0)
        self.take(name, self.ask('DELETE', '/api/order?order_id=' + order_id), cancel=True)

    def do(self, word):
        if word == 'order':
            if len(self.resting) > 20:  # or all the money would be held
                self.cancel()
            self.place(type='limit', price='22.00')
        elif word == 'trade':
            self.place(type='market')
        elif word == 'cancel':
            self.cancel()
        elif word == 'deposit':
            self.deposit()
        else:
            self.compare()
            return '; '.join(self.problems[:5]) or f'as told: {self}'
        return 'no answer' if self.reply is None else f'{self.reply.status} {self.reply.code()}'


def main():
    customer = Customer(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    print('here', flush=True)
    for line in sys.stdin:
        print(customer.do(line.strip()), flush=True)


main()
