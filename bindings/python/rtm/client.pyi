import os
from types import TracebackType
from typing import (
    Any, Callable, Dict, Iterable, List, Optional, Tuple, Type, Union, overload,
)

from ._calls import Calls
from .aio import Aio
from .callbacks import (
    BasicCallback, ConnectionCallback, FileTokenCallback, SendFileCallback,
)
from .errors import QuestError
from .results import MessageType
from .streams import Gap, Listener

_Path = Union[str, "os.PathLike[str]"]
_Error = Optional[QuestError]
_Ids = Optional[Iterable[int]]

DEFAULT_TIMEOUT: int

class RTMServerClient(Calls):
    pid: int
    endpoint: str
    def __init__(
        self, pid: int, secret: str, endpoint: str, reconnect: bool = ..., timeout: float = ..., *,
        workers: int = ..., max_messages: int = ..., max_bytes: int = ..., slow_policy: str = ...,
        tls: bool = ..., tls_ca_file: Optional[_Path] = ..., tls_host: Optional[str] = ...,
        connect_timeout: float = ..., answer_first: bool = ..., ask_offsets: bool = ...,
        max_package_bytes: int = ...,
    ) -> None: ...
    def set_quest_timeout(self, timeout: float) -> None: ...
    def set_connection_callback(self, callback: Optional[ConnectionCallback]) -> None: ...
    def enable_encryptor_by_pem_file(
        self, pem_pub_file: _Path, curve_name: str = ..., strength: int = ...
    ) -> None: ...
    def set_quest_processor(self, processor: object) -> None: ...
    def set_error_hook(
        self, hook: Optional[Callable[[BaseException, str], object]]
    ) -> None: ...
    def set_gap_callback(self, callback: Optional[Callable[[Gap], object]]) -> None: ...
    def set_listening_callback(self, callback: Optional[Callable[[bool], object]]) -> None: ...
    def set_dropped_callback(
        self, callback: Optional[Callable[[Optional[MessageType], int, int, int], object]]
    ) -> None: ...
    def close(self) -> None: ...
    def reconnect(self) -> _Error: ...
    def destroy(self) -> None: ...
    def destory(self) -> None: ...
    def __enter__(self) -> RTMServerClient: ...
    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None: ...
    async def __aenter__(self) -> RTMServerClient: ...
    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None: ...
    def call(
        self, method: str, params: Optional[Dict[str, Any]] = ..., timeout: float = ...
    ) -> Tuple[Optional[Dict[str, Any]], _Error]: ...
    def gen_mid(self) -> int: ...
    def gen_sign(self, salt: int, cmd: str, ts: int) -> str: ...
    def stats(self) -> Dict[str, int]: ...
    @overload
    def add_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., callback: None = ..., timeout: float = ...,
    ) -> _Error: ...
    @overload
    def add_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., *, callback: BasicCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def remove_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., callback: None = ..., timeout: float = ...,
    ) -> _Error: ...
    @overload
    def remove_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., *, callback: BasicCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def set_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., callback: None = ..., timeout: float = ...,
    ) -> _Error: ...
    @overload
    def set_listen(
        self, gids: _Ids = ..., rids: _Ids = ..., uids: _Ids = ...,
        events: Optional[Iterable[str]] = ..., *, callback: BasicCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def set_all_listen(
        self, p2p: Optional[bool] = ..., group: Optional[bool] = ..., room: Optional[bool] = ...,
        ev: Optional[bool] = ..., callback: None = ..., timeout: float = ...,
    ) -> _Error: ...
    @overload
    def set_all_listen(
        self, p2p: Optional[bool] = ..., group: Optional[bool] = ..., room: Optional[bool] = ...,
        ev: Optional[bool] = ..., *, callback: BasicCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def file_token(
        self, from_uid: int, cmd: str, to_uidss: _Ids = ..., to_uid: Optional[int] = ...,
        rid: Optional[int] = ..., gid: Optional[int] = ..., callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[str], Optional[str], _Error]: ...
    @overload
    def file_token(
        self, from_uid: int, cmd: str, to_uidss: _Ids = ..., to_uid: Optional[int] = ...,
        rid: Optional[int] = ..., gid: Optional[int] = ..., *, callback: FileTokenCallback,
        timeout: float = ...,
    ) -> None: ...
    @overload
    def send_file(
        self, from_uid: int, to_uid: int, mtype: int, file: _Path, callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[int], _Error]: ...
    @overload
    def send_file(
        self, from_uid: int, to_uid: int, mtype: int, file: _Path,
        callback: SendFileCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def send_files(
        self, from_uid: int, to_uids: Iterable[int], mtype: int, file: _Path, callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[int], _Error]: ...
    @overload
    def send_files(
        self, from_uid: int, to_uids: Iterable[int], mtype: int, file: _Path,
        callback: SendFileCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def send_room_file(
        self, from_uid: int, rid: int, mtype: int, file: _Path, callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[int], _Error]: ...
    @overload
    def send_room_file(
        self, from_uid: int, rid: int, mtype: int, file: _Path,
        callback: SendFileCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def broadcast_file(
        self, from_uid: int, mtype: int, file: _Path, callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[int], _Error]: ...
    @overload
    def broadcast_file(
        self, from_uid: int, mtype: int, file: _Path,
        callback: SendFileCallback, timeout: float = ...,
    ) -> None: ...
    @overload
    def send_group_file(
        self, from_uid: int, gid: int, mtype: int, file: _Path, callback: None = ...,
        timeout: float = ...,
    ) -> Tuple[Optional[int], _Error]: ...
    @overload
    def send_group_file(
        self, from_uid: int, gid: int, mtype: int, file: _Path,
        callback: SendFileCallback, timeout: float = ...,
    ) -> None: ...
    @property
    def aio(self) -> Aio: ...
    def listen(
        self, groups: _Ids = ..., rooms: _Ids = ..., users: _Ids = ...,
        events: Optional[Iterable[str]] = ..., *, limit: int = ...,
    ) -> Listener: ...

class ClientEngine:
    @staticmethod
    def destroy() -> None: ...
    @staticmethod
    def destory() -> None: ...
    @staticmethod
    def stop() -> None: ...

def end_all(seconds: float = ...) -> None: ...
