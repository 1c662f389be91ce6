"""The examples against a real gate: one for each way to fit a client into an event loop."""

import os
import pathlib
import select
import subprocess
import time

import pytest

from support.gate import DEADLINE, PID, SECRET, Gate, program

BIN = pathlib.Path(os.environ.get("RTMKIT_BUILD", ".")) / "examples" / "bin"
COUNT = 20

pytestmark = pytest.mark.skipif(program("RTMD") is None, reason="rtmd is not built")


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with Gate(tmp_path_factory.mktemp("gate"), store="memory:", settings={"shards": 2}) as running:
        yield running


def start(gate, name, *arguments):
    path = BIN / name
    if not path.exists():
        pytest.skip(f"example {name} is not built")
    environment = {**os.environ, "RTM_GATE": gate.endpoint, "RTM_PID": str(PID),
                   "RTM_SECRET": SECRET}
    return subprocess.Popen([path, *arguments], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def send(gate, group, text):
    process = start(gate, "send", "1001", str(group), text)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out.startswith(b"mid ")


def wait_for(process, word):
    """Read stderr until it has said `word`."""
    end = time.monotonic() + DEADLINE
    said = b""
    while word not in said:
        left = end - time.monotonic()
        assert left > 0 and select.select([process.stderr], [], [], left)[0], said
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, said
        said += piece


@pytest.mark.parametrize("name", ["listen_poll", "listen_epoll", "listen_libuv",
                                  "listen_libevent", "listen_threads", "listen_cpp"])
def test_listens_in_its_loop(gate, name):
    process = start(gate, name, str(COUNT))
    try:
        wait_for(process, b"listening")
        for number in range(COUNT):
            send(gate, 77, f"message {number}")
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    lines = out.decode().splitlines()
    assert [line.rsplit(": ", 1)[1] for line in lines] == [f"message {n}" for n in range(COUNT)]
    assert process.returncode == 0, err


def test_listens_without_a_loop(gate):
    """This one does not say when it listens: sent until it has heard enough, it misses none."""
    process = start(gate, "listen", str(COUNT))
    number = 0
    end = time.monotonic() + DEADLINE
    try:
        while process.poll() is None:
            assert time.monotonic() < end
            send(gate, 78, str(number))
            number += 1
        out, err = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    heard = [int(line.rsplit(": ", 1)[1]) for line in out.decode().splitlines()]
    assert heard == list(range(heard[0], heard[0] + COUNT))
    assert process.returncode == 0, err


def test_send_says_what_is_wrong(gate):
    process = start(gate, "send", "0", "1", "nobody sends as 0")
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert err.startswith(b"send: 200001 ")
