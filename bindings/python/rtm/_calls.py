# Made by tools/gen_python_calls of bindings/python/calls.txt: change that.
"""The calls of the table, as methods."""

from . import callbacks, results


class Calls:
    """The part of RTMServerClient that is made of the table."""

    # Tokens and devices.

    def get_token(self, uid, callback=None, timeout=0):
        """Make a token with which the user logs in at a client.

        Returns (token, error). With a GetTokenCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("gettoken", params, results.TOKEN, callbacks.GetTokenCallback, callback,
                          timeout)

    def kickout(self, uid, ce=None, callback=None, timeout=0):
        """End the sessions of a user, or only the one at the client endpoint `ce`.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid}
        if ce is not None:
            params["ce"] = ce
        return self._call("kickout", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def add_device(self, uid, app_type, device_token, callback=None, timeout=0):
        """Register a device ("apns", "fcm") that is notified while the user is off-line.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "apptype": app_type, "devicetoken": device_token}
        return self._call("adddevice", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def remove_device(self, uid, device_token, callback=None, timeout=0):
        """Forget a device of a user.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "devicetoken": device_token}
        return self._call("removedevice", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def remove_token(self, uid, callback=None, timeout=0):
        """Make the user's tokens invalid; sessions that are open stay.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("removetoken", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    # Sending.

    def send_message(self, mtype, from_uid, to_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a message to a user.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"mtype": mtype, "from": from_uid, "to": to_uid, "msg": msg, "attrs": attrs,
                  "mid": mid}
        return self._send("sendmsg", params, callback, timeout)

    def send_messages(self, mtype, from_uid, to_uids, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a message to several users at once.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"mtype": mtype, "from": from_uid, "tos": to_uids, "msg": msg, "attrs": attrs,
                  "mid": mid}
        return self._send("sendmsgs", params, callback, timeout)

    def send_group_message(self, mtype, from_uid, gid, msg, attrs, mid=0, callback=None,
                           timeout=0):
        """Send a message to a group.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"mtype": mtype, "from": from_uid, "gid": gid, "msg": msg, "attrs": attrs, "mid":
                  mid}
        return self._send("sendgroupmsg", params, callback, timeout)

    def send_room_message(self, mtype, from_uid, rid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a message to a room.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"mtype": mtype, "from": from_uid, "rid": rid, "msg": msg, "attrs": attrs, "mid":
                  mid}
        return self._send("sendroommsg", params, callback, timeout)

    def broadcast_message(self, mtype, from_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a message to everybody in the project.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"mtype": mtype, "from": from_uid, "msg": msg, "attrs": attrs, "mid": mid}
        return self._send("broadcastmsg", params, callback, timeout)

    def send_chat(self, from_uid, to_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a chat text to a user.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "to": to_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  30}
        return self._send("sendmsg", params, callback, timeout)

    def send_chats(self, from_uid, to_uids, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a chat text to several users at once.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "tos": to_uids, "msg": msg, "attrs": attrs, "mid": mid,
                  "mtype": 30}
        return self._send("sendmsgs", params, callback, timeout)

    def send_group_chat(self, from_uid, gid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a chat text to a group.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "gid": gid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  30}
        return self._send("sendgroupmsg", params, callback, timeout)

    def send_room_chat(self, from_uid, rid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a chat text to a room.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "rid": rid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  30}
        return self._send("sendroommsg", params, callback, timeout)

    def broadcast_chat(self, from_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a chat text to everybody in the project.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype": 30}
        return self._send("broadcastmsg", params, callback, timeout)

    def send_audio(self, from_uid, to_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send RTM audio, bytes, to a user.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "to": to_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  31}
        return self._send("sendmsg", params, callback, timeout)

    def send_audios(self, from_uid, to_uids, msg, attrs, mid=0, callback=None, timeout=0):
        """Send RTM audio, bytes, to several users at once.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "tos": to_uids, "msg": msg, "attrs": attrs, "mid": mid,
                  "mtype": 31}
        return self._send("sendmsgs", params, callback, timeout)

    def send_group_audio(self, from_uid, gid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send RTM audio, bytes, to a group.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "gid": gid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  31}
        return self._send("sendgroupmsg", params, callback, timeout)

    def send_room_audio(self, from_uid, rid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send RTM audio, bytes, to a room.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "rid": rid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  31}
        return self._send("sendroommsg", params, callback, timeout)

    def broadcast_audio(self, from_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send RTM audio, bytes, to everybody in the project.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype": 31}
        return self._send("broadcastmsg", params, callback, timeout)

    def send_cmd(self, from_uid, to_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a command to a user.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "to": to_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  32}
        return self._send("sendmsg", params, callback, timeout)

    def send_cmds(self, from_uid, to_uids, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a command to several users at once.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "tos": to_uids, "msg": msg, "attrs": attrs, "mid": mid,
                  "mtype": 32}
        return self._send("sendmsgs", params, callback, timeout)

    def send_group_cmd(self, from_uid, gid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a command to a group.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "gid": gid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  32}
        return self._send("sendgroupmsg", params, callback, timeout)

    def send_room_cmd(self, from_uid, rid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a command to a room.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "rid": rid, "msg": msg, "attrs": attrs, "mid": mid, "mtype":
                  32}
        return self._send("sendroommsg", params, callback, timeout)

    def broadcast_cmd(self, from_uid, msg, attrs, mid=0, callback=None, timeout=0):
        """Send a command to everybody in the project.

        Returns (mid, mtime, error); `mtime` is milliseconds. With `mid` 0 one is made. Sending
        again with the same `mid` stores it once. With a SendMessageCallback: returns None at once.
        """
        params = {"from": from_uid, "msg": msg, "attrs": attrs, "mid": mid, "mtype": 32}
        return self._send("broadcastmsg", params, callback, timeout)

    # History.

    def get_group_message(self, uid, gid, desc, num, begin=None, end=None, lastid=None,
                          mtypes=None, callback=None, timeout=0):
        """Read a page of a group's messages.

        Returns (result, error). With a GetGroupMessageCallback: returns None at once.
        """
        params = {"gid": gid, "desc": bool(desc), "num": num}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        if mtypes is not None:
            params["mtypes"] = mtypes
        return self._call("getgroupmsg", params, results.GROUP_HISTORY,
                          callbacks.GetGroupMessageCallback, callback, timeout)

    def get_room_message(self, uid, rid, desc, num, begin=None, end=None, lastid=None,
                         mtypes=None, callback=None, timeout=0):
        """Read a page of a room's messages.

        Returns (result, error). With a GetRoomMessageCallback: returns None at once.
        """
        params = {"rid": rid, "desc": bool(desc), "num": num}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        if mtypes is not None:
            params["mtypes"] = mtypes
        return self._call("getroommsg", params, results.ROOM_HISTORY,
                          callbacks.GetRoomMessageCallback, callback, timeout)

    def get_broadcast_message(self, uid, desc, num, begin=None, end=None, lastid=None,
                              mtypes=None, callback=None, timeout=0):
        """Read a page of the broadcasts.

        Returns (result, error). With a GetBroadcastMessageCallback: returns None at once.
        """
        params = {"desc": bool(desc), "num": num}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        if mtypes is not None:
            params["mtypes"] = mtypes
        return self._call("getbroadcastmsg", params, results.BROADCAST_HISTORY,
                          callbacks.GetBroadcastMessageCallback, callback, timeout)

    def get_p2p_message(self, uid, ouid, desc, num, begin=None, end=None, lastid=None,
                        mtypes=None, callback=None, timeout=0):
        """Read a page of what two users wrote to each other.

        Returns (result, error). With a GetP2PMessageCallback: returns None at once.
        """
        params = {"uid": uid, "ouid": ouid, "desc": bool(desc), "num": num}
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        if mtypes is not None:
            params["mtypes"] = mtypes
        return self._call("getp2pmsg", params, results.P2P_HISTORY,
                          callbacks.GetP2PMessageCallback, callback, timeout)

    def delete_message(self, mid, from_uid, xid, mtype, callback=None, timeout=0):
        """Delete a message; `mtype` is a MessageType, `xid` the receiver by it (0 for broadcasts).

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": xid, "type": mtype}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_p2p_message(self, mid, from_uid, to_uid, callback=None, timeout=0):
        """Delete a message to a user.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": to_uid, "type": 1}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_group_message(self, mid, from_uid, gid, callback=None, timeout=0):
        """Delete a message of a group.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": gid, "type": 2}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_room_message(self, mid, from_uid, rid, callback=None, timeout=0):
        """Delete a message of a room.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": rid, "type": 3}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_broadcast_message(self, mid, from_uid, callback=None, timeout=0):
        """Delete a broadcast.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": 0, "type": 4}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def get_message_info(self, mid, from_uid, xid, mtype, callback=None, timeout=0):
        """Read one message; `mtype` is a MessageType, `xid` the receiver by it (0 for broadcasts).

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": xid, "type": mtype}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_p2p_message_info(self, mid, from_uid, to_uid, callback=None, timeout=0):
        """Read one message to a user.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": to_uid, "type": 1}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_group_message_info(self, mid, from_uid, gid, callback=None, timeout=0):
        """Read one message of a group.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": gid, "type": 2}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_room_message_info(self, mid, from_uid, rid, callback=None, timeout=0):
        """Read one message of a room.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": rid, "type": 3}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_broadcast_message_info(self, mid, from_uid, callback=None, timeout=0):
        """Read one broadcast.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": 0, "type": 4}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    # History of chat: texts, audio, commands.

    def get_group_chat(self, uid, gid, desc, num, begin=None, end=None, lastid=None,
                       callback=None, timeout=0):
        """Read a page of a group's chat.

        Returns (result, error). With a GetGroupMessageCallback: returns None at once.
        """
        params = {"gid": gid, "desc": bool(desc), "num": num, "mtypes": [30,31,32]}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        return self._call("getgroupmsg", params, results.GROUP_HISTORY,
                          callbacks.GetGroupMessageCallback, callback, timeout)

    def get_room_chat(self, uid, rid, desc, num, begin=None, end=None, lastid=None, callback=None,
                      timeout=0):
        """Read a page of a room's chat.

        Returns (result, error). With a GetRoomMessageCallback: returns None at once.
        """
        params = {"rid": rid, "desc": bool(desc), "num": num, "mtypes": [30,31,32]}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        return self._call("getroommsg", params, results.ROOM_HISTORY,
                          callbacks.GetRoomMessageCallback, callback, timeout)

    def get_broadcast_chat(self, uid, desc, num, begin=None, end=None, lastid=None, callback=None,
                           timeout=0):
        """Read a page of the broadcast chat.

        Returns (result, error). With a GetBroadcastMessageCallback: returns None at once.
        """
        params = {"desc": bool(desc), "num": num, "mtypes": [30,31,32]}
        if uid is not None:
            params["uid"] = uid
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        return self._call("getbroadcastmsg", params, results.BROADCAST_HISTORY,
                          callbacks.GetBroadcastMessageCallback, callback, timeout)

    def get_p2p_chat(self, uid, ouid, desc, num, begin=None, end=None, lastid=None, callback=None,
                     timeout=0):
        """Read a page of the chat of two users.

        Returns (result, error). With a GetP2PMessageCallback: returns None at once.
        """
        params = {"uid": uid, "ouid": ouid, "desc": bool(desc), "num": num, "mtypes": [30,31,32]}
        if begin is not None:
            params["begin"] = begin
        if end is not None:
            params["end"] = end
        if lastid is not None:
            params["lastid"] = lastid
        return self._call("getp2pmsg", params, results.P2P_HISTORY,
                          callbacks.GetP2PMessageCallback, callback, timeout)

    def delete_p2p_chat(self, mid, from_uid, to_uid, callback=None, timeout=0):
        """Delete chat to a user.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": to_uid, "type": 1}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_group_chat(self, mid, from_uid, gid, callback=None, timeout=0):
        """Delete chat of a group.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": gid, "type": 2}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_room_chat(self, mid, from_uid, rid, callback=None, timeout=0):
        """Delete chat of a room.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": rid, "type": 3}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_broadcast_chat(self, mid, from_uid, callback=None, timeout=0):
        """Delete broadcast chat.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": 0, "type": 4}
        return self._call("delmsg", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def get_p2p_chat_info(self, mid, from_uid, to, callback=None, timeout=0):
        """Read one chat message to a user.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": to, "type": 1}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_group_chat_info(self, mid, from_uid, gid, callback=None, timeout=0):
        """Read one chat message of a group.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": gid, "type": 2}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_room_chat_info(self, mid, from_uid, rid, callback=None, timeout=0):
        """Read one chat message of a room.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": rid, "type": 3}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    def get_broadcast_chat_info(self, mid, from_uid, callback=None, timeout=0):
        """Read one broadcast chat message.

        Returns (result, error). With a GetMessageInfoCallback: returns None at once.
        """
        params = {"mid": mid, "from": from_uid, "xid": 0, "type": 4}
        return self._call("getmsg", params, results.STORED, callbacks.GetMessageInfoCallback,
                          callback, timeout)

    # Translation, moderation, speech.

    def translate(self, text, dst, src=None, ttype='chat', profanity='off', post_profanity=False,
                  uid=None, callback=None, timeout=0):
        """Translate a text into the language `dst`; `ttype` is "chat" or "mail", `profanity` "off",
        "stop" or "censor".

        Returns (result, error). With a TranslateCallback: returns None at once.
        """
        params = {"text": text, "dst": dst, "type": ttype, "profanity": profanity, "postProfanity":
                  bool(post_profanity)}
        if src is not None:
            params["src"] = src
        if uid is not None:
            params["uid"] = uid
        return self._call("translate", params, results.TRANSLATION, callbacks.TranslateCallback,
                          callback, timeout)

    def profanity(self, text, classify=False, uid=None, callback=None, timeout=0):
        """Filter a text for bad words.

        Returns (result, error). With a ProfanityCallback: returns None at once.
        """
        params = {"text": text, "classify": bool(classify)}
        if uid is not None:
            params["uid"] = uid
        return self._call("profanity", params, results.PROFANITY, callbacks.ProfanityCallback,
                          callback, timeout)

    def transcribe(self, audio, uid=None, profanity_filter=False, callback=None, timeout=0):
        """Recognise the speech in RTM audio.

        Returns (result, error). With a TranscribeCallback: returns None at once.
        """
        params = {"audio": audio, "profanityFilter": bool(profanity_filter)}
        if uid is not None:
            params["uid"] = uid
        return self._call("transcribe", params, results.SPEECH, callbacks.TranscribeCallback,
                          callback, timeout)

    # Users.

    def get_online_users(self, uids, callback=None, timeout=0):
        """Tell which of the users are on-line.

        Returns (uids, error). With a GetOnlineUsersCallback: returns None at once.
        """
        params = {"uids": uids}
        return self._call("getonlineusers", params, results.UIDS, callbacks.GetOnlineUsersCallback,
                          callback, timeout)

    def add_project_black(self, uid, btime, callback=None, timeout=0):
        """Shut a user out of the project for `btime` seconds.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "btime": btime}
        return self._call("addprojectblack", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def remove_project_black(self, uid, callback=None, timeout=0):
        """Let the user in again.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("removeprojectblack", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def is_project_black(self, uid, callback=None, timeout=0):
        """Tell whether a user is shut out.

        Returns (ok, error). With a IsProjectBlackCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("isprojectblack", params, results.OK, callbacks.IsProjectBlackCallback,
                          callback, timeout)

    def set_user_info(self, uid, oinfo=None, pinfo=None, callback=None, timeout=0):
        """Set the open and the private information of a user; None leaves one as it is.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        if oinfo is None and pinfo is None:
            raise Exception("set_user_info() needs oinfo or pinfo")
        params = {"uid": uid}
        if oinfo is not None:
            params["oinfo"] = oinfo
        if pinfo is not None:
            params["pinfo"] = pinfo
        return self._call("setuserinfo", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def get_user_info(self, uid, callback=None, timeout=0):
        """Read the open and the private information of a user.

        Returns (oinfo, pinfo, error). With a GetUserInfoCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("getuserinfo", params, results.INFOS, callbacks.GetUserInfoCallback,
                          callback, timeout)

    def get_user_open_info(self, uids, callback=None, timeout=0):
        """Read the open information of users: a dict by uid, in decimal.

        Returns (info, error). With a GetUserOpenInfoCallback: returns None at once.
        """
        params = {"uids": uids}
        return self._call("getuseropeninfo", params, results.INFO_MAP,
                          callbacks.GetUserOpenInfoCallback, callback, timeout)

    # Friends.

    def add_friends(self, uid, friends, callback=None, timeout=0):
        """Add friends to a user.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "friends": friends}
        return self._call("addfriends", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def delete_friends(self, uid, friends, callback=None, timeout=0):
        """Take friends from a user.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "friends": friends}
        return self._call("delfriends", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def get_friends(self, uid, callback=None, timeout=0):
        """List a user's friends.

        Returns (uids, error). With a GetFriendsCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("getfriends", params, results.UIDS, callbacks.GetFriendsCallback,
                          callback, timeout)

    def is_friend(self, uid, fuid, callback=None, timeout=0):
        """Tell whether two users are friends.

        Returns (ok, error). With a IsFriendCallback: returns None at once.
        """
        params = {"uid": uid, "fuid": fuid}
        return self._call("isfriend", params, results.OK, callbacks.IsFriendCallback, callback,
                          timeout)

    def is_friends(self, uid, fuids, callback=None, timeout=0):
        """Tell which of `fuids` are friends of the user.

        Returns (fuids, error). With a IsFriendsCallback: returns None at once.
        """
        params = {"uid": uid, "fuids": fuids}
        return self._call("isfriends", params, results.FUIDS, callbacks.IsFriendsCallback,
                          callback, timeout)

    # Groups.

    def add_group_members(self, gid, uids, callback=None, timeout=0):
        """Add members to a group, which is made if there is none.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"gid": gid, "uids": uids}
        return self._call("addgroupmembers", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def delete_group_members(self, gid, uids, callback=None, timeout=0):
        """Remove members from a group.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"gid": gid, "uids": uids}
        return self._call("delgroupmembers", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def delete_group(self, gid, callback=None, timeout=0):
        """Delete a group.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"gid": gid}
        return self._call("delgroup", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def get_group_members(self, gid, callback=None, timeout=0):
        """List the members of a group.

        Returns (uids, error). With a GetGroupMembersCallback: returns None at once.
        """
        params = {"gid": gid}
        return self._call("getgroupmembers", params, results.UIDS,
                          callbacks.GetGroupMembersCallback, callback, timeout)

    def is_group_member(self, gid, uid, callback=None, timeout=0):
        """Tell whether a user is a member of a group.

        Returns (ok, error). With a IsGroupMemberCallback: returns None at once.
        """
        params = {"gid": gid, "uid": uid}
        return self._call("isgroupmember", params, results.OK, callbacks.IsGroupMemberCallback,
                          callback, timeout)

    def get_user_groups(self, uid, callback=None, timeout=0):
        """List the groups of a user.

        Returns (gids, error). With a GetUserGroupsCallback: returns None at once.
        """
        params = {"uid": uid}
        return self._call("getusergroups", params, results.GIDS, callbacks.GetUserGroupsCallback,
                          callback, timeout)

    def add_group_ban(self, gid, uid, btime, callback=None, timeout=0):
        """Mute a user in a group (None: in all groups) for `btime` seconds.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "btime": btime}
        if gid is not None:
            params["gid"] = gid
        return self._call("addgroupban", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def remove_group_ban(self, gid, uid, callback=None, timeout=0):
        """Let the user speak again.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid}
        if gid is not None:
            params["gid"] = gid
        return self._call("removegroupban", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def is_ban_of_group(self, gid, uid, callback=None, timeout=0):
        """Tell whether a user is muted in a group.

        Returns (ok, error). With a IsBanOfGroupCallback: returns None at once.
        """
        params = {"gid": gid, "uid": uid}
        return self._call("isbanofgroup", params, results.OK, callbacks.IsBanOfGroupCallback,
                          callback, timeout)

    def set_group_info(self, gid, oinfo=None, pinfo=None, callback=None, timeout=0):
        """Set the open and the private information of a group; None leaves one as it is.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        if oinfo is None and pinfo is None:
            raise Exception("set_group_info() needs oinfo or pinfo")
        params = {"gid": gid}
        if oinfo is not None:
            params["oinfo"] = oinfo
        if pinfo is not None:
            params["pinfo"] = pinfo
        return self._call("setgroupinfo", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def get_group_info(self, gid, callback=None, timeout=0):
        """Read the open and the private information of a group.

        Returns (oinfo, pinfo, error). With a GetGroupInfoCallback: returns None at once.
        """
        params = {"gid": gid}
        return self._call("getgroupinfo", params, results.INFOS, callbacks.GetGroupInfoCallback,
                          callback, timeout)

    # Rooms.

    def add_room_ban(self, rid, uid, btime, callback=None, timeout=0):
        """Mute a user in a room (None: in all rooms) for `btime` seconds.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "btime": btime}
        if rid is not None:
            params["rid"] = rid
        return self._call("addroomban", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def remove_room_ban(self, rid, uid, callback=None, timeout=0):
        """Let the user speak again.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid}
        if rid is not None:
            params["rid"] = rid
        return self._call("removeroomban", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def is_ban_of_room(self, rid, uid, callback=None, timeout=0):
        """Tell whether a user is muted in a room.

        Returns (ok, error). With a IsBanOfRoomCallback: returns None at once.
        """
        params = {"rid": rid, "uid": uid}
        return self._call("isbanofroom", params, results.OK, callbacks.IsBanOfRoomCallback,
                          callback, timeout)

    def add_room_member(self, rid, uid, callback=None, timeout=0):
        """Put a user who is on-line into a room.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"rid": rid, "uid": uid}
        return self._call("addroommember", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def delete_room_member(self, rid, uid, callback=None, timeout=0):
        """Take a user out of a room.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"rid": rid, "uid": uid}
        return self._call("delroommember", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def set_room_info(self, rid, oinfo=None, pinfo=None, callback=None, timeout=0):
        """Set the open and the private information of a room; None leaves one as it is.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        if oinfo is None and pinfo is None:
            raise Exception("set_room_info() needs oinfo or pinfo")
        params = {"rid": rid}
        if oinfo is not None:
            params["oinfo"] = oinfo
        if pinfo is not None:
            params["pinfo"] = pinfo
        return self._call("setroominfo", params, results.NOTHING, callbacks.BasicCallback,
                          callback, timeout)

    def get_room_info(self, rid, callback=None, timeout=0):
        """Read the open and the private information of a room.

        Returns (oinfo, pinfo, error). With a GetRoomInfoCallback: returns None at once.
        """
        params = {"rid": rid}
        return self._call("getroominfo", params, results.INFOS, callbacks.GetRoomInfoCallback,
                          callback, timeout)

    # Data of users.

    def data_set(self, uid, key, value, callback=None, timeout=0):
        """Store a value of a user under a key.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "key": key, "val": value}
        return self._call("dataset", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)

    def data_get(self, uid, key, callback=None, timeout=0):
        """Read a stored value; None without an error when there is none.

        Returns (value, error). With a DataGetCallback: returns None at once.
        """
        params = {"uid": uid, "key": key}
        return self._call("dataget", params, results.VALUE, callbacks.DataGetCallback, callback,
                          timeout)

    def data_delete(self, uid, key, callback=None, timeout=0):
        """Delete a stored value.

        Returns the error, None on success. With a BasicCallback: returns None at once.
        """
        params = {"uid": uid, "key": key}
        return self._call("datadel", params, results.NOTHING, callbacks.BasicCallback, callback,
                          timeout)
