"""Runs rtm for a test, and waits for what it says instead of sleeping."""

import json
import os
import signal
import subprocess
import threading

from support.gate import PID, SECRET, program

DEADLINE = 30.0

OK, FAILED, USAGE, NO_CONNECTION, TIMED_OUT, PEER_ERROR, REFUSED, GAP = range(8)
INTERRUPTED = 130


def environment(**extra):
    """The test's own, without a connection in it and without a home."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RTM_")}
    clean.update(HOME="/nonexistent", TZ="UTC")
    clean.pop("XDG_CONFIG_HOME", None)
    clean.update(extra)
    return clean


def connection(endpoint, pid=PID, secret=SECRET):
    """The variables that lead to a gate or a peer."""
    return environment(RTM_GATE=endpoint, RTM_PID=str(pid), RTM_SECRET=secret)


def rtm(*arguments, env=None, stdin=b"", **options):
    """Run to the end; returns the completed process, its output as bytes."""
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([program("RTM"), *map(str, arguments)], env=env or environment(),
                          input=stdin, stderr=subprocess.PIPE, timeout=DEADLINE, **options)


def records(data, ev="message"):
    """The NDJSON records of one kind; every line must be valid JSON in UTF-8."""
    lines = data.decode("utf-8", errors="strict").split("\n")
    assert lines.pop() == "", "the output does not end with a line end"
    parsed = [json.loads(line) for line in lines]
    return parsed if ev is None else [record for record in parsed if record["ev"] == ev]


class Running:
    """An rtm in the background. Its stderr is collected, so that it can be waited for."""

    def __init__(self, *arguments, env, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen([program("RTM"), *map(str, arguments)], env=env,
                                        stderr=subprocess.PIPE, **options)
        self.errors = []  # lines of stderr
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._collect, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.thread.join(DEADLINE)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def wait_error(self, text):
        """Wait for a line on stderr that contains `text`."""
        self._wait_line(lambda line: text in line, text)

    def wait_ready(self):
        """Wait for the line that --ready prints."""
        self._wait_line(lambda line: line == "ready\n", "ready")

    def read_record(self, ev="message"):
        """The next record of one kind."""
        while True:
            line = self.process.stdout.readline()
            assert line, f"stdout ended; stderr: {self.errors}"
            record = json.loads(line)
            if record["ev"] == ev:
                return record

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def finish(self):
        """Wait for the end; returns the exit code and what was left of stdout."""
        output = self.process.stdout.read() if self.process.stdout is not None else b""
        code = self.process.wait(DEADLINE)
        self.thread.join(DEADLINE)
        return code, output

    def _wait_line(self, is_it, what):
        def is_there():
            return any(line is not None and is_it(line) for line in self.errors)

        with self.changed:
            self.changed.wait_for(lambda: is_there() or self.errors[-1:] == [None], DEADLINE)
            assert is_there(), (what, self.errors)

    def _collect(self):
        for line in self.process.stderr:
            with self.changed:
                self.errors.append(line.decode(errors="replace"))
                self.changed.notify_all()
        with self.changed:
            self.errors.append(None)
            self.changed.notify_all()


def listening(*arguments, env, **options):
    """`rtm listen --ready`, once it is ready."""
    running = Running("listen", "--ready", *arguments, env=env, **options)
    try:
        running.wait_ready()
    except BaseException:
        running.__exit__()
        raise
    return running
