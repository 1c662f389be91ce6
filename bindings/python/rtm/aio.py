"""The calls for asyncio."""

import asyncio
import functools

from . import callbacks


class _Receiver:
    """The callback of one call: hands its end to the event loop of who awaits it."""

    def __init__(self, loop, future):
        self.loop = loop
        self.future = future

    def callback(self, *values):
        try:
            self.loop.call_soon_threadsafe(self.end, values)
        except RuntimeError:
            pass  # the event loop is closed, and with it who waited

    def end(self, values):
        if self.future.done():
            return  # cancelled, or timed out by who awaits
        *results, error = values
        if error is not None:
            self.future.set_exception(error)
        elif not results:
            self.future.set_result(None)
        else:
            self.future.set_result(results[0] if len(results) == 1 else tuple(results))


# Whatever class a call asks for, a receiver is one of it.
_Receiver = type("_Receiver", (_Receiver, *(
    kind for kind in vars(callbacks).values()
    if isinstance(kind, type) and kind.__name__.endswith("Callback"))), {})


class Aio:
    """The calls of a client as coroutines: same names, same arguments. They return what the call
    returns without the error (nothing, one value, or a tuple) and raise QuestError.

    Cancelling one stops the wait, not what the gate does.
    """

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        method = getattr(self._client, name)
        if name.startswith("_") or "callback" not in _parameters(method):
            raise AttributeError(f"{name} is no call")

        @functools.wraps(method)
        async def call(*args, **kwargs):
            if "callback" in kwargs:
                raise TypeError("what is awaited takes no callback")
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            method(*args, callback=_Receiver(loop, future), **kwargs)
            return await future

        return call


def _parameters(method):
    code = getattr(getattr(method, "__func__", None), "__code__", None)
    return () if code is None else code.co_varnames[:code.co_argcount]
