"""The processor: what is done with what the gate pushes."""


class RTMQuestProcessor(object):
    """Derive from it, write the methods that you want, and set an instance by
    RTMServerClient.set_quest_processor(). Methods that are not written are not called.

    `mid` is the sender's number of the message, `mtime` the gate's time in milliseconds since
    1970, UTC. `msg` and `attrs` are str; a body that was sent as bytes or is no UTF-8 is bytes, the
    other values of the same message being what they always are.

    Methods run on a thread of the client's (see `workers` of RTMServerClient), one message after
    another of each conversation. They may make any call, blocking ones too. An exception goes to
    the hook that RTMServerClient.set_error_hook() has set.
    """

    def ping(self):
        """The gate has looked whether this client is there; the answer has been given."""

    def push_message(self, from_uid, to_uid, mtype, mid, msg, attrs, mtime):
        """A message to a user, of an mtype without a method of its own."""

    def push_group_message(self, from_uid, gid, mtype, mid, msg, attrs, mtime):
        """A message to a group, of an mtype without a method of its own."""

    def push_room_message(self, from_uid, rid, mtype, mid, msg, attrs, mtime):
        """A message to a room, of an mtype without a method of its own."""

    def push_event(self, pid, event, uid, time, endpoint, data):
        """A user has logged in or out: `event` is "login" or "logout", `time` seconds since 1970.

        `endpoint` names the gate that serves the user; `data` is reserved, mostly "".
        """

    def push_file(self, from_uid, to_uid, mtype, mid, msg, attrs, mtime):
        """A file to a user (mtype 40 to 50): `msg` is JSON that says where it is."""

    def push_group_file(self, from_uid, gid, mtype, mid, msg, attrs, mtime):
        """A file to a group."""

    def push_room_file(self, from_uid, rid, mtype, mid, msg, attrs, mtime):
        """A file to a room."""

    def push_chat(self, from_uid, to_uid, mid, msg, attrs, mtime):
        """A chat text (mtype 30) to a user."""

    def push_group_chat(self, from_uid, gid, mid, msg, attrs, mtime):
        """A chat text to a group."""

    def push_room_chat(self, from_uid, rid, mid, msg, attrs, mtime):
        """A chat text to a room."""

    def push_audio(self, from_uid, to_uid, mid, msg, attrs, mtime):
        """RTM audio (mtype 31) to a user; `msg` is bytes."""

    def push_group_audio(self, from_uid, gid, mid, msg, attrs, mtime):
        """RTM audio to a group."""

    def push_room_audio(self, from_uid, rid, mid, msg, attrs, mtime):
        """RTM audio to a room."""

    def push_cmd(self, from_uid, to_uid, mid, msg, attrs, mtime):
        """A command (mtype 32) to a user."""

    def push_group_cmd(self, from_uid, gid, mid, msg, attrs, mtime):
        """A command to a group."""

    def push_room_cmd(self, from_uid, rid, mid, msg, attrs, mtime):
        """A command to a room."""
