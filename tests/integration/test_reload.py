"""SIGHUP: rtmd reads its settings again, as a whole or not at all, under open connections."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from support import admin
from support.admin import Figures
from support.gate import DEADLINE, PID, SECRET, Gate, program
from support.wire import Client

pytestmark = pytest.mark.skipif(program("RTMD") is None, reason="rtmd is not built")

NEW_PID, NEW_SECRET = 11000002, "of the new one"


class Reloading(Gate):
    """A gate whose file the test changes."""

    def reload(self, outcome="settings read again", edit=None):
        """SIGHUP, and wait for one more line with that text; the log's lines that are new."""
        if edit:
            text = self.config.read_text()
            changed = edit(text)
            assert changed != text
            self.config.write_text(changed)
        seen = len(self.log_text())
        self.process.send_signal(signal.SIGHUP)
        with self.logged:
            assert self.logged.wait_for(lambda: outcome in self.log_text()[seen:], DEADLINE), \
                self.log_text()[seen:]
        return self.log_text()[seen:]


@pytest.fixture
def gate(tmp_path):
    with Reloading(tmp_path, listens=admin.LISTENS, settings={"queue-bytes": "1MiB"}) as started:
        yield started


def add_project(text):
    return text + f"[project {NEW_PID}]\nsecret = {NEW_SECRET}\n"


def send(client, mid, gid=1):
    client.ask_signed("sendgroupmsg", **{"from": 1, "gid": gid, "mid": mid, "mtype": 51,
                                         "msg": f"text {mid}", "attrs": ""})
    return client.answer()


def test_nothing_changed(gate):
    with Client(gate.endpoint) as client:
        client.prove()
        log = gate.reload()
        assert "added=0 removed=0 other_secrets=0; settings: none" in log
        client.ping()
        assert send(client, 1)[0] == 0
    assert Figures(gate).value("rtmd_reloads_total", result="taken") == 1
    assert Figures(gate).value("rtmd_connections_cut_total") == 0


def test_a_project_is_added(gate):
    with Client(gate.endpoint, pid=NEW_PID, secret=NEW_SECRET) as early, \
            Client(gate.endpoint) as other:
        other.prove()
        early.ask_signed("setlisten", gids=[1])
        assert early.answer()[1]["code"] == 200001
        assert "added=1 removed=0" in gate.reload(edit=add_project)
        early.prove()
        with Client(gate.endpoint, pid=NEW_PID, secret=NEW_SECRET) as sender:
            status, payload = send(sender, 1)
            assert status == 0, payload
        kind, method, _, push = early.read_package()
        assert method == "pushgroupmsg" and push["msg"] == "text 1"
        other.ping()
    # And it is in the store: another gate goes on behind it.
    gate.stop()
    with Reloading(gate.folder, listens=admin.LISTENS, projects={NEW_PID: NEW_SECRET}) as later:
        assert Figures(later).value("rtmd_log_head", project=str(NEW_PID)) == 1


def test_a_project_is_removed_and_comes_back(tmp_path):
    with Reloading(tmp_path, listens=admin.LISTENS, projects={NEW_PID: NEW_SECRET}) as gate, \
            Client(gate.endpoint) as stays, \
            Client(gate.endpoint, pid=NEW_PID, secret=NEW_SECRET) as goes:
        stays.prove()
        goes.prove()
        assert send(goes, 1)[0] == 0
        before = gate.config.read_text()
        start = before.index(f"[project {NEW_PID}]")
        log = gate.reload(edit=lambda text: text[:start])
        assert "removed=1" in log
        assert goes.is_closed()
        gate.wait_log("cut: its project is no longer served")
        stays.ping()
        with Client(gate.endpoint, pid=NEW_PID, secret=NEW_SECRET) as late:
            late.ask_signed("setlisten", gids=[1])
            assert late.answer()[1]["code"] == 200001
            gate.reload(edit=lambda text: before)
            late.prove()
            status, payload = send(late, 1)  # a repeat: its mids are known as before
            assert status == 0, payload
            assert send(late, 2)[0] == 0
        admin.wait_for(gate, lambda f: f.value("rtmd_log_head", project=str(NEW_PID)) == 2,
                       "the head")
        assert Figures(gate).value("rtmd_message_repeats_total", project=str(NEW_PID),
                                   result="answered") == 1


def test_a_secret_is_rotated(gate):
    with Client(gate.endpoint) as old, Client(gate.endpoint, secret="the next") as new:
        old.prove()
        new.ask_signed("setlisten", gids=[1])
        assert new.answer()[1]["code"] == 200002
        gate.secret_file.write_text("the next\n")
        log = gate.reload(edit=lambda text: text + f"secret-old = {SECRET}\n")
        assert "other_secrets=1" in log
        new.prove()
        old.prove()  # the old one still counts
        gate.reload(edit=lambda text: text.replace(f"secret-old = {SECRET}\n", ""))
        old.ask_signed("setlisten", gids=[1])
        assert old.answer()[1]["code"] == 200002
        old.ping()  # refused, not cut
        new.prove()
    assert SECRET not in gate.log_text() and "the next" not in gate.log_text()


def test_limits_are_taken_up(gate):
    with Client(gate.endpoint) as client:
        client.prove()
        log = gate.reload(edit=lambda text: text.replace(
            "queue-bytes = 1MiB", "queue-bytes = 2MiB\nmax-listen-ids = 3"))
        assert "settings: gate.max-listen-ids gate.queue-bytes" in log
        client.ask_signed("setlisten", gids=[1, 2, 3, 4])
        assert client.answer()[1]["code"] == 200032


def test_max_connections_is_taken_up(gate):
    with Client(gate.endpoint) as first:
        first.prove()
        gate.reload(edit=lambda text: text.replace("queue-bytes = 1MiB", "max-connections = 1"))
        with Client(gate.endpoint) as second:
            assert second.is_closed()
        first.ping()
        assert Figures(gate).value("rtmd_connections_refused_total", reason="full") == 1


def test_log_level_and_format_are_taken_up(gate):
    def refused(client):
        client.ask_signed("setlisten", secret="wrong")
        assert client.answer()[0] == 1

    with Client(gate.endpoint) as client:
        refused(client)
        assert "quest refused" not in gate.log_text()
        gate.reload(edit=lambda text: text.replace(
            "queue-bytes = 1MiB", "log-level = debug\nlog-format = json"))
        refused(client)
        gate.wait_log("quest refused")
        line = next(line for line in gate.log_text().splitlines() if "quest refused" in line)
        assert line.startswith('{"time": "') and '"level": "debug"' in line
        gate.reload(edit=lambda text: text.replace("debug", "error"), outcome="")
        admin.wait_for(gate, lambda f: f.value("rtmd_reloads_total", result="taken") == 2,
                       "the second reload")
        seen = gate.log_text().count("quest refused")
        refused(client)
        client.ping()
        assert gate.log_text().count("quest refused") == seen


@pytest.mark.parametrize("edit,words", [
    (lambda text: text + "nonsense\n", "neither [section] nor name = value"),
    (lambda text: add_project(text).replace("queue-bytes = 1MiB", "queue-bytes = 1"),
     "queue-bytes: 1 is below 64KiB"),
    (lambda text: re.sub(r"secret-file = .*\n", "", text), f"project {PID} has no secret"),
    (lambda text: text[:text.index("[project")], "no [project PID] section"),
    (lambda text: text.replace("/secret\n", "/nosecret\n"), "No such file"),
])
def test_a_bad_file_changes_nothing(gate, edit, words):
    with Client(gate.endpoint) as client, \
            Client(gate.endpoint, pid=NEW_PID, secret=NEW_SECRET) as other:
        client.prove()
        log = gate.reload("the old settings stay", edit=edit)
        assert words in log, log
        line = next(line for line in log.splitlines() if words in line)
        assert re.search(rf" error reload: {re.escape(str(gate.config))}(:\d+)?: ", line), line
        client.ping()
        assert send(client, 1)[0] == 0
        other.ask_signed("setlisten", gids=[1])
        assert other.answer()[1]["code"] == 200001
    assert Figures(gate).value("rtmd_reloads_total", result="refused") == 1
    assert Figures(gate).value("rtmd_reloads_total", result="taken") == 0


def test_a_line_number_is_told(gate):
    text = gate.config.read_text()
    line = len(text.splitlines()) + 2
    log = gate.reload("the old settings stay", edit=lambda text: text + "\nqueue-bites = 7\n")
    assert f'rtmd.conf:{line}: unknown name "queue-bites" in [project]' in log


def test_what_needs_a_restart_is_told_and_stays(gate):
    with Client(gate.endpoint) as client:
        client.prove()
        log = gate.reload(edit=lambda text: text.replace(
            "queue-bytes = 1MiB", "queue-bytes = 2MiB\nshards = 7\nstore = memory:").replace(
                f"store = {gate.store}\n", "") + "[listen more]\naddress = 127.0.0.1:0\n")
        for what in ("gate.shards", "gate.store", "listen more"):
            assert f"warn reload: {what} differs; to take it up the gate must be restarted" in log
        assert "settings: gate.queue-bytes" in log
        assert send(client, 1)[0] == 0
    assert Figures(gate).value("rtmd_shards") != 7


def test_too_many_projects_are_refused(gate):
    more = "".join(f"[project {i}]\nsecret = s\n" for i in range(1, 66))
    log = gate.reload("the old settings stay", edit=lambda text: text + more)
    assert "1 more projects than places for them without a restart" in log
    last = more[more.index("[project 65]"):]
    assert "added=64" in gate.reload(edit=lambda text: text.replace(last, ""))


def test_messages_flow_while_it_reloads(gate):
    """Signals without a pause, projects that come and go, and no quest is lost or refused."""
    stop = threading.Event()
    sent, wrong = [], []

    def pump():
        with Client(gate.endpoint) as client:
            mid = 0
            while not stop.is_set():
                mid += 1
                status, payload = send(client, mid)
                (wrong if status else sent).append((mid, payload))

    with Client(gate.endpoint) as listener:
        listener.prove()
        thread = threading.Thread(target=pump)
        thread.start()
        try:
            base = gate.config.read_text()
            for round_number in range(20):
                done = gate.log_text().count("settings read again")
                gate.config.write_text(add_project(base) if round_number % 2 else base)
                gate.process.send_signal(signal.SIGHUP)
                gate.process.send_signal(signal.SIGHUP)
                with gate.logged:
                    assert gate.logged.wait_for(
                        lambda: gate.log_text().count("settings read again") > done, DEADLINE)
        finally:
            stop.set()
            thread.join(DEADLINE)
        assert sent and not wrong
        heard = []
        while len(heard) < len(sent):
            _, method, _, push = listener.read_package()
            if method == "pushgroupmsg":
                heard.append(push["mid"])
        assert heard == [mid for mid, _ in sent]
    assert Figures(gate).value("rtmd_connections_cut_total") == 0


def test_dev_has_nothing_to_read():
    ready_reading, ready_writing = os.pipe()
    process = subprocess.Popen([program("RTMD"), "--dev", "--ready-fd", str(ready_writing)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, pass_fds=[ready_writing], text=True)
    os.close(ready_writing)
    try:
        assert os.read(ready_reading, 200).startswith(b"ready")
        process.send_signal(signal.SIGHUP)
        for line in process.stderr:
            if "SIGHUP: with --dev there is nothing to read" in line:
                break
        else:
            raise AssertionError("nothing was said")
    finally:
        process.terminate()
        assert process.wait(DEADLINE) == 0
        process.stderr.close()
        os.close(ready_reading)


# --- the service manager ---


class Manager:
    """The socket to which a service tells its state."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.settimeout(DEADLINE)
        self.sock.bind(path)

    def read(self):
        return dict(line.split("=", 1) for line in self.sock.recv(4096).decode().splitlines())


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told(tmp_path, monkeypatch, abstract):
    path = f"\0rtmkit-test-{os.getpid()}-{time.monotonic_ns()}" if abstract \
        else str(tmp_path / "notify")
    manager = Manager(path)
    monkeypatch.setenv("NOTIFY_SOCKET", path.replace("\0", "@"))
    with Reloading(tmp_path) as gate:
        assert manager.read()["READY"] == "1"
        gate.reload()
        state = manager.read()
        assert state["RELOADING"] == "1"
        assert 0 < int(state["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert manager.read()["READY"] == "1"
        gate.reload("the old settings stay", edit=lambda text: text + "nonsense\n")
        assert manager.read()["RELOADING"] == "1"
        state = manager.read()
        assert state["READY"] == "1" and "refused" in state["STATUS"]
    assert manager.read()["STOPPING"] == "1"
    manager.sock.close()
