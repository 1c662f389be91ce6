"""A private PostgreSQL of Debian's package, for tests.

    with Postgres() as server:
        store = server.store          # a value of the key store

It listens on a Unix socket in a short temporary directory and on nothing else, knows no cluster
of the system, and is gone at the end. initdb refuses root, so root becomes nobody.

As a program, for tests written in C, it prints "ready CONNINFO" or "skip REASON", then takes
commands on standard input, one a line, each answered by a line:

    crash     end the server at once, as kill -9 would; "down"
    start     start it again; "ready CONNINFO"

and ends with its standard input, so also with the one who started it, however that ends.
"""

import atexit
import functools
import glob
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

USER = "rtm"
OPTIONS = [  # a small server, and nothing that needs the system's folders
    # What no commit has waited for is not written for a long while: so a crash loses it.
    "wal_writer_delay=10s", "wal_writer_flush_after=64MB",
    "listen_addresses=", "shared_buffers=16MB", "max_connections=40", "logging_collector=off",
    "autovacuum_naptime=1h", "max_wal_size=256MB", "wal_level=minimal", "max_wal_senders=0",
]


class Impossible(Exception):
    """There can be no PostgreSQL here, and why."""


def _programs():
    """The folder of the newest server installed."""
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if folders:
        return os.path.dirname(max(folders, key=lambda path: int(path.split("/")[4])))
    found = shutil.which("initdb")
    if not found:
        raise Impossible("PostgreSQL's server is not installed (make deps-test)")
    return os.path.dirname(found)


class Postgres:
    """A server with an empty database of the user `rtm`, who may do everything.

    It never syncs: what a test ends is a process, never the machine.
    """

    def __init__(self):
        self.programs = _programs()
        self.as_nobody = []
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                raise Impossible("setpriv is missing, and initdb refuses root")
            self.as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        self.folder = tempfile.mkdtemp(prefix="rtm-pg-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        self.conninfo = f"postgresql://{USER}@/postgres?host={self.folder}"
        self.store = self.conninfo
        self.is_up = False
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _run(self, *words):
        with open(self.log + ".tools", "ab") as log:
            done = subprocess.run([*self.as_nobody, *words], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, cwd=self.folder, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n" + self.log_text())

    def _prepare(self):
        if self.as_nobody:
            shutil.chown(self.folder, "nobody", "nogroup")
        self._run(os.path.join(self.programs, "initdb"), "-D", self.data, "-U", USER, "-A",
                  "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")

    def start(self):
        """Start it, and return when it takes connections."""
        options = " ".join(f"-c {option}" for option in
                           [*OPTIONS, "fsync=off", f"unix_socket_directories={self.folder}"])
        self._run(os.path.join(self.programs, "pg_ctl"), "start", "-w", "-s", "-t", "60", "-D",
                  self.data, "-l", self.log, "-o", options)
        self.is_up = True

    def crash(self):
        """Its processes end at once, without writing anything more."""
        self._run(os.path.join(self.programs, "pg_ctl"), "stop", "-s", "-m", "immediate", "-D",
                  self.data)
        self.is_up = False

    def close(self):
        """End it and remove what it had."""
        try:
            if self.is_up:
                self.crash()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        """What the server and its tools have said."""
        text = ""
        for path in [self.log + ".tools", self.log]:
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as log:
                    text += log.read()
        return text

    def sql(self, text):
        """Run SQL with psql: rows as lines, fields separated by |."""
        done = subprocess.run(
            [os.path.join(self.programs, "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d",
             self.conninfo, "-c", text],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            text=True)
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()


    def database_of(self, name):
        """A database of its own for whatever has that name, as a value of the key store."""
        database = "t" + hashlib.sha256(name.encode()).hexdigest()[:20]
        if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            self.sql(f"CREATE DATABASE {database}")
        return self.store.replace("/postgres?", f"/{database}?")


@functools.lru_cache(maxsize=None)
def shared():
    """One server for all that this process asks for; it ends with it."""
    server = Postgres()
    atexit.register(server.close)
    return server


def _main():
    def say(line):
        print(line, flush=True)

    def end(*unused):
        sys.exit(1)  # by way of the server's end

    for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
        signal.signal(number, end)
    try:
        server = Postgres()
    except Impossible as why:
        say(f"skip {why}")
        return 0
    with server:
        say(f"ready {server.conninfo}")
        for line in sys.stdin:
            if line.strip() == "crash":
                server.crash()
                say("down")
            elif line.strip() == "start":
                server.start()
                say(f"ready {server.conninfo}")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
