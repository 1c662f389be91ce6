from typing import Optional

UNKNOWN: int
NOT_CONNECTED: int
CONNECTION_CLOSED: int
TIMEOUT: int
CONNECT_FAILED: int
BAD_ANSWER: int

class QuestError(Exception):
    code: int
    message: str
    def __init__(self, code: int, message: str = ...) -> None: ...

def error_of(code: int, text: str) -> Optional[QuestError]: ...
