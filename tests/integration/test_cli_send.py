"""rtm send and rtm simulate: what reaches the peer, in which order, and how they end."""

import base64
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

from support import cli
from support.cli import Running, listening, records, rtm
from support.gate import program
from support.peer import CUT, LATER, Error, Peer, answer_everything, pack_map

pytestmark = pytest.mark.skipif(program("RTM") is None, reason="rtm is not built")

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MTIME = 1746093600123


def answer_sends(quest):
    return {"mtime": MTIME} if quest.method.startswith(("send", "broadcast")) else \
        answer_everything(quest)


@pytest.fixture
def peer():
    with Peer(answer_sends) as running:
        yield running


def sends(peer):
    return [q for q in peer.quests if q.method.startswith(("send", "broadcast"))]


def line(**fields):
    return json.dumps(fields).encode() + b"\n"


def chat(number, to=1, kind="group", **more):
    return line(at=0, kind=kind, **{"from": 1001}, to=to, mtype=30, text=f"text {number}", **more)


@pytest.mark.parametrize("words,method,target", [
    (["p2p", "1002"], "sendmsg", ("to", 1002)),
    (["group", "77"], "sendgroupmsg", ("gid", 77)),
    (["room", "-88"], "sendroommsg", ("rid", -88)),
    (["broadcast"], "broadcastmsg", None),
])
def test_each_kind(peer, words, method, target):
    result = rtm("send", *words, "hello", "--from", "1001", env=cli.connection(peer.endpoint))
    (quest,) = sends(peer)
    assert (result.returncode, quest.method, result.stderr) == (cli.OK, method, b"")
    assert quest.params["from"] == 1001 and quest.params["msg"] == "hello"
    assert quest.params["mtype"] == 30 and quest.params["attrs"] == ""
    if target:
        assert quest.params[target[0]] == target[1]


def test_number_and_time_are_printed(peer):
    env = cli.connection(peer.endpoint)
    command = ["send", "group", "77", "hello", "--from", "1001", "--mid", "4711"]
    (record,) = records(rtm(*command, env=env).stdout, ev="sent")
    assert record == {"v": 1, "ev": "sent", "mid": "4711", "time": "2025-05-01T10:00:00.123Z",
                      "mtime_ms": MTIME}
    assert rtm(*command, "-o", "text", env=env).stdout == f"mid 4711, mtime {MTIME}\n".encode()
    assert [q.params["mid"] for q in sends(peer)] == [4711, 4711]


def test_options_reach_the_message(peer):
    rtm("send", "group", "77", "x", "--from", str(INT64_MAX), "--mtype", "127", "--attrs",
        '{"a": 1}', env=cli.connection(peer.endpoint))
    params = sends(peer)[0].params
    assert (params["from"], params["mtype"], params["attrs"]) == (INT64_MAX, 127, '{"a": 1}')


@pytest.mark.parametrize("stdin,text", [(b"one\ntwo\n", "one\ntwo"), (b"", ""), (b"\n\n", "\n"),
                                        ("\u6f22\U0001f605".encode(), "\u6f22\U0001f605")])
def test_text_from_stdin(peer, stdin, text):
    result = rtm("send", "group", "77", "--from", "1001", stdin=stdin,
                 env=cli.connection(peer.endpoint))
    assert result.returncode == cli.OK and sends(peer)[0].params["msg"] == text


def test_binary_file(peer, tmp_path):
    content = bytes(range(256)) * 80  # 20,480 bytes
    (tmp_path / "data").write_bytes(content)
    env = cli.connection(peer.endpoint)
    rtm("send", "group", "77", "--from", "1", "--binary-file", tmp_path / "data", env=env)
    rtm("send", "group", "77", "--from", "1", "--binary-file", "-", stdin=b"text\n", env=env)
    rtm("send", "group", "77", "--from", "1", "--binary-file", "/dev/null", env=env)
    assert [q.params["msg"] for q in sends(peer)] == [content, b"text\n", b""]
    assert sends(peer)[0].params["mtype"] == 51


def test_lines(peer):
    result = rtm("send", "group", "77", "--from", "1", "-l", stdin=b"one\n\nthree\n\xff\nlast",
                 env=cli.connection(peer.endpoint))
    assert [q.params["msg"] for q in sends(peer)] == ["one", "", "three", "last"]
    assert result.returncode == cli.FAILED
    assert b"rtm send: line 4: not UTF-8\n" in result.stderr
    assert re.search(rb"rtm send: 4 sent, 1 refused, 0 failed in [0-9.]+ s \(\d+/s\)\n$",
                     result.stderr)


def test_count_repeats_and_rate_slows(peer):
    start = time.monotonic()
    result = rtm("send", "group", "77", "x", "--from", "1", "--count", "6", "--rate", "20",
                 env=cli.connection(peer.endpoint))
    assert result.returncode == cli.OK and len(sends(peer)) == 6
    assert time.monotonic() - start >= 5 / 20
    assert len({q.params["mid"] for q in sends(peer)}) == 6


def test_ndjson_of_the_chat_file(peer, tmp_path):
    lines = [chat(1), line(at=1, kind="event", event="login", uid=1001), b"\n",
             chat(2, to=1002, kind="p2p"), chat(3, to=5, kind="room", attrs={"a": 1}),
             line(kind="group", **{"from": "7"}, to="8", text="string ids", mid="9")]
    (tmp_path / "chat").write_bytes(b"".join(lines))
    result = rtm("send", "--from-ndjson", tmp_path / "chat", env=cli.connection(peer.endpoint))
    assert result.returncode == cli.OK
    assert b"4 sent, 0 refused, 0 failed, 1 passed over" in result.stderr
    seen = sorted((q.method, q.params["from"], q.params["msg"]) for q in sends(peer))
    assert seen == [("sendgroupmsg", 7, "string ids"), ("sendgroupmsg", 1001, "text 1"),
                    ("sendmsg", 1001, "text 2"), ("sendroommsg", 1001, "text 3")]
    by_text = {q.params["msg"]: q.params for q in sends(peer)}
    assert by_text["string ids"]["mid"] == 9 and by_text["string ids"]["mtype"] == 51
    assert json.loads(by_text["text 3"]["attrs"]) == {"a": 1}


BAD_LINES = chat(1) + b"not json\n" + chat(2) + line(kind="group", to=1, text="from?") + chat(3)


def test_bad_lines_are_told_and_passed(peer):
    result = rtm("send", "--from-ndjson", "-", stdin=BAD_LINES, env=cli.connection(peer.endpoint))
    assert result.returncode == cli.FAILED
    assert [q.params["msg"] for q in sends(peer)] == ["text 1", "text 2", "text 3"]
    errors = result.stderr.decode().splitlines()
    assert errors[0] == "rtm send: line 2: not a JSON object"
    assert errors[1].startswith("rtm send: line 4: no sender")
    assert "3 sent, 2 refused, 0 failed" in errors[2] and len(errors) == 3


def test_strict_stops_at_the_first_bad_line(peer):
    result = rtm("send", "--from-ndjson", "-", "--strict", stdin=BAD_LINES,
                 env=cli.connection(peer.endpoint))
    assert result.returncode == cli.FAILED
    assert [q.params["msg"] for q in sends(peer)] == ["text 1"]


def test_sender_of_records_without_one(peer):
    result = rtm("send", "--from-ndjson", "-", "--from", "42", env=cli.connection(peer.endpoint),
                 stdin=line(kind="group", to=1, text="x") + chat(2))
    assert result.returncode == cli.OK
    assert sorted(q.params["from"] for q in sends(peer)) == [42, 1001]


def test_errors_of_many_lines_do_not_flood(peer):
    result = rtm("send", "--from-ndjson", "-", stdin=b"x\n" * 1000,
                 env=cli.connection(peer.endpoint))
    assert result.stderr.count(b"\n") < 30 and b" 1000 refused" in result.stderr


def test_line_that_is_far_too_long_is_refused(peer):
    result = rtm("send", "--from-ndjson", "-", env=cli.connection(peer.endpoint),
                 stdin=chat(1) + b"x" * (17 << 20) + b"\n" + chat(2))
    assert result.returncode == cli.FAILED
    assert b"line 2: longer than 16 MiB" in result.stderr
    assert [q.params["msg"] for q in sends(peer)] == ["text 1", "text 2"]


class Withholding:
    """Answers messages only when the test says so; `ours`: as a gate that knows rk."""

    def __init__(self, ours):
        self.ours = ours
        self.held = []
        self.count = 0  # how many it has withheld in all
        self.changed = threading.Condition()

    def __call__(self, quest):
        if quest.method == "setlisten":
            return {"rk": {"v": 1}} if self.ours and "rk" in quest.params else {}
        if quest.method.startswith("send"):
            with self.changed:
                self.held.append(quest)
                self.count += 1
                self.changed.notify_all()
            return LATER
        return answer_everything(quest)

    def wait(self, count):
        """Until so many were withheld, whether they still are or not."""
        with self.changed:
            while self.count < count:
                assert self.changed.wait(cli.DEADLINE), f"{self.count} of {count} have come"

    def release(self, count=None):
        with self.changed:
            free, self.held = self.held[:count], self.held[count:] if count else []
        for quest in free:
            quest.answer({"mtime": MTIME})


def test_one_message_a_conversation_is_under_way_at_an_unknown_gate():
    lines = b"".join(chat(n, to=to) for n in range(5) for to in (1, 2)) + \
        chat(9, to=1, kind="room")
    withholding = Withholding(ours=False)
    with Peer(withholding) as peer:
        env = cli.connection(peer.endpoint)
        with Running("send", "--from-ndjson", "-", "--timeout", "10m", env=env,
                     stdin=subprocess.PIPE) as running:
            running.process.stdin.write(lines)
            running.process.stdin.close()
            running.process.stdin = None
            for step in range(5):
                withholding.wait(2 * step + 3)  # the next of each group
                heard = [(q.method, q.params.get("gid"), q.params["msg"]) for q in sends(peer)]
                assert len(heard) == 2 * step + 3
                withholding.release()
            assert running.finish()[0] == cli.OK
        for gid in (1, 2):
            assert [q.params["msg"] for q in sends(peer) if q.params.get("gid") == gid] == \
                [f"text {n}" for n in range(5)]


def test_our_gate_gets_a_pipeline_in_order():
    count = 4096
    withholding = Withholding(ours=True)
    with Peer(withholding) as peer:
        env = cli.connection(peer.endpoint)
        with Running("send", "--from-ndjson", "-", "--timeout", "10m", env=env,
                     stdin=subprocess.PIPE) as running:
            def write():
                with running.process.stdin as stdin:
                    stdin.write(b"".join(chat(n) for n in range(count + 1)))

            writer = threading.Thread(target=write)
            writer.start()
            withholding.wait(count)  # a full window
            assert len(sends(peer)) == count
            withholding.release(1)
            withholding.wait(count + 1)
            withholding.release()
            writer.join(cli.DEADLINE)
            running.process.stdin = None
            assert running.finish()[0] == cli.OK
        assert [q.params["msg"] for q in sends(peer)] == [f"text {n}" for n in range(count + 1)]


def test_pipe_that_stays_open_is_sent_as_it_comes(peer):
    env = cli.connection(peer.endpoint)
    with Running("send", "--from-ndjson", "-", env=env, stdin=subprocess.PIPE) as running:
        for number in range(3):
            running.process.stdin.write(chat(number))
            running.process.stdin.flush()
            peer.wait_quest("sendgroupmsg", number + 1)
        running.process.stdin.close()
        running.process.stdin = None
        assert running.finish()[0] == cli.OK


def refuse(code):
    def answer(quest):
        return Error(code) if quest.method.startswith("send") else answer_everything(quest)
    return answer


@pytest.mark.parametrize("code,expected", [(200002, cli.REFUSED), (200030, cli.PEER_ERROR)])
@pytest.mark.parametrize("many", [False, True])
def test_refused_message(code, expected, many):
    with Peer(refuse(code)) as peer:
        env = cli.connection(peer.endpoint)
        if many:
            result = rtm("send", "--from-ndjson", "-", stdin=chat(1) + chat(2), env=env)
            assert b"line 2: %d" % code in result.stderr
            assert b"0 sent, 2 refused, 0 failed" in result.stderr
        else:
            result = rtm("send", "group", "1", "x", "--from", "1", env=env)
            assert b"%d" % code in result.stderr
    assert result.returncode == expected


def test_refused_probe_ends_before_any_message():
    def answer(quest):
        return Error(200002) if quest.method == "setlisten" else answer_everything(quest)

    with Peer(answer) as peer:
        result = rtm("send", "--from-ndjson", "-", stdin=chat(1), env=cli.connection(peer.endpoint))
        assert result.returncode == cli.REFUSED and sends(peer) == []


def test_gate_without_setlisten_still_takes_messages():
    def answer(quest):
        return Error(20004) if quest.method == "setlisten" else answer_everything(quest)

    with Peer(answer) as peer:
        result = rtm("send", "--from-ndjson", "-", stdin=chat(1), env=cli.connection(peer.endpoint))
        assert result.returncode == cli.OK and len(sends(peer)) == 1


def test_lost_connection_is_3_and_unanswered_messages_are_counted():
    def answer(quest):
        if quest.method.startswith("send"):
            return CUT if quest.params["msg"] == "text 2" else {"mtime": MTIME}
        return {"rk": {"v": 1}} if quest.method == "setlisten" else answer_everything(quest)

    with Peer(answer) as peer:
        lines = b"".join(chat(n) for n in range(5))
        result = rtm("send", "--from-ndjson", "-", stdin=lines, env=cli.connection(peer.endpoint))
        assert result.returncode == cli.NO_CONNECTION
        assert b"2 sent, 0 refused, 3 failed" in result.stderr
        assert len(peer.links) == 1, "a message is never sent again by itself"
        result = rtm("send", "group", "1", "text 2", "--from", "1",
                     env=cli.connection(peer.endpoint))
        assert result.returncode == cli.NO_CONNECTION and result.stderr.count(b"\n") == 1


def test_silent_gate_is_4():
    with Peer(Withholding(ours=False)) as peer:
        result = rtm("send", "group", "1", "x", "--from", "1", "--timeout", "100ms",
                     env=cli.connection(peer.endpoint))
        assert result.returncode == cli.TIMED_OUT


def test_interrupted_send_says_how_far_it_came(peer):
    env = cli.connection(peer.endpoint)
    with Running("send", "--from-ndjson", "-", env=env, stdin=subprocess.PIPE) as running:
        running.process.stdin.write(chat(1))
        running.process.stdin.flush()
        peer.wait_quest("sendgroupmsg")
        running.signal()
        running.wait_error("refused, ")
        assert running.finish()[0] == cli.INTERRUPTED


@pytest.mark.parametrize("arguments", [
    [], ["group"], ["group", "x", "hi"], ["club", "1", "hi"], ["group", "1", "hi"],
    ["group", "1", "hi", "there", "--from", "1"], ["group", "1", "hi", "--from", "0"],
    ["group", "1", "hi", "--from", "1", "--mtype", "128"],
    ["group", "1", "hi", "--from", "1", "-l"], ["group", "1", "-l", "--from", "1", "--mid", "5"],
    ["group", "1", "hi", "--from", "1", "--count", "2", "--mid", "5"],
    ["--from-ndjson", "-", "group", "1"], ["--from-ndjson", "-", "--mid", "1"],
    ["group", "1", b"\xff", "--from", "1"], ["group", "1", "hi", "--from", "1", "--rate", "0"],
])
def test_wrong_usage_is_2_with_one_line(arguments):
    words = [word if isinstance(word, str) else os.fsdecode(word) for word in arguments]
    result = rtm("send", *words, env=cli.connection("127.0.0.1:1"))
    assert result.returncode == cli.USAGE and result.stderr.count(b"\n") == 1


def test_missing_input_is_1(peer, tmp_path):
    env = cli.connection(peer.endpoint)
    result = rtm("send", "--from-ndjson", tmp_path / "nothing", env=env)
    assert result.returncode == cli.FAILED and b"No such file" in result.stderr
    result = rtm("send", "--from-ndjson", tmp_path, env=env)
    assert result.returncode == cli.FAILED and b"Is a directory" in result.stderr


CONTENTS = [
    "", "plain", "x" * 20480, 'quotes " and \\ and \n\r\t\x00\x1f\x7f',
    "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0, 0x21, 0xFFFD)),
    b"", b"\x00\xff\xfe", b"bytes that are text", bytes(range(256)) * 80,
]


def test_what_listen_prints_send_sends(peer):
    """Every content, twice through: pushes to NDJSON to quests are the same values."""
    pushes = []
    for number, value in enumerate(CONTENTS):
        kind, key = [("group", "gid"), ("room", "rid"), ("", "to")][number % 3]
        pushes.append((f"push{kind}msg", {
            "from": INT64_MAX - number, key: INT64_MIN + number, "mtype": 30 + number * 5,
            "mid": 2**53 + number, "msg": value, "mtime": MTIME,
            "attrs": ["", "text", '{"a" : "\\u00e9\\n", "b":1e2}'][number % 3]}))
    env = cli.connection(peer.endpoint)
    with listening("--all", "-n", len(pushes), env=env) as running:
        for method, params in pushes:
            peer.links[0].push(method, pack_map(params))
        code, output = running.finish()
    assert code == cli.OK
    result = rtm("send", "--from-ndjson", "-", stdin=output, env=env)
    assert result.returncode == cli.OK, result.stderr
    heard = {q.params["mid"]: q for q in sends(peer)}
    assert len(heard) == len(sends(peer)) == len(pushes)
    for method, params in pushes:
        quest = heard[params["mid"]]
        assert quest.method == method.replace("push", "send")
        for key in set(params) - {"mtime"}:
            assert quest.params[key] == params[key] and \
                type(quest.params[key]) is type(params[key]), (key, params)


def test_long_chat_file_is_read_to_its_end(peer, tmp_path):
    """Parsing alone: events are passed over before anything is sent."""
    one = chat(1, to=1) .replace(b'"kind": "group"', b'"kind": "event"')
    (tmp_path / "events").write_bytes(one * 200000)
    result = rtm("send", "--from-ndjson", tmp_path / "events", env=cli.connection(peer.endpoint))
    assert b"200000 passed over in " in result.stderr, result.stderr


# rtm simulate


def simulate(peer, *arguments):
    result = rtm("simulate", "--json", *arguments, env=cli.connection(peer.endpoint))
    (summary,) = records(result.stdout, ev="summary")
    return result, summary


def content(quest):
    skipped = {"mid", "salt", "sign", "ts"}
    return {key: value for key, value in quest.params.items() if key not in skipped}


def test_simulate_counts_what_was_accepted(peer):
    result, summary = simulate(peer, "-n", "500", "--rate", "0")
    assert result.returncode == cli.OK and len(sends(peer)) == 500
    assert (summary["accepted"], summary["refused"], summary["failed"]) == (500, 0, 0)
    assert {q.method for q in sends(peer)} == {"sendmsg", "sendgroupmsg", "sendroommsg"}
    assert {30, 31, 32, 51} <= {q.params["mtype"] for q in sends(peer)}
    assert all(q.params["from"] != q.params["to"] for q in peer.all("sendmsg"))
    for quest in sends(peer):
        assert isinstance(quest.params["msg"], bytes) == (quest.params["mtype"] == 31)
        assert quest.params["attrs"] == "" or isinstance(json.loads(quest.params["attrs"]), dict)


def test_simulate_repeats_itself_with_a_seed(peer):
    for seed in (5, 5, 6):
        simulate(peer, "-n", "100", "--rate", "0", "--seed", seed)
    first, second, third = (list(map(content, sends(peer)[at:at + 100])) for at in (0, 100, 200))
    assert first == second != third


@pytest.mark.parametrize("arguments,methods", [
    (["--groups", "0", "--rooms", "0"], {"sendmsg"}),
    (["--users", "1", "--rooms", "0"], {"sendgroupmsg"}),
    (["--users", "1", "--groups", "0"], {"sendroommsg"}),
])
def test_simulate_leaves_out_what_there_is_none_of(peer, arguments, methods):
    simulate(peer, "-n", "50", "--rate", "0", *arguments)
    assert {q.method for q in sends(peer)} == methods


def test_simulate_for_a_time_at_a_rate(peer):
    result, summary = simulate(peer, "--for", "500ms", "--rate", "40")
    assert result.returncode == cli.OK
    assert summary["seconds"] >= 0.5
    assert 0 < summary["accepted"] <= 40 * summary["seconds"] + 1


def test_simulate_interrupted_ends_with_its_summary(peer):
    reading, writing = os.pipe()
    env = cli.connection(peer.endpoint)
    with Running("simulate", "--rate", "200", "--summary-fd", writing, env=env,
                 pass_fds=[writing]) as running:
        os.close(writing)
        peer.wait(lambda: len(sends(peer)) > 20, "traffic")
        running.signal(signal.SIGTERM)
        assert running.finish()[0] == cli.INTERRUPTED
    with open(reading, "rb") as pipe:
        (summary,) = records(pipe.read(), ev="summary")
    assert summary["accepted"] == len(sends(peer))


def test_simulate_interrupted_waits_for_the_answers_under_way():
    withholding = Withholding(ours=True)
    with Peer(withholding) as peer:
        env = cli.connection(peer.endpoint)
        with Running("simulate", "--rate", "0", "--json", "--timeout", "10m", env=env) as running:
            withholding.wait(4096)  # a full window
            running.signal()
            withholding.release()
            code, output = running.finish()
        (summary,) = records(output, ev="summary")
        assert code == cli.INTERRUPTED and summary["failed"] == 0
        assert summary["accepted"] == 4096 <= len(sends(peer))


def test_simulate_counts_refusals():
    with Peer(refuse(200010)) as peer:
        result, summary = simulate(peer, "-n", "10", "--rate", "0")
    assert (summary["accepted"], summary["refused"]) == (0, 10)
    assert result.returncode == cli.PEER_ERROR


def test_bytes_are_base64_of_rfc_4648(peer):
    env = cli.connection(peer.endpoint)
    data = bytes(range(256))
    encoded = base64.b64encode(data).decode()
    rtm("send", "--from-ndjson", "-", env=env,
        stdin=line(kind="p2p", **{"from": 1}, to=2, data_b64=encoded))
    assert sends(peer)[0].params["msg"] == data
