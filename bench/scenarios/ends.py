"""Our own ends: librtm, the command line, Python. Each measures itself with a program of its own."""

import json
import os
import subprocess
import sys

import targets
from scenarios.figures import Figures, in_both, judged, reached, spread, table


def run_program(run, scenario, command, shown, repetition, read=json.loads):
    """A program that prints a JSON object a line; each becomes a row, under the suite's name."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env={**os.environ, "RTMKIT_BUILD": str(run.build)})
    common = {"scenario": scenario, "repetition": repetition, "command": shown}
    if done.returncode != 0:
        run.fail(common, done.stderr.strip())
    for line in done.stdout.splitlines():
        run.write({**common, **read(line), "scenario": scenario})


def run_receive(run):
    """The SDK's receive path over loopback; the benchmark has its own sender."""
    count = "300000" if run.quick else "2000000"
    for repetition in range(run.repetitions):
        run_program(run, "receive", [run.build / "bin/bench_blast", count], f"bench_blast {count}",
                    repetition)
        run.tell("receive", repetition)


def receive_tables(rows):
    figures = Figures([{**row, "server": row.get("receiver")} for row in rows], "receive", "mix")

    def speeds(place, server, over):
        return figures.values(place, server, lambda row: row["pushes"] / row[over] / 1e6)

    lines = []
    for place in figures.places():
        ours, split = speeds(place, "librtm", "cpu_s"), speeds(place, "split", "cpu_s")
        shares = in_both(ours, split, lambda a, b: a / b)
        least = targets.RECEIVE_LEAST_MILLIONS if place[0] == "100 bytes" else None
        lines.append([place[0], spread(ours.values()), reached(list(ours.values()), least),
                      spread(split.values()), spread(shares),
                      reached(shares, targets.RECEIVE_LEAST_SHARE),
                      spread(speeds(place, "librtm", "seconds").values())])
    return table("Receive: million pushes for a second of the receiver's CPU, over loopback",
                 ["mix", "librtm", "target", "split and answer", "librtm : split", "target",
                  "librtm, million a second"], lines)


def run_pipe(run):
    """rtm listen into a pipe; what comes out is compared byte for byte."""
    count = "300000" if run.quick else "1000000"
    for repetition in range(run.few):
        run_program(run, "pipe", [run.build / "bin/bench_pipe", run.build / "bin/rtm", count],
                    f"bench_pipe rtm {count}", repetition)
        run.tell("pipe", repetition)


def pipe_tables(rows):
    figures = Figures(rows, "pipe", "mix")
    lines = []
    for place in figures.places():
        rates = [rate / 1e6 for rate in figures.values(place, None, "per_second").values()]
        least = targets.LISTEN_LEAST_MILLIONS if place[0] == "100 bytes" else None
        lines.append([place[0], spread(rates), reached(rates, least),
                      spread(figures.values(place, None, "cpu_s_per_million").values())])
    return table("`rtm listen -o ndjson` into a pipe: million messages a second",
                 ["mix", "a second", "target", "CPU seconds per million"], lines)


def run_python(run):
    if not list((run.build / "python/rtm").glob("_core.*")):
        print("python: the package is not built, so not measured", flush=True)
        return
    count = "100000" if run.quick else "500000"

    def read(line):
        how, figures = line.split(" ", 1)
        return {"how": how, **json.loads(figures)}

    for repetition in range(run.few):
        run_program(run, "python", [sys.executable, run.root / "bench/python_receive.py", count],
                    f"python_receive.py {count}", repetition, read)
        run.tell("python", repetition)


def python_tables(rows):
    figures = Figures(rows, "python", "how")
    lines = []
    for place in figures.places():
        rates = list(figures.values(place, None, "per_second").values())
        cpu = list(figures.values(place, None, "cpu_seconds_per_million").values())
        lines.append([place[0], spread(rates), reached(rates, targets.PYTHON_LEAST), spread(cpu),
                      judged(cpu, targets.PYTHON_US)])
    return table("Python: messages a second to a callback, and CPU seconds per million",
                 ["", "a second", "target", "CPU", "target"], lines)
