"""rtm listen: what it prints, when it ends, how it ends."""

import base64
import fcntl
import json
import os
import pty
import select
import signal
import subprocess

import pytest

from support import cli
from support.cli import listening, records, rtm
from support.gate import program
from support.peer import CUT, LATER, Error, Peer, RawText, answer_everything, pack_map

pytestmark = pytest.mark.skipif(program("RTM") is None, reason="rtm is not built")

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


@pytest.fixture
def peer():
    with Peer() as running:
        yield running


def message(number=1, **changes):
    """The parameters of a pushmsg."""
    return {"from": 1001, "to": 1002, "mtype": 30, "mid": number, "msg": f"message {number}",
            "attrs": "", "mtime": 1746093600123, **changes}


def listen_to(peer, *pushes, arguments=()):
    """Push (method, params) pairs to a fresh listener that ends after them; returns stdout."""
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", len(pushes), *arguments, env=env) as running:
        link = peer.links[-1]
        for method, params in pushes:
            link.push(method, params if isinstance(params, bytes) else pack_map(params))
        code, output = running.finish()
        assert code == cli.OK, running.errors
    return output


def test_record_has_the_documented_keys_in_order(peer):
    output = listen_to(peer, ("pushmsg", message(7, attrs='{"lang": "en"}')),
                       arguments=["--no-control"])
    assert output.decode() == (
        '{"v":1,"ev":"message","kind":"p2p","type":"chat","mtype":30,"from":"1001",'
        '"to":"1002","mid":"7","time":"2025-05-01T10:00:00.123Z","mtime_ms":1746093600123,'
        '"text":"message 7","attrs":{"lang": "en"}}\n')


def test_kinds_and_types(peer):
    group = {key: value for key, value in message().items() if key != "to"}
    room = {**group, "rid": 88}
    group["gid"] = 77
    output = listen_to(
        peer,
        ("pushgroupmsg", {**group, "mtype": 32, "mid": 1}),
        ("pushroommsg", {**room, "mtype": 31, "mid": 2}),
        ("pushmsg", message(3, mtype=40)),
        ("pushmsg", message(4, mtype=127)),
    )
    seen = [(r["kind"], r["to"], r["type"], r["mtype"]) for r in records(output)]
    assert seen == [("group", "77", "cmd", 32), ("room", "88", "audio", 31),
                    ("p2p", "1002", "file", 40), ("p2p", "1002", "msg", 127)]


def test_event_record(peer):
    output = listen_to(peer, ("pushevent", {
        "pid": 11000001, "event": "login", "uid": 1001, "time": 1746093600,
        "endpoint": "203.0.113.9:5555", "data": ""}), arguments=["--no-control"])
    assert records(output, ev=None) == [{
        "v": 1, "ev": "event", "event": "login", "uid": "1001", "endpoint": "203.0.113.9:5555",
        "time": "2025-05-01T10:00:00.000Z", "time_s": 1746093600}]


PLANES = "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0x21, 0x1234, 0xFFFD))

CONTENTS = {
    "empty": "",
    "planes": PLANES,
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x9f\u2028\u2029\ufeff",
    "quotes": 'say "hi" \\ / \\n \\u0041',
    "long": "x" * 20480,
    "long_other": "\u6f22" * 6826,
    "escape": "\x1b]0;title\x07\u202eabc",
    "bytes": bytes(range(256)),
    "bytes_that_are_text": b"plain",
    "no_bytes": b"",
    "broken_text": RawText(b"ab\xff\xfe\xed\xa0\x80"),
}


def expected_content(value):
    if isinstance(value, bytes):
        return {"data_b64": base64.b64encode(value).decode()}
    return {"text": value}


def content_of(record):
    return {key: record[key] for key in ("text", "data_b64") if key in record}


def test_any_content_is_valid_ndjson(peer):
    pushes = [("pushmsg", message(number, msg=value))
              for number, value in enumerate(CONTENTS.values())]
    output = listen_to(peer, *pushes)
    assert [content_of(r) for r in records(output)] == \
        [expected_content(value) for value in CONTENTS.values()]


@pytest.mark.parametrize("attrs,expected", [
    ("", {}),
    ('{"a":[1,{"b":null}]}', {"attrs": {"a": [1, {"b": None}]}}),
    (' {"a"\n:\r1 } ', {"attrs": {"a": 1}}),
    ("plain", {"attrs_text": "plain"}),
    ("[1]", {"attrs_text": "[1]"}),
    ('{"a":01}', {"attrs_text": '{"a":01}'}),
    ('{"a":"\\ud800"}', {"attrs_text": '{"a":"\\ud800"}'}),
    ("[" * 2000, {"attrs_text": "[" * 2000}),
    (RawText(b"\xff{"), {"attrs_b64": "/3s="}),
])
def test_attrs_are_nested_when_they_are_an_object(peer, attrs, expected):
    output = listen_to(peer, ("pushmsg", message(attrs=attrs)))
    (record,) = records(output)
    assert {key: value for key, value in record.items() if key.startswith("attrs")} == expected


def test_ids_at_the_ends_of_int64(peer):
    extreme = message(INT64_MAX, to=INT64_MIN, **{"from": INT64_MAX}, mtime=INT64_MAX)
    (record,) = records(listen_to(peer, ("pushmsg", extreme)))
    assert (record["from"], record["to"], record["mid"]) == \
        (str(INT64_MAX), str(INT64_MIN), str(INT64_MAX))
    assert record["time"] is None and record["mtime_ms"] == INT64_MAX
    (record,) = records(listen_to(peer, ("pushmsg", extreme), arguments=["--int64", "number"]))
    assert (record["from"], record["to"]) == (INT64_MAX, INT64_MIN)


def test_raw_is_the_bytes_and_a_line_end(peer):
    output = listen_to(peer, ("pushmsg", message(1, msg=b"\x00\xff")),
                       ("pushmsg", message(2, msg="zwei")), arguments=["-o", "raw"])
    assert output == b"\x00\xff\nzwei\n"


def test_text_has_one_safe_line_each(peer):
    output = listen_to(
        peer,
        ("pushmsg", message(1, msg="one\ntwo\x1b[2J\u202e", attrs="a\tb")),
        ("pushmsg", message(2, msg=b"\x00\x01", mtype=60)), arguments=["-o", "text"])
    assert output.decode() == (
        "10:00:00.123 p2p 1002 from 1001 chat: one\\ntwo\\x1b[2J\\u202e  a\\tb\n"
        "10:00:00.123 p2p 1002 from 1001 msg/60: <2 bytes>\n")


def test_terminal_gets_text(peer):
    ours, theirs = pty.openpty()
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", 1, env=env, stdout=theirs) as running:
        os.close(theirs)
        peer.links[-1].push("pushmsg", message())
        assert select.select([ours], [], [], cli.DEADLINE)[0]
        shown = os.read(ours, 4096)
        assert running.finish()[0] == cli.OK
    os.close(ours)
    assert shown == b"10:00:00.123 p2p 1002 from 1001 chat: message 1\r\n"


def test_count_is_exact_in_a_burst(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", 3, env=env) as running:
        peer.links[-1].push_many(("pushmsg", message(number)) for number in range(5000))
        code, output = running.finish()
    assert code == cli.OK
    assert [r["mid"] for r in records(output)] == ["0", "1", "2"]


def test_nothing_of_a_burst_is_lost_or_turned_round(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", 20000, env=env) as running:
        peer.links[-1].push_many(("pushmsg", message(number)) for number in range(20000))
        code, output = running.finish()
    assert code == cli.OK
    assert [int(r["mid"]) for r in records(output)] == list(range(20000))


def test_busy_pipe_is_made_larger(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", 2, env=env) as running:
        pipe = running.process.stdout.fileno()
        peer.links[-1].push("pushmsg", pack_map(message(1)))
        running.read_record()
        quiet = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
        peer.links[-1].push("pushmsg", pack_map(message(2, msg="x" * 100000)))
        code, output = running.finish()
        busy = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    assert code == cli.OK and len(records(output)[0]["text"]) == 100000
    assert quiet <= 64 * 1024 and busy == 512 * 1024


def test_selection_goes_to_the_gate(peer):
    env = cli.connection(peer.endpoint)
    with listening("-g", "1,5-7", "-g", "9", "-r", "-2", "-u", "3", "-e", "login,logout", env=env):
        quest = next(q for q in peer.quests if q.method.endswith("listen"))
    assert sorted(quest.params["gids"]) == [1, 5, 6, 7, 9]
    assert quest.params["rids"] == [-2] and quest.params["uids"] == [3]
    assert sorted(quest.params["events"]) == ["login", "logout"]


@pytest.mark.parametrize("flag,on", [
    ("--all", {"p2p", "group", "room", "ev"}), ("--all-p2p", {"p2p"}), ("--all-groups", {"group"}),
    ("--all-rooms", {"room"}), ("--all-events", {"ev"})])
def test_switches_go_to_the_gate(peer, flag, on):
    with listening(flag, env=cli.connection(peer.endpoint)):
        quest = peer.all("setlisten")[-1]
    assert {key for key in ("p2p", "group", "room", "ev") if quest.params.get(key)} == on


def test_for_ends_with_success_and_with_4_when_the_count_is_not_reached(peer):
    env = cli.connection(peer.endpoint)
    assert rtm("listen", "--all", "--for", "50ms", env=env).returncode == cli.OK
    assert rtm("listen", "--all", "--for", "50ms", "-n", 1, env=env).returncode == cli.TIMED_OUT


def test_idle_ends_after_the_last_message(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "--idle", "1500ms", env=env) as running:
        peer.links[-1].push("pushmsg", message())
        code, output = running.finish()
    assert code == cli.OK and len(records(output)) == 1
    assert rtm("listen", "--all", "--idle", "50ms", "-n", 1, env=env).returncode == cli.TIMED_OUT


def test_lost_connection_is_a_record_and_comes_back(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", 2, env=env) as running:
        assert running.read_record("state")["state"] == "live"
        peer.links[0].push("pushmsg", message(1))
        assert running.read_record()["mid"] == "1"
        peer.links[0].cut()
        lost = running.read_record("state")
        assert lost["state"] == "reconnecting" and lost["reason"] and lost["since"]
        gap = running.read_record("gap")
        assert gap["reason"] == "cut" and gap["recoverable"] is False
        begin, end = (int(gap[side].removeprefix("t:")) for side in ("from", "to"))
        assert 0 < begin <= end
        assert running.read_record("state")["state"] == "live"
        assert peer.wait_connection(1)
        peer.links[-1].push("pushmsg", message(2))
        assert running.read_record()["mid"] == "2"
        assert running.finish()[0] == cli.OK


def test_fail_on_gap_is_7(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "--fail-on-gap", env=env) as running:
        assert running.read_record("state")["state"] == "live"
        peer.links[0].cut()
        code, output = running.finish()
    assert code == cli.GAP
    assert "gap" in [r["ev"] for r in records(output, ev=None)]


def test_no_control_keeps_states_out(peer):
    output = listen_to(peer, ("pushmsg", message()), arguments=["--no-control"])
    assert [r["ev"] for r in records(output, ev=None)] == ["message"]


def test_states_are_lines_on_stderr_in_text(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-o", "text", env=env) as running:
        running.wait_error("live")
        peer.links[0].cut()
        running.wait_error("reconnecting")
        running.wait_error("may have been missed")


def test_lost_for_good_is_3(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "--no-reconnect", env=env) as running:
        peer.links[0].cut()
        assert running.finish()[0] == cli.NO_CONNECTION


def test_cannot_connect_is_3():
    with Peer() as gone:
        endpoint = gone.endpoint
    result = rtm("listen", "--all", env=cli.connection(endpoint))
    assert result.returncode == cli.NO_CONNECTION
    assert result.stderr.decode().startswith(f"rtm listen: {endpoint}: cannot connect: ")
    assert result.stderr.count(b"\n") == 1


def answering(method, what):
    return lambda quest: what if quest.method == method else answer_everything(quest)


@pytest.mark.parametrize("code,expected", [(200002, cli.REFUSED), (200008, cli.REFUSED),
                                           (200034, cli.PEER_ERROR), (20004, cli.PEER_ERROR)])
def test_refused_listen_set(code, expected):
    with Peer(answering("setlisten", Error(code, "because\x1b[31m"))) as peer:
        result = rtm("listen", "--all", env=cli.connection(peer.endpoint))
    assert result.returncode == expected
    assert f"{code}".encode() in result.stderr and b"because\\x1b[31m" in result.stderr
    assert result.stderr.count(b"\n") == 1 and result.stdout == b""


def test_silent_gate_is_4():
    with Peer(answering("setlisten", LATER)) as peer:
        result = rtm("listen", "--all", "--timeout", "100ms", env=cli.connection(peer.endpoint))
    assert result.returncode == cli.TIMED_OUT


def test_cut_before_the_first_answer_is_3():
    with Peer(answering("setlisten", CUT)) as peer:
        result = rtm("listen", "--all", env=cli.connection(peer.endpoint))
    assert result.returncode == cli.NO_CONNECTION


@pytest.mark.parametrize("arguments", [
    ["listen"], ["listen", "--nonsense"], ["listen", "-g"], ["listen", "-g", "x"],
    ["listen", "--all", "-n", "0"], ["listen", "--all", "--for", "soon"],
    ["listen", "--all", "word"], ["listen", "--all", "-o", "xml"], ["listen", "--all=yes"],
    ["listen", "-g", "1-200000"], ["nonsense"], []])
def test_wrong_usage_is_2_with_one_line(arguments):
    result = rtm(*arguments, env=cli.connection("127.0.0.1:1"))
    assert result.returncode == cli.USAGE
    assert result.stderr.count(b"\n") == 1 and result.stdout == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_130(peer, number):
    with listening("--all", env=cli.connection(peer.endpoint)) as running:
        running.signal(number)
        assert running.finish()[0] == cli.INTERRUPTED


def test_interrupt_ends_a_write_that_blocks(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", env=env) as running:
        peer.links[0].push_many(("pushmsg", message(n, msg="x" * 1000)) for n in range(2000))
        first = os.read(running.process.stdout.fileno(), 10)  # it writes, and nobody reads on
        running.signal()
        assert first and running.process.wait(cli.DEADLINE) == cli.INTERRUPTED


def test_closed_pipe_is_a_quiet_success(peer):
    """Also while nothing is printed."""
    env = cli.connection(peer.endpoint)
    with listening("--all", "--no-control", env=env) as running:
        running.process.stdout.close()
        running.process.stdout = None
        assert running.finish()[0] == cli.OK
        assert [line for line in running.errors if line] == ["ready\n"]


def test_closed_pipe_in_a_burst_is_a_quiet_success(peer):
    env = cli.connection(peer.endpoint)
    with listening("--all", "-o", "ndjson", env=env) as running:
        peer.links[0].push_many(("pushmsg", message(n, msg="x" * 1000)) for n in range(2000))
        assert os.read(running.process.stdout.fileno(), 10)
        running.process.stdout.close()
        running.process.stdout = None
        assert running.finish()[0] == cli.OK


def test_failed_write_is_1(peer):
    with open("/dev/full", "wb") as full:
        with listening("--all", env=cli.connection(peer.endpoint), stdout=full) as running:
            assert running.finish()[0] == cli.FAILED
            running.wait_error("stdout: No space left on device")


def test_trace_shows_packages_and_no_secret(peer):
    env = {**cli.connection(peer.endpoint), "RTM_LOG": "trace"}
    with listening("--all", "-n", 1, env=env) as running:
        peer.links[0].push("pushmsg", message())
        assert running.finish()[0] == cli.OK
    said = "".join(line for line in running.errors if line)
    sign = peer.all("setlisten")[0].params["sign"]
    assert "setlisten" in said and "pushmsg" in said
    assert sign not in said and cli.SECRET not in said


def test_json_is_what_jq_reads(peer):
    """The whole output of odd contents, through another JSON reader when there is one."""
    output = listen_to(peer, *[("pushmsg", message(n, msg=value))
                               for n, value in enumerate(CONTENTS.values())])
    try:
        jq = subprocess.run(["jq", "-c", "."], input=output, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("jq is not installed")
    assert [json.loads(line) for line in jq.stdout.splitlines()] == records(output, ev=None)
