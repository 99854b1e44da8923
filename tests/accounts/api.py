"""The caller of saker-accounts in its tests: what the gateway sends, and people behind it."""

import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time

DATA = os.environ['SAKER_DATA']
BASE = int(os.environ['SAKER_BASE'])
ROOT = os.environ['SAKER_ROOT']
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
    inbox = subprocess.run(
        ['/usr/bin/python3', '-B', f'{ROOT}/deploy/mail/inbox.py', f'{DATA}/mail', address,
         '--code', '--wait', str(wait_s)], capture_output=True, text=True, check=False)
    return inbox.stdout.strip()


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
        asked = call('POST', '/auth/code', {'email': self.email})
        expect(asked.status == 202, asked)
        answer = call('POST', '/auth/session',
                      {'email': self.email, 'code': mailed_code(self.email)})
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
        conninfo = file.read().strip()
    out = subprocess.run(['/usr/lib/postgresql/15/bin/psql', conninfo, '-X', '-q', '-A', '-t',
                          '-F', '|', '-v', 'ON_ERROR_STOP=1', '-c', text],
                         capture_output=True, text=True, check=True)
    return [line.split('|') for line in out.stdout.splitlines()]


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
    checks[sys.argv[1]]()
