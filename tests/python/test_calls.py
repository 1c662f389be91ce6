"""Each call of the table, on the wire and back: names, arguments and defaults; sync and async;
success, error, and time-out. What is expected are the facts of tests/data/, made without our
tables."""

import inspect
import os
import pathlib
import re

import pytest

from helpers import collector
from support.peer import LATER, Error

import rtm

DATA = pathlib.Path(os.environ["RTMKIT_SOURCE"]) / "tests/data"
WIDTH = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}
FIXED = {"TEXT": ("mtype", 30), "AUDIO": ("mtype", 31), "CMD": ("mtype", 32),
         "P2P_MESSAGE": ("type", 1), "GROUP_MESSAGE": ("type", 2), "ROOM_MESSAGE": ("type", 3),
         "BROADCAST_MESSAGE": ("type", 4), "TEXT AUDIO CMD": ("mtypes", [30, 31, 32])}
# Arguments and their keys, where these are different words.
KEYS = {"from_uid": {"from"}, "to_uid": {"to", "xid"}, "to": {"xid"}, "to_uids": {"tos"},
        "to_uidss": {"tos"}, "gid": {"gid", "xid"}, "rid": {"rid", "xid"}, "value": {"val"},
        "app_type": {"apptype"}, "device_token": {"devicetoken"}, "ttype": {"type"},
        "post_profanity": {"postProfanity"}, "profanity_filter": {"profanityFilter"}}
FILES = {"send_file", "send_files", "send_room_file", "broadcast_file", "send_group_file"}
LISTENS = {"add_listen", "remove_listen", "set_listen", "set_all_listen"}


def read_calls():
    found = {}
    for line in (DATA / "python_calls.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        call, wire, callback, returned = (part.strip() for part in line.split(" | "))
        name, arguments = re.fullmatch(r"(\w+)\((.*)\)", call).groups()
        method, _, fixed = wire.partition(" ")
        found[name] = (arguments, method, fixed, callback, re.findall(r"\w+", returned))
    return found


def read_methods():
    found = {}
    for line in (DATA / "server_methods.txt").read_text().splitlines()[1:]:
        left, _, right = line.partition("=>")
        method, *params = left.split()
        split = [dict(word.split(":", 1) for word in words) for words in (params, right.split())]
        found[method] = split
    return found


CALLS, METHODS = read_calls(), read_methods()
PLAIN = sorted(set(CALLS) - FILES)  # files go to two gates


def parameters(name):
    return [word.partition("=")[::2] for word in
            (part.strip() for part in CALLS[name][0].split(",")) if word]


def key_of(name, argument):
    """The key on the wire."""
    if name in ("delete_message", "get_message_info") and argument == "mtype":
        return "type"
    known = METHODS[CALLS[name][1]][0] if name not in LISTENS else {argument: ""}
    for key in KEYS.get(argument, {argument}) | {argument}:
        if key in known:
            return key
    raise AssertionError((name, argument))


def value_for(name, argument, index):
    if name in LISTENS:
        return {"events": ["login"]}.get(argument, [1, 1 << 40]) if argument.endswith("s") else True
    if argument == "cmd":
        return "sendfiles"
    kind = METHODS[CALLS[name][1]][0][key_of(name, argument)].rstrip("?")
    if argument == "msg":
        return b"\xff\0" if "audio" in name else "text \u00fc"
    return {"bool": True, "str": f"{argument} \U0001f600", "bin": b"\xff\0b", "[i64]": [1, 1 << 60],
            "[i8]": [51, 66]}.get(kind, index + 11 if kind != "i64" else (index + 1) * 10**12)


def fits(value, kind):
    if "|" in kind:
        return any(fits(value, one) for one in kind.split("|"))
    if kind.startswith("["):
        return isinstance(value, list) and all(fits(one, kind[1:-1]) for one in value)
    if kind in WIDTH:
        limit = 1 << (WIDTH[kind] - 1)
        return type(value) is int and -limit <= value < limit
    return type(value) is {"bool": bool, "str": str, "bin": bytes}[kind]


ROW = [9, 4, 30, 77, False, "hi", "a", 1700000000123]


def good(kind):
    return {"i8": 30, "i16": 1, "i32": -5, "i64": 1 << 40, "bool": True, "str": "\u00fc",
            "str|bin": b"\xff\0", "[i64]": [1, -(1 << 60)], "[str]": ["a", ""],
            "map<str,str>": {"7": "x"}, "[row]": [ROW, [1, 2, 3]]}[kind.rstrip("?")]


def answer_of(method):
    return {key: good(kind) for key, kind in METHODS.get(method, ({}, {}))[1].items()}


def given(name, full):
    """Arguments by name; only those without a default, or all."""
    words = {}
    for index, (argument, default) in enumerate(parameters(name)):
        if default and not full:
            continue
        words[argument] = value_for(name, argument, index)
    if not full and name in ("set_user_info", "set_group_info", "set_room_info"):
        words["oinfo"] = "open"
    if not full and name in LISTENS:
        words["gids" if name != "set_all_listen" else "p2p"] = value_for(
            name, "gids" if name != "set_all_listen" else "p2p", 0)
    if name == "file_token":
        words = {"from_uid": 5, "cmd": "sendfiles", "to_uidss": [1, 2]}
    return words


def callback_of(name):
    return collector(getattr(rtm, CALLS[name][3]))


def expected_values(name, params):
    """What the call returns for the answer that is all good."""
    method, returned = CALLS[name][1], CALLS[name][4]
    answer = answer_of(method)
    if returned == ["error"]:
        return ()
    if returned[0] == "mid":
        return (params["mid"], answer["mtime"])
    if returned == ["result", "error"]:
        return None
    names = {"value": "val"}
    return tuple(answer[names.get(word, word)] for word in returned[:-1])


def check_result(name, result):
    answer = answer_of(CALLS[name][1])
    kind = type(result).__name__
    if kind.startswith("Get"):
        first = "direction" if "P2P" in kind else "from_uid"
        assert [result.num, result.lastid, result.begin, result.end] == [
            answer[key] for key in ("num", "lastid", "begin", "end")]
        assert len(result.msgs) == 1  # rows of another length are no messages
        row = result.msgs[0]
        assert type(row).__name__ == kind[3:-6] and isinstance(
            row, rtm.P2PMessage if "P2P" in kind else rtm.MessageBase)
        assert [getattr(row, field) for field in
                ("id", first, "mtype", "mid", "msg", "attrs", "mtime")] == ROW[:4] + ROW[5:]
        return
    fields = {"MessageInfoResult": ["id", "mtype", "msg", "attrs", "mtime"],
              "TranslateResult": ["source", "target", "source_text", "target_text"],
              "ProfanityResult": ["text", "classification"],
              "TranscribeResult": ["text", "lang"]}[kind]
    for field in fields:
        key = re.sub("_text", "Text", field)
        assert getattr(result, field) == answer[key]


def check_return(name, values, params):
    """`values`: what was returned, or told to the callback, as a tuple."""
    assert values[-1] is None, values
    expected = expected_values(name, params)
    if expected is None:
        check_result(name, values[0])
        assert len(values) == 2
    else:
        assert values[:-1] == expected


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def test_all_calls_are_there():
    assert len(CALLS) == 97
    for name, (arguments, *_) in CALLS.items():
        found = inspect.signature(getattr(rtm.RTMServerClient, name))
        wanted = ", ".join(filter(None, ["self", arguments, "callback=None", "timeout=0"]))
        assert str(found).replace(" ", "") == f"({wanted})".replace(" ", ""), name
        assert getattr(rtm.RTMServerClient, name).__doc__, name


@pytest.fixture(scope="module")
def pair():
    """A peer whose answers a test can change, and a client of it."""
    from support.gate import PID, SECRET
    from support.peer import Peer

    class Answers:
        error = None

        def __call__(self, quest):
            if quest.method.startswith("*"):
                return {}
            return answer_of(quest.method) if self.error is None else self.error

    answers = Answers()
    with Peer(answers) as peer:
        client = rtm.RTMServerClient(PID, SECRET, peer.endpoint, True)
        yield client, peer, answers
        client.destroy()


def run(pair, name, full, callback=None, timeout=0):
    client, peer, _ = pair
    before = len(peer.quests)
    words = given(name, full)
    returned = getattr(client, name)(**words, callback=callback, timeout=timeout)
    if callback is not None:
        assert returned is None
        returned = callback.calls.wait()[0]
    if timeout:
        return as_tuple(returned)  # the quest may not have come so far
    # (A listen call after one that was refused goes out as a statement of the whole set.)
    quest = next((q for q in peer.quests[before:]
                  if q.method == CALLS[name][1] or name in LISTENS), None)
    return words, as_tuple(returned), quest


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", PLAIN)
def test_quest_and_answer(pair, name, full):
    client, peer, answers = pair
    answers.error = None
    words, values, quest = run(pair, name, full)
    _, method, fixed, _, _ = CALLS[name]
    assert quest.method == method and quest.kind == 1
    sent = {key: value for key, value in quest.params.items()
            if key not in ("pid", "sign", "salt", "ts")}
    check_return(name, values, sent)
    if name in LISTENS:
        return  # test_document.py and test_listening.py
    facts = METHODS[method][0]
    for key, value in sent.items():
        assert fits(value, facts[key].rstrip("?")), (key, value)
    for key, kind in facts.items():
        assert key in sent or kind.endswith("?"), key
    for argument, value in words.items():
        assert sent[key_of(name, argument)] == value, argument
    if fixed:
        key, value = FIXED[fixed]
        assert sent[key] == value
    if "mid" in sent and "mid" not in words:
        assert 0 < sent["mid"] < 1 << 53


@pytest.mark.parametrize("name", PLAIN)
def test_callback(pair, name):
    _, _, answers = pair
    answers.error = None
    _, values, quest = run(pair, name, True, callback_of(name))
    check_return(name, values, quest.params)


@pytest.mark.parametrize("name", PLAIN)
def test_error(pair, name):
    _, _, answers = pair
    answers.error = Error(200022, "not allowed")
    count = len(CALLS[name][4])
    for callback in (None, callback_of(name)):
        _, values, _ = run(pair, name, False, callback)
        assert len(values) == count and values[:-1] == (None,) * (count - 1)
        assert isinstance(values[-1], rtm.QuestError)
        assert (values[-1].code, values[-1].message) == (200022, "not allowed")


@pytest.mark.parametrize("name", PLAIN)
def test_time_out(pair, name):
    _, _, answers = pair
    answers.error = LATER
    count = len(CALLS[name][4])
    for callback in (None, callback_of(name)):
        values = run(pair, name, False, callback, timeout=1)
        assert len(values) == count and values[:-1] == (None,) * (count - 1)
        assert values[-1].code == 10004


@pytest.mark.parametrize("name", [name for name in PLAIN if CALLS[name][4] != ["error"]
                                  and name not in LISTENS])
def test_answer_that_lacks_something(pair, name):
    """Only what the protocol calls optional, and what is filled up, may be absent."""
    _, _, answers = pair
    answers.error = {}
    _, values, _ = run(pair, name, False)
    if CALLS[name][1] == "getmsg":
        assert values[1] is None and values[0] == rtm.MessageInfoResult(0, 0, "", "", 0)
    elif name == "data_get":
        assert values == (None, None)
    else:
        assert values[-1].code == 20001 and set(values[:-1]) == {None}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_callback_of_another_class(pair, name, tmp_path):
    client, _, _ = pair
    file = tmp_path / "file"
    file.write_bytes(b"x")
    if name in FILES:
        words = {a: (str(file) if a == "file" else [1] if a.endswith("s") else 1)
                 for a, _ in parameters(name)}
    else:
        words = given(name, False)
    for wrong in (object(), print, rtm.BasicCallback, rtm.ConnectionCallback()):
        with pytest.raises(Exception, match=CALLS[name][3]):
            getattr(client, name)(**words, callback=wrong)


@pytest.mark.parametrize("name", ["set_user_info", "set_group_info", "set_room_info"])
def test_infos_that_are_both_none(pair, name):
    with pytest.raises(Exception, match="oinfo or pinfo"):
        getattr(pair[0], name)(1)


def test_file_token_needs_its_target(pair):
    client, peer, answers = pair
    answers.error = None
    with pytest.raises(Exception, match="no such cmd"):
        client.file_token(1, "sendit", to_uid=2)
    for cmd in ("sendfile", "sendfiles", "sendroomfile", "sendgroupfile"):
        with pytest.raises(Exception, match=cmd):
            client.file_token(1, cmd)
    token, endpoint, error = client.file_token(1, "broadcastfile")
    assert error is None and token == "\u00fc"


# Files: leave from the gate, then the file itself, to the gate that was named.

FILE_WIRE = {"send_file": ("sendfile", "to", 4), "send_files": ("sendfiles", "tos", [4, 5]),
             "send_room_file": ("sendroomfile", "rid", 4),
             "send_group_file": ("sendgroupfile", "gid", 4),
             "broadcast_file": ("broadcastfile", None, None)}


@pytest.mark.parametrize("name", sorted(FILES))
def test_files(make_peer, make_client, tmp_path, name):
    def answer(quest):
        if quest.method == "filetoken":
            return {"token": "TOKEN123", "endpoint": peer.endpoint}
        return {"mtime": 1700000000123}
    peer = make_peer(answer)
    client = make_client(peer)
    file = tmp_path / "a name.bin"
    file.write_bytes(b"hello")
    method, key, target = FILE_WIRE[name]
    targets = () if key is None else (target,)
    call = getattr(client, name)
    assert call(1001, *targets, 50, str(file)) == (1700000000123, None)
    leave = peer.wait_quest("filetoken").params
    assert leave["cmd"] == method and leave["from"] == 1001
    quest = peer.wait_quest(method).params
    assert quest["file"] == b"hello" and quest["token"] == "TOKEN123" and quest["mtype"] == 50
    if key is not None:
        assert leave[key] == quest[key] == target
    assert "7cfb2cba534797a1767a469aa430aa54" in quest["attrs"] and "a name.bin" in quest["attrs"]
    told = callback_of(name)
    assert call(1001, *targets, 50, file, callback=told) is None
    assert told.calls.wait() == [(1700000000123, None)]
    with pytest.raises(OSError):
        call(1001, *targets, 50, str(tmp_path / "none"))


def test_file_that_is_refused(make_peer, make_client, tmp_path):
    client = make_client(make_peer(lambda quest: Error(200020, "no files")))
    file = tmp_path / "file"
    file.write_bytes(b"")
    mtime, error = client.send_file(1, 2, 50, str(file))
    assert mtime is None and error.code == 200020
    file.write_bytes(b"x")
    mtime, error = client.send_file(1, 2, 30, str(file))  # no mtype of a file
    assert mtime is None and error.code == 10001


def test_any_method_by_name(pair):
    client, peer, answers = pair
    answers.error = {"deep": [{"a": [1.5, None, True, b"\xff", "t"]}, (1 << 64) - 1]}
    answer, error = client.call("somemethod", {"x": {"y": [1, (2, 3)]}, "s": {5}})
    assert error is None and answer == answers.error
    sent = peer.all("somemethod")[-1].params
    assert sent["x"] == {"y": [1, [2, 3]]} and sent["s"] == [5]
