from typing import Dict, List, Optional

from .errors import QuestError
from .results import (
    GetBroadcastMessageResult, GetGroupMessageResult, GetP2PMessageResult, GetRoomMessageResult,
    MessageInfoResult, ProfanityResult, TranscribeResult, TranslateResult,
)

class BasicCallback:
    def callback(self, error: Optional[QuestError]) -> None: ...

class ConnectionCallback:
    def connected(self, connection_id: int, endpoint: str) -> None: ...
    def closed(self, connection_id: int, endpoint: str, caused_by_error: bool) -> None: ...

class GetTokenCallback:
    def callback(self, token: Optional[str], error: Optional[QuestError]) -> None: ...

class SendMessageCallback:
    def callback(
        self, mid: Optional[int], mtime: Optional[int], error: Optional[QuestError]
    ) -> None: ...

class GetGroupMessageCallback:
    def callback(
        self, result: Optional[GetGroupMessageResult], error: Optional[QuestError]
    ) -> None: ...

class GetRoomMessageCallback:
    def callback(
        self, result: Optional[GetRoomMessageResult], error: Optional[QuestError]
    ) -> None: ...

class GetBroadcastMessageCallback:
    def callback(
        self, result: Optional[GetBroadcastMessageResult], error: Optional[QuestError]
    ) -> None: ...

class GetP2PMessageCallback:
    def callback(
        self, result: Optional[GetP2PMessageResult], error: Optional[QuestError]
    ) -> None: ...

class GetMessageInfoCallback:
    def callback(
        self, result: Optional[MessageInfoResult], error: Optional[QuestError]
    ) -> None: ...

class TranslateCallback:
    def callback(self, result: Optional[TranslateResult], error: Optional[QuestError]) -> None: ...

class ProfanityCallback:
    def callback(self, result: Optional[ProfanityResult], error: Optional[QuestError]) -> None: ...

class TranscribeCallback:
    def callback(
        self, result: Optional[TranscribeResult], error: Optional[QuestError]
    ) -> None: ...

class FileTokenCallback:
    def callback(
        self, token: Optional[str], endpoint: Optional[str], error: Optional[QuestError]
    ) -> None: ...

class SendFileCallback:
    def callback(self, mtime: Optional[int], error: Optional[QuestError]) -> None: ...

class GetOnlineUsersCallback:
    def callback(self, uids: Optional[List[int]], error: Optional[QuestError]) -> None: ...

class IsProjectBlackCallback:
    def callback(self, ok: Optional[bool], error: Optional[QuestError]) -> None: ...

class GetUserInfoCallback:
    def callback(
        self, oinfo: Optional[str], pinfo: Optional[str], error: Optional[QuestError]
    ) -> None: ...

class GetUserOpenInfoCallback:
    def callback(self, info: Optional[Dict[str, str]], error: Optional[QuestError]) -> None: ...

class GetFriendsCallback:
    def callback(self, uids: Optional[List[int]], error: Optional[QuestError]) -> None: ...

class IsFriendCallback:
    def callback(self, ok: Optional[bool], error: Optional[QuestError]) -> None: ...

class IsFriendsCallback:
    def callback(self, fuids: Optional[List[int]], error: Optional[QuestError]) -> None: ...

class GetGroupMembersCallback:
    def callback(self, uids: Optional[List[int]], error: Optional[QuestError]) -> None: ...

class IsGroupMemberCallback:
    def callback(self, ok: Optional[bool], error: Optional[QuestError]) -> None: ...

class GetUserGroupsCallback:
    def callback(self, gids: Optional[List[int]], error: Optional[QuestError]) -> None: ...

class IsBanOfGroupCallback:
    def callback(self, ok: Optional[bool], error: Optional[QuestError]) -> None: ...

class GetGroupInfoCallback:
    def callback(
        self, oinfo: Optional[str], pinfo: Optional[str], error: Optional[QuestError]
    ) -> None: ...

class IsBanOfRoomCallback:
    def callback(self, ok: Optional[bool], error: Optional[QuestError]) -> None: ...

class GetRoomInfoCallback:
    def callback(
        self, oinfo: Optional[str], pinfo: Optional[str], error: Optional[QuestError]
    ) -> None: ...

class DataGetCallback:
    def callback(self, value: Optional[str], error: Optional[QuestError]) -> None: ...
