"""The product as installed: the README's program, built by pkg-config, listens."""

import os
import pathlib
import subprocess

import pytest

from support.gate import DEADLINE, PID, SECRET, Gate, program

RTMD = program("RTMD")
BUILD = os.environ.get("RTMKIT_BUILD")
SOURCE = pathlib.Path(os.environ.get("RTMKIT_SOURCE", "."))

pytestmark = pytest.mark.skipif(RTMD is None or BUILD is None, reason="not built")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    where = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", where], check=True,
                   stdout=subprocess.DEVNULL, timeout=DEADLINE)
    return where


def test_what_is_installed(prefix):
    for name in ["bin/rtm", "sbin/rtmd", "include/rtm/rtm.h", "share/man/man1/rtm.1",
                 "share/man/man3/librtm.3", "share/man/man5/rtmd.conf.5",
                 "share/man/man8/rtmd.8"]:
        assert (prefix / name).is_file(), name
    assert not list(prefix.rglob("session.h"))
    assert subprocess.run([prefix / "bin/rtm", "version"], timeout=DEADLINE).returncode == 0


def test_the_readme_program_listens(prefix, tmp_path):
    config = next(prefix.rglob("rtm.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(config),
                   "LD_LIBRARY_PATH": str(config.parent)}
    # What the README says, as a user types it.
    subprocess.run(f"cc {SOURCE}/examples/readme_listen.c -o {tmp_path}/listen"
                   " $(pkg-config --cflags --libs rtm)", shell=True, check=True,
                   env=environment, timeout=DEADLINE)
    with Gate(tmp_path) as gate:
        environment.update(RTM_GATE=gate.endpoint, RTM_PID=str(PID), RTM_SECRET=SECRET)
        with subprocess.Popen(["stdbuf", "-oL", tmp_path / "listen"], env=environment,
                              stdout=subprocess.PIPE, text=True) as listener:
            try:
                # It says nothing when it is ready: send until it has heard one.
                sender = subprocess.Popen(
                    [prefix / "bin/rtm", "send", "group", "7", "-l", "--from", "1001", "--rate",
                     "50"], env=environment, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, text=True)
                sender.stdin.write("hello\n" * 500)
                sender.stdin.close()
                assert listener.stdout.readline() == "group 7, user 1001: hello\n"
                sender.terminate()
                sender.wait(DEADLINE)
            finally:
                listener.terminate()
