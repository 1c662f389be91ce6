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
import time

DEADLINE = 30.0  # seconds to become ready, and to end

PID = 11000001
SECRET = "not-a-real-secret"


def program(variable):
    """The path of a program under test; None when it is not built."""
    path = os.environ.get(variable)
    return path if path and os.access(path, os.X_OK) else None


class Gate:
    """A running rtmd.

    `folder` gets the configuration, the secret, the store and the log. `store` is a value of
    the key store; None takes a fresh SQLite file. `settings` are more keys of section [gate],
    and `projects` more projects, pid to secret. Starting another Gate in the same folder goes
    on with the same store.
    """

    def __init__(self, folder, store=None, settings=None, projects=None, arguments=()):
        self.folder = pathlib.Path(folder)
        self.pid = PID
        self.secret = SECRET
        self.secret_file = self.folder / "secret"
        self.config = self.folder / "rtmd.conf"
        self.log = self.folder / "rtmd.log"
        self.store = store or f"sqlite:{self.folder / 'store.db'}"
        self.settings = settings or {}
        self.projects = {PID: SECRET, **(projects or {})}
        self.arguments = list(arguments)
        self.process = None
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
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [program("RTMD"), "--config", str(self.config), "--ready-fd", str(writing),
                 *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[writing])
        os.close(writing)
        try:
            line = self._read_line(reading)
        finally:
            os.close(reading)
        words = line.split()
        assert words[:1] == ["ready"], f"rtmd did not start: {line!r}\n{self.log_text()}"
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
        assert code == 0, f"rtmd ended with {code}\n{self.log_text()}"

    def kill(self):
        """The end of a machine: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(DEADLINE)
            self.process = None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _write_config(self):
        lines = ["[gate]", "listen = 127.0.0.1:0", f"store = {self.store}"]
        lines += [f"{key} = {value}" for key, value in self.settings.items()]
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
