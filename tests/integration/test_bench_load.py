"""The load generator of the benchmarks counts exactly, against the gate and against each peer."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ.get("RTMKIT_SOURCE", pathlib.Path(__file__).parents[2]))
LOAD = pathlib.Path(os.environ.get("RTMKIT_BUILD", SOURCE / "build/dev"), "bin/bench_load")
os.environ["BENCH_LOAD"] = str(LOAD)
os.environ.setdefault("RTM", str(LOAD.with_name("rtm")))
sys.path.append(str(SOURCE / "bench"))

import peers  # noqa: E402

pytestmark = pytest.mark.skipif(not os.access(LOAD, os.X_OK), reason="bench_load is not built")

WIRES = [(server, wire) for server in peers.ALL for wire in server.wires]


def run(server, scenario, wire, *more, code=0):
    done = subprocess.run([LOAD, scenario, "--wire", wire, "--port", str(server.port), "--server",
                           str(server.pid), *server.load_arguments(), *more],
                          capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()] if code == 0 else done.stderr


@pytest.fixture(params=WIRES, ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def served(request, tmp_path):
    kind, wire = request.param
    if kind.path() is None:
        pytest.skip(f"{kind.name} is not installed (make deps-bench)")
    with kind(tmp_path) as server:
        yield server, wire


def test_fanout_counts_each_delivery(served):
    server, wire = served
    more = ["--check"] if server.name == "rtmd" else []
    rows = run(server, "fanout", wire, "--conns", "7", "--windows", "1,10,333", "--ms", "1", *more)
    assert [row["window"] for row in rows] == [1, 10, 333]
    for row in rows:
        assert row["messages"] >= 3 * row["window"]
        assert row["messages"] % row["window"] == 0
        assert row["deliveries"] == 7 * row["messages"]
        assert row["answers"] == (0 if wire in ("nats", "mqtt0") else row["messages"])
        assert row["seconds"] > 0 and row["server_cpu_s"] > 0 and row["load_cpu_s"] > 0


def test_echo_counts_each_answer(served):
    server, wire = served
    row, = run(server, "echo", wire, "--conns", "3", "--depth", "5", "--ms", "1")
    assert row["answers"] == row["messages"] >= 15


def test_latency_counts_each_delivery(served):
    server, wire = served
    row, = run(server, "latency", wire, "--conns", "3", "--rate", "2000", "--ms", "50")
    assert row["messages"] == 101
    assert row["deliveries"] == 303
    assert sum(count for _, count in row["histogram_ns"]) == 3 * (101 - 10)  # a tenth warms up
    assert 0 < row["p50_us"] <= row["p99_us"] <= row["p999_us"]
    assert row["p999_us"] <= row["max_us"] * 1.02  # the histogram's buckets are so wide


def test_crowd_opens_all(served):
    server, wire = served
    row, = run(server, "crowd", wire, "--conns", "50", "--depth", "7", "--listen")
    assert row["form"] == "crowd" and row["conns"] == 50 and row["listens"]
    assert row["seconds"] > 0 and row["server_cpu_s"] > 0


def test_many_to_many_counts_each_delivery(served):
    server, wire = served
    if wire.startswith("mqtt") or server.name == "split":
        pytest.skip("one group only")
    rows = run(server, "fanout", wire, "--conns", "12", "--senders", "6", "--groups", "12", "--each",
               "3", "--step", "1", "--windows", "1,20", "--ms", "1")
    for row in rows:
        assert row["fans"] == 3 and row["senders"] == 6
        assert row["messages"] % (6 * row["window"]) == 0
        assert row["deliveries"] == 3 * row["messages"]
        assert row["answers"] == (0 if wire == "nats" else row["messages"])


def test_padded_deliveries_are_as_long_as_pushes(served):
    server, wire = served
    if wire.startswith("mqtt"):
        pytest.skip("not padded")
    row, = run(server, "fanout", wire, "--windows", "10", "--ms", "1", "--padded")
    push, = run(server, "fanout", wire, "--windows", "10", "--ms", "1")
    assert row["deliveries"] == row["messages"]
    assert row["delivery_bytes"] == 196  # of a push with 100 bytes of text
    assert push["bytes"] == 100


def gate_only():
    if peers.Rtmd.path() is None:
        pytest.skip("rtmd is not built")


def test_a_rest_counts(tmp_path):
    gate_only()
    with peers.RtmdFile(tmp_path) as server:
        row, = run(server, "fanout", "rtm", "--windows", "10", "--ms", "1", "--rest", "20")
    assert row["deliveries"] == row["messages"]


@pytest.mark.parametrize("more", [["--groups", "1000", "--each", "1000"],
                                  ["--groups", "60", "--each", "20", "--step", "20"],
                                  ["--groups", "10", "--all"]], ids=["same", "disjoint", "all"])
def test_listeners_of_many_groups_get_theirs(tmp_path, more):
    gate_only()
    with peers.Rtmd(tmp_path) as server:
        row, = run(server, "fanout", "rtm", "--conns", "3", "--windows", "50", "--ms", "1", *more)
    assert row["deliveries"] == row["messages"] * (1 if "--step" in more else 3)


@pytest.mark.parametrize("kind", [peers.RtmdPackage, peers.RtmdStream, peers.RtmdTls],
                         ids=lambda kind: kind.name)
def test_hidden_bytes_are_counted_the_same(tmp_path, kind):
    gate_only()
    with kind(tmp_path) as server:
        rows = run(server, "fanout", "rtm", "--conns", "3", "--windows", "1,100", "--ms", "1", "--check")
    assert [row["deliveries"] for row in rows] == [3 * row["messages"] for row in rows]


@pytest.mark.parametrize("kind", [peers.RtmdCrowd, peers.Nats, peers.Redis],
                         ids=lambda kind: kind.name)
def test_a_storm_brings_all_back(tmp_path, kind):
    if kind.path() is None:
        pytest.skip(f"{kind.name} is not installed (make deps-bench)")
    with kind(tmp_path) as server:
        command = [LOAD, "crowd", "--wire", kind.wires[0], "--port", str(server.port), "--server",
                   str(server.pid), *server.load_arguments(), "--conns", "40", "--depth", "5",
                   "--listen", "--again", "--groups", "4", "--each", "2", "--step", "2"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            first = json.loads(process.stdout.readline())
            server.restart()
            told, _ = process.communicate(f"{server.port} {server.pid}\n")
    assert process.returncode == 0
    assert first["form"] == "crowd"
    storm = json.loads(told)
    assert storm["form"] == "storm" and storm["conns"] == storm["depth"] == 40


@pytest.mark.parametrize("wrong", [["--groups", "7", "--each", "2", "--step", "1", "--conns", "5"],
                                   ["--groups", "2", "--each", "3", "--step", "1", "--conns", "2"],
                                   ["--groups", "2", "--each", "1"]])
def test_groups_that_are_not_even_are_refused(wrong):
    done = subprocess.run([LOAD, "fanout", "--wire", "nats", "--port", "1", *wrong],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "equally many listeners" in done.stderr


def test_a_message_too_much_is_an_error(tmp_path):
    """And not a better figure: with two senders at once, one of them sees it and ends."""
    if peers.Rtmd.path() is None:
        pytest.skip("rtmd is not built")
    reading, writing = os.pipe()
    with peers.Rtmd(tmp_path) as server, open(reading, encoding="utf-8") as errors:
        command = [LOAD, "fanout", "--wire", "rtm", "--port", str(server.port),
                   *server.load_arguments(), "--windows", "50", "--ms", "600000"]
        both = [subprocess.Popen(command, stderr=writing, stdout=subprocess.DEVNULL)
                for _ in range(2)]
        os.close(writing)
        line = errors.readline()
        for process in both:
            process.kill()
            process.wait()
    assert "deliveries of 50" in line or "answers to 50 messages" in line


def test_a_refused_quest_is_an_error(tmp_path):
    if peers.Rtmd.path() is None:
        pytest.skip("rtmd is not built")
    wrong = tmp_path / "wrong"
    wrong.write_text("another-secret\n")
    with peers.Rtmd(tmp_path) as server:
        error = run(server, "fanout", "rtm", "--secret-file", str(wrong), code=1)
    assert "the gate answers" in error


@pytest.mark.parametrize("wrong", ["0", "1,", "5x", "", "60001", "1,2,3,4,5,6,7,8,9"])
def test_wrong_windows_are_refused(wrong):
    done = subprocess.run([LOAD, "fanout", "--wire", "nats", "--port", "1", "--windows", wrong],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "usage:" in done.stderr
