"""Our MessagePack and JSON codecs against those of Python, through msgpack_diff_driver.

Deterministic: hypothesis is derandomized, the mutations come from fixed seeds.

Known differences, each handled where it is named below:
  depth       ours stops at 32 levels, Python's at 1024
  timestamp   Python makes an object of ext -1, and refuses one that is not 4, 8 or 12 bytes or
              has too many nanoseconds
  NaN         which of the many is not compared
"""

import base64
import json
import math
import os
import pathlib
import random
import struct
import subprocess
from typing import NamedTuple

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DRIVER = pathlib.Path(os.environ.get("RTMKIT_BUILD", ".")) / "tests/bin/msgpack_diff_driver"
DEPTH_MAX = 32
TREES = 30  # hypothesis examples a test
MUTANTS = 6000
JSON_MUTANTS = 4000

STEADY = settings(max_examples=TREES, derandomize=True, database=None, deadline=None,
                  suppress_health_check=list(HealthCheck))


class Driver:
    def __init__(self):
        self.process = subprocess.Popen([DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, rest):
        if isinstance(rest, bytes):
            rest = rest.hex() or "-"
        self.process.stdin.write(f"{verb} {rest}\n".encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode()
        assert answer.endswith("\n"), f"the driver ended on: {verb} {rest}"
        word, _, rest = answer[:-1].partition(" ")
        return word == "ok", rest

    def ask_bytes(self, verb, rest):
        done, answer = self.ask(verb, rest)
        return done, unhex(answer) if done else answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


@pytest.fixture(scope="module")
def driver():
    it = Driver()
    yield it
    it.close()


def unhex(text):
    return b"" if text == "-" else bytes.fromhex(text)


# Trees: None, bool, int, float, str, bytes, ExtType, list, and Map: a list of pairs, which may
# have any keys, and one key twice.


class Map(list):
    pass


class Ext(NamedTuple):
    """As read: msgpack.ExtType takes no negative code."""

    code: int
    data: bytes


def hexed(data):
    return data.hex() or "-"


def float_word(value):
    return "nan" if math.isnan(value) else "f" + struct.pack(">d", value).hex()


def words(tree):
    """A tree in the words of the driver."""
    if tree is None:
        return ["nil"]
    if isinstance(tree, bool):
        return ["true" if tree else "false"]
    if isinstance(tree, int):
        return [f"i{tree}"]
    if isinstance(tree, float):
        return [float_word(tree)]
    if isinstance(tree, str):
        return ["s" + hexed(tree.encode("utf-8", "surrogateescape"))]
    if isinstance(tree, bytes):
        return ["b" + hexed(tree)]
    if isinstance(tree, (Ext, msgpack.ExtType)):
        return [f"e{tree.code}:{hexed(tree.data)}"]
    if isinstance(tree, msgpack.Timestamp):
        return ["timestamp"]
    if isinstance(tree, Map):
        return [f"m{len(tree)}", *(word for pair in tree for item in pair for word in words(item))]
    return [f"a{len(tree)}", *(word for item in tree for word in words(item))]


def comparable(ours):
    """The driver's words without what is known to differ."""
    result = []
    for word in ours:
        if word[0] == "f" and len(word) == 17:
            word = float_word(struct.unpack(">d", bytes.fromhex(word[1:]))[0])
        elif word.startswith("e-1:"):
            word = "timestamp"
        result.append(word)
    return result


def depth(tree):
    """Levels of arrays and maps that hold something, as our reader counts them."""
    if isinstance(tree, Map):
        inner = [item for pair in tree for item in pair]
    elif isinstance(tree, list):
        inner = tree
    else:
        return 0
    return 1 + max(map(depth, inner)) if inner else 0


def pack(tree, packer):
    if isinstance(tree, Map):
        head = packer.pack_map_header(len(tree))
        return head + b"".join(pack(key, packer) + pack(value, packer) for key, value in tree)
    if isinstance(tree, list):
        head = packer.pack_array_header(len(tree))
        return head + b"".join(pack(item, packer) for item in tree)
    return packer.pack(tree)


def python_read(data):
    """(tree, bytes used), or None if Python refuses."""
    unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape",
                                strict_map_key=False, use_list=True, object_pairs_hook=Map,
                                ext_hook=Ext, max_buffer_size=1 << 26)
    unpacker.feed(data)
    try:
        return unpacker.unpack(), unpacker.tell()
    except (ValueError, msgpack.UnpackException):
        return None


def check_read(driver, data):
    accepted, rest = driver.ask("read", data)
    theirs = python_read(data)
    if not accepted:
        if rest == "depth" and theirs is not None:
            assert depth(theirs[0]) > DEPTH_MAX
        else:
            assert theirs is None, f"only Python reads {data.hex()}"
        return False
    used, *ours = rest.split(" ")
    if theirs is None:
        # A timestamp of a wrong form: what stands before and behind it cannot be compared.
        assert any(word.startswith("e-1:") for word in ours), f"only we read {data.hex()}"
        return True
    assert int(used) == theirs[1]
    assert comparable(ours) == words(theirs[0])
    return True


INTS = st.one_of(
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.integers(-200, 300),
    st.builds(lambda bit, near, sign: max(-(1 << 63), min(sign * (1 << bit) + near, (1 << 64) - 1)),
              st.integers(0, 64), st.integers(-2, 2), st.sampled_from([1, -1])))
STRS = st.one_of(st.text(max_size=40), st.integers(0, 70000).map(lambda n: "é" * (n % 300)))
BINS = st.one_of(st.binary(max_size=40), st.integers(0, 70000).map(lambda n: b"\xff" * (n % 300)))
EXTS = st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=20))


def trees(leaves, keys):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=20),
            st.lists(st.tuples(keys(inner), inner), max_size=20).map(Map)),
        max_leaves=40)


PLAIN = st.one_of(st.none(), st.booleans(), INTS, st.floats(), STRS, BINS)
ANY_TREES = trees(st.one_of(PLAIN, EXTS), lambda inner: st.one_of(STRS, inner))
PLAIN_TREES = trees(PLAIN, lambda inner: st.one_of(STRS, INTS))


@STEADY
@given(tree=ANY_TREES)
def test_reader_sees_what_python_packed(driver, tree):
    data = pack(tree, msgpack.Packer())
    accepted, rest = driver.ask("read", data + b"\xc1")
    if depth(tree) > DEPTH_MAX:
        assert (accepted, rest) == (False, "depth")
        return
    assert accepted
    used, *ours = rest.split(" ")
    assert int(used) == len(data)
    assert comparable(ours) == words(tree)
    # A cut anywhere leaves it short.
    for cut in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
        assert driver.ask("read", data[:cut]) == (False, "short")


@STEADY
@given(value=st.floats(width=32))
def test_reader_sees_single_floats(driver, value):
    data = msgpack.Packer(use_single_float=True).pack(value)
    assert data[0] == 0xCA
    assert check_read(driver, data)


@STEADY
@given(tree=PLAIN_TREES)
def test_python_unpacks_what_we_write(driver, tree):
    done, data = driver.ask_bytes("write", " ".join(words(tree)).replace("nan", "f7ff8000000000000"))
    assert done
    unpacked, used = python_read(data)
    assert used == len(data)
    assert words(unpacked) == words(tree)
    if "nan" not in words(tree):
        assert data == pack(tree, msgpack.Packer())  # both choose the shortest forms


@pytest.mark.parametrize("size", [0, 15, 16, 31, 32, 255, 256, 65535, 65536, 70000])
def test_long_values_agree(driver, size):
    for tree in ("x" * size, b"x" * size, [None] * size, Map([(1, 2)] * size)):
        data = pack(tree, msgpack.Packer())
        assert check_read(driver, data)
        assert driver.ask_bytes("write", " ".join(words(tree))) == (True, data)


def random_tree(rng, levels, keys):
    kind = rng.randrange(11 if levels > 0 else 7)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind <= 2:
        value = (1 << rng.randrange(64)) + rng.randrange(-2, 3)
        return -value if rng.random() < 0.4 and value <= 1 << 63 else min(value, (1 << 64) - 1)
    if kind == 3:
        return rng.choice([0.0, -0.0, 1.5, 1e300, rng.uniform(-1e6, 1e6), 5e-324, float("inf")])
    if kind <= 5:
        return rng.choice(["", "a", "naïve", "好", "\U0001f600", "\"\\/\n\x00\x7f", "x" * 40])
    if kind == 6:
        return rng.randbytes(rng.choice([0, 1, 5, 33]))
    if kind <= 8:
        return [random_tree(rng, levels - 1, keys) for _ in range(rng.randrange(18))]
    return Map((keys(rng, levels), random_tree(rng, levels - 1, keys))
               for _ in range(rng.randrange(18)))


def any_key(rng, levels):
    return random_tree(rng, levels - 1, any_key) if rng.random() < 0.2 else rng.choice("abc")


def mutate(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        at = rng.randrange(len(data)) if data else 0
        what = rng.randrange(6)
        if what == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif what == 1 and data:
            data[at] = rng.randrange(256)
        elif what == 2:
            data[at:at] = rng.randbytes(rng.choice([1, 2, 9]))
        elif what == 3:
            del data[at:at + rng.choice([1, 2, 9])]
        elif what == 4:
            del data[at:]
        else:
            data[at:at + 1] = bytes([rng.randrange(0xC0, 0xE0)])
    return bytes(data)


def test_mutated_bytes_are_judged_alike(driver):
    rng = random.Random(20240229)
    packer = msgpack.Packer()
    accepted = 0
    for number in range(MUTANTS):
        if number % 4 == 0:
            data = rng.randbytes(rng.randrange(24))
        elif number % 4 == 1:
            data = bytes([rng.randrange(0x80, 0xE0)]) + rng.randbytes(rng.randrange(24))
        else:
            data = mutate(rng, pack(random_tree(rng, 3, any_key), packer)[:200])
        accepted += check_read(driver, data)
    assert MUTANTS // 10 < accepted < MUTANTS - MUTANTS // 10  # both ways are tried


@pytest.mark.parametrize("head", [b"\x91", b"\x81\xa0", b"\x81"])
def test_depth_is_the_known_difference(driver, head):
    for levels in (1, 31, 32, 33, 100):
        data = head * levels + b"\x01" * (1 + levels * (head == b"\x81"))
        assert check_read(driver, data) == (levels <= DEPTH_MAX)
    assert driver.ask("read", head * 100000) == (False, "depth")


def test_timestamps_are_the_known_difference(driver):
    for data in ("d6ff00000001", "d7ff0000000000000001", "c70cff000000000000000000000001"):
        assert check_read(driver, bytes.fromhex(data))
    assert driver.ask("read", bytes.fromhex("d4ff01")) == (True, "3 e-1:01")
    assert python_read(bytes.fromhex("d4ff01")) is None


# JSON.


def refuse(constant):
    raise ValueError(constant)


def finite(text):
    value = float(text)
    if math.isinf(value):
        raise ValueError("out of range")
    return value


def python_from_json(data):
    """The words of a JSON text by our rules, or None. Raises RecursionError when deep."""
    try:
        tree = json.loads(data.decode("utf-8"), object_pairs_hook=Map, parse_constant=refuse,
                          parse_float=finite, parse_int=integer)
    except ValueError:
        return None
    if not isinstance(tree, Map):
        return None
    try:
        return words_of_utf8(tree), depth(tree)
    except UnicodeEncodeError:  # half of a surrogate pair
        return None


def integer(text):
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 64 else finite(text)


def words_of_utf8(tree):
    if isinstance(tree, str):
        return ["s" + hexed(tree.encode("utf-8"))]
    if isinstance(tree, Map):
        return [f"m{len(tree)}",
                *(word for pair in tree for item in pair for word in words_of_utf8(item))]
    if isinstance(tree, list):
        return [f"a{len(tree)}", *(word for item in tree for word in words_of_utf8(item))]
    return words(tree)


def json_text(tree, rng):
    """A JSON text of a tree, in one of many ways to write it."""
    blank = rng.choice(["", "", " ", "\n\t"])
    if isinstance(tree, Map):
        members = (json_text(key, rng) + ":" + blank + json_text(value, rng)
                   for key, value in tree)
        return "{" + blank + ("," + blank).join(members) + "}"
    if isinstance(tree, list):
        return "[" + ("," + blank).join(json_text(item, rng) for item in tree) + blank + "]"
    if isinstance(tree, bytes):
        tree = tree.hex()
    if isinstance(tree, float) and math.isinf(tree):
        tree = 0.1
    return json.dumps(tree, ensure_ascii=rng.random() < 0.5)


def text_key(rng, levels):
    return rng.choice(["a", "b", "naïve", "\U0001f600", "", "\n\"\\"])


def random_json(rng):
    tree = Map((text_key(rng, 3), random_tree(rng, 2, text_key)) for _ in range(rng.randrange(6)))
    return json_text(tree, rng).encode()


def check_from_json(driver, data):
    done, ours = driver.ask_bytes("fromjson", data)
    theirs = python_from_json(data)
    if not done:
        assert theirs is None or theirs[1] > DEPTH_MAX, f"only Python reads {data!r}"
        return False
    assert theirs is not None, f"only we read {data!r}"
    unpacked, used = python_read(ours)
    assert used == len(ours)
    assert words(unpacked) == theirs[0]
    assert ours == pack(unpacked, msgpack.Packer())  # every form the shortest
    return True


def test_json_is_read_as_python_reads_it(driver):
    rng = random.Random(20240301)
    for _ in range(1500):
        assert check_from_json(driver, random_json(rng))


def test_mutated_json_is_judged_alike(driver):
    rng = random.Random(20240302)
    marks = b"{}[]\",:\\/ \n0123456789+-.eEtrufalsn\xc3\xa9\xf0\x00\x1f"
    accepted = 0
    for number in range(JSON_MUTANTS):
        data = bytearray(random_json(rng)[:300])
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(len(data) + 1)
            what = rng.randrange(4)
            if what == 0:
                data[at:at + 1] = bytes([rng.choice(marks)])
            elif what == 1:
                data[at:at] = bytes([rng.choice(marks)])
            elif what == 2:
                del data[at:at + 1]
            else:
                escape = rng.choice([b"\\u00e9", b"\\ud83d", b"\\ude00", b"\\ud83d\\ude00", b"1e400",
                                     b"-0", b"1.5E-3", b"[[]]", b"NaN"])
                data[at:at] = escape
        accepted += check_from_json(driver, bytes(data))
    assert JSON_MUTANTS // 20 < accepted < JSON_MUTANTS - JSON_MUTANTS // 20


def json_of(tree):
    """What our writer must say, as Python's reader then sees it."""
    if isinstance(tree, Map):
        return Map((json_key(key), json_of(value)) for key, value in tree)
    if isinstance(tree, list):
        return [json_of(item) for item in tree]
    if isinstance(tree, msgpack.ExtType) or isinstance(tree, float) and not math.isfinite(tree):
        return None
    if isinstance(tree, bytes):
        return base64.b64encode(tree).decode()
    return tree


def json_key(key):
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        try:
            return key.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(key).decode()
    if key is None or isinstance(key, (list, msgpack.ExtType)):
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int):
        return str(key)
    return None  # a float: compared by its value, below


def same_json(ours, expected):
    if isinstance(expected, Map):
        return len(ours) == len(expected) and all(
            (our_key == key if key is not None else
             our_key == "null" or math.isfinite(float(our_key))) and same_json(our_value, value)
            for (our_key, our_value), (key, value) in zip(ours, expected))
    if isinstance(expected, list):
        return len(ours) == len(expected) and all(map(same_json, ours, expected))
    return type(ours) is type(expected) and words(ours) == words(expected)


@STEADY
@given(tree=ANY_TREES)
def test_python_reads_the_json_we_write(driver, tree):
    if depth(tree) > DEPTH_MAX:
        return
    done, text = driver.ask_bytes("tojson", pack(tree, msgpack.Packer()))
    assert done
    ours = json.loads(text.decode("utf-8"), object_pairs_hook=Map, parse_constant=refuse)
    assert same_json(ours, json_of(tree))
