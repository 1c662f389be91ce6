"""How a call failed."""

from . import _core

# The codes of this side; those of the gate pass through as they are.
UNKNOWN = 10001
NOT_CONNECTED = 10002
CONNECTION_CLOSED = 10003
TIMEOUT = 10004
CONNECT_FAILED = 10005
BAD_ANSWER = 20001

_LOCAL = {
    _core.E_TIMEOUT: TIMEOUT,
    _core.E_LOST: CONNECTION_CLOSED,
    _core.E_CLOSED: CONNECTION_CLOSED,
    _core.E_NOT_CONNECTED: NOT_CONNECTED,
    _core.E_CONNECT: CONNECT_FAILED,
    _core.E_RESOLVE: CONNECT_FAILED,
    _core.E_SECURITY: CONNECT_FAILED,
}


class QuestError(Exception):
    """How a call failed: `code` and `message`.

    The documented calls return it, or hand it to their callback; the asyncio forms raise it.
    Codes of this side: 10001 unknown, 10002 not connected, 10003 the connection was closed,
    10004 no answer in time, 10005 connecting failed, 20001 the answer lacks something. All others
    are the gate's.
    """

    def __init__(self, code, message=""):
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self):
        return f"code: {self.code}, message: {self.message}"

    def __repr__(self):
        return f"QuestError({self.code!r}, {self.message!r})"

    def __eq__(self, other):
        return (type(other) is QuestError
                and (self.code, self.message) == (other.code, other.message))

    def __hash__(self):
        return hash((self.code, self.message))


def error_of(code, text):
    """The error of what the core tells; None for success."""
    if code == 0:
        return None
    if code > 0:
        return QuestError(code, text)
    return QuestError(_LOCAL.get(code, UNKNOWN), text)
