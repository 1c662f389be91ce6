"""Values through the whole way: Python, the wire, the gate, the wire, Python."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import Recorder
from support.peer import Peer

import rtm

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
# Every plane; lone surrogates are no text.
TEXT = st.text(st.characters(blacklist_categories=("Cs",)))
RELAXED = settings(deadline=None, max_examples=150,
                   suppress_health_check=[HealthCheck.function_scoped_fixture])


class Echo:
    """Answers with what it was sent; keeps the quests."""

    def __init__(self):
        self.peer = Peer(self.answer)

    def answer(self, quest):
        if quest.method.startswith("*"):
            return {}
        return {key: value for key, value in quest.params.items()
                if key not in ("pid", "sign", "salt", "ts")}


@pytest.fixture(scope="module")
def echo():
    made = Echo()
    client = rtm.RTMServerClient(1, "secret", made.peer.endpoint, True)
    yield client
    client.destroy()
    made.peer.close()


VALUES = st.recursive(
    st.none() | st.booleans() | INT64 | st.floats(allow_nan=False) | TEXT | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        TEXT.filter(lambda key: "\0" not in key), inner, max_size=4),
    max_leaves=12)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@RELAXED
@given(VALUES.filter(lambda value: depth(value) <= 6))
def test_any_value_comes_back(echo, value):
    answer, error = echo.call("echo", {"x": value})
    assert error is None
    assert answer == {"x": value} and type(answer["x"]) is type(value)


@pytest.mark.parametrize("value", [(1 << 63) - 1, -(1 << 63), 1 << 53, (1 << 32) - 1, -1, 0, 127,
                                   128, -32, -33, 65535, 65536])
def test_edges_of_integers(echo, value):
    assert echo.call("echo", {"x": value}) == ({"x": value}, None)


@pytest.mark.parametrize("value, kind", [
    (1 << 63, OverflowError), (-(1 << 63) - 1, OverflowError), ("\ud800", UnicodeEncodeError),
    (object(), TypeError), ({1: 2}, TypeError), ({"\0": 1}, ValueError), (1j, TypeError),
    ([[[[[[[[[1]]]]]]]]], ValueError)])
def test_what_cannot_be_sent(echo, value, kind):
    with pytest.raises(kind):
        echo.call("echo", {"x": value})
    assert echo.call("echo", {"x": 1}) == ({"x": 1}, None)


def test_other_forms(echo):
    class Index:
        def __index__(self):
            return 7

    answer, error = echo.call("echo", {"a": (1, 2), "b": {3}, "c": bytearray(b"x"),
                                       "d": memoryview(b"y"), "e": Index(), "f": range(3),
                                       "g": (i for i in (4, 5)), "h": rtm.ChatMessageType.CMD})
    assert error is None
    assert answer == {"a": [1, 2], "b": [3], "c": b"x", "d": b"y", "e": 7, "f": [0, 1, 2],
                      "g": [4, 5], "h": 32}


# Messages, through a real gate.

@pytest.fixture(scope="module")
def pair(gate):
    from support.gate import PID, SECRET

    recorder = Recorder()
    client = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True)
    client.set_quest_processor(recorder)
    assert client.set_all_listen(True, True, True, True) is None
    yield client, recorder
    client.destroy()


@RELAXED
@given(msg=TEXT.filter(lambda text: len(text.encode()) <= 2000) | st.binary(max_size=2000),
       attrs=TEXT.filter(lambda text: len(text.encode()) <= 500),
       from_uid=st.integers(1, (1 << 63) - 1), to=st.integers(1, (1 << 63) - 1),
       mtype=st.integers(51, 127))
def test_a_message_comes_as_it_was_sent(pair, msg, attrs, from_uid, to, mtype):
    client, recorder = pair
    before = len(recorder.calls)
    mid, mtime, error = client.send_group_message(mtype, from_uid, to, msg, attrs)
    assert error is None
    call = recorder.wait(before + 1)[before]
    assert call == ("push_group_message", from_uid, to, mtype, mid, msg, attrs, mtime)
    assert type(call[5]) is type(msg)


@pytest.mark.parametrize("mid", [1, (1 << 53) + 1, (1 << 63) - 1])
def test_message_numbers(pair, mid):
    client, recorder = pair
    before = len(recorder.calls)
    assert client.send_chat(1, 2, "x", "", mid)[0] == mid
    assert recorder.wait(before + 1)[before][3] == mid


def test_numbers_that_are_made():
    client = rtm.RTMServerClient(1, "s", "127.0.0.1:1", True)
    made = [client.gen_mid() for _ in range(10000)]
    assert made == sorted(set(made)) and 0 < made[0] and made[-1] < 1 << 53


def test_signature():
    client = rtm.RTMServerClient(11000001, "not-a-real-secret", "127.0.0.1:1", True)
    import hashlib
    text = b"11000001:not-a-real-secret:5:sendmsg:1700000000"
    assert client.gen_sign(5, "sendmsg", 1700000000) == hashlib.md5(text).hexdigest().upper()
