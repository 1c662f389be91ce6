"""A scripted FPNN peer: the other end of a connection, in a test's own hands.

It listens on a port of 127.0.0.1 that the system picks, takes any number of connections, and
answers quests by a function of the test. It can push quests, answer late, answer wrongly,
write raw bytes, and cut. Everything that it hears is kept in order and can be waited for.

    def answer(quest):
        if quest.method == "sendmsg":
            return {"mtime": 1700000000000}
        return {}

    with Peer(answer) as peer:
        start_a_program(peer.endpoint)
        link = peer.wait_connection()
        quest = peer.wait_quest("setlisten")
        link.push("pushmsg", {"from": 1, "to": 2, ...})
        reply = link.wait_answer()

What the function returns decides:

    a dict              the answer
    Error(code, text)   an error answer
    LATER               nothing now; quest.answer(...) or quest.refuse(...) later, or never
    CUT                 the connection is closed
    bytes               written as they are instead of an answer

The function runs on the connection's own thread; it may push and cut. Without a function,
every quest is answered with an empty map and *ping with the time.
"""

import dataclasses
import socket
import struct
import threading
import time

import msgpack

DEADLINE = 20.0  # seconds without anything new: a wait ends as a failure

ONE_WAY, TWO_WAY, ANSWER = 0, 1, 2

LATER = object()
CUT = object()


@dataclasses.dataclass
class Error:
    """An error answer."""

    code: int
    text: str = "said the peer"


def pack(value):
    """MessagePack as peers send it: text as str, bytes as bin, shortest integers."""
    return msgpack.packb(value, use_bin_type=True)


class RawText(bytes):
    """Bytes that are sent as a MessagePack str though they may be no UTF-8."""


def pack_map(params):
    """A map as pack() makes it, whose values may be RawText."""
    out = bytearray(msgpack.Packer().pack_map_header(len(params)))
    for key, value in params.items():
        out += pack(key)
        out += msgpack.packb(bytes(value), use_bin_type=False) if isinstance(value, RawText) \
            else pack(value)
    return bytes(out)


def unpack(data):
    """Text that is not UTF-8 survives as surrogate escapes."""
    return msgpack.unpackb(
        data, raw=False, strict_map_key=False, unicode_errors="surrogateescape"
    )


def package(kind, payload, seq=0, method="", status=0):
    """The bytes of one package; `payload` is a value to pack, or bytes that are packed."""
    if not isinstance(payload, bytes):
        payload = pack(payload)
    name = method.encode()
    fourth = status if kind == ANSWER else len(name)
    head = struct.pack("<4sBBBBI", b"FPNN", 1, 0x80, kind, fourth, len(payload))
    if kind != ONE_WAY:
        head += struct.pack("<I", seq)
    return head + (b"" if kind == ANSWER else name) + payload


@dataclasses.dataclass
class Package:
    """One package as it was heard."""

    link: "Link"
    kind: int
    seq: int
    method: str
    status: int
    params: dict

    def answer(self, value):
        self.link.write(package(ANSWER, value, seq=self.seq))

    def refuse(self, code, text="said the peer"):
        self.link.write(package(ANSWER, {"code": code, "ex": text}, seq=self.seq, status=1))


class Link:
    """One connection. Reads on its own thread until the other end or the test closes it."""

    def __init__(self, peer, sock, number):
        self.peer = peer
        self.sock = sock
        self.number = number  # 0 for the peer's first connection
        self.push_seq = 0
        self.answers = []  # to pushes
        self.is_open = True
        self.write_lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, daemon=True)

    # What a test does.

    def write(self, data):
        """Raw bytes. A connection that has gone is no error here."""
        try:
            with self.write_lock:
                self.sock.sendall(data)
        except OSError:
            pass

    def push(self, method, params, kind=TWO_WAY):
        """Send a quest; returns its sequence number. `params` may be packed bytes."""
        self.push_seq += 1
        self.write(package(kind, params, seq=self.push_seq, method=method))
        return self.push_seq

    def push_many(self, quests):
        """Send (method, params) pairs in one write; returns the last sequence number."""
        data = bytearray()
        for method, params in quests:
            self.push_seq += 1
            data += package(TWO_WAY, params, seq=self.push_seq, method=method)
        self.write(bytes(data))
        return self.push_seq

    def wait_answer(self, seq=None):
        """The answer to the push `seq`, or to the last one."""
        seq = self.push_seq if seq is None else seq
        return self.peer.wait(
            lambda: next((a for a in self.answers if a.seq == seq), None),
            f"an answer to push {seq}",
        )

    def wait_closed(self):
        self.peer.wait(lambda: not self.is_open, "the connection to end")

    def cut(self):
        """End the connection now."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    # The thread.

    def _run(self):
        try:
            while True:
                heard = self._read_package()
                if heard.kind == ANSWER:
                    self.peer._note(self.answers, heard)
                else:
                    self._take_quest(heard)
        except (OSError, EOFError):
            pass
        finally:
            self.sock.close()
            with self.peer.changed:
                self.is_open = False
                self.peer.changed.notify_all()

    def _read(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _read_package(self):
        magic, _, flag, kind, fourth, size = struct.unpack("<4sBBBBI", self._read(12))
        assert magic == b"FPNN" and flag == 0x80, (magic, flag)
        seq = struct.unpack("<I", self._read(4))[0] if kind != ONE_WAY else 0
        method = self._read(fourth).decode() if kind != ANSWER else ""
        params = unpack(self._read(size))
        return Package(self, kind, seq, method, fourth if kind == ANSWER else 0, params)

    def _take_quest(self, quest):
        self.peer._note(self.peer.quests, quest)
        result = self.peer.answer(quest)
        if result is LATER or quest.kind == ONE_WAY:
            return
        if result is CUT:
            raise EOFError
        if isinstance(result, Error):
            quest.refuse(result.code, result.text)
        elif isinstance(result, bytes):
            self.write(result)
        else:
            quest.answer(result)


def answer_everything(quest):
    """The default: a gate without opinions."""
    if quest.method == "*ping":
        return {"ts": int(time.time() * 1000)}
    if quest.method.startswith(("send", "broadcast")):
        return {"mtime": int(time.time() * 1000)}
    return {}


class Peer:
    """The listening end; a context manager."""

    def __init__(self, answer=answer_everything):
        self.answer = answer
        self.links = []  # in order of arrival
        self.quests = []  # of all links, in order of arrival
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.stop_listening()
        for link in list(self.links):
            link.cut()
            link.thread.join(DEADLINE)

    def stop_listening(self):
        """New connections are refused from here on; those that are there stay."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.thread.join(DEADLINE)

    def wait(self, find, what):
        """Wait until find() is true, while something comes; returns what it returned."""
        with self.changed:
            while True:
                found = find()
                if found:
                    return found
                assert self.changed.wait(DEADLINE), \
                    f"waited in vain for {what}; heard: {self.methods()}"

    def wait_connection(self, number=0):
        """The connection that came as `number`, counted from 0."""
        self.wait(lambda: len(self.links) > number, f"connection {number}")
        return self.links[number]

    def wait_quest(self, method, count=1):
        """The `count`-th quest of that method."""
        self.wait(lambda: len(self.all(method)) >= count, f"{count} x {method}")
        return self.all(method)[count - 1]

    def all(self, method):
        """The quests of one method that were heard so far."""
        return [quest for quest in list(self.quests) if quest.method == method]

    def methods(self):
        return [quest.method for quest in list(self.quests)]

    def _note(self, where, what):
        with self.changed:
            where.append(what)
            self.changed.notify_all()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = Link(self, sock, len(self.links))
            self._note(self.links, link)
            link.thread.start()
