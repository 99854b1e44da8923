"""Customers of a venue that runs, over its public interface alone."""

import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, 'tests', 'gateway'), os.path.join(ROOT, 'deploy', 'mail')]

import inbox  # noqa: E402  (found through the line above)
import wire  # noqa: E402


class Failed(Exception):
    """The venue did not do what it must."""


def need(answer, *statuses):
    if answer.status not in (statuses or (200,)):
        raise Failed(f'{answer} instead of {statuses or (200,)}')
    return answer


class Person:
    """Signed up, and in again whenever the token is over."""

    def __init__(self, data, port, name):
        self.data, self.port, self.email = data, port, f'{name}@example.org'
        self.token = None
        self.cookie = ''
        self.sign_in()

    def sign_in(self):
        mails = inbox.Inbox(self.data + '/mail', self.email).skip()
        need(wire.request(self.port, 'POST', '/auth/code', {'email': self.email}), 202)
        code = inbox.newest_code(mails, 15)
        if code is None:
            raise Failed(f'no code was mailed to {self.email}')
        body = {'email': self.email, 'code': code}
        reply = need(wire.request(self.port, 'POST', '/auth/session', body))
        self.token = reply.json()['access_token']
        self.cookie = reply.headers.get('set-cookie', '').split(';')[0]

    def ask(self, method, path, body=None, **words):
        return wire.request(self.port, method, path, body, token=self.token, **words)

    def fund(self, assets, seconds=30):
        """Claims each asset; a new account opens in the engine within moments."""
        deadline = time.monotonic() + seconds
        for asset in assets:
            while True:
                reply = self.ask('POST', '/api/faucet', {'asset': asset})
                if reply.status == 200:
                    break
                if reply.status not in (409, 503) or time.monotonic() > deadline:
                    raise Failed(f'faucet: {reply}')
                time.sleep(0.2)
