#!/usr/bin/env python3
"""The suite behind `make bench`: the gate beside the servers that one would take instead.

  RTMKIT_BUILD=build/release bench/suite.py [--quick] [--only SCENARIO] [--out FOLDER]

Starts each server on loopback, lets bench_load measure them in turn, repeats that, and writes to
FOLDER (the build's folder bench/) results.jsonl, a line for each measurement, and results.md, the tables
that bench/table.py makes of it. Scenarios: fanout, echo, latency, idle, receive. Ends with 1
if a measurement failed.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RTMKIT_BUILD", ROOT / "build/release")).resolve()
sys.path.append(str(ROOT / "tests"))
os.environ.setdefault("RTMD", str(BUILD / "bin/rtmd"))
os.environ.setdefault("BENCH_LOAD", str(BUILD / "bin/bench_load"))

import peers  # noqa: E402
import table  # noqa: E402

LISTENERS = (1, 10, 100, 1000)
WINDOWS = (1, 10, 100, 1000)
# A million deliveries a burst take mosquitto ten seconds: it is measured where its target is.
MOSQUITTO_LISTENERS = (1, 10, 100)
MOSQUITTO_WINDOWS = (100,)
RATES = (1000, 20000)  # messages a second, to one listener
ECHOES = ((1, 1), (1, 1000), (64, 16), (100, 1), (2000, 1))  # connections, depth


class Run:
    """One run of the suite: how long, and where its rows go."""

    def __init__(self, quick, out):
        self.repetitions = 3 if quick else 5
        self.run_ms = 60 if quick else 300
        self.idle_conns = 2000 if quick else 10000
        self.out = out
        self.rows = []
        self.failed = 0

    def write(self, row):
        self.rows.append(row)
        with (self.out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def measure(self, server, repetition, scenario, wire, *more):
        """Run the generator once; its rows, with what they were measured on."""
        command = [os.environ["BENCH_LOAD"], scenario, "--wire", wire, "--port", str(server.port),
                   "--server", str(server.pid), *server.load_arguments(), *more]
        shown = shlex.join(["bench_load", scenario, "--wire", wire, *more])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        common = {"server": server.name, "repetition": repetition, "command": shown}
        if done.returncode != 0:
            self.failed += 1
            self.write(common | {"scenario": scenario, "wire": wire, "error": done.stderr.strip()})
            print(f"{server.name}: {shown}: {done.stderr.strip()}", file=sys.stderr)
        for line in done.stdout.splitlines():
            self.write(common | json.loads(line))


def in_turn(servers, repetition):
    """The order turns round with each repetition, so that nobody is always after the same one."""
    return servers if repetition % 2 == 0 else servers[::-1]


def run_fanout(run, servers):
    for repetition in range(run.repetitions):
        for listeners in LISTENERS:
            for server in in_turn(servers, repetition):
                windows = WINDOWS
                if server.name == "mosquitto":
                    windows = MOSQUITTO_WINDOWS if listeners in MOSQUITTO_LISTENERS else ()
                for wire in server.wires if windows else ():
                    run.measure(server, repetition, "fanout", wire, "--conns", str(listeners),
                                "--windows", ",".join(map(str, windows)), "--ms", str(run.run_ms))
        print(f"fanout: repetition {repetition + 1} of {run.repetitions}", flush=True)


def run_echo(run, servers):
    for repetition in range(run.repetitions):
        for conns, depth in ECHOES:
            for server in in_turn(servers, repetition):
                run.measure(server, repetition, "echo", server.wires[0], "--conns", str(conns),
                            "--depth", str(depth), "--ms", str(run.run_ms))
        print(f"echo: repetition {repetition + 1} of {run.repetitions}", flush=True)


def run_latency(run, servers):
    for repetition in range(run.repetitions):
        for rate in RATES:
            for server in in_turn(servers, repetition):
                run.measure(server, repetition, "latency", server.wires[0], "--rate", str(rate),
                            "--ms", str(10 * run.run_ms))
        print(f"latency: repetition {repetition + 1} of {run.repetitions}", flush=True)


def run_idle(run, kinds):
    """A fresh server for each, because memory that was taken once is not given back."""
    repetitions = 1 if run.repetitions < 5 else 3
    for repetition in range(repetitions):
        for kind in in_turn(kinds, repetition):
            for more in ([], ["--listen"]):
                with tempfile.TemporaryDirectory() as folder, kind(folder) as server:
                    run.measure(server, repetition, "idle", kind.wires[0], "--conns",
                                str(run.idle_conns), *more)
    print("idle: done", flush=True)


def run_receive(run):
    """The SDK's receive path over loopback; the benchmark has its own sender."""
    count = "300000" if run.repetitions < 5 else "2000000"
    for repetition in range(run.repetitions):
        done = subprocess.run([BUILD / "bin/bench_blast", count], capture_output=True, text=True,
                              check=False)
        common = {"repetition": repetition, "command": f"bench_blast {count}"}
        if done.returncode != 0:
            run.failed += 1
            run.write(common | {"scenario": "receive", "error": done.stderr.strip()})
            print(f"bench_blast {count}: {done.stderr.strip()}", file=sys.stderr)
        for line in done.stdout.splitlines():
            run.write(common | json.loads(line))
    print("receive: done", flush=True)


def write_peaks(run, servers):
    """The most memory that each server has held, with fan-out and echo behind it."""
    for server in servers:
        with open(f"/proc/{server.pid}/status", encoding="ascii", errors="replace") as file:
            peak = next(line for line in file if line.startswith("VmHWM:"))
        run.write({"scenario": "peak", "server": server.name,
                   "bytes": int(peak.split()[1]) * 1024})


def processor():
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def describe(kinds, quick):
    """What the figures were measured on."""
    system = {}
    with contextlib.suppress(OSError), open("/etc/os-release", encoding="utf-8") as file:
        system = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return {"scenario": "machine", "processor": processor(), "processors": os.cpu_count(),
            "kernel": platform.release(), "system": system.get("PRETTY_NAME", "").strip('"'),
            "load_average": os.getloadavg()[0], "quick": quick, "commit": commit,
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "servers": {kind.name: {"version": kind.version(), "settings": kind.settings}
                        for kind in kinds}}


def raise_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter: two minutes")
    parser.add_argument("--only", choices=("fanout", "echo", "latency", "idle", "receive"))
    parser.add_argument("--out", type=pathlib.Path, default=BUILD / "bench")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # both end the servers, also in the background
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    begin = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.jsonl").unlink(missing_ok=True)
    missing = [kind.name for kind in peers.ALL if kind.path() is None]
    if missing:
        print(f"not here, so not measured: {', '.join(missing)} (tools/deps.sh bench)")
    kinds = [kind for kind in peers.ALL if kind.name not in missing]
    run = Run(options.quick, options.out)
    run.idle_conns = min(run.idle_conns, raise_descriptors() - 100)
    run.write(describe(kinds, options.quick))
    for name, about in run.rows[0]["servers"].items():
        print(f"{name} {about['version']}: {about['settings']}", flush=True)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        servers = [stack.enter_context(kind(folder)) for kind in kinds]
        if options.only in (None, "fanout"):
            run_fanout(run, servers)
        quick_ones = [server for server in servers if server.name != "mosquitto"]
        if options.only in (None, "echo"):
            run_echo(run, quick_ones)
        if options.only in (None, "latency"):
            run_latency(run, quick_ones)
        write_peaks(run, servers)
    if options.only in (None, "idle"):
        run_idle(run, kinds)
    if options.only in (None, "receive"):
        run_receive(run)
    run.write({"scenario": "end", "seconds": round(time.monotonic() - begin, 1),
               "load_average": os.getloadavg()[0], "failed": run.failed})
    text = table.make(run.rows)
    (options.out / "results.md").write_text(text, encoding="utf-8")
    print(f"\n{text}\n{options.out}/results.jsonl, results.md")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
