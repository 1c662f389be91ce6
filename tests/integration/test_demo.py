"""tools/demo.sh: ends with success, and says so in numbers."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from support import cli
from support.gate import program

pytestmark = pytest.mark.skipif(program("RTM") is None or program("RTMD") is None,
                                reason="rtm or rtmd is not built")

DEMO = pathlib.Path(__file__).resolve().parents[2] / "tools/demo.sh"


def start(folder, **variables):
    return subprocess.Popen([DEMO], env=cli.environment(TMPDIR=str(folder), **variables),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


def counts(text):
    found = re.search(r"accepted by the gate: (\d+)\nprinted by the listener: (\d+)\n", text)
    assert found, text
    return int(found[1]), int(found[2])


def test_ends_by_itself(tmp_path):
    demo = start(tmp_path, DEMO_SECONDS="1")
    text = demo.communicate(timeout=60)[0]
    accepted, printed = counts(text)
    assert demo.returncode == 0 and accepted == printed > 0, text
    assert text.count("\n  | ") == printed
    assert list(tmp_path.iterdir()) == []


def test_ends_on_interrupt_and_does_not_count_guests(tmp_path):
    demo = start(tmp_path, DEMO_RATE="50")
    text = ""
    for line in demo.stdout:
        text += line
        if line.startswith("  | "):
            break
    join = re.search(r"^  (\S+ send .*)$", text, re.MULTILINE)[1].split()
    assert subprocess.run(join, stdout=subprocess.DEVNULL, check=False).returncode == 0
    os.killpg(demo.pid, signal.SIGINT)
    text += demo.communicate(timeout=60)[0]
    accepted, printed = counts(text)
    assert demo.returncode == 0 and accepted == printed > 0, text
    assert "from other terminals: 1\n" in text
    assert list(tmp_path.iterdir()) == []
