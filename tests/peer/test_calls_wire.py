"""Every call of the table on the wire: names, types and values of what is sent against the facts of
the protocol (tests/data/server_methods.txt, made without our table), and what answers become:
good ones, errors, and ones that lack a key or have it with another type."""

import json
import os
import pathlib
import subprocess

import pytest

from support.peer import Error, Peer, pack, unpack

ROOT = pathlib.Path(__file__).resolve().parents[2]
DRIVE = pathlib.Path(os.environ["RTMKIT_BUILD"]) / "tests/bin/calls_drive"
SIGNED = {"pid": 11000001, "sign": str, "salt": int, "ts": int}
PROTO, PEER, REENTRANT, KEY_NOT_FOUND, TYPE_CONVERT = -12, -18, -5, 10009, 10010
WIDTH = {"i8": 8, "i16": 16, "i32": 32, "i64": 64}
SENDS = {"sendmsg", "sendmsgs", "sendgroupmsg", "sendroommsg", "broadcastmsg"}

# A parameter of C and the key on the wire, where they are not the same word.
ALIASES = {"from_uid": {"from", "fromUid"}, "to_uid": {"to", "xid"}, "to_uids": {"tos", "toUids"},
           "gid": {"gid", "xid"}, "rid": {"rid", "xid"}, "value": {"val"}, "audio": {"msg", "audio"},
           "text": {"text", "msg"}, "time_limit_ms": {"timeLimit"}}
# A field of C and the key of the answer.
FIELDS = {"count": {"cn", "count"}, "counts": {"cn"},
          "uids": {"uids", "fuids", "buids", "successedUids"}}


def facts():
    found = {}
    for line in (ROOT / "tests/data/server_methods.txt").read_text().splitlines()[1:]:
        sides = [side.split() for side in line.split("=>")]
        method, *params = sides[0]
        split = [{w.partition(":")[0]: w.partition(":")[2] for w in side}
                 for side in (params, sides[1])]
        found[method] = split
    return found


def calls():
    """name: (method, [(C name, type, optional)])."""
    found = {}
    by = {"send_message": "sendmsg", "send_messages": "sendmsgs", "broadcast_message": "broadcastmsg",
          "send_group_message": "sendgroupmsg", "send_room_message": "sendroommsg"}
    for line in (ROOT / "lib/client/calls.txt").read_text().splitlines():
        words = line.partition("|")[0].split()
        if words[:1] == ["call"]:
            params = [w.partition(":") for w in words[4:]]
            found[words[1]] = (words[2], [(n.split("/")[0], k.rstrip("?"), k.endswith("?"))
                                          for n, colon, k in params if colon])
        elif words[:1] == ["send"]:
            target = [] if words[4] == "-" else [(words[4], "ints" if words[4] == "to_uids" else
                                                  "int", False)]
            found[words[1]] = (by[words[2]], [("from_uid", "int", False), *target,
                                              (words[5] if words[5] == "text" else "audio",
                                               words[5], False)])
    return found


FACTS, CALLS = facts(), calls()


def given(index, name, kind, full):
    """As sample() of make_calls_drive.py."""
    ids = [51, 66] if name == "mtypes" else [1, 1099511627776]
    return {"ints": ids if full else [], "bytes": b"\xff\0b",
            "media": b"\xff\0m" if full else "http://m", "text": name + " \u00e9", "bool": full,
            "int32": (2 if full else 1) if name == "type" else index + 11,
            "int": (index + 1) * 1000000000007}[kind]


def fits(value, kind):
    """Whether a value that was sent has the type of the protocol."""
    if "|" in kind:
        return any(fits(value, one) for one in kind.split("|"))
    if kind.startswith("["):
        return isinstance(value, list) and all(fits(one, kind[1:-1]) for one in value)
    if kind in WIDTH:
        limit = 1 << (WIDTH[kind] - 1)
        return type(value) is int and -limit <= value < limit
    return type(value) is {"bool": bool, "str": str, "bin": bytes}[kind]


def good(kind, full=True):
    """A value for the key of an answer."""
    return {"i8": 30, "i16": 1, "i32": -5, "i64": 1 << 40, "bool": True, "str": "\u00fc", "str|bin":
            b"\xff\0", "[i64]": [1, -(1 << 60)], "[i8]": [1, 2], "[str]": ["a", ""],
            "map<str,str>": {"7": "x", "8": ""}, "map<str,i32>": {"7": 3},
            "map<str,[i8]>": {"7": [30]},
            "[row]": [[9, 4, 30, 77, False, "hi", "", 1700000000123],
                      [8, 2, 31, 76, True, b"\xff", "a", 1]]}[kind]


def bad(kind):
    return 7 if kind[0] in "[m" or "str" in kind or kind == "bool" else "seven"


def answer_of(method, change=lambda params: params):
    return change({key: good(kind.rstrip("?")) for key, kind in FACTS[method][1].items()})


def drive(change=lambda params: params, error=None):
    """All calls: (call, full, waits, what was sent, what came of it)."""
    def answer(quest):
        if quest.method.startswith("*"):
            return {}
        if error is not None:
            return error
        return answer_of(quest.method, change)

    with Peer(answer) as peer:
        ended = subprocess.run([DRIVE, peer.endpoint], capture_output=True, text=True, timeout=100)
        assert ended.returncode == 0, ended.stderr
        told = [json.loads(line) for line in ended.stdout.splitlines()]
        quests = [q for q in peer.quests if not q.method.startswith("*")]
    assert len(told) == 4 * len(CALLS) and len(quests) == len(told)
    return list(zip(told, quests))


def matches(name, key, aliases):
    return key in aliases.get(name, ()) or name.replace("_", "") == key.lower()


def test_quests():
    seen = set()
    for told, quest in drive():
        name, full = told["call"], told["full"]
        method, params = CALLS[name]
        assert quest.method == method and quest.kind == 1
        seen.add(method)
        sent = dict(quest.params)
        for key, expected in SIGNED.items():
            value = sent.pop(key)
            assert value == expected or type(value) is expected, (name, key)
        for key, value in sent.items():
            assert key in FACTS[method][0], (name, key)
            assert fits(value, FACTS[method][0][key].rstrip("?")), (name, key, value)
        for key, kind in FACTS[method][0].items():
            assert key in sent or (kind.endswith("?") and not full), (name, key)
        # Each argument stands under the key of its name.
        for index, (param, kind, optional) in enumerate(params):
            if optional and not full:
                continue
            keys = [key for key in sent if matches(param, key, ALIASES)]
            if method in SENDS:
                keys = [key for key in keys if key not in ("mid", "mtype")]
            want = given(index, param, kind, full)
            assert any(sent[key] == want and type(sent[key]) is type(want) for key in keys), \
                (name, param, sent)
        if not full:
            absent = [key for key, kind in FACTS[method][0].items() if kind.endswith("?")]
            fixed = {"mtypes"} if name.endswith("_chat") else set()
            assert not set(absent) & set(sent) - fixed, name
    assert seen | {"sendmsg"} == set(FACTS)


@pytest.mark.parametrize("name,fixed", [
    ("send_chat", {"mtype": 30}), ("broadcast_cmd", {"mtype": 32}), ("send_audios", {"mtype": 31}),
    ("get_p2p_message_info", {"type": 1}), ("delete_group_chat", {"type": 2}),
    ("get_room_chat_info", {"type": 3}), ("delete_broadcast_message", {"type": 4, "xid": 0}),
    ("get_group_chat", {"mtypes": [30, 31, 32]})])
def test_fixed_parameters(name, fixed, first_run):
    for told, quest in first_run:
        if told["call"] == name:
            assert fixed.items() <= quest.params.items()


@pytest.fixture(scope="module")
def first_run():
    return drive()


def value_of(field):
    if isinstance(field, dict) and "bytes" in field:
        return bytes.fromhex(field["bytes"])
    if isinstance(field, dict):
        data = bytes.fromhex(field["pack"])
        return unpack(data) if data else None
    return field


def expected_of(value):
    return value.encode() if isinstance(value, str) else value


def test_answers(first_run):
    for told, quest in first_run:
        assert told["r"] == 0 and told["code"] == 0, told
        answer, fields = answer_of(quest.method), dict(told["fields"])
        if quest.method in SENDS:
            assert fields.pop("mid") == quest.params["mid"] != 0
            assert quest.params["mid"] == 77 or not told["full"]
        assert len(fields) == len(answer), told
        for name, field in fields.items():
            keys = [k for k in answer if matches(name, k, FIELDS)]
            assert len(keys) == 1, (told["call"], name)
            assert value_of(field) == expected_of(answer[keys[0]]), (told["call"], name)


def test_errors():
    for told, _ in drive(error=Error(200020, "no")):
        assert (told["r"], told["code"]) == (PEER, 200020), told


@pytest.mark.parametrize("at", range(max(len(fact[1]) for fact in FACTS.values())))
def test_answers_that_lack_a_key_or_have_another_type(at):
    def without(params):
        return {key: value for i, (key, value) in enumerate(params.items()) if i != at}

    def mistyped(method):
        return {key: bad(kind) if i == at else good(kind.rstrip("?"))
                for i, (key, kind) in enumerate(FACTS[method][1].items())}

    for told, quest in drive(without):
        kinds = list(FACTS[quest.method][1].values())
        if at >= len(kinds) or kinds[at].endswith("?"):
            assert told["r"] == 0, told
        else:
            assert (told["r"], told["code"]) == (PROTO, KEY_NOT_FOUND), told

    with Peer(lambda quest: {} if quest.method.startswith("*") else mistyped(quest.method)) as peer:
        ended = subprocess.run([DRIVE, peer.endpoint], capture_output=True, text=True, timeout=100)
        assert ended.returncode == 0, ended.stderr
    for line in ended.stdout.splitlines():
        told = json.loads(line)
        if at < len(FACTS[CALLS[told["call"]][0]][1]):
            assert (told["r"], told["code"]) == (PROTO, TYPE_CONVERT), told
        else:
            assert told["r"] == 0, told


def test_answers_that_are_no_map():
    """No call that needs something of the answer succeeds, even if all of it is optional."""
    for told, quest in drive(lambda params: [1, 2]):
        assert told["r"] == (PROTO if FACTS[quest.method][1] else 0), told


def test_inside_a_callback():
    """Each call that does not block is taken there, and each that does is refused."""
    with Peer(lambda quest: {}) as peer:
        ended = subprocess.run([DRIVE, peer.endpoint, "inside"], capture_output=True, text=True,
                               timeout=100)
    assert ended.returncode == 0, ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(told) == 4 * len(CALLS)
    for one in told:
        assert one["r"] == (REENTRANT if one["wait"] else 0), one
