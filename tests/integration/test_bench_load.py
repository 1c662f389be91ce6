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


def test_idle_connections_hold(served):
    server, wire = served
    row, = run(server, "idle", wire, "--conns", "50", "--listen")
    assert row["conns"] == 50 and row["listens"]


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
