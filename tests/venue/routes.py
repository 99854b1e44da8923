"""Walks the dispatch tables of all services of a running venue. Arguments: DATA PORT_BASE BUILD.

Each route is called with every combination of credentials. Those it does not ask for in full must
end in 401 before anything else is looked at; with them it must not. A stranger with credentials of
his own must not see or change an object of somebody else. The public routes are those of
public_routes.txt.
"""

import base64
import json
import os
import re
import subprocess
import sys

from people import Person, need
import wire

SERVICES = {  # name: program, port offset
    'gateway': ('gateway/saker-gateway', 0),
    'accounts': ('accounts/saker-accounts', 3),
    'marketdata': ('marketdata/saker-marketdata', 4),
    'settlement': ('accounts/settlement/saker-settlement', 5),
}
ACCESS = {  # which credentials a route needs
    'public': set(), 'service': {'service'}, 'user': {'user'}, 'service_user': {'service', 'user'},
}
# Routes whose own answer may be 401 although the gate let the request pass: they judge a code or a
# cookie in it.
JUDGES_BY_ITSELF = {'/auth/session', '/auth/refresh', '/auth/sign-out'}

checks = failures = 0


def check(what, holds, detail=''):
    global checks, failures
    checks += 1
    if not holds:
        failures += 1
        print(f'FAILED: {what} {detail}')


def table(service, data, base, build):
    program, _ = SERVICES[service]
    words = [os.path.join(build, program), '--routes', '--data', data, '--port-base', str(base),
             '--config', f'{data}/config/{service}.toml']
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def tampered(token):
    """The same claims for account 1, with the old signature."""
    payload, signature = token.split('.')
    claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
    claims['account'] = 1
    text = json.dumps(claims, separators=(',', ':')).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip('=') + '.' + signature


class Walk:
    def __init__(self, data, base, build):
        self.base = base
        self.tables = {name: table(name, data, base, build) for name in SERVICES}
        with open(f'{data}/secrets/service.token', encoding='ascii') as file:
            self.service_token = file.read().strip()
        self.owner = Person(data, base, 'owner')
        self.stranger = Person(data, base, 'stranger')
        self.owner.fund(['EUR'])
        self.stranger.fund(['EUR'])
        order = need(self.owner.ask('POST', '/api/order', {
            'market': 'KCN/EUR', 'side': 'buy', 'type': 'limit', 'price': '21.00',
            'quantity': '1'})).json()['order']
        sessions = need(self.owner.ask('GET', '/auth/sessions')).json()['sessions']
        self.objects = {'order_id': order['order_id'], 'session_id': sessions[0]['session_id']}

    def call(self, service, route, credentials, person=None, path=None, **words):
        headers = {}
        if 'service' in credentials:
            headers['X-Saker-Service'] = self.service_token
        if 'wrong_service' in credentials:
            headers['X-Saker-Service'] = '0' * len(self.service_token)
        token = (person or self.stranger).token if 'user' in credentials else None
        if 'tampered_user' in credentials:
            token = tampered(self.stranger.token)
        path = path or re.sub(r'\{[a-z_]+\}', '1', route['path'])
        body = {} if route['method'] in ('POST', 'PUT', 'PATCH') else None
        return wire.request(self.base + SERVICES[service][1], route['method'],
                            words.pop('target', path), words.pop('body', body), token=token,
                            headers=headers)

    def credentials(self):
        for service, routes in self.tables.items():
            for route in routes:
                if route['path'] == '/ws':
                    continue
                self.one_route(service, route)

    def one_route(self, service, route):
        name = f"{service} {route['method']} {route['path']}"
        needed = ACCESS[route['access']]
        for offered in ({'service'}, {'user'}, set(), {'wrong_service'}, {'tampered_user'},
                        {'wrong_service', 'user'}, {'service', 'tampered_user'},
                        {'service', 'user'}):
            reply = self.call(service, route, offered)
            words = ' and '.join(sorted(offered)) or 'nothing'
            refused = reply.status == 401 and reply.code() == 'UNAUTHENTICATED'
            if needed <= offered:
                passed = not refused or route['path'] in JUDGES_BY_ITSELF
                check(f'{name} passes with {words}:', passed and reply.status < 500, reply)
            else:
                check(f'{name} refuses {words}:', refused, reply)

    def public_list(self, listed):
        found = {(service, route['method'], route['path'])
                 for service, routes in self.tables.items() for route in routes
                 if route['access'] == 'public'}
        check('the public routes are those of public_routes.txt:', found == listed,
              f'not listed: {sorted(found - listed)}, listed only: {sorted(listed - found)}')

    def strangers(self):
        """Every route that names an object, asked for somebody else's."""
        for service, routes in self.tables.items():
            for route in routes:
                names = re.findall(r'\{([a-z_]+)\}', route['path'])
                for name in names:
                    check(f'there is an object to try {name} with:', name in self.objects)
                    path = route['path'].replace('{' + name + '}', self.objects.get(name, '1'))
                    reply = self.call(service, route, {'service', 'user'}, path=path)
                    check(f"{service} {route['method']} {path} is not for a stranger:",
                          reply.status == 404, reply)
        order = {'order_id': self.objects['order_id']}
        ask = self.stranger.ask
        reply = ask('DELETE', '/api/order?order_id=' + order['order_id'])
        check('a stranger cannot cancel:', reply.status == 404, reply)
        reply = ask('PUT', '/api/order', {**order, 'price': '22.00'})
        check('a stranger cannot replace:', reply.status == 404, reply)
        reply = ask('DELETE', '/api/orders')
        check('cancelling all cancels only one\'s own:', reply.json()['cancelled'] == 0, reply)
        for path in ('/api/orders?status=all', '/api/transfers', '/api/statement', '/api/trades'):
            reply = ask('GET', path)
            check(f'{path} shows only one\'s own:', reply.status == 200 and
                  order['order_id'] not in reply.text, reply)
        mine = need(self.owner.ask('GET', '/api/orders?status=open')).json()['orders']
        check('the owner\'s order is still there:', [o['order_id'] for o in mine] ==
              [order['order_id']], mine)

    def private_channels(self):
        """The socket is public; what is private on it is not."""
        with_nobody = wire.WebSocket(self.base)
        for method, params in (('subscribe', {'channels': ['orders']}),
                               ('subscribe', {'channels': ['balances']}),
                               ('cancel_all', {}), ('auth', {'token': 'x.y'}),
                               ('auth', {'token': tampered(self.stranger.token)}),
                               ('place_order', {'market': 'KCN/EUR', 'side': 'buy'})):
            reply = with_nobody.ask(method, params)
            code = reply.get('error', {}).get('code')
            check(f'/ws {method} {params} without signing in:', code == 'UNAUTHENTICATED', reply)

    def others(self):
        for service, (_, offset) in SERVICES.items():
            reply = wire.request(self.base + offset, 'GET', '/internal/everything')
            check(f'{service} has no such route:', reply.status == 404 and
                  reply.code() == 'NOT_FOUND', reply)


def listed_routes():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'public_routes.txt'), encoding='ascii') as file:
        return {tuple(line.split()) for line in file if line.strip() and line[0] != '#'}


def main():
    data, base, build = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    walk = Walk(data, base, build)
    walk.public_list(listed_routes())
    walk.strangers()
    walk.private_channels()
    walk.others()
    walk.credentials()  # at the end: it may sign people out
    routes = sum(len(routes) for routes in walk.tables.values())
    print(f'{routes} routes of {len(SERVICES)} services: {checks} checks, {failures} failed')
    return 1 if failures or checks < 8 * routes else 0


if __name__ == '__main__':
    sys.exit(main())
