"""A venue of one's own for a test: real processes on free ports, in a data directory that goes with
it, and tokens for its accounts."""

import base64
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import wire

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'deploy', 'mail'))
import inbox  # noqa: E402  (found through the line above)

BUILD = os.environ.get('SAKER_BUILD_DIR', os.path.join(ROOT, 'build', 'release'))
PROGRAMS = {
    'engine': ('engine/saker-engine', 'engine/engine.toml'),
    'follower': ('engine/saker-follower', 'engine/follower.toml'),
    'settlement': ('accounts/settlement/saker-settlement', 'accounts/settlement/settlement.toml'),
    'accounts': ('accounts/saker-accounts', 'accounts/accounts.toml'),
    'marketdata': ('marketdata/saker-marketdata', 'marketdata/marketdata.toml'),
    'gateway': ('gateway/saker-gateway', 'gateway/gateway.toml'),
    'notary': ('engine/saker-notary', 'engine/notary.toml'),
    'bots': ('bots/saker-bots', 'bots/bots.toml'),
}
READY_SECONDS = 120
TOKEN_PURPOSE = b'saker access token 1\n'
ED25519_PKCS8 = bytes.fromhex('302e020100300506032b657004220420')
ED25519_SPKI = bytes.fromhex('302a300506032b6570032100')


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


def free_port_base():
    """Seven neighbouring ports nobody listens on."""
    while True:
        base = 20000 + int.from_bytes(os.urandom(2), 'big') % 1200 * 8
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                for offset in range(8):
                    with socket.socket(socket.AF_INET, kind) as probe:
                        probe.bind(('127.0.0.1', base + offset))
            return base
        except OSError:
            continue


def place():
    """As test_place in tests/lib.sh: in memory, if there is plenty; not in the long forms."""
    if os.environ.get('SAKER_FULL'):
        return None
    with open('/proc/meminfo', encoding='ascii') as file:
        memory_kb = {line.split()[0]: int(line.split()[1]) for line in file}
    if memory_kb['MemAvailable:'] > 6 << 20 and os.access('/dev/shm', os.W_OK):
        files = os.statvfs('/dev/shm')
        if files.f_bavail * files.f_frsize > 6 << 30:
            return '/dev/shm'
    return None


class Venue:
    """Processes by name, started in the order they are asked for, killed at the end."""

    def __init__(self, port_base=None):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # puts everything away, too
        self.data = tempfile.mkdtemp(prefix='saker-venue.', dir=place())
        self.port = port_base or free_port_base()
        self.processes = {}
        self.pipes = []
        self.database = False
        os.makedirs(os.path.join(self.data, 'logs'))
        os.makedirs(os.path.join(self.data, 'config'))
        os.makedirs(os.path.join(self.data, 'secrets'), mode=0o700)
        os.chmod(self.data, 0o755)
        # As small_venue in tests/lib.sh: engine and follower touch all their memory at a start.
        self.edit('engine/venue.toml', {'\ngroups = 8_448': '\ngroups = 512',
                                        '\naccounts = 8_448': '\naccounts = 512',
                                        '\norders = 131_072': '\norders = 16_384',
                                        '\nprice_leaves = 32_768': '\nprice_leaves = 4_096'})
        self.edit('engine/engine.toml', {'segment = "64MiB"': 'segment = "16MiB"'})

    def _copy(self, path):
        target = os.path.join(self.data, 'config', os.path.basename(path))
        if not os.path.exists(target):
            shutil.copy(os.path.join(ROOT, path), target)
        return target

    def edit(self, path, replacements):
        """Changes the venue's own copy of a configuration file: {old text: new text}."""
        target = self._copy(path)
        with open(target, encoding='utf-8') as file:
            text = file.read()
        for old, new in replacements.items():
            if old not in text:
                raise ValueError(f'{path} has no {old!r}')
            text = text.replace(old, new)
        with open(target, 'w', encoding='utf-8') as file:
            file.write(text)

    def start_database(self):
        self._run_script('tests/ready_cluster.sh')
        self.cluster('start')
        self.database = True

    def cluster(self, word):
        self._run_script('deploy/database/cluster.sh', word)

    def _run_script(self, path, *words):
        done = subprocess.run([os.path.join(ROOT, path), self.data, *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'{path} {words}: {done.stdout}')

    def start_mail(self):
        self._spawn('mail', ['/usr/bin/python3', '-B', os.path.join(ROOT, 'deploy/mail/sink.py'),
                             '--data', self.data, '--port-base', str(self.port)])

    def start(self, *names, wait=True):
        for name in names:
            program, config = PROGRAMS[name]
            self._spawn(name, [os.path.join(BUILD, program), '--config', self._copy(config),
                               '--data', self.data, '--port-base', str(self.port)], wait)

    def _spawn(self, name, command, wait=True):
        read, write = os.pipe()
        with open(self.log(name), 'ab') as log:
            process = subprocess.Popen(command + ['--ready-fd', str(write)], cwd=ROOT,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       pass_fds=[write])
        os.close(write)
        self.processes[name] = process
        self.pipes.append(read)  # open as long as somebody may write to it
        if wait and not self._says_ready(read):
            raise RuntimeError(f'{name} did not become ready:\n{self.tail(name)}')

    @staticmethod
    def _says_ready(pipe):
        words = b''
        while not words.endswith(b'ready\n'):  # "progress" may come before
            told, _, _ = select.select([pipe], [], [], READY_SECONDS)
            word = os.read(pipe, 64) if told else b''
            if not word:
                return False
            words += word
        return True

    def log(self, name):
        return os.path.join(self.data, 'logs', name + '.log')

    def tail(self, name, lines=15):
        with open(self.log(name), encoding='utf-8', errors='replace') as file:
            return ''.join(file.readlines()[-lines:])

    def kill(self, name, how=signal.SIGKILL):
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(timeout=60)

    def pause(self, name, over=False):
        self.processes[name].send_signal(signal.SIGCONT if over else signal.SIGSTOP)

    def running(self, name):
        return name in self.processes and self.processes[name].poll() is None

    def close(self):
        for name in reversed(list(self.processes)):
            self.kill(name)
        if self.database:
            self.cluster('stop')
            self.cluster('forget')
        for pipe in self.pipes:
            os.close(pipe)
        shutil.rmtree(self.data, ignore_errors=True)

    # -- the venue's own tools ---------------------------------------------------------------

    def admin(self, *words):
        done = subprocess.run([os.path.join(BUILD, 'client/saker-admin'), '--data', self.data,
                               '--port-base', str(self.port), *map(str, words)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f'admin {words}: {done.stdout}')
        return done.stdout

    def grant(self, account, session=6):
        """Lets the gateway act for an account."""
        self.admin('grant', session, account, '--right', 'trade', '--right', 'cancel',
                   '--right', 'view')

    def service_token(self):
        with open(os.path.join(self.data, 'secrets', 'service.token'), encoding='ascii') as file:
            return file.read().strip()

    def mail_code(self, address):
        """The newest code mailed to the address, waited for."""
        code = inbox.newest_code(inbox.Inbox(os.path.join(self.data, 'mail'), address), 15)
        assert code, f'no code was mailed to {address}'
        return code

    # -- tokens ------------------------------------------------------------------------------

    def make_token_key(self):
        """The key pair that saker-accounts would make at its first start."""
        seed = os.urandom(32)
        pem = self._pem(seed)
        public = subprocess.run(['openssl', 'pkey', '-in', pem, '-pubout', '-outform', 'DER'],
                                stdout=subprocess.PIPE, check=True).stdout[-32:]
        for name, content in (('token-signing.key', seed), ('token-verify.pub', public)):
            path = os.path.join(self.data, 'secrets', name)
            with open(path, 'w', encoding='ascii') as file:
                file.write(content.hex() + '\n')
            os.chmod(path, 0o600)

    def _pem(self, seed):
        path = os.path.join(self.data, 'token.pem')
        with open(path, 'w', encoding='ascii') as file:
            file.write('-----BEGIN PRIVATE KEY-----\n' +
                       base64.b64encode(ED25519_PKCS8 + seed).decode() +
                       '\n-----END PRIVATE KEY-----\n')
        return path

    def token(self, user, account, seconds=900, session=1):
        """An access token as saker-accounts signs them."""
        payload = base64url(json.dumps({'user': str(user), 'account': account,
                                        'session': str(session), 'exp': int(time.time()) + seconds},
                                       separators=(',', ':')).encode())
        message = os.path.join(self.data, 'token.message')
        with open(message, 'wb') as file:
            file.write(TOKEN_PURPOSE + payload.encode())
        signature = subprocess.run(
            ['openssl', 'pkeyutl', '-sign', '-inkey', os.path.join(self.data, 'token.pem'),
             '-rawin', '-in', message], stdout=subprocess.PIPE, check=True).stdout
        return payload + '.' + base64url(signature)

    def is_signed(self, message, signature, public_key):
        """Does OpenSSL find this Ed25519 signature good?"""
        files = {'message': message, 'signature': signature, 'key': ED25519_SPKI + public_key}
        paths = {name: os.path.join(self.data, 'check.' + name) for name in files}
        for name, content in files.items():
            with open(paths[name], 'wb') as file:
                file.write(content)
        return subprocess.run(
            ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', paths['key'], '-keyform', 'DER',
             '-rawin', '-in', paths['message'], '-sigfile', paths['signature']],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    # -- HTTP --------------------------------------------------------------------------------

    def get(self, path, token=None, **more):
        return wire.request(self.port, 'GET', path, token=token, **more)

    def send(self, method, path, body=None, token=None, **more):
        return wire.request(self.port, method, path, body, token, **more)

    def socket(self, **more):
        return wire.WebSocket(self.port, **more)


def wait_until(seconds, condition):
    """Asks until it is true; its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(0.02)
