from typing import Any, Callable, Coroutine

from .client import RTMServerClient

class Aio:
    def __init__(self, client: RTMServerClient) -> None: ...
    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]: ...
