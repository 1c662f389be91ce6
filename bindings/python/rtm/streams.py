"""Streams for asyncio: what a client listens to, as an asynchronous iterator."""

import asyncio
import collections
import threading
from typing import NamedTuple, Optional, Union

from . import _handlers
from .results import MessageType

_FAMILIES = ("message", "file", "chat", "audio", "cmd")


class Message(NamedTuple):
    """A message. `to` is a uid, gid or rid, by `kind`; `family` is "message", "file", "chat",
    "audio" or "cmd"; `offset` is its place in the project's log, if the gate says it."""

    kind: MessageType
    family: str
    from_uid: int
    to: int
    mtype: int
    mid: int
    msg: Union[str, bytes]
    attrs: Union[str, bytes]
    mtime: int
    offset: Optional[int]


class Event(NamedTuple):
    """A user has logged in or out; as RTMQuestProcessor.push_event()."""

    pid: int
    event: str
    uid: int
    time: int
    endpoint: str
    data: str
    offset: Optional[int]


class Gap(NamedTuple):
    """After a cut: between `from_ms` and `to_ms` (this machine's clock, milliseconds since 1970)
    messages of these conversations may have been missed."""

    from_ms: int
    to_ms: int
    groups: list
    rooms: list
    users: list
    events: list
    all_p2p: bool
    all_groups: bool
    all_rooms: bool
    all_events: bool


class _Queue:
    """Between the client's threads, which put, and one event loop, which takes. Bounded: who puts
    waits for room, without the interpreter's lock."""

    def __init__(self, loop, limit):
        self.loop = loop
        self.limit = limit
        self.items = collections.deque()
        # Reentrant: the collector may end a stream on a thread that is in here.
        self.changed = threading.Condition(threading.RLock())
        self.waiter = None  # a future of who takes
        self.is_ended = False
        self.is_waking = False

    def put(self, item, may_wait=True):
        with self.changed:
            while may_wait and len(self.items) >= self.limit and not self.is_ended:
                self.changed.wait()
            if self.is_ended:
                return
            self.items.append(item)
            must_wake = not self.is_waking
            self.is_waking = True
        if must_wake:
            self._wake()

    def end(self):
        with self.changed:
            self.is_ended = True
            self.changed.notify_all()
        self._wake()

    def _wake(self):
        try:
            self.loop.call_soon_threadsafe(self._woken)
        except RuntimeError:
            # The event loop is closed: nobody takes any more, and nobody shall wait for that.
            with self.changed:
                self.is_ended = True
                self.changed.notify_all()

    def _woken(self):
        self.is_waking = False
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def take(self):
        """On the event loop's thread: (True, item), or (False, None) when there is none."""
        with self.changed:
            if not self.items:
                return False, None
            item = self.items.popleft()
            if len(self.items) == self.limit // 2:
                self.changed.notify_all()
            return True, item


class Listener:
    """A stream of Message, Event and Gap items.

        async for item in client.listen(groups=[77]):
            ...

        async with client.listen(rooms=[5], users=[1001]) as stream:
            item = await asyncio.wait_for(stream.__anext__(), 10)

    It begins to listen with the first item that is asked for, or on entering `async with`, and
    raises QuestError if the gate refuses. It stops to listen at aclose(), at the end of
    `async with`, or when nobody holds it any more. Cancelling a wait, or a time-out of it, loses nothing: the next
    item is given to the next who asks. When the client is destroyed the stream ends.

    One task takes from a stream at a time. Ids that it has added are removed with it, but for
    those that another stream of the client has added too.
    """

    def __init__(self, client, groups, rooms, users, events, limit):
        if limit < 1:
            raise ValueError("limit is 1 or more")
        self._sets = [_as_list(ids) for ids in (groups, rooms, users)]
        self._sets.append(None if events is None else [str(name) for name in events])
        if all(not ids for ids in self._sets):
            raise ValueError("nothing to listen to")
        self._client = client
        self._limit = limit
        self._inlet = None
        self._queue = None

    async def __aenter__(self):
        await self._begin()
        return self

    async def __aexit__(self, *unused):
        await self.aclose()

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._queue is None:
            await self._begin()
        queue = self._queue
        while True:
            has_item, item = queue.take()
            if has_item:
                return item
            if queue.is_ended:
                raise StopAsyncIteration
            if queue.waiter is not None and not queue.waiter.done():
                raise RuntimeError("another task waits for this stream's next item")
            queue.waiter = queue.loop.create_future()
            try:
                # What came before there was a waiter has woken nobody.
                if not queue.items and not queue.is_ended:
                    await queue.waiter
            finally:
                queue.waiter = None

    async def _begin(self):
        if self._inlet is not None:
            raise RuntimeError("the stream was begun already")
        self._queue = _Queue(asyncio.get_running_loop(), self._limit)
        self._inlet = _Inlet(self._client, self._queue, self._sets)
        self._inlet.join()
        try:
            await self._client.aio.add_listen(*self._sets)
        except BaseException:
            self._inlet.leave()
            self._queue.end()
            raise

    async def aclose(self):
        """Stop to listen, and wait for the gate's word; what waits is given up."""
        inlet, self._inlet = self._inlet, None
        if inlet is None:
            return
        rest = inlet.leave()
        self._queue.end()
        self._queue.items.clear()
        if any(rest) and not self._client._is_destroyed:
            await self._client.aio.remove_listen(*rest)

    def __del__(self):
        inlet, self._inlet = getattr(self, "_inlet", None), None
        if inlet is not None:
            inlet.forget()


class _Inlet:
    """The client's end of a stream: the client holds this, not the stream, so that a stream which
    nobody holds ends."""

    def __init__(self, client, queue, sets):
        self.client = client
        self.queue = queue
        self.sets = sets
        self.groups, self.rooms, self.users, self.events = (frozenset(ids or ()) for ids in sets)

    def join(self):
        client = self.client
        core = client._start()
        with client._lock:
            client._listeners = (*client._listeners, self)
            for place, ids in enumerate(self.sets):
                for one in set(ids or ()):
                    key = (place, one)
                    client._interests[key] = client._interests.get(key, 0) + 1
            self._set_taps(core)

    def leave(self):
        """What nobody else wants, as the arguments of remove_listen()."""
        client = self.client
        rest = [[], [], [], []]
        with client._lock:
            if self not in client._listeners:
                return rest
            client._listeners = tuple(one for one in client._listeners if one is not self)
            for place, ids in enumerate(self.sets):
                for one in set(ids or ()):
                    key = (place, one)
                    client._interests[key] -= 1
                    if client._interests[key] == 0:
                        del client._interests[key]
                        rest[place].append(one)
            if client._core is not None and not client._is_destroyed:
                self._set_taps(client._core)
        return rest

    def forget(self):
        """Leave, and have the gate told without waiting for it."""
        rest = self.leave()
        self.queue.end()
        if not any(rest) or self.client._is_destroyed:
            return
        try:
            self.client._core.listen(1, *rest, self.client._timeout(0), _pass)
        except Exception:
            pass  # the client is going too, or this is a child process

    def end(self):
        self.queue.end()

    def _set_taps(self, core):
        client = self.client
        listeners = client._listeners
        core.set_slots({
            _handlers.TAP: _Tap(listeners) if listeners else None,
            _handlers.TAP_EVENT: _EventTap(listeners) if listeners else None,
            _handlers.GAP: client._on_gap if client._wants(_handlers.GAP) else None,
        })

    def wants(self, kind, from_uid, to):
        if kind == 1:
            return from_uid in self.users or to in self.users
        return to in (self.groups if kind == 2 else self.rooms)

    def take_gap(self, gap):
        # On the teller's thread, which others need: it does not wait for room.
        self.queue.put(gap, may_wait=False)


class _Tap:
    """Gets every message; hands it to the streams that want it."""

    __slots__ = ("inlets",)

    def __init__(self, inlets):
        self.inlets = inlets

    def __call__(self, kind, family, from_uid, to, mtype, mid, msg, attrs, mtime, offset):
        message = None
        for inlet in self.inlets:
            if inlet.wants(kind, from_uid, to):
                if message is None:
                    message = Message(MessageType(kind), _FAMILIES[family], from_uid, to, mtype,
                                      mid, msg, attrs, mtime, offset)
                inlet.queue.put(message)


class _EventTap:
    """As _Tap, for events."""

    __slots__ = ("inlets",)

    def __init__(self, inlets):
        self.inlets = inlets

    def __call__(self, pid, event, uid, time, endpoint, data, offset):
        for inlet in self.inlets:
            if event in inlet.events:
                inlet.queue.put(Event(pid, event, uid, time, endpoint, data, offset))


def _as_list(ids):
    return None if ids is None else [int(one) for one in ids]


def _pass(code, text, value):
    pass
