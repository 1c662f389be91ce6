from typing import Any, Callable, Dict, Optional, Tuple

version: str
E_INVAL: int
E_NOMEM: int
E_LIMIT: int
E_FORKED: int
E_REENTRANT: int
E_NOT_CONNECTED: int
E_TIMEOUT: int
E_LOST: int
E_CLOSED: int
E_RESOLVE: int
E_CONNECT: int
E_PROTO: int
E_TOO_BIG: int
E_FULL: int
E_SYSTEM: int
E_NOT_FOUND: int
E_TYPE: int
E_PEER: int
E_BUSY: int
E_UNSUPPORTED: int
E_SECURITY: int

_Done = Tuple[int, str, Any]
_OnDone = Optional[Callable[[int, str, Any], object]]

class Client:
    def __new__(cls, endpoint: str, pid: int, secret: str, **options: Any) -> Client: ...
    def call(
        self, method: str, params: Dict[str, Any], timeout_ms: int, on_done: _OnDone, /
    ) -> Optional[_Done]: ...
    def listen(
        self, verb: int, gids: Any, rids: Any, uids: Any, events: Any, timeout_ms: int,
        on_done: _OnDone, /
    ) -> Optional[_Done]: ...
    def listen_all(
        self, p2p: Any, group: Any, room: Any, event: Any, timeout_ms: int, on_done: _OnDone, /
    ) -> Optional[_Done]: ...
    def send_file(
        self, how: int, from_uid: int, to: Any, mtype: int, content: bytes, name: str,
        timeout_ms: int, on_done: _OnDone, /
    ) -> Optional[_Done]: ...
    def stats(self, on_done: _OnDone, /) -> Optional[_Done]: ...
    def connect(self, on_done: _OnDone, /) -> Optional[_Done]: ...
    def close(self, on_done: _OnDone, /) -> Optional[_Done]: ...
    def set_slots(self, slots: Dict[int, Optional[Callable[..., object]]], /) -> None: ...
    def destroy(self, wait: bool, /) -> None: ...
    def is_own_thread(self) -> bool: ...

def gen_mid() -> int: ...
def end_all(seconds: float, /) -> int: ...
