"""How messages come to handlers: order, threads, bounds, what handlers may do, and what becomes
of their exceptions."""

import logging
import subprocess
import threading

import pytest

from helpers import DEADLINE, PUSHES, Record, Recorder, collector, message
from support.gate import program
from support.peer import Error

import rtm


def push_call(index, **changes):
    return ("pushmsg", message(mid=index, **changes))


class Each(rtm.RTMQuestProcessor):
    """Hands every chat text to a function."""

    def __init__(self, function):
        self.function = function

    def push_chat(self, from_uid, to_uid, mid, msg, attrs, mtime):
        self.function(from_uid, to_uid, mid, msg)

    def push_group_chat(self, from_uid, gid, mid, msg, attrs, mtime):
        self.function(from_uid, gid, mid, msg)


def start(make_peer, make_client, processor, **options):
    peer = make_peer()
    client = make_client(peer, **options)
    client.set_quest_processor(processor)
    assert client.set_all_listen(p2p=True) is None
    return peer, client, peer.wait_connection()


def test_a_blocking_call_inside_a_handler(gate, make_client):
    """As bots do: an answer to each message, with a call that waits."""
    results = Record()

    class Bot(rtm.RTMQuestProcessor):
        def push_message(self, from_uid, to_uid, mtype, mid, msg, attrs, mtime):
            if mtype == 51:
                results.add(client.send_message(52, to_uid, from_uid, "re: " + msg, attrs))
            else:
                results.add(msg)

    client = make_client(gate)
    client.set_quest_processor(Bot())
    assert client.add_listen(uids=[701, 702]) is None
    for index in range(100):
        mid, mtime, error = client.send_message(51, 701, 702, str(index), "")
        assert error is None
    told = results.wait(200)
    assert [one for one in told if isinstance(one, str)] == [f"re: {i}" for i in range(100)]
    assert all(one[2] is None for one in told if isinstance(one, tuple))


def test_every_callback_may_make_blocking_calls(make_peer, make_client):
    """Of a call, of a connection, of a ping, of an event."""
    results = Record()
    peer = make_peer()
    client = make_client(peer)

    class Connection(rtm.ConnectionCallback):
        def connected(self, connection_id, endpoint):
            results.add(("connected", connection_id, endpoint, client.kickout(1)))

    class Done(rtm.BasicCallback):
        def callback(self, error):
            results.add(("done", error, client.kickout(1)))

    class Processor(rtm.RTMQuestProcessor):
        def ping(self):
            results.add(("ping", client.kickout(1)))

        def push_event(self, *args):
            results.add(("event", client.kickout(1)))

    client.set_connection_callback(Connection())
    client.set_quest_processor(Processor())
    assert client.add_listen(events=["login"], callback=Done()) is None
    assert set(results.wait(2)) == {("connected", 1, peer.endpoint, None), ("done", None, None)}
    link = peer.wait_connection()
    link.push("ping", {})
    assert results.wait(3)[2] == ("ping", None)
    link.push("pushevent", {"pid": 1, "event": "login", "uid": 9, "time": 1, "endpoint": "e"})
    assert results.wait(4)[3] == ("event", None)


@pytest.mark.parametrize("workers", [1, 4])
def test_order_of_each_conversation(make_peer, make_client, workers):
    seen = Record()
    peer, client, link = start(make_peer, make_client,
                               Each(lambda f, to, mid, msg: seen.add((to, mid))), workers=workers)
    count = 4000
    for first in range(0, count, 500):
        link.push_many(("pushgroupmsg", {**message(mid=i), "gid": i % 16})
                       for i in range(first, first + 500))
    told = seen.wait(count)
    for group in range(16):
        assert [mid for to, mid in told if to == group] == list(range(group, count, 16))
    # A push counts as delivered when its handler has returned, which its answer tells.
    peer.wait(lambda: len(link.answers) == count, f"{count} answers")
    stats = client.stats()
    assert stats["pushes_delivered"] == stats["pushes_received"] == count


def test_conversations_do_not_wait_for_each_other(make_peer, make_client):
    """With two threads, one conversation stands in its handler until others are through."""
    others = threading.Event()
    seen = Record()

    def handle(from_uid, to, mid, msg):
        if msg == "hold":
            assert others.wait(DEADLINE)
        seen.add((to, mid))
        if len(seen) >= 8:
            others.set()

    _, _, link = start(make_peer, make_client, Each(handle), workers=4)
    link.push("pushgroupmsg", {**message(mid=1, msg="hold"), "gid": 1})
    for group in range(2, 40):
        link.push("pushgroupmsg", {**message(mid=group), "gid": group})
    assert len(seen.wait(39)) == 39
    assert seen.index((1, 1)) >= 8


def test_answer_comes_when_the_handler_has_returned(make_peer, make_client):
    entered, leave = threading.Event(), threading.Event()

    def handle(*args):
        entered.set()
        assert leave.wait(DEADLINE)

    peer, client, link = start(make_peer, make_client, Each(handle))
    seq = link.push("pushmsg", message())
    assert entered.wait(DEADLINE)
    assert client.kickout(1) is None  # what would be answered by now is
    assert not any(answer.seq == seq for answer in link.answers)
    assert client.stats()["pushes_unanswered"] == 1
    leave.set()
    assert link.wait_answer(seq).params == {}


def test_answer_first(make_peer, make_client):
    leave = threading.Event()
    peer, client, link = start(make_peer, make_client, Each(lambda *args: leave.wait(DEADLINE)),
                               answer_first=True)
    seq = link.push("pushmsg", message())
    assert link.wait_answer(seq).params == {}
    leave.set()


@pytest.mark.parametrize("policy, kept", [("drop_oldest", [0, 6, 7, 8, 9]),
                                          ("drop_newest", [0, 1, 2, 3, 4])])
def test_drop_policies(make_peer, make_client, policy, kept):
    entered, leave = threading.Event(), threading.Event()
    seen, dropped = Record(), Record()

    def handle(from_uid, to, mid, msg):
        entered.set()
        assert leave.wait(DEADLINE)
        seen.add(mid)

    peer, client, link = start(make_peer, make_client, Each(handle), max_messages=5,
                               slow_policy=policy)
    client.set_dropped_callback(lambda *what: dropped.add(what))
    link.push("pushmsg", message(mid=0))
    assert entered.wait(DEADLINE)
    link.push_many(push_call(mid) for mid in range(1, 10))
    told = dropped.wait(5)
    assert [what[3] for what in told] == [mid for mid in range(10) if mid not in kept]
    assert told[0][:3] == (rtm.MessageType.P2P_MESSAGE, 3, 4)
    stats = client.stats()
    assert (stats["pushes_received"], stats["pushes_dropped"], stats["pushes_queued"]) == (10, 5, 5)
    leave.set()
    assert seen.wait(5) == kept


def test_waiting_loses_nothing(gate, make_client, tmp_path):
    """A slow handler, a small bound, a fast sender: all comes, in order."""
    seen = Record()
    client = make_client(gate, max_messages=16)
    client.set_quest_processor(Each(lambda f, to, mid, msg: seen.add(msg)))
    assert client.add_listen(gids=[801]) is None
    count = 20000
    (tmp_path / "lines").write_text("".join(f"{i}\n" for i in range(count)))
    with open(tmp_path / "lines") as lines:
        subprocess.run([program("RTM"), "send", "group", "801", "-l", "--from", "5", "-q",
                        *gate.flags], stdin=lines, check=True)
    assert seen.wait(count) == [str(i) for i in range(count)]
    stats = client.stats()
    assert stats["pushes_dropped"] == 0


def test_blocking_calls_while_the_client_does_not_read(gate, make_client, tmp_path):
    """A flood, a small bound, and a handler that makes a call for each message: the answers must
    not wait behind the pushes that are not read."""
    errors, seen = Record(), Record()

    def handle(from_uid, to, mid, msg):
        error = client.send_group_chat(6, 803, msg, "", timeout=20000)[2]
        if error is not None:
            errors.add(error)
        seen.add(msg)

    client = make_client(gate, max_messages=16)
    client.set_quest_processor(Each(handle))
    assert client.add_listen(gids=[802]) is None
    count = 6000  # of 1,000 bytes: far more than is read ahead for answers
    (tmp_path / "lines").write_text("".join(f"{i} {'x' * 1000}\n" for i in range(count)))
    with open(tmp_path / "lines") as lines:
        subprocess.run([program("RTM"), "send", "group", "802", "-l", "--from", "5", "-q",
                        *gate.flags], stdin=lines, check=True)
    assert [msg.split()[0] for msg in seen.wait(count)] == [str(i) for i in range(count)]
    assert errors == []


@pytest.fixture
def logged():
    """The errors that are logged to "rtm", to be waited for."""
    records = Record()
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.add
    logging.getLogger("rtm").addHandler(handler)
    yield records
    logging.getLogger("rtm").removeHandler(handler)


@pytest.mark.parametrize("hooked", [True, False])
def test_exceptions_in_every_callback(make_peer, make_client, logged, hooked):
    """None is swallowed, none is fatal: the next message comes."""
    def answer(quest):
        return Error(1, "no") if quest.method == "kickout" else {}
    peer = make_peer(answer)
    client = make_client(peer)
    told, after = Record(), Record()

    class Wrong(Exception):
        pass

    def fail(name):
        def method(self, *args):
            raise Wrong(name)
        return method

    processor = type("Failing", (rtm.RTMQuestProcessor,), {name: fail(name) for name in PUSHES})()
    failing_connection = type("C", (rtm.ConnectionCallback,), {"connected": fail("connected")})()
    failing_call = type("B", (rtm.BasicCallback,), {"callback": fail("callback")})()
    if hooked:
        client.set_error_hook(lambda error, where: told.add((type(error), where, str(error))))
    client.set_connection_callback(failing_connection)
    client.set_quest_processor(processor)
    client.set_listening_callback(fail("listening"))
    assert client.set_all_listen(p2p=True) is None
    client.kickout(1, callback=failing_call)
    link = peer.wait_connection()
    mid = 0
    for kind, key in (("", "to"), ("group", "gid"), ("room", "rid")):
        for mtype in (51, 40, 30, 31, 32):
            mid += 1
            link.push(f"push{kind}msg", {**message(mid=mid, mtype=mtype), key: 4})
    link.push("pushevent", {"pid": 1, "event": "login", "uid": 9, "time": 1, "endpoint": "e"})
    link.push("ping", {})
    assert link.wait_answer().params == {}
    if hooked:
        names = {where for kind, where, text in told.wait(len(PUSHES) + 3)}
        assert set(PUSHES) <= names
        assert all(kind in (Wrong, TypeError) for kind, _, _ in told)
    else:
        records = logged.wait(len(PUSHES) + 3)
        assert {f"{name} has raised Wrong" for name in PUSHES} <= {
            one.getMessage() for one in records}
        assert all(one.exc_info for one in records)
    client.set_quest_processor(Each(lambda *args: after.add(args)))
    link.push("pushmsg", message(mid=1000))
    assert after.wait()


def test_an_exception_in_the_hook(make_peer, make_client, monkeypatch):
    import sys
    unraisable, seen = Record(), Record()
    monkeypatch.setattr(sys, "unraisablehook", lambda what: unraisable.add(what.exc_type))

    def handle(from_uid, to, mid, msg):
        seen.add(mid)
        raise ValueError

    def hook(error, where):
        raise KeyError

    _, client, link = start(make_peer, make_client, Each(handle))
    client.set_error_hook(hook)
    link.push("pushmsg", message(mid=1))
    link.push("pushmsg", message(mid=2))
    assert unraisable.wait(2) == [KeyError, KeyError] and seen.wait(2) == [1, 2]


def test_a_processor_may_be_changed(make_peer, make_client):
    first, second = Recorder(), Recorder()
    _, client, link = start(make_peer, make_client, first)
    link.push("pushmsg", message(mid=1))
    first.wait()
    client.set_quest_processor(second)
    link.push("pushmsg", message(mid=2))
    second.wait()
    client.set_quest_processor(None)
    link.push("pushmsg", message(mid=3))
    assert link.wait_answer().params == {}
    assert client.kickout(1) is None
    assert len(first.calls) == len(second.calls) == 1


def test_handlers_keep_their_thread(make_peer, make_client):
    local, seen = threading.local(), Record()

    def handle(*args):
        local.count = getattr(local, "count", 0) + 1
        seen.add((threading.get_ident(), local.count))

    _, _, link = start(make_peer, make_client, Each(handle))
    for mid in range(5):
        link.push("pushmsg", message(mid=mid))
        seen.wait(mid + 1)  # so that each is a run of its own
    assert [count for _, count in seen] == [1, 2, 3, 4, 5]
    assert len({ident for ident, _ in seen}) == 1
    assert seen[0][0] != threading.get_ident()


def test_gap_and_restored_set(make_peer, make_client):
    gaps, listening = Record(), Record()
    peer = make_peer()
    client = make_client(peer)
    client.set_gap_callback(gaps.add)
    client.set_listening_callback(listening.add)
    assert client.add_listen(gids=[7, 8], events=["login"]) is None
    assert client.set_all_listen(room=True) is None
    peer.wait_connection().cut()
    gap = gaps.wait()[0]
    assert (gap.groups, gap.rooms, gap.users, gap.events) == ([7, 8], [], [], ["login"])
    assert (gap.all_p2p, gap.all_groups, gap.all_rooms, gap.all_events) == (False, False, True,
                                                                            False)
    assert 0 < gap.from_ms <= gap.to_ms
    restored = peer.wait_connection(1) and peer.all("setlisten")[-1].params
    assert restored["gids"] == [7, 8] and restored["room"] is True
    assert listening.wait(3)[:1] == [True] and listening[-1] is True


def test_threads_hammer_one_client(gate, make_client):
    seen = Record()
    client = make_client(gate, workers=2)
    client.set_quest_processor(Each(lambda f, to, mid, msg: seen.add((f, msg))))
    assert client.add_listen(gids=[901]) is None
    problems = []

    def hammer(number):
        told = []
        for index in range(200):
            if index % 4 == 0:
                told.append(collector(rtm.SendMessageCallback))
                client.send_group_chat(number, 901, str(index), "", callback=told[-1])
            elif index % 4 == 1:
                if client.add_listen(gids=[10000 + number]) is not None:
                    problems.append("listen")
                client.send_group_chat(number, 901, str(index), "")
            else:
                error = client.send_group_chat(number, 901, str(index), "")[2]
                if error is not None:
                    problems.append(error)
                client.stats()
        for one in told:
            if one.calls.wait()[0][2] is not None:
                problems.append("callback")

    threads = [threading.Thread(target=hammer, args=[number]) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert problems == []
    told = seen.wait(1600)
    for number in range(1, 9):
        assert sorted(int(msg) for f, msg in told if f == number) == list(range(200))


def test_log_lines_go_to_logging(make_peer, make_client, caplog):
    with caplog.at_level(logging.INFO, logger="rtm"):
        peer = make_peer()
        client = make_client(peer)
        assert client.kickout(1) is None
        assert client.kickout(1, callback=(done := collector(rtm.BasicCallback))) is None
        done.calls.wait()
    lines = [record for record in caplog.records if record.name == "rtm"]
    assert any("connected to" in record.getMessage() for record in lines)
    assert all(record.levelno >= logging.INFO for record in lines)
