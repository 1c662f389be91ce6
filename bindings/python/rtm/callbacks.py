"""Classes to derive from: a call that is given an instance returns at once, and calls its method
`callback` later, on a thread of the client's, with the same values that it would have returned.
The last one is None, or a QuestError and all others are None.
"""


class BasicCallback(object):
    """For calls that return nothing but how they ended."""

    def callback(self, error):
        pass


class ConnectionCallback(object):
    """Told of the client's connections; see RTMServerClient.set_connection_callback()."""

    def connected(self, connection_id, endpoint):
        """A connection is ready. Connections of a client are counted from 1."""

    def closed(self, connection_id, endpoint, caused_by_error):
        """It has ended: by an error, or because close() or destroy() was called."""


class _Token:
    def callback(self, token, error):
        pass


class _Ok:
    def callback(self, ok, error):
        pass


class _Uids:
    def callback(self, uids, error):
        pass


class _Infos:
    def callback(self, oinfo, pinfo, error):
        pass


class _Result:
    def callback(self, result, error):
        pass


class GetTokenCallback(_Token):
    """For get_token()."""


class SendMessageCallback(object):
    """For all sendings of messages."""

    def callback(self, mid, mtime, error):
        pass


class GetGroupMessageCallback(_Result):
    """For get_group_message() and get_group_chat(): a GetGroupMessageResult."""


class GetRoomMessageCallback(_Result):
    """For get_room_message() and get_room_chat(): a GetRoomMessageResult."""


class GetBroadcastMessageCallback(_Result):
    """For get_broadcast_message() and get_broadcast_chat(): a GetBroadcastMessageResult."""


class GetP2PMessageCallback(_Result):
    """For get_p2p_message() and get_p2p_chat(): a GetP2PMessageResult."""


class GetMessageInfoCallback(_Result):
    """For the calls that read one message: a MessageInfoResult."""


class TranslateCallback(_Result):
    """For translate(): a TranslateResult."""


class ProfanityCallback(_Result):
    """For profanity(): a ProfanityResult."""


class TranscribeCallback(_Result):
    """For transcribe(): a TranscribeResult."""


class FileTokenCallback(object):
    """For file_token()."""

    def callback(self, token, endpoint, error):
        pass


class SendFileCallback(object):
    """For all sendings of files."""

    def callback(self, mtime, error):
        pass


class GetOnlineUsersCallback(_Uids):
    """For get_online_users()."""


class IsProjectBlackCallback(_Ok):
    """For is_project_black()."""


class GetUserInfoCallback(_Infos):
    """For get_user_info()."""


class GetUserOpenInfoCallback(object):
    """For get_user_open_info()."""

    def callback(self, info, error):
        pass


class GetFriendsCallback(_Uids):
    """For get_friends()."""


class IsFriendCallback(_Ok):
    """For is_friend()."""


class IsFriendsCallback(object):
    """For is_friends()."""

    def callback(self, fuids, error):
        pass


class GetGroupMembersCallback(_Uids):
    """For get_group_members()."""


class IsGroupMemberCallback(_Ok):
    """For is_group_member()."""


class GetUserGroupsCallback(object):
    """For get_user_groups()."""

    def callback(self, gids, error):
        pass


class IsBanOfGroupCallback(_Ok):
    """For is_ban_of_group()."""


class GetGroupInfoCallback(_Infos):
    """For get_group_info()."""


class IsBanOfRoomCallback(_Ok):
    """For is_ban_of_room()."""


class GetRoomInfoCallback(_Infos):
    """For get_room_info()."""


class DataGetCallback(object):
    """For data_get()."""

    def callback(self, value, error):
        pass
