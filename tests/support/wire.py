"""A connection to a gate in a test's own hands: signed quests, raw bytes, answers and pushes.

    with Client(gate.endpoint) as client:
        client.ask_signed("setlisten", gids=[1])
        status, payload = client.answer()
"""

import contextlib
import hashlib
import itertools
import select
import socket
import struct
import time

from support.gate import DEADLINE, PID, SECRET
from support.peer import ANSWER, TWO_WAY, package, unpack

salts = itertools.count(1)


class Client:
    """One connection, read and written by the test itself."""

    def __init__(self, endpoint, receive_buffer=None, pid=PID, secret=SECRET):
        self.pid = pid
        self.secret = secret
        host, port = endpoint.rsplit(":", 1)
        host = host.strip("[]")
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(DEADLINE)
        self.sock.connect((host, int(port)))
        self.data = b""
        self.seq = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.sock.close()

    def write(self, data):
        with contextlib.suppress(OSError):  # a gate that has closed already is no error here
            self.sock.sendall(data)

    def ask(self, method, params):
        self.seq += 1
        self.write(package(TWO_WAY, params, seq=self.seq, method=method))
        return self.seq

    def ask_signed(self, method, secret=None, **params):
        secret = self.secret if secret is None else secret
        salt, ts = next(salts), int(time.time())
        text = f"{self.pid}:{secret}:{salt}:{method}:{ts}"
        sign = hashlib.md5(text.encode()).hexdigest().upper()
        return self.ask(method, {"pid": self.pid, "salt": salt, "ts": ts, "sign": sign, **params})

    def _fill(self, size):
        while len(self.data) < size:
            piece = self.sock.recv(1 << 16)
            if not piece:
                raise EOFError
            self.data += piece

    def read_package(self):
        """(kind, status or method, seq, payload)"""
        self._fill(12)
        kind, fourth, size = struct.unpack("<4xxxBBI", self.data[:12])
        head = 12 if kind == 0 else 16
        name = 0 if kind == ANSWER else fourth
        self._fill(head + name + size)
        whole, self.data = self.data[:head + name + size], self.data[head + name + size:]
        seq = struct.unpack("<I", whole[12:16])[0] if kind else 0
        word = fourth if kind == ANSWER else whole[head:head + name].decode()
        return kind, word, seq, unpack(whole[head + name:])

    def answer(self, seq=None):
        """(status, payload) of the answer to `seq`, or to the last quest; pushes are passed."""
        while True:
            kind, status, got, payload = self.read_package()
            if kind == ANSWER and got == (self.seq if seq is None else seq):
                return status, payload

    def ping(self):
        self.ask("*ping", {})
        assert self.answer()[0] == 0

    def prove(self):
        self.ask_signed("setlisten", gids=[1])
        assert self.answer() == (0, {})

    def is_closed(self):
        """Wait for the gate to close it; bytes that come before do not matter."""
        try:
            while self.sock.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass
        except socket.timeout:
            return False
        return True

    def is_open_for(self, seconds):
        """Nothing happens for so long."""
        return not select.select([self.sock], [], [], seconds)[0]
