"""What must hold of signing in. Each function is one check, run by identity_test.sh."""

import statistics
import subprocess
import time

import api
from api import User, call, expect, mailed_code, new_address, sql


def table():
    routes = subprocess.run([f'{api.BUILD}/accounts/saker-accounts', '--routes', '--data',
                             api.DATA, '--config', f'{api.ROOT}/accounts/accounts.toml'],
                            capture_output=True, text=True, check=True).stdout
    return api.json.loads(routes)


def every_route_asks_for_its_credentials():
    routes = table()
    public = sorted(r['path'] for r in routes if r['access'] == 'public')
    expect(set(public) <= {'/healthz', '/readyz'}, public)
    user = User()
    for route in routes:
        path = route['path'].replace('{session_id}', '1').replace('{order_id}', '1')
        method = route['method']
        if route['access'] == 'public':
            continue
        bare = call(method, path, service=False, token=user.token)
        expect((bare.status, bare.code) == (401, 'UNAUTHENTICATED'), (route, bare))
        wrong = call(method, path, service=False, headers={'X-Saker-Service': 'f' * 64})
        expect(wrong.status == 401, (route, wrong))
        if route['access'] == 'service_user':
            for token in (None, 'nonsense', user.token[:-2] + 'xx'):
                nobody = call(method, path, token=token)
                expect((nobody.status, nobody.code) == (401, 'UNAUTHENTICATED'), (route, nobody))


def sign_up_with_the_mailed_code():
    email = new_address()
    asked = call('POST', '/auth/code', {'email': f' {email.upper()} '})
    expect(asked.status == 202 and list(asked.json) == ['message'], asked)
    code = mailed_code(email)
    expect(len(code) == 6 and code.isdigit(), code)
    answer = call('POST', '/auth/session',
                  {'email': email, 'code': f'{code[:3]} {code[3:]}', 'display_name': 'Zoë'})
    expect(answer.status == 200, answer)
    expect(answer.json['expires_in'] == 900, answer)
    user = answer.json['user']
    expect(user['email'] == email and user['display_name'] == 'Zoë', user)
    expect(user['account'].isdigit(), user)
    cookie = answer.headers['Set-Cookie']
    for part in ('HttpOnly', 'SameSite=Strict', 'Path=/auth', 'Max-Age=2592000'):
        expect(part in cookie, cookie)
    again = call('POST', '/auth/session', {'email': email, 'code': code})
    expect((again.status, again.code) == (401, 'UNAUTHENTICATED'), again)
    token = answer.json['access_token']
    me = call('GET', '/api/me', token=token)
    expect(me.json == user, me)
    renamed = call('PATCH', '/api/me', {'display_name': 'Ann'}, token=token)
    expect(renamed.json['display_name'] == 'Ann', renamed)
    bad = call('PATCH', '/api/me', {'display_name': 'a\nb'}, token=token)
    expect((bad.status, bad.code) == (400, 'INVALID_REQUEST'), bad)
    expect(call('GET', '/api/me', token=token).json['display_name'] == 'Ann')


def nothing_secret_is_in_the_database():
    email = new_address()
    call('POST', '/auth/code', {'email': email})
    code = mailed_code(email)
    dump = sql(f"SELECT encode(code_hash, 'hex'), c FROM identity.codes c WHERE email = '{email}'")
    expect(len(dump) == 1 and len(dump[0][0]) == 64, dump)
    expect(f',{code},' not in dump[0][1] and code.encode().hex() not in dump[0][0], dump)
    user = User()
    rows = sql('SELECT t FROM identity.refresh_tokens t')
    expect(not any(user.cookie in row[0] for row in rows))


def a_code_bears_five_tries_and_five_minutes():
    email = new_address()
    call('POST', '/auth/code', {'email': email})
    code = mailed_code(email)
    wrong = '%06d' % ((int(code) + 1) % 1000000)
    for _ in range(5):
        answer = call('POST', '/auth/session', {'email': email, 'code': wrong})
        expect(answer.status == 401, answer)
    late = call('POST', '/auth/session', {'email': email, 'code': code})
    expect(late.status == 401 and late.json == answer.json, late)
    life = sql(f"SELECT expires_ms - created_ms FROM identity.codes WHERE email = '{email}'")
    expect(life == [['300000']], life)
    other = new_address()
    call('POST', '/auth/code', {'email': other})
    code = mailed_code(other)
    sql(f"UPDATE identity.codes SET expires_ms = expires_ms - 300000 WHERE email = '{other}'",
        'saker_identity')
    expired = call('POST', '/auth/session', {'email': other, 'code': code})
    expect(expired.status == 401 and expired.json == answer.json, expired)


def code_times(known, bodies):
    """Seconds that a code for the known address takes, and for unknown ones, in turn."""
    times = {'known': [], 'unknown': []}
    for i in range(24):
        for kind in sorted(times, reverse=i % 2 == 1):  # what follows what must not decide
            sql('DELETE FROM identity.limits', 'saker_identity')
            email = known if kind == 'known' else new_address()
            began = time.perf_counter()
            answer = call('POST', '/auth/code', {'email': email}, address=f'198.51.100.{i}')
            times[kind].append(time.perf_counter() - began)
            bodies.add((answer.status, answer.body, tuple(sorted(
                k for k in answer.headers.keys() if k != 'Date'))))
    return times


def known_and_unknown_addresses_look_the_same():
    known = User().email
    bodies = set()
    for _ in range(3):  # a difference shows each time, a busy machine does not
        times = code_times(known, bodies)
        ratio = statistics.median(times['known']) / statistics.median(times['unknown'])
        if 0.6 < ratio < 1.7:
            break
    expect(len(bodies) == 1, bodies)
    expect(0.6 < ratio < 1.7, times)
    tried = [call('POST', '/auth/session', {'email': e, 'code': '000000'})
             for e in (known, new_address())]
    expect(tried[0].body == tried[1].body and tried[0].status == tried[1].status, tried)


def limits_count_addresses_and_networks():
    for email in (User().email, new_address()):
        sql('DELETE FROM identity.limits', 'saker_identity')
        answers = [call('POST', '/auth/code', {'email': email}, address=f'198.51.100.{i}')
                   for i in range(7)]
        expect([a.status for a in answers] == [202] * 5 + [429] * 2, answers)
        expect(answers[5].code == 'RATE_LIMITED', answers[5])
        expect(100 < int(answers[5].headers['Retry-After']) <= 181, answers[5].headers)
    sql('DELETE FROM identity.limits', 'saker_identity')
    answers = api.at_once(120, lambda i: call(
        'POST', '/auth/code', {'email': f'n{i}.{api.RUN}@example.org'}, address='203.0.113.9'))
    allowed = sum(a.status == 202 for a in answers)
    expect(100 <= allowed <= 101, allowed)  # one may have drained meanwhile
    expect(all(a.status in (202, 429) for a in answers), answers)
    other = call('POST', '/auth/code', {'email': new_address()}, address='203.0.113.10')
    expect(other.status == 202, other)
    sql('DELETE FROM identity.limits', 'saker_identity')


def a_code_is_used_once_however_many_try():
    email = new_address()
    call('POST', '/auth/code', {'email': email})
    code = mailed_code(email)
    answers = api.at_once(20, lambda _: call('POST', '/auth/session',
                                             {'email': email, 'code': code}))
    expect(sorted(a.status for a in answers) == [200] + [401] * 19, answers)
    users = sql(f"SELECT count(*) FROM identity.users WHERE email = '{email}'")
    expect(users == [['1']], users)


def refresh(cookie):
    return call('POST', '/auth/refresh', headers={'Cookie': f'saker_refresh={cookie}'})


def a_refresh_token_is_used_once_and_reuse_ends_the_session():
    user = User()
    first = user.cookie
    answer = refresh(first)
    expect(answer.status == 200 and answer.json['user'] == user.user, answer)
    user.take(answer)
    expect(user.cookie != first)
    expect(user.get('/api/me').status == 200)
    bystander = User(user.email)
    stolen = refresh(first)
    expect((stolen.status, stolen.code) == (401, 'UNAUTHENTICATED'), stolen)
    expect('Max-Age=0' in stolen.headers['Set-Cookie'], stolen.headers)
    expect(refresh(user.cookie).status == 401)
    expect(user.get('/api/me').status == 401)
    expect(bystander.get('/api/me').status == 200)
    why = sql("SELECT DISTINCT ended_reason FROM identity.sessions WHERE user_id = "
              f"{user.user['user_id']} AND ended_ms IS NOT NULL")
    expect(why == [['token_reused']], why)
    racer = User()
    answers = api.at_once(8, lambda _: refresh(racer.cookie))
    expect(sum(a.status == 200 for a in answers) == 1, answers)
    for nonsense in ('', 'x', 'x' * 500, "' OR 1=1"):
        expect(refresh(nonsense).status == 401)


def sessions_are_listed_and_ended_by_their_owner_alone():
    one, other = User(), User()
    two = User(one.email)
    listed = one.get('/auth/sessions').json['sessions']
    expect(len(listed) == 2, listed)
    current = [s for s in listed if s['current']]
    expect(len(current) == 1 and current[0]['address'] == '192.0.2.1', listed)
    expect(current[0]['user_agent'] == 'checks/1', listed)
    mine = next(s['session_id'] for s in listed if not s['current'])
    foreign = call('DELETE', f'/auth/sessions/{mine}', token=other.token)
    expect((foreign.status, foreign.code) == (404, 'NOT_FOUND'), foreign)
    expect(two.get('/api/me').status == 200)
    expect(call('DELETE', f'/auth/sessions/{mine}', token=one.token).status == 204)
    expect(call('DELETE', f'/auth/sessions/{mine}', token=one.token).status == 404)
    expect(two.get('/api/me').status == 401 and refresh(two.cookie).status == 401)
    out = call('POST', '/auth/sign-out', headers={'Cookie': f'saker_refresh={one.cookie}'})
    expect(out.status == 204 and 'Max-Age=0' in out.headers['Set-Cookie'], out)
    expect(one.get('/api/me').status == 401 and refresh(one.cookie).status == 401)
    expect(call('POST', '/auth/sign-out').status == 204)


def bad_requests_are_named():
    for body in ({}, {'email': 'x'}, {'email': 'a@b.cc', 'more': 1}, {'email': 5}, [], 'x',
                 {'email': 'a@b.cc\r\nBcc: <x@y.zz>'}):
        answer = call('POST', '/auth/code', body)
        expect((answer.status, answer.code) == (400, 'INVALID_REQUEST'), (body, answer))
    for body in ({'email': 'a@b.cc'}, {'email': 'a@b.cc', 'code': '12345'},
                 {'email': 'a@b.cc', 'code': '123456', 'display_name': ''}):
        answer = call('POST', '/auth/session', body)
        expect((answer.status, answer.code) == (400, 'INVALID_REQUEST'), (body, answer))
    expect(call('POST', '/auth/code', {'email': 'a' * 5000}).status == 413)
    expect(call('GET', '/auth/code').status == 405)


def while_the_database_is_gone():
    # A killed server's children end when they notice; until then they go on answering.
    ask = lambda: call('POST', '/auth/code', {'email': new_address()})
    expect(api.wait_until(lambda: ask().status == 503, 10))
    codes = [call('POST', '/auth/code', {'email': new_address()}) for _ in range(4)]
    expect({a.status for a in codes} == {503}, codes)
    expect({a.code for a in codes} == {'UNAVAILABLE'}, codes)
    expect(call('GET', '/readyz').status == 503)
    expect(call('GET', '/healthz').status == 200)


def after_the_database_is_back():
    expect(api.wait_until(lambda: call('GET', '/readyz').status == 200, 20))
    answers = [call('POST', '/auth/code', {'email': new_address()}) for _ in range(10)]
    expect({a.status for a in answers} == {202}, answers)
    User()


def remember_sessions():
    ended, living = User(), User()
    call('POST', '/auth/sign-out', headers={'Cookie': f'saker_refresh={ended.cookie}'})
    with open(f'{api.DATA}/sessions.json', 'w', encoding='ascii') as file:
        api.json.dump([ended.token, living.token, living.cookie], file)


def sessions_are_as_they_were():
    with open(f'{api.DATA}/sessions.json', encoding='ascii') as file:
        ended, living, cookie = api.json.load(file)
    expect(call('GET', '/api/me', token=ended).status == 401)
    expect(call('GET', '/api/me', token=living).status == 200)
    expect(refresh(cookie).status == 200)


api.main(globals())
