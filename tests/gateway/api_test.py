"""The whole public API against the documents. See api_test.sh."""

import json
import os
import subprocess
import sys

import check
import money_cases
import public_cases
import schema
import socket_cases
import trading_cases
import venue

API = os.path.join(venue.ROOT, 'gateway', 'api')


class World:
    """A running venue, two customers with money, a stranger, and the documents."""

    def __init__(self, running):
        self.venue = running
        with open(os.path.join(API, 'openapi.json'), encoding='utf-8') as file:
            self.rest = schema.OpenApi(json.load(file))
        with open(os.path.join(API, 'asyncapi.json'), encoding='utf-8') as file:
            self.pushes = schema.AsyncApi(json.load(file))
        self.answered = {}  # operation -> statuses seen
        self.asked = {}     # WebSocket method -> {'result', 'error'} seen
        self.alice = self.bob = self.stranger = None

    def call(self, operation, status, path=None, body=None, token=None, code=None, **more):
        """One request; its answer must have the status (and error code) and fit the document."""
        method, template, _ = self.rest.operations[operation]
        reply = self.venue.send(method, path or template, body, token, **more)
        self.answered.setdefault(operation, set()).add(reply.status)
        what = f'{method} {path or template} {"" if body is None else body}'
        check.expect(f'{what}: {status}', reply.status == status, repr(reply))
        if code:
            check.expect(f'{what}: {code}', reply.code() == code, repr(reply))
        check.none_of(f'{what}: as in the document', self.rest.answer_errors(operation, reply))
        return reply

    def ask(self, socket, method, params=None, code=None):
        """One request over the WebSocket; the result, or the error when a code is expected."""
        message = {'id': '0', 'method': method, **({} if params is None else {'params': params})}
        reply = socket.ask(method, params)
        if code is None:
            check.none_of(f'request {method}', self.pushes.request_errors(message))
        kind = 'error' if code else 'result'
        self.asked.setdefault(method, set()).add(kind)
        if check.expect(f'{method} {params}: {code or "result"}', kind in reply, reply) and code:
            check.expect(f'{method} {params}: {code}', reply['error']['code'] == code, reply)
        check.none_of(f'{method}: as in the document', self.pushes.reply_errors(method, reply))
        return reply.get(kind)


class Person:
    """A customer who signed up with a mailed code."""

    def __init__(self, world, email):
        self.email = email
        world.call('request_code', 202, body={'email': email})
        code = world.venue.mail_code(email)
        reply = world.call('create_session', 200,
                           body={'email': email, 'code': code, 'display_name': email[0]})
        self.cookie = reply.headers.get('set-cookie', '').split(';')[0]
        self.token = reply.json()['access_token']
        self.user = reply.json()['user']
        venue.wait_until(20, lambda: self.account_opened(world))

    def account_opened(self, world):
        """The trading account is opened behind the sign-up; then the next token names it."""
        if self.user['account']:
            return True
        reply = world.call('refresh_session', 200, headers={'Cookie': self.cookie})
        self.cookie = reply.headers['set-cookie'].split(';')[0]
        self.token, self.user = reply.json()['access_token'], reply.json()['user']
        return False


def documents_are_current(world):
    done = subprocess.run([sys.executable, '-B', os.path.join(API, 'make_docs.py'), '--check'],
                          stdout=subprocess.PIPE, text=True, check=False)
    check.expect('docs/api.md is current', done.returncode == 0, done.stdout)
    del world


def routes_are_the_documents(world):
    """The table that dispatches and the document name the same operations, with the same access."""
    gateway = os.path.join(venue.BUILD, 'gateway', 'saker-gateway')
    config = os.path.join(world.venue.data, 'config', 'gateway.toml')
    listed = subprocess.run([gateway, '--config', config, '--data', world.venue.data, '--routes'],
                            stdout=subprocess.PIPE, text=True, check=True).stdout
    table = {(r['method'], r['path']): r for r in json.loads(listed)}
    for name in ('/healthz', '/readyz', '/metrics', '/ws'):
        check.expect(f'there is {name}', table.pop(('GET', name), None), listed)
    documented = {(method, path): (name, operation)
                  for name, (method, path, operation) in world.rest.operations.items()}
    check.expect('the same routes', set(table) == set(documented),
                 str(set(table) ^ set(documented)))
    for key, route in table.items():
        name, operation = documented.get(key, ('', {}))
        check.expect(f'{key} is {route["operation"]}', name == route['operation'], name)
        access = 'user' if operation.get('security') else 'public'
        check.expect(f'{key} is {access}', route['access'] == access, str(route))


def every_operation_was_met(world):
    for name in world.rest.operations:
        statuses = world.answered.get(name, set())
        check.expect(f'{name} has succeeded', any(s < 400 for s in statuses), str(statuses))
        check.expect(f'{name} has been refused', any(s >= 400 for s in statuses), str(statuses))
    for name, operation in world.pushes.document['operations'].items():
        if operation['action'] == 'send':
            check.expect(f'{name} has been answered and refused',
                         world.asked.get(name) == {'result', 'error'}, str(world.asked.get(name)))


def start(running):
    running.make_token_key()
    running.start_mail()
    running.start('engine')
    running.start('follower', wait=False)
    running.start_database()
    # Whoever calls everything in a moment is over the limits that people stay under.
    running.edit('gateway/gateway.toml', {
        '\nrequests_per_second = 50 ': '\nrequests_per_second = 0 ',
        # One that is reached on a slow machine, too, and only by who tries.
        '\norders_per_second = 50 ': '\norders_per_second = 2 ',
        'orders_burst = 100': 'orders_burst = 200',
        'directory = "frontend/dist"': 'directory = ""'})
    running.start('settlement', 'accounts', 'marketdata', 'bots', wait=False)
    running.start('gateway')


def main():
    running = venue.Venue()
    try:
        start(running)
        world = World(running)
        world.alice = Person(world, 'alice@example.com')
        world.bob = Person(world, 'bob@example.com')
        check.run([documents_are_current, routes_are_the_documents], world)
        for cases in (money_cases, public_cases, trading_cases, socket_cases):
            check.run(cases.TESTS, world)
        check.run(money_cases.LAST_TESTS + [every_operation_was_met], world)
        if check.failed:
            print(running.tail('gateway', 30))
    finally:
        running.close()
    return check.verdict()


if __name__ == '__main__':
    sys.exit(main())
