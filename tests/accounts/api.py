"""The caller of saker-accounts in its tests: what the gateway sends, and people behind it."""

import http.client
import itertools
import json
import os
import re
import sys
import threading
import time
import traceback

DATA = os.environ['SAKER_DATA']
BASE = int(os.environ['SAKER_BASE'])
ROOT = os.environ['SAKER_ROOT']
sys.path.insert(0, f'{ROOT}/deploy/mail')
import inbox  # noqa: E402  (found through the line above)
import database  # noqa: E402

BUILD = os.environ['SAKER_BUILD']
RUN = '%x' % time.time_ns()
numbers = itertools.count(1)


def secret(name):
    with open(f'{DATA}/secrets/{name}', encoding='ascii') as file:
        return file.read().strip()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json['error']['code']

    def __repr__(self):
        return f'{self.status} {self.body[:300]}'


def call(method, path, body=None, token=None, headers=None, service=True, address='192.0.2.1',
         timeout=30):
    """One request; raises OSError or HTTPException when nobody answers."""
    connection = http.client.HTTPConnection('127.0.0.1', BASE + 3, timeout=timeout)
    try:
        sent = {'X-Forwarded-For': address, 'User-Agent': 'checks/1'}
        if service:
            sent['X-Saker-Service'] = secret('service.token')
        if token:
            sent['Authorization'] = 'Bearer ' + token
        if body is not None:
            sent['Content-Type'] = 'application/json'
            body = json.dumps(body)
        sent.update(headers or {})
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def mailed_code(address, wait_s=15):
    return inbox.newest_code(inbox.Inbox(f'{DATA}/mail', address), wait_s) or ''


def new_address():
    return f'user{next(numbers)}.{RUN}@example.org'


def refresh_cookie(answer):
    return re.match(r'saker_refresh=([^;]*)', answer.headers['Set-Cookie']).group(1)


class User:
    """Somebody who signs in."""

    def __init__(self, email=None):
        self.email = email or new_address()
        self.sign_in()

    def sign_in(self):
        mails = inbox.Inbox(f'{DATA}/mail', self.email).skip()
        asked = call('POST', '/auth/code', {'email': self.email})
        expect(asked.status == 202, asked)
        answer = call('POST', '/auth/session',
                      {'email': self.email, 'code': inbox.newest_code(mails, 15)})
        expect(answer.status == 200, answer)
        self.take(answer)

    def take(self, answer):
        self.token = answer.json['access_token']
        self.user = answer.json['user']
        self.cookie = refresh_cookie(answer)

    def get(self, path, **more):
        return call('GET', path, token=self.token, **more)

    def post(self, path, body, **more):
        return call('POST', path, body, token=self.token, **more)

    @property
    def account(self):
        return int(self.user['account'])


def expect(held, about=''):
    if not held:
        raise AssertionError(f'not as expected: {about!r}')


def wait_until(done, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.02)
    return False


def sql(text, role='saker_reader'):
    with open(f'{DATA}/secrets/database-{role}.conninfo', encoding='ascii') as file:
        return database.ask(file.read().strip(), text)


def at_once(count, work):
    """`work(i)` on `count` threads that begin together; the results."""
    results, gate = [None] * count, threading.Barrier(count)

    def run(i):
        gate.wait()
        results[i] = work(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def main(checks):
    """The checks that the command line names, one after the other, whether one fails or not."""
    failed = []
    for name in sys.argv[1:]:
        try:
            checks[name]()
        except Exception:  # all that a check can say
            traceback.print_exc()
            failed.append(name)
    if failed:
        sys.exit(f'failed: {", ".join(failed)}')
