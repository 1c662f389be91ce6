"""Starts rtmd for a test: a free port, a store of its own, and no sleeps.

    with Gate(tmp_path) as gate:
        subprocess.run([RTM, *gate.flags, "listen", "--all"])

The program is the one that the variable RTMD names.
"""

import os
import pathlib
import select
import signal
import subprocess
import threading
import time

from support import postgres

DEADLINE = 30.0  # seconds to become ready, and to end

PID = 11000001
SECRET = "not-a-real-secret"


def program(variable):
    """The path of a program under test; None when it is not built."""
    path = os.environ.get(variable)
    return path if path and os.access(path, os.X_OK) else None


def _store_of(folder):
    """The store of gates in that folder, if no other is asked for."""
    if os.environ.get("RTMKIT_TEST_STORE") == "postgres":
        return postgres.shared().database_of(str(folder))
    return f"sqlite:{folder / 'store.db'}"


class Gate:
    """A running rtmd.

    `folder` gets the configuration, the secret, the store and the log. `store` is a value of
    the key store; None takes a fresh SQLite file, or with RTMKIT_TEST_STORE=postgres a fresh
    database of a server that all tests of the process share. `settings` are more keys of section [gate],
    and `projects` more projects, pid to secret. Starting another Gate in the same folder goes
    on with the same store. `listens` are sections [listen NAME], name to keys and values; with
    them there is no address of [gate].
    """

    def __init__(self, folder, store=None, settings=None, projects=None, arguments=(),
                 listens=None):
        self.folder = pathlib.Path(folder)
        self.pid = PID
        self.secret = SECRET
        self.secret_file = self.folder / "secret"
        self.config = self.folder / "rtmd.conf"
        self.log = self.folder / "rtmd.log"
        self.store = store or _store_of(self.folder)
        self.settings = settings or {}
        self.listens = listens or {}
        self.projects = {PID: SECRET, **(projects or {})}
        self.arguments = list(arguments)
        self.process = None
        self.logged = threading.Condition()
        self.keeper = None  # the thread that writes the log
        self.endpoints = {}  # protocol to HOST:PORT, from the ready line

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()

    @property
    def endpoint(self):
        return self.endpoints["fpnn"]

    @property
    def flags(self):
        """The connection options of rtm."""
        return ["--gate", self.endpoint, "--pid", str(self.pid), "--secret-file",
                str(self.secret_file)]

    def start(self):
        self._write_config()
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [program("RTMD"), "--config", str(self.config), "--ready-fd", str(writing),
             *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[writing])
        os.close(writing)
        self.keeper = threading.Thread(target=self._keep_log, args=[self.process.stdout])
        self.keeper.start()
        try:
            line = self._read_line(reading)
        finally:
            os.close(reading)
        words = line.split()
        if words[:1] != ["ready"]:
            self.process.wait(DEADLINE)
            self.keeper.join()  # all of its log has been read
            raise AssertionError(f"rtmd did not start: {line!r}\n{self.log_text()}")
        self.endpoints = dict(word.split("=", 1) for word in words[1:])

    def stop(self):
        """An orderly end; fails when the gate does not end or ends badly."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        self.keeper.join()
        assert code == 0, f"rtmd ended with {code}\n{self.log_text()}"

    def kill(self):
        """The end of a machine: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(DEADLINE)
            self.process = None
            self.keeper.join()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_log(self, text):
        """Until the log has a line with that text."""
        with self.logged:
            assert self.logged.wait_for(lambda: text in self.log_text(), DEADLINE), self.log_text()

    def _keep_log(self, lines):
        with lines, open(self.log, "ab") as log:
            for line in lines:
                log.write(line)
                log.flush()
                with self.logged:
                    self.logged.notify_all()

    def _write_config(self):
        lines = ["[gate]", f"store = {self.store}"]
        lines += ["listen = 127.0.0.1:0"] if not self.listens else []
        lines += [f"{key} = {value}" for key, value in self.settings.items()]
        for name, keys in self.listens.items():
            lines += [f"[listen {name}]", *(f"{key} = {value}" for key, value in keys.items())]
        for pid, secret in self.projects.items():
            path = self.secret_file if pid == self.pid else self.folder / f"secret-{pid}"
            path.touch(mode=0o600)
            path.write_text(secret + "\n")
            lines += [f"[project {pid}]", f"secret-file = {path}"]
        self.config.write_text("\n".join(lines) + "\n")

    @staticmethod
    def _read_line(fd):
        """Up to the line end, or to the end of what the gate has to say."""
        end = time.monotonic() + DEADLINE
        data = b""
        while not data.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                break
            piece = os.read(fd, 4096)
            if not piece:
                break
            data += piece
        return data.decode(errors="replace")
