"""The admin address of rtmd: what it shows is true, well formed and bounded, whoever asks."""

import contextlib
import os
import re
import select
import signal
import socket
import time

import pytest

from support import admin
from support.admin import Figures, get, wait_for
from support.gate import DEADLINE, PID, Gate, program
from support.wire import Client

pytestmark = pytest.mark.skipif(program("RTMD") is None, reason="rtmd is not built")

OTHER_PID = 11000002


@pytest.fixture
def gate(tmp_path):
    with Gate(tmp_path, listens=admin.LISTENS) as started:
        yield started


# --- form ---

# The text format's own grammar, from the ABNF of OpenMetrics 1.0.
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
NUMBER = r"(?:[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)"
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? {NUMBER}")
META = re.compile(rf"# (?:TYPE ({NAME}) (counter|gauge|histogram|info|unknown)"
                  rf"|UNIT ({NAME}) ([a-z]+)|HELP ({NAME}) (?:[^\\\n]|\\[\\n\"])+)")
SUFFIXES = {"counter": ["_total"], "gauge": [""], "info": ["_info"],
            "histogram": ["_bucket", "_count", "_sum"]}


def check_form(text):
    """Every line by the grammar, families whole and in one piece, units at the end of names."""
    lines = text.split("\n")
    assert lines[-2:] == ["# EOF", ""] and text.count("# EOF") == 1
    kinds, family, series = {}, None, set()
    for line in lines[:-2]:
        meta, sample = META.fullmatch(line), SAMPLE.fullmatch(line)
        assert meta or sample, line
        if meta:
            name = meta[1] or meta[3] or meta[5]
            if meta[1]:
                assert name not in kinds, f"{name} comes twice"
                family, kinds[name] = name, meta[2]
            assert name == family, line
            if meta[4]:
                assert name.endswith("_" + meta[4]), line
        else:
            assert sample[1] in [family + suffix for suffix in SUFFIXES[kinds[family]]], line
            assert line.rsplit(" ", 1)[0] not in series, line
            series.add(line.rsplit(" ", 1)[0])
    return kinds


def test_metrics_are_openmetrics(gate):
    status, headers, text = get(gate, "/metrics")
    assert status == 200
    assert headers["Content-Type"] == \
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    kinds = check_form(text)
    figures = Figures(gate)  # a parser that is not ours takes it, too
    assert set(figures.families) == set(kinds)
    for name, kind in kinds.items():
        assert figures.families[name].type == kind
    assert {"rtmd_connections", "rtmd_quests", "rtmd_answer_seconds", "rtmd_commit_seconds",
            "rtmd_messages", "rtmd_pushes", "rtmd_queue_bytes", "rtmd_queue_pushes",
            "rtmd_pushes_dropped", "rtmd_log_head", "rtmd_log_tail", "rtmd_log_pending_bytes",
            "rtmd_commits", "rtmd_commit_records", "rtmd_message_repeats", "rtmd_commit_errors",
            "rtmd_resident_memory_bytes", "rtmd_build", "rtmd_uptime_seconds"} <= set(kinds)


# --- truth ---


def histogram(figures, name, **labels):
    """Counts of its buckets; they rise, and the last is all."""
    buckets = [(float(dict(key[1])["le"].replace("+Inf", "inf")), value)
               for key, value in figures.samples.items()
               if key[0] == name + "_bucket" and labels.items() <= dict(key[1]).items()]
    values = [value for _, value in sorted(buckets)]
    assert values == sorted(values) and len(values) == 17
    assert values[-1] == figures.value(name + "_count", **labels)
    return values


def quests(figures, method, result):
    """Of the server side, or of neither."""
    side = "any" if method in ("*ping", "unknown") else "server"
    return figures.value("rtmd_quests_total", side=side, method=method, result=result)


def test_figures_are_what_happened(tmp_path):
    with Gate(tmp_path, listens=admin.LISTENS, projects={OTHER_PID: "another"}) as gate, \
            Client(gate.endpoint) as client, Client(gate.endpoint) as stranger:
        stranger.ping()
        client.ask_signed("setlisten", gids=[1])
        assert client.answer()[0] == 0
        for mid in range(1, 6):
            client.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                                 "msg": "x", "attrs": ""})
            assert client.answer()[0] == 0
        message = {"from": 1, "gid": 1, "mid": 5, "mtype": 51, "attrs": ""}
        client.ask_signed("sendgroupmsg", msg="x", **message)  # a repeat
        assert client.answer()[0] == 0
        client.ask_signed("sendgroupmsg", msg="other", **message)  # another with its number
        assert client.answer()[1]["code"] == 200053
        client.ask_signed("sendgroupmsg", secret="wrong", msg="x", **message)
        assert client.answer()[1]["code"] == 200002
        client.ask_signed("sendgroupmsg", **{"from": 1})
        assert client.answer()[1]["code"] == 200034
        client.ask_signed("nosuch\"method\n")
        assert client.answer()[1]["code"] == 20004
        # Three ticks: of both connections' shards, and of the owner.
        figures = wait_for(
            gate, lambda f: quests(f, "unknown", "invalid") and
            quests(f, "*ping", "ok") and
            f.value("rtmd_log_head", project=str(PID)) == 5, "all to be counted")
        check_form(figures.text)

        assert quests(figures, "sendgroupmsg", "ok") == 6
        assert quests(figures, "sendgroupmsg", "invalid") == 2
        assert quests(figures, "sendgroupmsg", "auth") == 1
        assert quests(figures, "setlisten", "ok") == 1 and quests(figures, "*ping", "ok") == 1
        assert "nosuch" not in figures.text
        assert figures.value("rtmd_connections", listen="fpnn") == 2
        assert figures.value("rtmd_connections_accepted_total", listen="fpnn") == 2
        assert figures.value("rtmd_connections_proved") == 1
        assert figures.value("rtmd_messages_total", project=str(PID), kind="group") == 5
        assert figures.value("rtmd_messages_total", project=str(OTHER_PID), kind="group") == 0
        assert figures.value("rtmd_message_repeats_total", project=str(PID),
                             result="answered") == 1
        assert figures.value("rtmd_message_repeats_total", project=str(PID),
                             result="refused") == 1
        assert figures.value("rtmd_log_tail", project=str(PID)) == 1
        assert figures.value("rtmd_log_head", project=str(OTHER_PID)) == 0
        assert figures.value("rtmd_pushes_total", kind="group") == 5
        # Seven answers came behind a commit, five at once; each is in a bucket.
        assert histogram(figures, "rtmd_answer_seconds", path="later")[-1] == 7
        assert histogram(figures, "rtmd_answer_seconds", path="turn")[-1] == 5
        commits = figures.value("rtmd_commits_total", project=str(PID))
        assert commits == 5
        assert histogram(figures, "rtmd_commit_records")[0] == 5  # each of one record
        assert figures.value("rtmd_commit_records_sum") == 5
        assert histogram(figures, "rtmd_commit_seconds")[-1] == 5
        assert figures.value("rtmd_commit_seconds_sum") > 0
        assert figures.value("rtmd_resident_memory_bytes") > 1 << 20
        assert figures.value("rtmd_queue_bytes") == 0
        client.sock.close()
        wait_for(gate, lambda f: f.value("rtmd_connections", listen="fpnn") == 1 and
                 f.value("rtmd_connections_proved") == 0, "the connection to be counted out")


def test_slow_connections_show(tmp_path):
    settings = {"queue-bytes": "64KiB"}
    with Gate(tmp_path, listens=admin.LISTENS, settings=settings, store="memory:") as gate:
        with Client(gate.endpoint, receive_buffer=4096) as listener, \
                Client(gate.endpoint) as sender:
            listener.prove()
            sender.prove()
            for mid in range(1, 1001):  # more than all buffers of the system hold
                sender.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                                     "msg": "x" * 20000, "attrs": ""})
                assert sender.answer()[0] == 0
            figures = wait_for(
                gate, lambda f: f.value("rtmd_pushes_dropped_total", policy="drop_oldest") and
                f.value("rtmd_log_head", project=str(PID)) == 1000, "drops")
            assert 0 < figures.value("rtmd_queue_bytes") <= 2 * 65536
            assert 0 < figures.value("rtmd_queue_pushes") <= 8
            assert figures.value("rtmd_pushes_dropped_total", policy="disconnect") == 0
        wait_for(gate, lambda f: f.value("rtmd_queue_bytes") == 0, "the queue to go")


# --- health ---


def test_health_and_readiness(tmp_path):
    gate = Gate(tmp_path, listens=admin.LISTENS, store="memory:", settings={"drain-ms": 600000})
    gate.start()
    try:
        assert get(gate, "/healthz")[::2] == (200, "alive\n")
        assert get(gate, "/readyz")[::2] == (200, "ready\n")
        assert Figures(gate).value("rtmd_ready") == 1
        with Client(gate.endpoint, receive_buffer=4096) as listener, \
                Client(gate.endpoint) as sender:
            listener.prove()
            sender.prove()
            for mid in range(1, 401):  # what is owed keeps it from ending
                sender.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                                     "msg": "x" * 20000, "attrs": ""})
                assert sender.answer()[0] == 0
            gate.process.send_signal(signal.SIGTERM)
            gate.wait_log("draining")
            assert get(gate, "/readyz")[::2] == (503, "draining\n")
            assert get(gate, "/healthz")[0] == 200
            assert Figures(gate).value("rtmd_ready") == 0
            gate.process.send_signal(signal.SIGTERM)
            assert gate.process.wait(DEADLINE) == 0
    finally:
        gate.stop()


def test_a_store_that_refuses_is_not_ready(tmp_path):
    settings = {"file-bytes": "64KiB"}  # of a file, so on SQLite whatever else is tested
    with Gate(tmp_path, store=f"sqlite:{tmp_path / 'store.db'}", listens=admin.LISTENS,
              settings=settings) as gate, Client(gate.endpoint) as client:
        client.prove()
        for mid in range(1, 100):
            client.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                                 "msg": "x" * 20000, "attrs": ""})
            status, _ = client.answer()
            if status != 0:
                break
        assert status != 0
        figures = wait_for(gate, lambda f: f.value("rtmd_ready") == 0, "the failure to show")
        assert figures.value("rtmd_commit_errors_total", project=str(PID)) >= 1
        assert quests(figures, "sendgroupmsg", "failed") >= 1
        status, _, text = get(gate, "/readyz")
        assert status == 503 and f"project {PID}: its last commit failed" in text


def test_a_store_file_that_cannot_be_written_is_not_ready(tmp_path):
    store = tmp_path / "store.db"
    with Gate(tmp_path, store=f"sqlite:{store}", listens=admin.LISTENS) as gate:
        store.rename(tmp_path / "gone.db")
        status, _, text = get(gate, "/readyz")
        assert status == 503 and "store.db: No such file" in text


# --- hostile peers ---


def raw(gate):
    host, port = gate.endpoints["admin"].rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=DEADLINE)


def read_all(sock):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            data += piece
    return data


def test_only_get_and_head(gate):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
        status, headers, _ = get(gate, "/metrics", method)
        assert status == 405 and headers["Allow"] == "GET, HEAD"
        assert get(gate, "/nosuch", method)[0] == 404
    status, headers, text = get(gate, "/metrics", "HEAD")
    assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000
    for path in ("/", "/metrics/", "/metrics%00", "/../metrics", "/" + "a" * 5000):
        assert get(gate, path)[0] == 404
    assert get(gate, "/metrics?x=1")[0] == 200


def test_bodies_are_not_taken(gate):
    """A body that would never end: the answer is there before, and the connection ends."""
    with raw(gate) as sock:
        sock.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxx")
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert get(gate, "/healthz")[0] == 200


def test_garbage_and_long_headers(gate):
    with raw(gate) as sock:
        sock.sendall(b"FPNN\x01\x80\x01\x05garbage\r\n\r\n")
        assert b"200 OK" not in read_all(sock)
    with raw(gate) as sock:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100000)
        assert b"200 OK" not in read_all(sock)
    assert get(gate, "/healthz")[0] == 200


def open_sockets(gate):
    """How many descriptors of the gate are sockets."""
    folder = f"/proc/{gate.process.pid}/fd"
    count = 0
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"{folder}/{name}").startswith("socket:")
    return count


def test_connections_are_bounded_and_silent_ones_end(gate):
    """Of 100 that say nothing 64 are taken; they end by themselves, and who waits is served."""
    before = open_sockets(gate)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(raw(gate)) for _ in range(100)]
        late = stack.enter_context(raw(gate))
        late.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while not select.select([silent[0]], [], [], 0)[0]:
            assert open_sockets(gate) <= before + 64
            select.select([silent[0]], [], [], 0.1)
        assert read_all(silent[0]) == b""
        late.settimeout(3 * DEADLINE)
        assert read_all(late).endswith(b"alive\n")


def test_fpnn_goes_on_beside(gate):
    """Scrapes and quests do not hold each other up."""
    with Client(gate.endpoint) as client:
        client.prove()
        connection = admin.connect(gate)  # one connection, kept
        for _ in range(50):
            connection.request("GET", "/metrics")
            check_form(connection.getresponse().read().decode())
            client.ping()
        connection.close()


# --- addresses ---


def test_unix_socket(tmp_path):
    path = tmp_path / "admin.sock"
    listens = {"fpnn": {"address": "127.0.0.1:0"},
               "admin": {"address": f"unix:{path}", "protocol": "admin"}}
    with Gate(tmp_path, listens=listens) as gate:
        assert gate.endpoints["admin"] == f"unix:{path}"
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(DEADLINE)
            sock.connect(str(path))
            sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert read_all(sock).endswith(b"\r\n\r\nalive\n")
    assert not path.exists()


def test_the_address_of_gate_counts_beside_an_admin_address(tmp_path):
    """[listen admin] alone does not take the place of the address of [gate]."""
    listens = {"admin": {"address": "127.0.0.1:0", "protocol": "admin"}}
    with Gate(tmp_path, listens=listens, settings={"listen": "127.0.0.1:0"}) as gate:
        assert set(gate.endpoints) == {"fpnn", "admin"}
        with Client(gate.endpoint) as client:
            client.prove()


def test_an_address_that_is_taken_is_told(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = "127.0.0.1:%d" % other.getsockname()[1]
        listens = {"fpnn": {"address": "127.0.0.1:0"},
                   "admin": {"address": address, "protocol": "admin"}}
        with pytest.raises(AssertionError, match=f"cannot listen on {address}"):
            with Gate(tmp_path, listens=listens):
                pass


def test_uptime_rises(gate):
    first = Figures(gate).value("rtmd_uptime_seconds")
    assert wait_for(gate, lambda f: f.value("rtmd_uptime_seconds") > first, "time to pass")
    started = Figures(gate).value("rtmd_start_time_seconds")
    assert abs(time.time() - started) < 600 and os.path.exists(f"/proc/{gate.process.pid}")
