"""HTTP and WebSocket by the standard library alone, plain enough to send what is wrong, too."""

import base64
import http.client
import json
import os
import socket
import struct
import time


class Reply:
    """Status, headers and body of an HTTP answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode('utf-8', 'replace')

    def json(self):
        return json.loads(self.text)

    def code(self):
        """The error's code, or an empty text."""
        try:
            return self.json()['error']['code']
        except (ValueError, KeyError, TypeError):
            return ''

    def __repr__(self):
        return f'{self.status} {self.text[:300]}'


def request(port, method, path, body=None, token=None, headers=None, timeout=15):
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    sent = dict(headers or {})
    if token:
        sent['Authorization'] = 'Bearer ' + token
    data = None
    if body is not None:
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        sent.setdefault('Content-Type', 'application/json')
    try:
        connection.request(method, path, data, sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


class SocketClosed(Exception):
    """The other side closed; `code` is its close code, or 1006."""

    def __init__(self, code):
        super().__init__(f'closed with {code}')
        self.code = code


class WebSocket:
    """A client: requests with ids, pushes kept until somebody asks for them."""

    def __init__(self, port, timeout=15, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(('127.0.0.1', port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f'GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n'
                             'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                             f'Sec-WebSocket-Key: {key}\r\n\r\n').encode())
        self.buffer = b''
        while b'\r\n\r\n' not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        if b' 101 ' not in head.split(b'\r\n')[0]:
            raise SocketClosed(int(head.split()[1]))
        self.pushes = []   # [channel, data] in the order they came
        self.replies = {}  # by id
        self.messages = 0
        self.next_id = 1

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise SocketClosed(1006)
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def send_frame(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack('!BB', 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack('!BBH', 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack('!BBQ', 0x80 | opcode, 0x80 | 127, length)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def send_text(self, text):
        self.send_frame(1, text.encode())

    def receive(self):
        """The next text message, as JSON. Answers pings. Raises SocketClosed or TimeoutError."""
        while True:
            first, second = self._take(2)
            length = second & 127
            if length == 126:
                length = struct.unpack('!H', self._take(2))[0]
            elif length == 127:
                length = struct.unpack('!Q', self._take(8))[0]
            payload = self._take(length)
            opcode = first & 15
            if opcode == 1:
                self.messages += 1
                return json.loads(payload)
            if opcode == 8:
                raise SocketClosed(struct.unpack('!H', payload[:2])[0] if payload else 1005)
            if opcode == 9:
                self.send_frame(10, payload)

    def step(self):
        message = self.receive()
        if 'channel' in message:
            self.pushes.append((message['channel'], message['data']))
        else:
            self.replies[message['id']] = message
        return message

    def ask(self, method, params=None, wait=True):
        """Sends a request; the whole reply message, or its id when not waiting."""
        number = str(self.next_id)
        self.next_id += 1
        message = {'id': number, 'method': method}
        if params is not None:
            message['params'] = params
        self.send_text(json.dumps(message))
        return self.reply(number) if wait else number

    def reply(self, number):
        while number not in self.replies:
            self.step()
        return self.replies.pop(number)

    def push(self, channel, accept=lambda data: True, seconds=10):
        """Takes the next push of the channel that is acceptable off the kept ones; None if none."""
        deadline = time.monotonic() + seconds
        while True:
            for i, (name, data) in enumerate(self.pushes):
                if name == channel and accept(data):
                    del self.pushes[i]
                    return data
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                self.step()
            except TimeoutError:
                pass
            finally:
                self.socket.settimeout(15)

    def drain(self, seconds):
        """Receives for a while."""
        self.push('', seconds=seconds)

    def close(self):
        self.socket.close()
