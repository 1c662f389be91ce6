"""rtm against rtmd: the main job of the command line, end to end."""

import random
import subprocess

import pytest

from support import cli
from support.cli import Running, listening, records, rtm
from support.gate import Gate, program
from test_cli_send import CONTENTS, INT64_MAX, line

pytestmark = pytest.mark.skipif(program("RTM") is None or program("RTMD") is None,
                                reason="rtm or rtmd is not built")

OTHER_PID, OTHER_SECRET = 11000002, "another-secret"


@pytest.fixture
def gate(tmp_path):
    with Gate(tmp_path, projects={OTHER_PID: OTHER_SECRET}) as running:
        yield running


def to(gate):
    return cli.connection(gate.endpoint)


def test_what_is_sent_is_heard(gate):
    with listening("--all", "-n", 4, env=to(gate)) as listener:
        for words in (["p2p", "1002"], ["group", "77"], ["room", "88"]):
            result = rtm("send", *words, "hello", "--from", "1001", env=to(gate))
            assert result.returncode == cli.OK, result.stderr
        (sent,) = records(rtm("send", "group", "77", "--from", "1001", "--mtype", "51", "--attrs",
                              '{"a":1}', "--binary-file", "-", stdin=b"\x00\xff",
                              env=to(gate)).stdout, ev="sent")
        code, output = listener.finish()
    assert code == cli.OK
    heard = records(output)
    assert [(r["kind"], r["to"], r.get("text")) for r in heard] == [
        ("p2p", "1002", "hello"), ("group", "77", "hello"), ("room", "88", "hello"),
        ("group", "77", None)]
    assert heard[3]["data_b64"] == "AP8=" and heard[3]["attrs"] == {"a": 1}
    assert heard[3]["mid"] == sent["mid"] and heard[3]["mtime_ms"] == sent["mtime_ms"]
    offsets = [int(r["offset"]) for r in heard]
    assert offsets == sorted(set(offsets)) and offsets[0] >= 1


def test_selection_is_exact(gate):
    with listening("-g", "1-2", "-n", 2, env=to(gate)) as groups, \
            listening("-u", "1001", "-n", 2, env=to(gate)) as users:
        lines = b"".join([
            line(kind="group", **{"from": 1001}, to=3, text="not"),
            line(kind="group", **{"from": 1001}, to=1, text="one"),
            line(kind="room", **{"from": 1001}, to=1, text="not"),
            line(kind="p2p", **{"from": 5}, to=6, text="not"),
            line(kind="p2p", **{"from": 1001}, to=6, text="from"),
            line(kind="p2p", **{"from": 6}, to=1001, text="to"),
            line(kind="group", **{"from": 1001}, to=2, text="two"),
        ])
        result = rtm("send", "--from-ndjson", "-", stdin=lines, env=to(gate))
        assert result.returncode == cli.OK, result.stderr
        assert [r["text"] for r in records(groups.finish()[1])] == ["one", "two"]
        assert [r["text"] for r in records(users.finish()[1])] == ["from", "to"]


def of_the_sender(data):
    """The records without what the gate adds."""
    return [{key: value for key, value in record.items()
             if key not in ("time", "mtime_ms", "offset")} for record in records(data)]


def test_records_survive_a_second_project(gate):
    """send | listen | send | listen: every content, the same records twice."""
    lines = b"".join(
        line(kind="group", **{"from": INT64_MAX - n}, to=str(n + 1), mid=2**53 + n, mtype=51 + n,
             text=text, attrs={"n": n})
        for n, text in enumerate(c for c in CONTENTS if isinstance(c, str)))
    lines += line(kind="p2p", **{"from": 1}, to=str(INT64_MAX), data_b64="AP8=", attrs_text="x")
    lines += line(kind="room", **{"from": 1}, to=2, data_b64="")
    count = lines.count(b"\n")
    outputs = []
    for env in (to(gate), cli.connection(gate.endpoint, OTHER_PID, OTHER_SECRET)):
        with listening("--all", "-n", count, env=env) as listener:
            result = rtm("send", "--from-ndjson", "-", stdin=outputs[-1] if outputs else lines,
                         env=env)
            assert result.returncode == cli.OK, result.stderr
            code, output = listener.finish()
            assert code == cli.OK
        outputs.append(output)
    first, second = map(of_the_sender, outputs)
    assert first == second
    assert [r["text"] for r in first if "text" in r] == [c for c in CONTENTS if isinstance(c, str)]
    assert [r["data_b64"] for r in first if "data_b64" in r] == ["AP8=", ""]


def test_a_pipeline_carries_one_project_to_another(gate):
    second = cli.connection(gate.endpoint, OTHER_PID, OTHER_SECRET)
    with listening("--all", "-n", 3, env=to(gate)) as near, \
            listening("--all", "-n", 3, env=second) as far, \
            Running("send", "--from-ndjson", "-", env=second, stdin=near.process.stdout) as sender:
        rtm("send", "group", "1", "-l", "--from", "1", stdin=b"a\nb\nc\n", env=to(gate))
        assert [r["text"] for r in records(far.finish()[1])] == ["a", "b", "c"]
        assert sender.finish()[0] == cli.OK


def test_order_and_number_of_many(gate):
    count = 20000
    dice = random.Random(1)
    lines = b"".join(line(kind="group", **{"from": 1001 + n % 7}, to=dice.randint(1, 20), mtype=30,
                          text=f"text {n}") for n in range(count))
    with listening("--all-groups", "-n", count, env=to(gate)) as listener:
        sender = Running("send", "--from-ndjson", "-", env=to(gate), stdin=subprocess.PIPE)
        with sender:
            sender.process.stdin.write(lines)
            sender.process.stdin.close()
            sender.process.stdin = None
            code, output = listener.finish()
            assert code == cli.OK and sender.finish()[0] == cli.OK
    heard = [r["text"] for r in records(output)]
    assert heard == [f"text {n}" for n in range(count)]


def test_simulated_traffic_is_heard_in_full(gate):
    with Running("listen", "--all", "--ready", "-n", 2000, env=to(gate)) as listener:
        listener.wait_ready()
        result = rtm("simulate", "-n", 2000, "--rate", "0", "--json", env=to(gate))
        assert result.returncode == cli.OK, result.stderr
        assert records(result.stdout, ev="summary")[0]["accepted"] == 2000
        assert len(records(listener.finish()[1])) == 2000


def test_repeated_number_is_stored_once(gate):
    with listening("--all", "-n", 2, env=to(gate)) as listener:
        for text in ("once", "once"):
            rtm("send", "group", "1", text, "--from", "1", "--mid", "5", env=to(gate))
        rtm("send", "group", "1", "last", "--from", "1", env=to(gate))
        assert [r["text"] for r in records(listener.finish()[1])] == ["once", "last"]


def test_check_and_refusal(gate):
    assert rtm("check", "conn", env=to(gate)).returncode == 0
    wrong = cli.connection(gate.endpoint, secret="wrong")
    assert rtm("check", "conn", env=wrong).returncode == 2
    for command in (["listen", "--all"], ["send", "group", "1", "x", "--from", "1"],
                    ["call", "addlisten", "gids:=[]"]):
        assert rtm(*command, env=wrong).returncode == cli.REFUSED
    assert rtm("call", "nonsense", env=to(gate)).returncode == cli.PEER_ERROR


def test_too_long_a_text_is_refused_by_the_gate(gate):
    sized = "x" * 20480
    assert rtm("send", "group", "1", "--from", "1", stdin=sized.encode(),
               env=to(gate)).returncode == cli.OK
    result = rtm("send", "group", "1", "--from", "1", stdin=sized.encode() + b"y", env=to(gate))
    assert result.returncode == cli.PEER_ERROR and b"200030" in result.stderr


def test_gate_that_ends_is_seen(gate):
    with listening("--all", "--no-reconnect", env=to(gate)) as listener:
        gate.stop()
        assert listener.finish()[0] == cli.NO_CONNECTION
