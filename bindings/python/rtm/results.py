"""What calls return, and how it is made of an answer."""

import enum

from .errors import BAD_ANSWER, QuestError, error_of


__all__ = ["MessageType", "ChatMessageType", "MessageBase", "GroupMessage", "RoomMessage",
           "BroadcastMessage", "P2PMessage", "GetGroupMessageResult", "GetRoomMessageResult",
           "GetBroadcastMessageResult", "GetP2PMessageResult", "MessageInfoResult",
           "TranslateResult", "ProfanityResult", "TranscribeResult"]


class MessageType(enum.IntEnum):
    """To whom a message went."""

    P2P_MESSAGE = 1
    GROUP_MESSAGE = 2
    ROOM_MESSAGE = 3
    BROADCAST_MESSAGE = 4


class ChatMessageType(enum.IntEnum):
    """The mtypes of chat."""

    TEXT = 30
    AUDIO = 31
    CMD = 32


class _Record:
    """Named attributes, given by place or name; printed and compared by them."""

    _fields = ()

    def __init__(self, *values, **named):
        fields = self._fields
        if len(values) > len(fields):
            raise TypeError(f"{type(self).__name__}() takes {len(fields)} values")
        for name, value in zip(fields, values):
            setattr(self, name, value)
        for name in fields[len(values):]:
            setattr(self, name, named.pop(name, None))
        if named:
            raise TypeError(f"{type(self).__name__}() has no {', '.join(named)}")

    def __repr__(self):
        inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({inner})"

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None


class MessageBase(_Record):
    """A stored message. `id` is its cursor, `mtime` milliseconds since 1970, UTC."""

    _fields = ("id", "from_uid", "mtype", "mid", "msg", "attrs", "mtime")


class GroupMessage(MessageBase):
    """A stored message of a group."""


class RoomMessage(MessageBase):
    """A stored message of a room."""


class BroadcastMessage(MessageBase):
    """A stored broadcast."""


class P2PMessage(_Record):
    """A stored message of two users. `direction`: 1 sent by the reader, 2 received."""

    _fields = ("id", "direction", "mtype", "mid", "msg", "attrs", "mtime")


class _History(_Record):
    """A page: `num` messages `msgs`, and the cursor for the next call (lastid, begin, end)."""

    _fields = ("num", "lastid", "begin", "end", "msgs")


class GetGroupMessageResult(_History):
    """A page of a group's messages (GroupMessage)."""


class GetRoomMessageResult(_History):
    """A page of a room's messages (RoomMessage)."""


class GetBroadcastMessageResult(_History):
    """A page of broadcasts (BroadcastMessage)."""


class GetP2PMessageResult(_History):
    """A page of what two users wrote to each other (P2PMessage)."""


class MessageInfoResult(_Record):
    """One stored message."""

    _fields = ("id", "mtype", "msg", "attrs", "mtime")


class TranslateResult(_Record):
    """A translation: languages and texts."""

    _fields = ("source", "target", "source_text", "target_text")


class ProfanityResult(_Record):
    """A filtered text, and what was found in it if that was asked for, else None."""

    _fields = ("text", "classification")


class TranscribeResult(_Record):
    """What was said, and in which language."""

    _fields = ("text", "lang")


class _Bad(Exception):
    pass


def _take(answer, key, kind):
    """What the answer must have. Truth values are no numbers here."""
    value = answer.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _Bad(key)
    return value


def _take_ids(answer, key):
    ids = _take(answer, key, list)
    if not all(type(one) is int for one in ids):
        raise _Bad(key)
    return ids


_TEXT = (str, bytes)


class Shape:
    """How an answer becomes what a call returns: `count` values, and an error behind them."""

    def __init__(self, count, make):
        self.count = count
        self.make = make

    def finish(self, code, text, value):
        """The values and the error, for a callback."""
        error = error_of(code, text)
        if error is None:
            try:
                if not isinstance(value, dict):
                    raise _Bad("a map")
                return (*self.make(value), None)
            except _Bad as lacking:
                error = QuestError(BAD_ANSWER, f"the answer lacks {lacking}, or has another type")
        return (*(None,) * self.count, error)


class Nothing(Shape):
    """Success is all there is."""

    def finish(self, code, text, value):
        return (error_of(code, text),)


def _history(page, row_type):
    def make(answer):
        rows = [row_type(row[0], row[1], row[2], row[3], row[5], row[6], row[7])
                for row in _take(answer, "msgs", list) if isinstance(row, list) and len(row) == 8]
        cursor = (_take(answer, key, int) for key in ("num", "lastid", "begin", "end"))
        return (page(*cursor, rows),)
    return Shape(1, make)


def _stored(answer):
    return (MessageInfoResult(answer.get("id", 0), answer.get("mtype", 0), answer.get("msg", ""),
                              answer.get("attrs", ""), answer.get("mtime", 0)),)


def _optional(answer, key, kind):
    return None if answer.get(key) is None else _take(answer, key, kind)


NOTHING = Nothing(0, None)
TOKEN = Shape(1, lambda a: (_take(a, "token", _TEXT),))
OK = Shape(1, lambda a: (_take(a, "ok", bool),))
UIDS = Shape(1, lambda a: (_take_ids(a, "uids"),))
GIDS = Shape(1, lambda a: (_take_ids(a, "gids"),))
FUIDS = Shape(1, lambda a: (_take_ids(a, "fuids"),))
INFOS = Shape(2, lambda a: (_take(a, "oinfo", _TEXT), _take(a, "pinfo", _TEXT)))
INFO_MAP = Shape(1, lambda a: (_take(a, "info", dict),))
VALUE = Shape(1, lambda a: (_optional(a, "val", _TEXT),))
FILE_TOKEN = Shape(2, lambda a: (_take(a, "token", _TEXT), _take(a, "endpoint", _TEXT)))
GROUP_HISTORY = _history(GetGroupMessageResult, GroupMessage)
ROOM_HISTORY = _history(GetRoomMessageResult, RoomMessage)
BROADCAST_HISTORY = _history(GetBroadcastMessageResult, BroadcastMessage)
P2P_HISTORY = _history(GetP2PMessageResult, P2PMessage)
STORED = Shape(1, _stored)
TRANSLATION = Shape(1, lambda a: (TranslateResult(
    *(_take(a, key, _TEXT) for key in ("source", "target", "sourceText", "targetText"))),))
PROFANITY = Shape(1, lambda a: (ProfanityResult(
    _take(a, "text", _TEXT), _optional(a, "classification", list)),))
SPEECH = Shape(1, lambda a: (TranscribeResult(_take(a, "text", _TEXT), _take(a, "lang", _TEXT)),))


def sent(mid):
    """The shape of a sending's answer: its number, and the gate's time."""
    return Shape(2, lambda a: (mid, _take(a, "mtime", int)))


class SentFile(Shape):
    """The core answers with (mid, mtime)."""

    def finish(self, code, text, value):
        error = error_of(code, text)
        return (None if error is not None else value[1], error)


FILE = SentFile(1, None)
