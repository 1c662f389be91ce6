"""The client."""

import hashlib
import logging
import os
import threading

from . import _core, _handlers, callbacks, results
from ._calls import Calls
from .aio import Aio
from .errors import error_of
from .streams import Gap, Listener

LOG = logging.getLogger("rtm")
# rtm_log_level of the core, and logging's.
_LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG, 5)

DEFAULT_TIMEOUT = 30000  # milliseconds
_POLICIES = {"wait": 0, "drop_oldest": 1, "drop_newest": 2, "disconnect": 3}
_ADD, _REMOVE, _SET = range(3)
# The command of file_token(), the parameter that it needs, and its key.
_FILE_TARGETS = {"sendfile": ("to_uid", "to"), "sendfiles": ("to_uidss", "tos"),
                 "sendroomfile": ("rid", "rid"), "sendgroupfile": ("gid", "gid"),
                 "broadcastfile": (None, None)}
_NOT_GIVEN = object()

# Clients whose connection is wanted live on without anybody who holds them.
_live = set()




class RTMServerClient(Calls):
    """A server end of an RTM project: one connection to a gate, kept alive.

    RTMServerClient(pid, secret, endpoint, reconnect, timeout=0), the form of version 2.0:
    `endpoint` is "host:port" (or "unix:PATH"). With `reconnect` True any call connects by itself,
    and a connection that is lost comes back by itself, with what was listened to; with False only
    reconnect() connects. Time-outs, here and in all calls, are in milliseconds; 0 takes the
    client's default, and the client's own default is 30,000.

    RTMServerClient(pid, secret, endpoint), the form of later versions: as with `reconnect` True,
    and time-outs are in seconds.

    Nothing is connected before the first call. Calls without a callback wait for the answer; they
    may be made on any thread, in handlers too.

    For new programs, by name only:

    workers        threads that run the handlers; messages of one conversation (a group, a room, two
                   users) stay in order. Default 1.
    max_messages, max_bytes, slow_policy
                   what may wait for handlers, 10,000 messages and 16 MiB, and what happens when it
                   does: "wait" (the gate has to keep them), "drop_oldest", "drop_newest", or
                   "disconnect".
    tls, tls_ca_file, tls_host
                   TLS; certificates to trust (PEM; default the system's), the name to check.
    connect_timeout
                   for resolving, connecting and securing, in the unit of the other time-outs.
                   Default 10 seconds.
    answer_first   answer a push before its handler runs, as the published package does; by default
                   it is answered when the handler has returned.
    ask_offsets    ask a gate that speaks rtmkit's extensions for log offsets.
    max_package_bytes
                   refuse larger packages of the gate; default 8 MiB.
    """

    def __init__(self, pid, secret, endpoint, reconnect=_NOT_GIVEN, timeout=0, *, workers=1,
                 max_messages=10000, max_bytes=16 << 20, slow_policy="wait", tls=False,
                 tls_ca_file=None, tls_host=None, connect_timeout=0, answer_first=False,
                 ask_offsets=False, max_package_bytes=8 << 20):
        if slow_policy not in _POLICIES:
            raise ValueError(f"slow_policy is one of {', '.join(_POLICIES)}")
        if not isinstance(endpoint, str) or not isinstance(secret, str):
            raise TypeError("secret and endpoint are str")
        self._unit = 1000 if reconnect is _NOT_GIVEN else 1  # milliseconds of a time-out
        self.pid = pid
        self.endpoint = endpoint
        self._secret = secret
        self._default_timeout = DEFAULT_TIMEOUT
        self._options = {
            "reconnect": True if reconnect is _NOT_GIVEN else bool(reconnect),
            "workers": workers, "max_messages": max_messages, "max_bytes": max_bytes,
            "policy": _POLICIES[slow_policy], "ask_offsets": ask_offsets,
            "answer_on_receipt": answer_first, "max_package_bytes": max_package_bytes,
        }
        if connect_timeout:
            self._options["connect_timeout_ms"] = self._milliseconds(connect_timeout)
        if tls:
            self._options.update(security=1, tls_ca_file=_path(tls_ca_file), tls_host=tls_host)
        elif tls_ca_file is not None or tls_host is not None:
            raise ValueError("tls_ca_file and tls_host go with tls=True only")
        self._lock = threading.RLock()
        self._core = None
        self._owner = 0  # the process that has made the core
        self._is_destroyed = False
        self._processor = None
        self._connection_callback = None
        self._error_hook = None
        self._gap_callback = None
        self._listening_callback = None
        self._dropped_callback = None
        self._listeners = ()  # of asyncio; replaced as a whole
        self._interests = {}  # what they have added, and how many want it
        self.set_quest_timeout(timeout)

    # Settings.

    def set_quest_timeout(self, timeout):
        """The time-out of calls that give 0; 0 sets the default back, 30 seconds."""
        self._default_timeout = self._milliseconds(timeout) if timeout else DEFAULT_TIMEOUT

    def set_connection_callback(self, callback):
        """Have a ConnectionCallback told of connections; None: nobody."""
        if callback is not None:
            _check(callback, callbacks.ConnectionCallback)
        self._connection_callback = callback

    def enable_encryptor_by_pem_file(self, pem_pub_file, curve_name="secp256k1", strength=128):
        """Encrypt the connection with the gate's public key, a file in PEM.

        The curve is that of the key, whatever `curve_name` says; another strength than 128 and
        256 is taken for 128. Raises OSError when the file cannot be read, and Exception after the
        first call; a file that holds no public key makes the first call raise ValueError.
        """
        with open(pem_pub_file, "rb") as file:
            key = file.read()
        with self._lock:
            if self._core is not None:
                raise Exception("encryption is enabled before the first call")
            self._options.update(
                security=2, encryption_key=key, tls_ca_file=None, tls_host=None,
                encryption_bits=strength if strength in (128, 256) else 128)

    def set_quest_processor(self, processor):
        """Set what is done with pushes, an RTMQuestProcessor; None takes it away.

        Its methods are looked up now: set it again after giving it others.
        """
        with self._lock:
            self._processor = processor
            if self._core is not None:
                self._core.set_slots(_handlers.of_processor(processor))

    def set_error_hook(self, hook):
        """Have hook(exception, where) called for each exception that a handler or callback lets
        out, on its thread; `where` is the name of the method. None: they are logged with their
        traceback to the logger "rtm", as is by default."""
        self._error_hook = hook

    def set_gap_callback(self, callback):
        """Have callback(gap) called when, after a cut, what was listened to is in force again: a
        Gap tells of the time and the conversations for which messages may be missing."""
        self._set_notice("_gap_callback", _handlers.GAP, callback, self._on_gap)

    def set_listening_callback(self, callback):
        """Have callback(is_listening) called when the gate has confirmed all that is listened to,
        and when it no longer holds it."""
        self._set_notice("_listening_callback", _handlers.LISTENING, callback, self._on_listening)

    def set_dropped_callback(self, callback):
        """Have callback(kind, from_uid, to, mid) called for what `slow_policy` has dropped; `kind`
        is a MessageType, or None for an event of the user `from_uid`."""
        self._set_notice("_dropped_callback", _handlers.DROPPED, callback, self._on_dropped)

    def _set_notice(self, name, place, callback, method):
        with self._lock:
            setattr(self, name, callback)
            if self._core is not None:
                self._core.set_slots({place: method if self._wants(place) else None})

    def _wants(self, place):
        if place == _handlers.GAP:
            return self._gap_callback is not None or bool(self._listeners)
        if place == _handlers.LISTENING:
            return self._listening_callback is not None
        return self._dropped_callback is not None

    # Life.

    def close(self):
        """Close the connection. With `reconnect` the next call makes a new one, and what was
        listened to is listened to again."""
        with self._lock:
            core = self._core
            _live.discard(self)
        if core is not None and not self._is_destroyed:
            core.close(None)

    def reconnect(self):
        """Close the connection, make a new one and wait for it. Returns the error, None when it
        is ready."""
        code, text, _ = self._start().connect(None)
        if code == _core.E_TIMEOUT:
            code = _core.E_CONNECT
        return error_of(code, text)

    def destroy(self):
        """End the client and its threads. Handlers that run are waited for, unless this is one of
        them; what waits for handlers is given up. Calls fail from here on, with code 10003."""
        with self._lock:
            self._is_destroyed = True
            core = self._core
            _live.discard(self)
        if core is None or self._owner != os.getpid():
            return  # in a child after fork(), the connection is the parent's to end
        self._end_listeners(core)
        core.destroy(True)

    destory = destroy

    def _end_listeners(self, core):
        """First the connection, so that a message which waits for room in a stream, and which
        nobody will get, is not answered as handled."""
        if not self._listeners:
            return
        try:
            core.close(None)
            core.stats(None)  # comes back when the loop's turn that closes is over
        except ConnectionError:
            pass  # the end has begun already
        for listener in self._listeners:
            listener.end()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.destroy()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *unused):
        import asyncio

        await asyncio.get_running_loop().run_in_executor(None, self.destroy)

    def _start(self):
        """The core, made at the first call."""
        with self._lock:
            if self._is_destroyed:
                raise _Destroyed
            if self._core is None:
                self._core = _core.Client(self.endpoint, self.pid, self._secret,
                                          log_level=_log_level(), **self._options)
                self._owner = os.getpid()
                self._core.set_slots(self._slots())
            _live.add(self)
            return self._core

    def _slots(self):
        places = _handlers.of_processor(self._processor)
        places.update({
            _handlers.CONNECTION: self._on_connection,
            _handlers.LOG: _on_log,
            _handlers.ERROR: self._on_error,
            _handlers.GAP: self._on_gap if self._wants(_handlers.GAP) else None,
            _handlers.LISTENING:
                self._on_listening if self._wants(_handlers.LISTENING) else None,
            _handlers.DROPPED: self._on_dropped if self._wants(_handlers.DROPPED) else None,
        })
        return places

    # What the core tells.

    def _on_connection(self, is_ready, number, reason):
        callback = self._connection_callback
        if callback is None:
            return
        if is_ready:
            callback.connected(number, self.endpoint)
        else:
            callback.closed(number, self.endpoint, reason not in (0, _core.E_CLOSED))

    def _on_gap(self, times, lists, flags):
        gap = Gap(*times, *lists, *(bool(flag) for flag in flags))
        for listener in self._listeners:
            listener.take_gap(gap)
        if self._gap_callback is not None:
            self._gap_callback(gap)

    def _on_listening(self, is_listening):
        if self._listening_callback is not None:
            self._listening_callback(is_listening)

    def _on_dropped(self, kind, from_uid, place):
        if self._dropped_callback is not None:
            self._dropped_callback(None if kind is None else results.MessageType(kind), from_uid,
                                   *place)

    def _on_error(self, error, where):
        if self._error_hook is not None:
            self._error_hook(error, where)
        else:
            LOG.error("%s has raised %s", where, type(error).__name__, exc_info=error)

    # Calls.

    def _milliseconds(self, timeout):
        try:
            value = timeout * self._unit
        except TypeError:
            raise TypeError(f"a time-out is a number, not {timeout!r}") from None
        if not 0 < value <= 1 << 40:
            raise ValueError(f"no time-out: {timeout!r}")
        return max(1, int(value))

    def _timeout(self, timeout):
        return self._milliseconds(timeout) if timeout else self._default_timeout

    def _run(self, start, shape, kind, callback, timeout):
        """Have `start(core, milliseconds, on_done)` start a call, and wait or not."""
        if callback is not None:
            _check(callback, kind)
        timeout = self._timeout(timeout)
        on_done = None if callback is None else _Completion(callback, shape)
        try:
            done = start(self._start(), timeout, on_done)
        except (_Destroyed, ConnectionError):
            # What comes of a call to a client that is gone comes as it does otherwise.
            done = (_core.E_CLOSED, "the client was destroyed", None)
            if callback is not None:
                threading.Thread(target=on_done, args=done, daemon=True).start()
        if callback is not None:
            return None
        values = shape.finish(*done)
        return values[0] if len(values) == 1 else values

    def _call(self, method, params, shape, kind, callback, timeout):
        return self._run(lambda core, ms, done: core.call(method, params, ms, done),
                         shape, kind, callback, timeout)

    def _send(self, method, params, callback, timeout):
        mid = params["mid"] = params["mid"] or _core.gen_mid()
        if params["attrs"] is None:
            params["attrs"] = ""
        return self._call(method, params, results.sent(mid), callbacks.SendMessageCallback,
                          callback, timeout)

    def call(self, method, params=None, timeout=0):
        """Call any method of the gate by its name; pid, sign, salt and ts are added.

        Returns (answer, error), the answer being a dict.
        """
        return self._call(method, dict(params or {}), results.Shape(1, lambda answer: (answer,)),
                          object, None, timeout)

    def gen_mid(self):
        """A new message number: below 2**53, rising, and the only one of this process."""
        return _core.gen_mid()

    def gen_sign(self, salt, cmd, ts):
        """The signature of a quest: the MD5, in capitals, of pid, secret, salt, cmd and ts."""
        text = f"{self.pid}:{self._secret}:{salt}:{cmd}:{ts}"
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()

    def stats(self):
        """Counters since the first call, as a dict: pushes_received is, at every moment,
        pushes_delivered + pushes_duplicate + pushes_dropped + pushes_queued. Empty before it."""
        with self._lock:
            core = None if self._is_destroyed else self._core
        if core is None:
            return {}
        _, _, value = core.stats(None)
        return value or {}

    # Listening.

    def _listen(self, verb, gids, rids, uids, events, callback, timeout):
        if gids is None and rids is None and uids is None and events is None:
            raise Exception("nothing to listen to: gids, rids, uids and events are all None")
        return self._run(
            lambda core, ms, done: core.listen(verb, gids, rids, uids, events, ms, done),
            results.NOTHING, callbacks.BasicCallback, callback, timeout)

    def add_listen(self, gids=None, rids=None, uids=None, events=None, callback=None, timeout=0):
        """Listen to more: messages of groups `gids`, of rooms `rids`, those that users `uids`
        send or get P2P, and `events`, "login" and "logout". What is listened to already stays.

        It holds beyond this connection: after a reconnect it is stated again. An empty list is
        legal and changes nothing.

        Returns the error, None on success. With a BasicCallback: returns None at once. Raises
        Exception when all four are None, or the callback is of another class.
        """
        return self._listen(_ADD, gids, rids, uids, events, callback, timeout)

    def remove_listen(self, gids=None, rids=None, uids=None, events=None, callback=None,
                      timeout=0):
        """Listen no longer to these; those not listened to are passed over. Once the answer is
        there, nothing arrives that only they wanted. Otherwise as add_listen()."""
        return self._listen(_REMOVE, gids, rids, uids, events, callback, timeout)

    def set_listen(self, gids=None, rids=None, uids=None, events=None, callback=None, timeout=0):
        """Listen to these and no others: a list that is None becomes empty. What
        set_all_listen() has set stays. Otherwise as add_listen()."""
        return self._listen(_SET, gids, rids, uids, events, callback, timeout)

    def set_all_listen(self, p2p=None, group=None, room=None, ev=None, callback=None, timeout=0):
        """Listen to all P2P messages, group messages, room messages or events of the project;
        what is None counts as False. What the calls with lists have set stays. Raises Exception
        when all four are None. Otherwise as add_listen()."""
        if p2p is None and group is None and room is None and ev is None:
            raise Exception("nothing to listen to: p2p, group, room and ev are all None")
        return self._run(
            lambda core, ms, done: core.listen_all(p2p, group, room, ev, ms, done),
            results.NOTHING, callbacks.BasicCallback, callback, timeout)

    # Files.

    def file_token(self, from_uid, cmd, to_uidss=None, to_uid=None, rid=None, gid=None,
                   callback=None, timeout=0):
        """Ask leave to send one file. `cmd` is "sendfile" (with `to_uid`), "sendfiles"
        (`to_uidss`), "sendroomfile" (`rid`), "sendgroupfile" (`gid`) or "broadcastfile".

        The calls below do this by themselves. Returns (token, endpoint, error). Raises Exception
        for another `cmd`, or without its target.
        """
        if cmd not in _FILE_TARGETS:
            raise Exception(f"no such cmd: {cmd!r}")
        name, key = _FILE_TARGETS[cmd]
        params = {"from": from_uid, "cmd": cmd}
        if name is not None:
            target = {"to_uidss": to_uidss, "to_uid": to_uid, "rid": rid, "gid": gid}[name]
            if target is None:
                raise Exception(f"{cmd} needs {name}")
            params[key] = target
        return self._call("filetoken", params, results.FILE_TOKEN, callbacks.FileTokenCallback,
                          callback, timeout)

    def _send_file(self, how, from_uid, to, mtype, file, callback, timeout):
        with open(file, "rb") as opened:
            content = opened.read()
        name = os.path.basename(os.fspath(file))
        name = name if isinstance(name, str) else os.fsdecode(name)
        return self._run(
            lambda core, ms, done: core.send_file(how, from_uid, to, mtype, content, name, ms,
                                                  done),
            results.FILE, callbacks.SendFileCallback, callback, timeout)

    def send_file(self, from_uid, to_uid, mtype, file, callback=None, timeout=0):
        """Send a file to a user: `file` is a path, `mtype` 40 (image), 41 (audio), 42 (video) to
        50 (other). The time-out is for the whole way.

        Returns (mtime, error). With a SendFileCallback: returns None at once, the file has been
        read by then. Raises OSError when it cannot be read.
        """
        return self._send_file(0, from_uid, [to_uid], mtype, file, callback, timeout)

    def send_files(self, from_uid, to_uids, mtype, file, callback=None, timeout=0):
        """Send a file to several users at once; otherwise as send_file()."""
        return self._send_file(1, from_uid, to_uids, mtype, file, callback, timeout)

    def send_room_file(self, from_uid, rid, mtype, file, callback=None, timeout=0):
        """Send a file to a room; otherwise as send_file()."""
        return self._send_file(3, from_uid, [rid], mtype, file, callback, timeout)

    def broadcast_file(self, from_uid, mtype, file, callback=None, timeout=0):
        """Send a file to everybody in the project; otherwise as send_file()."""
        return self._send_file(4, from_uid, [], mtype, file, callback, timeout)

    def send_group_file(self, from_uid, gid, mtype, file, callback=None, timeout=0):
        """Send a file to a group; otherwise as send_file()."""
        return self._send_file(2, from_uid, [gid], mtype, file, callback, timeout)

    # asyncio.

    @property
    def aio(self):
        """The calls for asyncio: `await client.aio.send_chat(...)` returns what the call returns,
        but for the error, which is raised."""
        return Aio(self)

    def listen(self, groups=None, rooms=None, users=None, events=None, *, limit=1000):
        """A stream for asyncio of what these groups, rooms, users and events bring:

            async for item in client.listen(groups=[77], events=["login"]):
                ...

        Items are Message, Event and, after a cut of the connection, Gap. `limit` items wait at
        most; then the handlers' thread waits, and with it, by `slow_policy`, the gate. See
        Listener.
        """
        return Listener(self, groups, rooms, users, events, limit)


class ClientEngine(object):
    """What all clients of the process share. It needs no care: it begins with the first client
    and ends with the interpreter."""

    @staticmethod
    def destroy():
        """Destroy all clients."""
        for client in list(_live):
            client.destroy()

    destory = stop = destroy


class _Destroyed(Exception):
    pass


class _Completion:
    """Hands the end of a call to its callback."""

    __slots__ = ("callback", "shape")

    def __init__(self, callback, shape):
        self.callback = callback
        self.shape = shape

    def __call__(self, code, text, value):
        self.callback.callback(*self.shape.finish(code, text, value))


def _check(callback, kind):
    if not isinstance(callback, kind):
        raise Exception(f"the callback is no {kind.__name__} but a {type(callback).__name__}")


def _path(path):
    return None if path is None else os.fspath(path)


def _log_level():
    """As much of the core's log as somebody will see."""
    level = LOG.getEffectiveLevel()
    wanted = [number for number, known in enumerate(_LEVELS) if known >= level]
    return wanted[-1] if wanted else 0


def _on_log(level, text):
    LOG.log(_LEVELS[level], "%s", text)


def end_all(seconds=10.0):
    """At the interpreter's exit: end all clients, and wait for their handlers, so long for each."""
    for client in list(_live):
        if client._core is not None and not client._is_destroyed:
            client._end_listeners(client._core)  # handlers may wait for room in them
    busy = _core.end_all(seconds)
    if busy:
        LOG.warning("%d clients were left behind: their handlers do not end", busy)
