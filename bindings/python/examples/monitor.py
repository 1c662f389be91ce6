"""Everything that happens in a project, printed.

  RTM_GATE=127.0.0.1:13321 RTM_PID=11000001 RTM_SECRET=... python monitor.py [--demo]

With --demo it sends a message of every kind itself, and ends when all have come back.
"""

import os
import sys
import threading

from rtm import *

arrived = threading.Semaphore(0)


class MyRTMQuestProcessor(RTMQuestProcessor):
    def __init__(self):
        pass

    def ping(self):
        print("ping")

    def push_message(self, from_uid, to_uid, mtype, mid, msg, attrs, mtime):
        print("push_message: ", from_uid, to_uid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_group_message(self, from_uid, gid, mtype, mid, msg, attrs, mtime):
        print("push_group_message: ", from_uid, gid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_room_message(self, from_uid, rid, mtype, mid, msg, attrs, mtime):
        print("push_room_message: ", from_uid, rid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_event(self, pid, event, uid, time, endpoint, data):
        print("event: ", pid, event, uid, time, endpoint, data)

    def push_file(self, from_uid, to_uid, mtype, mid, msg, attrs, mtime):
        print("push_file: ", from_uid, to_uid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_group_file(self, from_uid, gid, mtype, mid, msg, attrs, mtime):
        print("push_group_file: ", from_uid, gid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_room_file(self, from_uid, rid, mtype, mid, msg, attrs, mtime):
        print("push_room_file: ", from_uid, rid, mtype, mid, msg, attrs, mtime)
        arrived.release()

    def push_chat(self, from_uid, to_uid, mid, msg, attrs, mtime):
        print("push_chat: ", from_uid, to_uid, mid, msg, attrs, mtime)
        arrived.release()

    def push_group_chat(self, from_uid, gid, mid, msg, attrs, mtime):
        print("push_group_chat: ", from_uid, gid, mid, msg, attrs, mtime)
        arrived.release()

    def push_room_chat(self, from_uid, rid, mid, msg, attrs, mtime):
        print("push_room_chat: ", from_uid, rid, mid, msg, attrs, mtime)
        arrived.release()

    def push_audio(self, from_uid, to_uid, mid, msg, attrs, mtime):
        print("push_audio: ", from_uid, to_uid, mid, msg, attrs, mtime)
        arrived.release()

    def push_group_audio(self, from_uid, gid, mid, msg, attrs, mtime):
        print("push_group_audio: ", from_uid, gid, mid, msg, attrs, mtime)
        arrived.release()

    def push_room_audio(self, from_uid, rid, mid, msg, attrs, mtime):
        print("push_room_audio: ", from_uid, rid, mid, msg, attrs, mtime)
        arrived.release()

    def push_cmd(self, from_uid, to_uid, mid, msg, attrs, mtime):
        print("push_cmd: ", from_uid, to_uid, mid, msg, attrs, mtime)
        arrived.release()

    def push_group_cmd(self, from_uid, gid, mid, msg, attrs, mtime):
        print("push_group_cmd: ", from_uid, gid, mid, msg, attrs, mtime)
        arrived.release()

    def push_room_cmd(self, from_uid, rid, mid, msg, attrs, mtime):
        print("push_room_cmd: ", from_uid, rid, mid, msg, attrs, mtime)
        arrived.release()


def send_one_of_each(client):
    attrs = '{"demo":true}'
    calls = [
        client.send_message(51, 1001, 1002, "a message", attrs),
        client.send_group_message(51, 1001, 77, "a message", attrs),
        client.send_room_message(51, 1001, 5, "a message", attrs),
        client.send_message(40, 1001, 1002, '{"url":"http://example.org/a.png"}', attrs),
        client.send_group_message(40, 1001, 77, '{"url":"http://example.org/a.png"}', attrs),
        client.send_room_message(40, 1001, 5, '{"url":"http://example.org/a.png"}', attrs),
        client.send_chat(1001, 1002, "hello", attrs),
        client.send_group_chat(1001, 77, "hello", attrs),
        client.send_room_chat(1001, 5, "hello", attrs),
        client.send_audio(1001, 1002, b"\x01\x00\x01\x00", attrs),
        client.send_group_audio(1001, 77, b"\x01\x00\x01\x00", attrs),
        client.send_room_audio(1001, 5, b"\x01\x00\x01\x00", attrs),
        client.send_cmd(1001, 1002, "a command", attrs),
        client.send_group_cmd(1001, 77, "a command", attrs),
        client.send_room_cmd(1001, 5, "a command", attrs),
    ]
    errors = [error for mid, mtime, error in calls if error is not None]
    return errors[0] if errors else None


def main():
    client = RTMServerClient(int(os.environ["RTM_PID"]), os.environ["RTM_SECRET"],
                             os.environ["RTM_GATE"], True)
    client.set_quest_processor(MyRTMQuestProcessor())
    error = client.set_all_listen(p2p=True, group=True, room=True, ev=True)
    if error is None and "--demo" in sys.argv:
        error = send_one_of_each(client)
        for _ in range(0 if error else 15):
            arrived.acquire(timeout=10)
    elif error is None:
        threading.Event().wait()  # until Ctrl-C
    client.destroy()
    return error


if __name__ == "__main__":
    sys.exit(main())
