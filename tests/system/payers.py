"""Customers who pay in and out until they are told to stop, for backup_test.sh.

Arguments: DATA PORT_BASE STOP_FILE. Creates STOP_FILE.ready when they begin.
"""

import http.client
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                'venue'))

from people import Person  # noqa: E402  (found through the line above)


def pay(person, stop):
    number = 0
    while not os.path.exists(stop):
        number += 1
        try:
            if number % 3 == 0:
                person.ask('POST', '/api/withdrawal', {'asset': 'EUR', 'amount': '1.00',
                                                       'destination': 'elsewhere'})
            else:
                person.ask('POST', '/api/deposit', {'asset': 'EUR', 'amount': '2.00'})
        except (OSError, http.client.HTTPException):
            pass  # whether it was done is what the test finds out


def main():
    data, port, stop = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    people = [Person(data, port, f'payer{i}') for i in range(3)]
    for person in people:
        person.fund(['EUR'])
    threads = [threading.Thread(target=pay, args=(person, stop)) for person in people]
    for thread in threads:
        thread.start()
    with open(stop + '.ready', 'w', encoding='ascii'):
        pass
    for thread in threads:
        thread.join()


main()
