#!/usr/bin/env python3
"""The suite behind `make bench`: the gate beside the servers that one would take instead.

  RTMKIT_BUILD=build/release bench/suite.py [--quick] [--only SCENARIO,...] [--repetitions N]
                                            [--out FOLDER]

Starts each server on loopback, lets bench_load measure them in turn, repeats that, and writes to
FOLDER (the build's folder bench/) results.jsonl, a line for each measurement, and results.md, the tables
that bench/table.py makes of it. The scenarios are in bench/scenarios. Ends with 1 if a measurement
failed.
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
for variable, name in (("RTMD", "rtmd"), ("RTM", "rtm"), ("BENCH_LOAD", "bench_load")):
    os.environ.setdefault(variable, str(BUILD / "bin" / name))

import peers  # noqa: E402
import scenarios  # noqa: E402
import table  # noqa: E402

NAMES = [scenario.name for scenario in scenarios.ALL]


class Run:
    """One run of the suite: how long, what is served, and where its rows go."""

    root, build = ROOT, BUILD

    def __init__(self, quick, repetitions, out, conns_most):
        self.quick = quick
        self.repetitions = repetitions or (3 if quick else 5)
        self.few = 1 if quick else min(self.repetitions, 3)  # of what takes long
        self.run_ms = 60 if quick else 300
        self.conns_most = conns_most
        self.out = out
        self.rows = []
        self.failed = 0
        self.servers = {}  # that run to the end, by kind
        self.stack = contextlib.ExitStack()
        self.variants = {}  # that run to the end of a scenario
        self.variant_stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.variant_stack.__exit__(*problem)
        return self.stack.__exit__(*problem)

    def write(self, row):
        self.rows.append(row)
        with (self.out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def fail(self, row, error):
        self.failed += 1
        self.write({**row, "error": error})
        print(f"{row.get('server', '')} {row['command']}: {error}", file=sys.stderr)

    @staticmethod
    def tell(scenario, repetition):
        print(f"{scenario}: repetition {repetition + 1}", flush=True)

    @staticmethod
    def in_turn(kinds, repetition):
        """The order turns round with each repetition, so that nobody is always after the same one."""
        return kinds if repetition % 2 == 0 else kinds[::-1]

    @contextlib.contextmanager
    def served(self, kinds, fresh=False):
        """Servers of these kinds, as far as they are installed: those that run, or fresh ones."""
        kinds = [kind for kind in kinds if kind.path() is not None]
        if not fresh:
            yield [self._running(kind) for kind in kinds]
            return
        with tempfile.TemporaryDirectory(dir=self.out) as folder, contextlib.ExitStack() as stack:
            yield [stack.enter_context(kind(folder)) for kind in kinds]

    def _running(self, kind):
        # The logs of durable gates belong on a disk: so into the build, and not into /tmp.
        held, stack = (self.servers, self.stack)
        if kind not in peers.ALL:
            held, stack = (self.variants, self.variant_stack)
        if kind not in held:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=self.out))
            held[kind] = stack.enter_context(kind(folder))
            self.warm_up(held[kind])
        return held[kind]

    def warm_up(self, server):
        """What a server takes once, as memory, belongs to no figure."""
        command, common = self.command(server, 0, "warm up", "fanout", server.wires[0],
                                       ["--conns", "10", "--windows", "100", "--ms", "200"])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.fail(common, done.stderr.strip())

    def do(self, scenario):
        """All of a scenario; variants of the gate end with it, so that they disturb no other."""
        began = time.monotonic()
        scenario.run(self)
        self.variant_stack.close()
        self.variants.clear()
        self.write({"scenario": "took", "name": scenario.name,
                    "seconds": round(time.monotonic() - began, 1)})

    @staticmethod
    def wait_idle(server):
        """Until it has done what it does about connections that are gone, ten seconds at most."""
        def ticks():
            stat = pathlib.Path(f"/proc/{server.pid}/stat").read_text(encoding="ascii")
            return stat.rsplit(")", 1)[1].split()[11:13]

        for _ in range(50):
            before = ticks()
            time.sleep(0.2)
            if ticks() == before:
                return

    def measure(self, server, repetition, scenario, form, wire, *arguments, more=None):
        """Run the generator once; its rows, with what they were measured on."""
        command, common = self.command(server, repetition, scenario, form, wire, arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.fail(common, done.stderr.strip())
        rows = [{**common, **(more or {}), **json.loads(line)} for line in done.stdout.splitlines()]
        for row in rows:
            self.write(row)
        return rows

    def measure_storm(self, server, repetition, wire, *arguments):
        """The same with a server that is killed when all are there, and started anew."""
        command, common = self.command(server, repetition, "storm", "crowd", wire, arguments)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            first = process.stdout.readline()
            if first:
                server.restart()
            told, errors = process.communicate(f"{server.port} {server.pid}\n")
        if process.returncode != 0:
            self.fail(common, errors.strip())
        for line in (first + told).splitlines():
            self.write({**common, **json.loads(line)})

    @staticmethod
    def command(server, repetition, scenario, form, wire, arguments):
        shown = shlex.join(["bench_load", form, "--wire", wire, *arguments])
        command = [os.environ["BENCH_LOAD"], form, "--wire", wire, "--port", str(server.port),
                   "--server", str(server.pid), *server.load_arguments(), *arguments]
        return command, {"scenario": scenario, "server": server.name, "repetition": repetition,
                         "wire": wire, "command": shown}

    def write_peaks(self):
        """The most memory that each of the servers that run to the end has held."""
        for server in self.servers.values():
            with open(f"/proc/{server.pid}/status", encoding="ascii", errors="replace") as file:
                peak = next(line for line in file if line.startswith("VmHWM:"))
            self.write({"scenario": "peak", "server": server.name,
                        "bytes": int(peak.split()[1]) * 1024})


def processor():
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def describe(kinds, options):
    """What the figures were measured on."""
    system = {}
    with contextlib.suppress(OSError), open("/etc/os-release", encoding="utf-8") as file:
        system = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False).stdout.strip()
    command = ["bench/suite.py", *(["--quick"] if options.quick else []),
               *(["--repetitions", str(options.repetitions)] if options.repetitions else []),
               *(["--only", ",".join(options.only)] if options.only != NAMES else [])]
    return {"scenario": "machine", "processor": processor(), "processors": os.cpu_count(),
            "kernel": platform.release(), "system": system.get("PRETTY_NAME", "").strip('"'),
            "load_average": os.getloadavg()[0], "command": shlex.join(command), "commit": commit,
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "servers": {kind.name: {"version": kind.version(), "settings": kind.settings}
                        for kind in kinds}}


def raise_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def names_of(text):
    names = text.split(",")
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(NAMES)}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter: three minutes")
    parser.add_argument("--only", type=names_of, default=NAMES, metavar="SCENARIO,...",
                        help=", ".join(NAMES))
    parser.add_argument("--repetitions", type=int, help="3 when quick, else 5")
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
    kinds = [kind for kind in (*peers.ALL, *peers.VARIANTS) if kind.path() is not None]
    # The generator and the server need a descriptor each for a connection, and some besides.
    with Run(options.quick, options.repetitions, options.out,
             min(raise_descriptors() - 100, 100000)) as run:
        run.write(describe(kinds, options))
        for name, about in run.rows[0]["servers"].items():
            print(f"{name} {about['version']}: {about['settings']}", flush=True)
        for scenario in scenarios.ALL:
            if scenario.name in options.only:
                run.do(scenario)
        run.write_peaks()
    run.write({"scenario": "end", "seconds": round(time.monotonic() - begin, 1),
               "load_average": os.getloadavg()[0], "failed": run.failed})
    text = table.make(run.rows)
    (options.out / "results.md").write_text(text, encoding="utf-8")
    print(f"\n{text}\n{options.out}/results.jsonl, results.md")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
