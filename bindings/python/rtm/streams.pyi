from types import TracebackType
from typing import Iterable, List, NamedTuple, Optional, Type, Union

from .client import RTMServerClient
from .results import MessageType

class Message(NamedTuple):
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
    pid: int
    event: str
    uid: int
    time: int
    endpoint: str
    data: str
    offset: Optional[int]

class Gap(NamedTuple):
    from_ms: int
    to_ms: int
    groups: List[int]
    rooms: List[int]
    users: List[int]
    events: List[str]
    all_p2p: bool
    all_groups: bool
    all_rooms: bool
    all_events: bool

class Listener:
    def __init__(
        self, client: RTMServerClient, groups: Optional[Iterable[int]],
        rooms: Optional[Iterable[int]], users: Optional[Iterable[int]],
        events: Optional[Iterable[str]], limit: int,
    ) -> None: ...
    async def __aenter__(self) -> Listener: ...
    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None: ...
    def __aiter__(self) -> Listener: ...
    async def __anext__(self) -> Union[Message, Event, Gap]: ...
    async def aclose(self) -> None: ...
