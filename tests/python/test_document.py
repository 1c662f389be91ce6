"""The page's example as a user runs it, and each promise of the page."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from helpers import DEADLINE, PUSHES, Record, Recorder, collector, message
from support.gate import PID, SECRET
from support.peer import Error

import rtm

EXAMPLE = pathlib.Path(os.environ["RTMKIT_SOURCE"]) / "bindings/python/examples/monitor.py"

KINDS = [("", "to_uid", 1002), ("group_", "gid", 77), ("room_", "rid", 5)]
FAMILIES = ["message", "file", "chat", "audio", "cmd"]


def environment(place):
    return {**os.environ, "RTM_GATE": place.endpoint, "RTM_PID": str(PID), "RTM_SECRET": SECRET,
            "PYTHONUNBUFFERED": "1"}


def test_example_prints_every_kind(gate):
    ended = subprocess.run([sys.executable, str(EXAMPLE), "--demo"], env=environment(gate),
                           capture_output=True, text=True, timeout=DEADLINE)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    for kind, _, to in KINDS:
        for family in FAMILIES:
            start = f"push_{kind}{family}:  1001 {to} "
            assert sum(line.startswith(start) for line in lines) == 1, (start, ended.stdout)
    assert len(lines) == 15
    assert "push_chat:  1001 1002" in ended.stdout and ' hello {"demo":true} ' in ended.stdout
    assert " b'\\x01\\x00\\x01\\x00' " in ended.stdout  # audio is bytes


def test_page_is_typed_as_it_stands():
    """The methods of the page, with exactly its arguments."""
    import inspect

    found = {name: list(inspect.signature(getattr(rtm.RTMQuestProcessor, name)).parameters)[1:]
             for name in PUSHES}
    expected = {"ping": [], "push_event": ["pid", "event", "uid", "time", "endpoint", "data"]}
    for kind, target, _ in KINDS:
        for family in FAMILIES:
            mtype = ["mtype"] if family in ("message", "file") else []
            expected[f"push_{kind}{family}"] = ["from_uid", target, *mtype, "mid", "msg", "attrs",
                                                "mtime"]
    assert found == expected and len(found) == 17


@pytest.mark.parametrize("method", ["pushmsg", "pushgroupmsg", "pushroommsg"])
@pytest.mark.parametrize("mtype", [1, 30, 31, 32, 40, 50, 51, 127])
def test_push_reaches_its_method(make_peer, make_client, method, mtype):
    recorder = Recorder()
    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(recorder)
    assert client.set_all_listen(p2p=True) is None
    key, kind = {"pushmsg": ("to", ""), "pushgroupmsg": ("gid", "group_"),
                 "pushroommsg": ("rid", "room_")}[method]
    params = message(mtype=mtype)
    params[key] = params.pop("to")
    link = peer.wait_connection()
    link.push(method, params)
    family = {30: "chat", 31: "audio", 32: "cmd", 40: "file", 50: "file"}.get(mtype, "message")
    middle = [mtype] if family in ("message", "file") else []
    assert recorder.wait() == [(f"push_{kind}{family}", 3, 4, *middle, 5, "hi", "", 6)]
    assert link.wait_answer().params == {}


@pytest.mark.parametrize("method, name", [
    ("pushfile", "push_file"), ("pushgroupfile", "push_group_file"),
    ("pushroomfile", "push_room_file"), ("pushaudio", "push_audio"), ("pushchat", "push_chat"),
    ("pushgroupcmd", "push_group_cmd")])
def test_older_pushes(make_peer, make_client, method, name):
    recorder = Recorder()
    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(recorder)
    client.set_all_listen(p2p=True)
    params = message()
    target = "gid" if "group" in name else "rid" if "room" in name else "to"
    params[target] = params.pop("to")
    peer.wait_connection().push(method, params)
    assert recorder.wait()[0][0] == name


def test_events_and_pings(make_peer, make_client):
    recorder = Recorder()
    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(recorder)
    assert client.add_listen(events=["login", "logout"]) is None
    assert peer.wait_quest("addlisten").params["events"] == ["login", "logout"]
    link = peer.wait_connection()
    for event in ("login", "logout"):
        link.push("pushevent", {"pid": PID, "event": event, "uid": 9, "time": 1700000000,
                                "endpoint": "10.0.0.1:13321", "data": ""})
    assert recorder.wait(2) == [
        ("push_event", PID, event, 9, 1700000000, "10.0.0.1:13321", "")
        for event in ("login", "logout")]
    link.push("ping", {})
    assert recorder.wait(3)[2] == ("ping",)
    assert link.wait_answer().params == {}


def test_bytes_are_decided_by_field(make_peer, make_client):
    recorder = Recorder()
    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(recorder)
    client.set_all_listen(p2p=True)
    link = peer.wait_connection()
    link.push("pushmsg", message(mid=1, mtype=31, msg=b"\x01\xff", attrs="text \u00fc"))
    link.push("pushmsg", message(mid=2, mtype=31, msg=b"plain", attrs="a"))
    # A str that is no UTF-8, as some senders make them: str8 with a byte FF.
    import msgpack
    packed = msgpack.packb(message(mid=3, msg="@@", attrs="still text"))
    link.push("pushmsg", packed.replace(b"\xa2@@", b"\xa2\xff@"))
    calls = recorder.wait(3)
    assert calls[0][4:6] == (b"\x01\xff", "text \u00fc")
    assert calls[1][4:6] == (b"plain", "a")
    assert calls[2][4:6] == (b"\xff@", "still text")


class Partial:
    """No subclass, and only one method."""

    def __init__(self):
        self.calls = Record()

    def push_chat(self, *args):
        self.calls.add(args)


def test_missing_methods_are_skipped(make_peer, make_client):
    partial = Partial()
    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(partial)
    client.set_all_listen(p2p=True)
    link = peer.wait_connection()
    link.push("pushgroupmsg", {**message(), "gid": 1})
    link.push("ping", {})
    assert link.wait_answer().params == {}
    link.push("pushmsg", message(mid=6))
    assert partial.calls.wait() == [(3, 4, 6, "hi", "", 6)]


# The listen calls.

LISTS = {"gids": [1, 2], "rids": [3], "uids": [4], "events": ["login"]}


@pytest.mark.parametrize("name, method", [("add_listen", "addlisten"),
                                          ("remove_listen", "removelisten"),
                                          ("set_listen", "setlisten")])
def test_listen_calls(make_peer, make_client, name, method):
    peer = make_peer()
    client = make_client(peer)
    assert getattr(client, name)([1, 2], [3], [4], ["login"], timeout=5000) is None
    params = peer.wait_quest(method).params
    assert {key: params[key] for key in LISTS} == LISTS
    told = collector(rtm.BasicCallback)
    assert getattr(client, name)(**LISTS, callback=told) is None
    assert told.calls.wait() == [(None,)]
    with pytest.raises(Exception, match="nothing to listen to"):
        getattr(client, name)()
    with pytest.raises(Exception, match="BasicCallback"):
        getattr(client, name)(gids=[1], callback=lambda error: None)


def test_set_all_listen(make_peer, make_client):
    peer = make_peer()
    client = make_client(peer)
    assert client.set_all_listen(False, True) is None
    params = peer.wait_quest("setlisten").params
    assert params["group"] is True
    assert not params.get("p2p") and not params.get("room") and not params.get("ev")
    with pytest.raises(Exception, match="nothing to listen to"):
        client.set_all_listen()
    with pytest.raises(Exception):
        client.set_all_listen(p2p=True, callback=rtm.GetTokenCallback())


def test_empty_lists_are_legal(make_peer, make_client):
    peer = make_peer()
    client = make_client(peer)
    assert client.add_listen(gids=[]) is None
    assert peer.wait_quest("addlisten").params["gids"] == []


def test_refused_listen_is_an_error(make_peer, make_client):
    def answer(quest):
        return Error(200010, "too often") if quest.method == "addlisten" else {}
    client = make_client(make_peer(answer))
    error = client.add_listen(gids=[1])
    assert isinstance(error, rtm.QuestError)
    assert (error.code, error.message) == (200010, "too often")
    assert re.search(r"200010.*too often", str(error))
    told = collector(rtm.BasicCallback)
    client.add_listen(gids=[2], callback=told)
    assert told.calls.wait()[0][0].code == 200010


def test_only_what_is_listened_to(gate, make_client):
    """With the real gate: a set that grows and shrinks."""
    recorder = Recorder()
    client = make_client(gate)
    client.set_quest_processor(recorder)
    assert client.add_listen(gids=[501, 502], uids=[601]) is None
    assert client.remove_listen(gids=[502]) is None
    client.send_group_chat(1, 502, "no", "")
    client.send_group_chat(1, 501, "yes", "")
    client.send_chat(601, 2, "from", "")
    client.send_chat(2, 601, "to", "")
    client.send_chat(2, 3, "no", "")
    client.send_group_chat(1, 501, "last", "")
    assert [call[4] for call in recorder.wait(4)] == ["yes", "from", "to", "last"]
    assert client.set_listen(rids=[7]) is None
    client.send_group_chat(1, 501, "no", "")
    client.send_room_chat(1, 7, "room", "")
    assert recorder.wait(5)[4][0] == "push_room_chat"
    assert len(recorder.calls) == 5


def test_names_of_the_star():
    names = {}
    exec("from rtm import *", names)
    for name in ("RTMServerClient", "RTMQuestProcessor", "BasicCallback", "QuestError",
                 "ConnectionCallback", "ClientEngine", "SendMessageCallback", "MessageType",
                 "ChatMessageType", "MessageBase", "GetP2PMessageResult", "TranscribeResult"):
        assert name in names
    # New names could hide those of a program that was written before them.
    for name in ("callbacks", "results", "Event", "Message", "Gap", "Listener"):
        assert name not in names and hasattr(rtm, name)
