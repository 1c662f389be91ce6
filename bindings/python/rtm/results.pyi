import enum
from typing import Any, List, Optional, Union

__all__: List[str]

class MessageType(enum.IntEnum):
    P2P_MESSAGE = 1
    GROUP_MESSAGE = 2
    ROOM_MESSAGE = 3
    BROADCAST_MESSAGE = 4

class ChatMessageType(enum.IntEnum):
    TEXT = 30
    AUDIO = 31
    CMD = 32

class MessageBase:
    id: int
    from_uid: int
    mtype: int
    mid: int
    msg: Union[str, bytes]
    attrs: str
    mtime: int
    def __init__(self, *values: Any, **named: Any) -> None: ...

class GroupMessage(MessageBase):
    ...

class RoomMessage(MessageBase):
    ...

class BroadcastMessage(MessageBase):
    ...

class P2PMessage:
    id: int
    direction: int
    mtype: int
    mid: int
    msg: Union[str, bytes]
    attrs: str
    mtime: int
    def __init__(self, *values: Any, **named: Any) -> None: ...

class GetGroupMessageResult:
    num: int
    lastid: int
    begin: int
    end: int
    msgs: List[GroupMessage]
    def __init__(self, *values: Any, **named: Any) -> None: ...

class GetRoomMessageResult:
    num: int
    lastid: int
    begin: int
    end: int
    msgs: List[RoomMessage]
    def __init__(self, *values: Any, **named: Any) -> None: ...

class GetBroadcastMessageResult:
    num: int
    lastid: int
    begin: int
    end: int
    msgs: List[BroadcastMessage]
    def __init__(self, *values: Any, **named: Any) -> None: ...

class GetP2PMessageResult:
    num: int
    lastid: int
    begin: int
    end: int
    msgs: List[P2PMessage]
    def __init__(self, *values: Any, **named: Any) -> None: ...

class MessageInfoResult:
    id: int
    mtype: int
    msg: Union[str, bytes]
    attrs: str
    mtime: int
    def __init__(self, *values: Any, **named: Any) -> None: ...

class TranslateResult:
    source: str
    target: str
    source_text: str
    target_text: str
    def __init__(self, *values: Any, **named: Any) -> None: ...

class ProfanityResult:
    text: str
    classification: Optional[List[str]]
    def __init__(self, *values: Any, **named: Any) -> None: ...

class TranscribeResult:
    text: str
    lang: str
    def __init__(self, *values: Any, **named: Any) -> None: ...

class Shape:
    count: int

NOTHING: Shape
