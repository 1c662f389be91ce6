"""rtm who: a table for people, records for programs; the gate's pages are joined."""

import json
import os
import pty
import select
import subprocess

import pytest

from support import cli
from support.gate import DEADLINE, PID, SECRET, Gate, program
from support.peer import Error, Peer
from support.wire import Client

RTM = program("RTM")

pytestmark = pytest.mark.skipif(RTM is None or program("RTMD") is None, reason="not built")


def rtm(endpoint, *words):
    return subprocess.run([RTM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=DEADLINE, env=cli.connection(endpoint))


def test_records(tmp_path):
    with Gate(tmp_path, settings={"shards": 3}, projects={PID + 1: "other"}) as gate, \
            Client(gate.endpoint) as listener, Client(gate.endpoint) as quiet, \
            Client(gate.endpoint, pid=PID + 1, secret="other") as other:
        listener.ask_signed("setlisten", gids=[1, 2], rids=[], uids=[7], events=["login"],
                            p2p=False, group=False, room=True, ev=False)
        assert listener.answer()[0] == 0
        quiet.ask_signed("setlisten", gids=[])
        assert quiet.answer()[0] == 0
        other.prove()
        shown = rtm(gate.endpoint, "who")
        assert shown.returncode == 0 and shown.stderr == ""
        rows = [json.loads(line) for line in shown.stdout.splitlines()]
        assert len(rows) == 3  # rtm itself is the third
        name = "127.0.0.1:%d" % listener.sock.getsockname()[1]
        row = next(row for row in rows if row["peer"] == name)
        assert row.pop("id").split(":")[0] in ("0", "1", "2")
        assert row.pop("since").endswith("Z")
        assert row == {"v": 1, "ev": "connection", "peer": name, "uid": None, "gids": 2, "rids": 0,
                       "uids": 1, "queue_bytes": 0, "queue_pushes": 0, "dropped": 0,
                       "all": ["room"], "events": ["login"], "offsets": False}


def test_pages_are_joined(tmp_path):
    """More connections than fit on one page, and each once."""
    count = 230
    settings = {"shards": 2, "unproved-per-address": 1000}
    with Gate(tmp_path, settings=settings, store="memory:") as gate:
        clients = [Client(gate.endpoint) for _ in range(count)]
        try:
            for client in clients:
                client.prove()
            shown = rtm(gate.endpoint, "who")
            peers = [json.loads(line)["peer"] for line in shown.stdout.splitlines()]
            wanted = {"127.0.0.1:%d" % client.sock.getsockname()[1] for client in clients}
            assert len(peers) == len(set(peers)) == count + 1 and wanted < set(peers)
        finally:
            for client in clients:
                client.sock.close()


def test_a_table_on_a_terminal(tmp_path):
    with Gate(tmp_path) as gate, Client(gate.endpoint) as listener:
        listener.prove()
        master, slave = pty.openpty()
        process = subprocess.Popen([RTM, "who"], stdin=subprocess.DEVNULL, stdout=slave,
                                   stderr=subprocess.PIPE, env=cli.connection(gate.endpoint))
        os.close(slave)
        text = b""
        while select.select([master], [], [], DEADLINE)[0]:
            try:
                piece = os.read(master, 4096)
            except OSError:  # how the end of a terminal is told
                break
            text += piece
        os.close(master)
        assert process.wait(DEADLINE) == 0, process.stderr.read()
        process.stderr.close()
        lines = text.decode().replace("\r", "").splitlines()
        assert lines[0].split()[:3] == ["PEER", "USER", "SINCE"]
        name = "127.0.0.1:%d" % listener.sock.getsockname()[1]
        line = next(line for line in lines if line.startswith(name))
        assert line.endswith(" 1 groups") and " - " in line
        forced = rtm(gate.endpoint, "who", "-o", "text")
        assert forced.stdout.startswith("PEER ")


def test_other_gates_do_not_know_it():
    def answer(quest):
        return Error(10001, "unknown method")

    with Peer(answer) as peer:
        shown = rtm(peer.endpoint, "who")
        assert shown.returncode == cli.PEER_ERROR
        assert shown.stderr == f"rtm who: {peer.endpoint}: this gate cannot tell: it does not " \
                               "know the method rkwho\n"


def test_what_strangers_say_does_not_reach_the_terminal():
    row = {"id": "0:1", "peer": "\x1b[31mred\n", "uid": 0, "since": 0, "gids": 0, "rids": 0,
           "uids": 0, "all": ["\x07"], "events": [], "offsets": False, "queue_bytes": 0,
           "queue_pushes": 0, "dropped": 0}

    with Peer(lambda quest: {"rows": [row]}) as peer:
        shown = rtm(peer.endpoint, "who", "-o", "text")
        assert shown.returncode == 0 and len(shown.stdout.splitlines()) == 2
        assert "\x1b" not in shown.stdout and "\x07" not in shown.stdout
        record = json.loads(rtm(peer.endpoint, "who").stdout)
        assert record["peer"] == "\x1b[31mred\n" and record["all"] == ["\x07"]
        assert SECRET not in shown.stdout


@pytest.mark.parametrize("words", [["who", "me"], ["who", "-o", "raw"], ["who", "--nosuch"]])
def test_wrong_usage(words):
    assert rtm("127.0.0.1:1", *words).returncode == cli.USAGE
