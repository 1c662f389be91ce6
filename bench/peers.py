"""The servers that the suite measures, each started on a free port of 127.0.0.1 in a folder of its own.

Each is the process itself, ended by its pid. What is set differs from the defaults only where those
would cut a burst (bounds of queues) or are not for a loopback; `settings` says it in one line.
"""

import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading

from support.gate import PID, Gate, program

DEADLINE = 30.0  # seconds to become ready, and to end


def free_port():
    """A port that is free now. Somebody else may take it: then the server says so and ends."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Peer:
    """A server of others: a command, and the line that it prints when it is ready."""

    name = command = ready = version_flag = ""
    wires = ()
    settings = ""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir()
        self.port = 0
        self.process = None
        self.log = []
        self.lines = queue.Queue()

    @classmethod
    def path(cls):
        return shutil.which(cls.command, path="/usr/local/bin:/usr/bin:/usr/sbin:/usr/local/sbin")

    @classmethod
    def version(cls):
        shown = subprocess.run([cls.path(), cls.version_flag], capture_output=True, text=True,
                               stdin=subprocess.DEVNULL, check=False)
        match = re.search(r"\d+\.\d+\.\d+", shown.stdout + shown.stderr)
        return match[0] if match else "unknown"

    def arguments(self):
        raise NotImplementedError

    def load_arguments(self):
        return []

    def __enter__(self):
        self.port = self.port or free_port()
        self.log, self.lines = [], queue.Queue()
        self.process = subprocess.Popen(
            [self.path(), *self.arguments()], cwd=self.folder, text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            self._wait_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *unused):
        self._end()

    def restart(self):
        """Killed, and started anew."""
        self.process.kill()
        self._end()
        self.__enter__()

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _wait_ready(self):
        while True:
            try:
                line = self.lines.get(timeout=DEADLINE)
            except queue.Empty:
                line = None
            if line is None:
                raise RuntimeError(f"{self.name} did not start:\n{''.join(self.log)}")
            self.log.append(line)
            match = re.search(self.ready, line)
            if match:
                self.port = int(match[1]) if match.groups() else self.port
                return

    def _end(self):
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Nats(Peer):
    name = "nats"
    command = "nats-server"
    version_flag = "--version"
    wires = ("nats",)
    ready = "Server is ready"
    settings = "max_connections 100000, max_pending 1 GiB, write_deadline 60 s; the rest its defaults"

    def arguments(self):
        config = self.folder / "nats.conf"
        config.write_text(f"host: 127.0.0.1\nport: {self.port}\nmax_connections: 100000\n"
                          "max_pending: 1073741824\nwrite_deadline: \"60s\"\n")
        return ["-c", str(config)]


class Redis(Peer):
    name = "redis"
    command = "redis-server"
    version_flag = "--version"
    wires = ("redis",)
    ready = "[Rr]eady to accept connections"
    settings = ("save \"\", appendonly no, client-output-buffer-limit pubsub 0 0 0, maxclients 100000 "
                "as far as descriptors go, tcp-backlog 4096, protected-mode no (it listens on 127.0.0.1 "
                "only); the rest its defaults")

    def arguments(self):
        config = self.folder / "redis.conf"
        config.write_text(f"bind 127.0.0.1\nport {self.port}\nsave \"\"\nappendonly no\n"
                          "client-output-buffer-limit pubsub 0 0 0\nmaxclients 100000\n"
                          f"tcp-backlog 4096\nprotected-mode no\ndir {self.folder}\n")
        return [str(config)]


class Mosquitto(Peer):
    name = "mosquitto"
    command = "mosquitto"
    version_flag = "-h"
    wires = ("mqtt0", "mqtt1")
    ready = "running"
    settings = ("persistence false, set_tcp_nodelay true, max_inflight_messages 0, "
                "max_queued_messages 0, max_connections -1; the rest its defaults")

    def arguments(self):
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
                          "persistence false\nset_tcp_nodelay true\nmax_inflight_messages 0\n"
                          "max_queued_messages 0\nmax_connections -1\n"
                          "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
                          "connection_messages false\nlog_dest stderr\n")
        return ["-c", str(config)]


class Split(Peer):
    """The physical limit: the generator's own server, which only splits packages."""

    name = "split"
    command = "bench_load"
    wires = ("rtm",)
    ready = r"ready 127\.0\.0\.1:(\d+)"
    settings = "splits packages and sends ready pushes; checks, decodes and keeps nothing"

    @classmethod
    def path(cls):
        return program("BENCH_LOAD")

    @classmethod
    def version(cls):
        return Rtmd.version()

    def arguments(self):
        return ["split"]

    def load_arguments(self):
        secret = self.folder / "secret"
        secret.write_text("unused\n")
        return ["--project", "1", "--secret-file", str(secret)]


class Rtmd:
    """Our gate, as the tests start it."""

    name = "rtmd"
    wires = ("rtm",)
    store = "memory:"
    keys = {"shards": 1, "durability": "memory"}
    settings = "shards 1, store memory:, durability memory; the rest its defaults"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / self.name.replace(" ", "-")
        self.folder.mkdir()
        store = f"sqlite:{self.folder}/store.db" if self.store == "sqlite" else self.store
        self.gate = Gate(self.folder, store=store, settings=self.keys, listens=self.listens())
        self.port = 0

    def listens(self):
        """Sections of addresses, in place of the one that is not protected."""
        return {}

    @classmethod
    def path(cls):
        return program("RTMD")

    @classmethod
    def version(cls):
        shown = subprocess.run([cls.path(), "--version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[-1]

    def __enter__(self):
        self.gate.start()
        endpoint, = self.gate.endpoints.values()
        self.port = int(endpoint.rsplit(":", 1)[1])
        return self

    def __exit__(self, *unused):
        self.gate.stop()

    def restart(self):
        """Killed, and started anew, on another port."""
        self.gate.kill()
        self.__enter__()

    @property
    def pid(self):
        return self.gate.process.pid

    def load_arguments(self):
        return ["--project", str(PID), "--secret-file", str(self.gate.secret_file)]


class RtmdFile(Rtmd):
    """With a log in a file, at durability `memory`: nothing waits for the disk."""

    name = "rtmd file"
    store = "sqlite"
    settings = "store sqlite:, durability memory; the rest as rtmd"


class RtmdNormal(RtmdFile):
    name = "rtmd normal"
    keys = {"shards": 1, "durability": "normal"}
    settings = "store sqlite:, durability normal; the rest as rtmd"


class RtmdFull(RtmdFile):
    name = "rtmd full"
    keys = {"shards": 1, "durability": "full"}
    settings = "store sqlite:, durability full; the rest as rtmd"


class RtmdTwo(Rtmd):
    name = "rtmd two"
    keys = {"shards": 2, "durability": "memory"}
    settings = "shards 2; the rest as rtmd"


class RtmdCrowd(Rtmd):
    """For crowds: all of them come from one address, and none has proved itself when it comes."""

    name = "rtmd crowd"
    keys = {**Rtmd.keys, "unproved-per-address": 100000, "max-connections": 1000000}
    settings = "unproved-per-address 100000, max-connections 1000000; the rest as rtmd"


class RtmdTls(Rtmd):
    name = "rtmd tls"
    settings = "tls, certificate of prime256v1; the rest as rtmd"

    def listens(self):
        key, certificate = self.folder / "tls.key", self.folder / "tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=gate",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return {"safe": {"address": "127.0.0.1:0", "tls": "true", "tls-certificate": certificate,
                         "tls-key": key}}

    def load_arguments(self):
        return [*super().load_arguments(), "--veil", "tls"]


class RtmdPackage(Rtmd):
    """FPNN encryption, each package by itself."""

    name = "rtmd package"
    settings = "encryption required, secp256k1, package mode, 128 bits; the rest as rtmd"
    mode = "package"

    def listens(self):
        private, self.public = self.folder / "gate.key", self.folder / "gate.pub"
        subprocess.run([program("RTM"), "keygen", "--private", private, "--public", self.public],
                       check=True, capture_output=True)
        return {"secret": {"address": "127.0.0.1:0", "encryption": "required",
                           "encryption-key": private}}

    def load_arguments(self):
        return [*super().load_arguments(), "--veil", self.mode, "--gate-key", str(self.public)]


class RtmdStream(RtmdPackage):
    name = "rtmd stream"
    settings = "encryption required, secp256k1, stream mode, 128 bits; the rest as rtmd"
    mode = "stream"


ALL = (Rtmd, Nats, Redis, Mosquitto, Split)
VARIANTS = (RtmdFile, RtmdNormal, RtmdFull, RtmdTwo, RtmdCrowd, RtmdTls, RtmdPackage, RtmdStream)
