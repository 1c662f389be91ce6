"""From the first call to the interpreter's end: connecting, losing, closing, Ctrl-C, fork, and what
is left behind."""

import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest

from helpers import DEADLINE, Record, Recorder, collector, message
from support.gate import PID, SECRET, Gate
from support.peer import CUT, LATER

import rtm

HERE = pathlib.Path(__file__).resolve().parent


def start(name, place):
    return subprocess.Popen([sys.executable, str(HERE / "programs.py"), name, place.endpoint],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONFAULTHANDLER": "1"})


def run(name, place):
    process = start(name, place)
    out, err = process.communicate(timeout=4 * DEADLINE)
    assert process.returncode == 0, (process.returncode, out, err)
    assert err == "", err
    return out.splitlines()


def refused_endpoint():
    """Where nobody listens: a port that was just let go."""
    import socket
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return "127.0.0.1:%d" % taken.getsockname()[1]


def never(quest):
    return LATER if quest.method in ("never", "addlisten") else {}


# Ends.

@pytest.mark.parametrize("name", ["exit_with_live_clients", "exit_in_a_call",
                                  "exit_with_a_full_stream"])
def test_exit(make_peer, gate, name):
    lines = run(name, make_peer(never) if name == "exit_in_a_call" else gate)
    assert lines[-1] == "leaving" or lines[:1] == ["leaving"]


def test_exit_with_an_endless_handler(gate):
    process = start("exit_with_an_endless_handler", gate)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out == "leaving\n"
    assert err == "1 clients were left behind: their handlers do not end\n"


def test_destroy_in_a_handler(gate):
    assert run("destroy_in_handlers", gate) == [
        "code: 10003, message: the client was destroyed"]


def test_clients_are_collected(make_peer):
    peer = make_peer()
    assert run("collected", peer) == ["0"]


def test_interrupts(make_peer):
    """Ctrl-C ends each wait at once, and the client is as good as before."""
    peer = make_peer(never)
    process = start("interrupted", peer)
    peer.wait_quest("never")
    process.send_signal(signal.SIGINT)
    peer.wait_quest("addlisten")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out.splitlines() == ["call", "interrupted", "listen", "interrupted", "done"]


def test_fork(make_peer):
    lines = run("forked", make_peer())
    assert lines == ["child done", "parent done"]


@pytest.mark.skipif("PYTHONMALLOC" in os.environ,
                    reason="counted in builds without sanitizers, with the interpreter's allocator")
def test_blocks_are_flat(make_peer):
    peer = make_peer()
    process = start("blocks", peer)
    peer.wait_quest("setlisten")
    link = peer.wait_connection()
    event = {"pid": 1, "event": "login", "uid": 9, "time": 1, "endpoint": "e", "data": ""}
    for first in range(0, 100000, 500):
        link.push_many([("pushmsg", message(mid=first + i, msg="text of %d" % (first + i),
                                            attrs="{}")) for i in range(500)]
                       + [("pushevent", event)])
    out, err = process.communicate(timeout=4 * DEADLINE)
    assert process.returncode == 0, err
    lines = out.splitlines()
    assert lines[0] == "listening"
    # What is in flight at the two moments differs by a few objects.
    assert abs(int(lines[1])) < 100


SUB_INTERPRETER = """
try:
    import _interpreters as sub  # 3.13
except ImportError:
    import _xxsubinterpreters as sub
one = sub.create()
try:
    told = getattr(sub, "exec", sub.run_string)(one, "import rtm")
    print(told and told.formatted)
except sub.RunFailedError as error:
    print(error)
"""


def test_sub_interpreters_are_refused():
    ended = subprocess.run([sys.executable, "-c", SUB_INTERPRETER], capture_output=True,
                           text=True, timeout=DEADLINE)
    # Where each may have its own lock, the interpreter itself refuses, in its own words.
    assert ("cannot be used in a sub-interpreter" in ended.stdout
            or "does not support loading in subinterpreters" in ended.stdout), ended


def test_destroy_ends_waits(make_peer, make_client):
    peer = make_peer(never)
    client = make_client(peer)
    told = collector(rtm.SendMessageCallback)
    results = Record()
    thread = threading.Thread(target=lambda: results.add(client.call("never", timeout=600000)))
    thread.start()
    peer.wait_quest("never")
    client.destroy()
    assert results.wait()[0][1].code == 10003
    thread.join(DEADLINE)
    assert client.kickout(1).code == 10003
    client.send_chat(1, 2, "x", "", callback=told)
    assert told.calls.wait()[0][2].code == 10003
    client.destory()  # again, by the published name
    assert client.stats() == {}


def test_destroy_waits_for_the_handler(make_peer, make_client):
    entered, leave, seen = threading.Event(), threading.Event(), Record()

    class Processor(rtm.RTMQuestProcessor):
        def push_chat(self, *args):
            entered.set()
            assert leave.wait(DEADLINE)
            seen.add(client.kickout(1))

    peer = make_peer()
    client = make_client(peer)
    client.set_quest_processor(Processor())
    client.set_all_listen(p2p=True)
    peer.wait_connection().push("pushmsg", message())
    assert entered.wait(DEADLINE)
    ending = threading.Thread(target=client.destroy)
    ending.start()
    peer.wait_connection().wait_closed()
    leave.set()
    ending.join(DEADLINE)
    assert not ending.is_alive()
    assert seen[0].code == 10003


def test_engine_ends_all(make_peer):
    peer = make_peer()
    clients = [rtm.RTMServerClient(PID, SECRET, peer.endpoint) for _ in range(3)]
    for client in clients:
        assert client.kickout(1) is None
    rtm.ClientEngine.destory()
    assert [client.kickout(1).code for client in clients] == [10003] * 3


def test_with(make_peer):
    peer = make_peer()
    with rtm.RTMServerClient(PID, SECRET, peer.endpoint) as client:
        assert client.kickout(1) is None
    assert client.kickout(1).code == 10003


# Connections.

class Connections(rtm.ConnectionCallback):
    def __init__(self):
        self.calls = Record()

    def connected(self, connection_id, endpoint):
        self.calls.add(("connected", connection_id, endpoint))

    def closed(self, connection_id, endpoint, caused_by_error):
        self.calls.add(("closed", connection_id, endpoint, caused_by_error))


def test_connection_callback(make_peer, make_client):
    peer = make_peer()
    client = make_client(peer)
    connections = Connections()
    client.set_connection_callback(connections)
    with pytest.raises(Exception, match="ConnectionCallback"):
        client.set_connection_callback(print)
    assert client.kickout(1) is None
    peer.wait_connection().cut()
    connections.calls.wait(3)
    client.close()
    assert client.kickout(1) is None
    assert connections.calls.wait(5) == [
        ("connected", 1, peer.endpoint), ("closed", 1, peer.endpoint, True),
        ("connected", 2, peer.endpoint), ("closed", 2, peer.endpoint, False),
        ("connected", 3, peer.endpoint)]


def test_without_reconnect_nothing_connects_by_itself(make_peer, make_client):
    peer = make_peer()
    client = make_client(peer, reconnect=False)
    assert client.kickout(1).code == 10002
    assert client.add_listen(gids=[1]).code == 10002
    assert client.reconnect() is None
    assert client.kickout(1) is None
    client.close()
    assert client.kickout(1).code == 10002
    assert client.reconnect() is None
    assert client.reconnect() is None  # a new one in place of the old
    peer.wait_connection(2)


@pytest.mark.parametrize("reconnect", [True, False])
def test_nobody_listens_there(reconnect):
    client = rtm.RTMServerClient(PID, SECRET, refused_endpoint(), reconnect)
    assert client.reconnect().code == 10005
    if reconnect:
        assert client.kickout(1).code == 10005
        assert client.send_chat(1, 2, "x", "")[2].code == 10005
        assert client.add_listen(gids=[1]).code == 10005
        told = collector(rtm.BasicCallback)
        client.set_listen(gids=[1], callback=told)
        assert told.calls.wait()[0][0].code == 10005
    client.destroy()


def test_calls_in_handlers_have_a_connection_of_their_own(make_peer, make_client):
    """It comes with the first such call, goes with close(), and is there without `reconnect`."""
    results = Record()

    class Processor(rtm.RTMQuestProcessor):
        def push_chat(self, from_uid, to_uid, mid, msg, attrs, mtime):
            results.add((mid, client.kickout(mid)))

    peer = make_peer()
    client = make_client(peer, reconnect=False)
    client.set_quest_processor(Processor())
    assert client.reconnect() is None
    assert client.kickout(100) is None
    for mid in (1, 2):
        peer.wait_connection().push("pushmsg", message(mid=mid))
        assert results.wait(mid)[mid - 1] == (mid, None)
    assert [quest.link.number for quest in peer.all("kickout")] == [0, 1, 1]
    assert client.stats()["quests_sent"] >= 3
    peer.wait_connection(1).cut()
    peer.wait_connection(1).wait_closed()
    peer.wait_connection().push("pushmsg", message(mid=3))
    assert results.wait(3)[2][1] in (None, rtm.QuestError(10003, "the connection was lost"))
    client.close()
    for link in peer.links:
        link.wait_closed()


def test_connection_that_is_cut(make_peer, make_client):
    peer = make_peer(lambda quest: CUT if quest.method == "kickout" else {})
    client = make_client(peer)
    assert client.kickout(1).code == 10003
    assert client.remove_token(1) is None  # the next call has a new connection


def test_listen_set_comes_back(tmp_path):
    """A real gate that goes and comes."""
    with Gate(tmp_path) as first:
        address = first.endpoint
        client = rtm.RTMServerClient(PID, SECRET, address, True)
        recorder = Recorder()
        listening = Record()
        client.set_quest_processor(recorder)
        client.set_listening_callback(listening.add)
        assert client.add_listen(gids=[5]) is None
        assert client.send_group_chat(1, 5, "one", "")[2] is None
        recorder.wait(1)
    with Gate(tmp_path, listens={"fpnn": {"address": address}}):
        listening.wait(3)
        assert listening[:3] == [True, False, True]
        assert client.send_group_chat(1, 5, "two", "")[2] is None
        assert recorder.wait(2)[1][4] == "two"
        client.destroy()


def test_units_of_time_outs(make_peer):
    """Milliseconds in the form of 2.0, seconds in the later one."""
    peer = make_peer(never)
    old = rtm.RTMServerClient(PID, SECRET, peer.endpoint, True, 20)
    assert old.call("never")[1].code == 10004
    later = rtm.RTMServerClient(PID, SECRET, peer.endpoint, timeout=0.02)
    assert later.call("never")[1].code == 10004
    assert later.call("never", timeout=0.01)[1].code == 10004
    assert (old._timeout(5), later._timeout(5), old._timeout(0)) == (5, 5000, 20)
    old.set_quest_timeout(0)
    assert old._timeout(0) == 30000
    for wrong in (-1, "5", float("inf"), float("nan")):
        with pytest.raises((TypeError, ValueError)):
            old.set_quest_timeout(wrong)
    for client in (old, later):
        client.destroy()


@pytest.mark.parametrize("words, kind", [
    (dict(pid=0), ValueError), (dict(pid="x"), TypeError), (dict(secret=""), ValueError),
    (dict(secret=None), TypeError), (dict(endpoint="nowhere"), ValueError),
    (dict(endpoint=5), TypeError), (dict(workers=0), ValueError), (dict(workers=1000), ValueError),
    (dict(slow_policy="perhaps"), ValueError), (dict(tls_ca_file="x"), ValueError),
    (dict(max_messages=-1), ValueError)])
def test_bad_settings(words, kind):
    given = {"pid": PID, "secret": SECRET, "endpoint": "127.0.0.1:1", **words}
    with pytest.raises(kind):
        rtm.RTMServerClient(**given).reconnect()


# Protection.

def test_encryption(tmp_path, gate_with_key):
    gate, public = gate_with_key
    for curve, strength in (("secp256k1", 128), ("secp256k1", 256), ("unknown", 5)):
        client = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True)
        client.enable_encryptor_by_pem_file(str(public), curve, strength)
        assert client.send_chat(1, 2, "secret", "")[2] is None
        with pytest.raises(Exception, match="before the first call"):
            client.enable_encryptor_by_pem_file(str(public))
        client.destroy()
    plain = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True)
    assert plain.send_chat(1, 2, "plain", "")[2].code in (10003, 10005, 20013)
    plain.destroy()
    with pytest.raises(OSError):
        plain.enable_encryptor_by_pem_file(str(tmp_path / "none"))
    wrong = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True)
    wrong.enable_encryptor_by_pem_file(__file__)
    with pytest.raises(ValueError, match="no public key"):
        wrong.kickout(1)


@pytest.fixture
def gate_with_key(tmp_path):
    from support.gate import program

    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    subprocess.run([program("RTM"), "keygen", "--private", str(private), "--public", str(public)],
                   check=True, capture_output=True)
    (tmp_path / "gate").mkdir()
    with Gate(tmp_path / "gate", store="memory:", listens={"fpnn": {
            "address": "127.0.0.1:0", "encryption": "required",
            "encryption-key": str(private)}}) as gate:
        yield gate, public
