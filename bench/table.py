#!/usr/bin/env python3
"""Make the Markdown tables of a run of the suite.

  bench/table.py build/release/bench/results.jsonl

A figure is the median of the repetitions, with the least and the most in brackets. A ratio is taken
within each repetition, in which the servers took turns, and then its median: so what the machine did besides
falls on both sides.
"""

import collections
import json
import pathlib
import statistics
import sys

BROKERS = ("nats", "redis")
# At most so much of the better broker's CPU, for (listeners, window); docs/performance.md.
FANOUT = {(listeners, window): most for listeners in (100, 1000)
          for window, most in ((1000, 0.35), (100, 0.6), (10, 1.05), (1, 1.25))}
FANOUT_REDIS = {(1, 1000): 0.6, (1, 100): 0.8}  # of Redis alone
MOSQUITTO = 0.05
ECHO = {(64, 16): 0.5, (1, 1000): 0.1}  # CPU seconds per million
IDLE_BYTES = 512
LATENCY_RATE = 20000  # at which p99 should be no worse
RECEIVE_MILLIONS = 6  # pushes of 100 bytes for a second of CPU, at least
RECEIVE_SHARE = 0.25  # of the program that only splits and answers, at least


def number(value):
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def spread(values):
    if not values:
        return "–"
    return f"{number(statistics.median(values))} [{number(min(values))}–{number(max(values))}]"


class Figures:
    """Rows by scenario, place (what is varied), server and repetition."""

    def __init__(self, rows):
        self.rows = collections.defaultdict(dict)
        for row in rows:
            if row["scenario"] in ("fanout", "echo") and "error" not in row:
                place = (row["scenario"], row["conns"], row["window"])
                self.rows[place, self.name(row)][row["repetition"]] = row

    @staticmethod
    def name(row):
        return row["wire"] if row["server"] == "mosquitto" else row["server"]

    def places(self, scenario):
        return sorted({place[1:] for place, _ in self.rows if place[0] == scenario})

    def cpu(self, place, server):
        """CPU microseconds for each delivery or answer, by repetition."""
        return {repetition: row["server_cpu_s"] / (row["deliveries"] or row["answers"]) * 1e6
                for repetition, row in self.rows.get((place, server), {}).items()}

    def rate(self, place, server):
        """Millions a second, the median."""
        rates = [(row["deliveries"] or row["answers"]) / row["seconds"] / 1e6
                 for row in self.rows.get((place, server), {}).values()]
        return number(statistics.median(rates)) if rates else "–"

    def better(self, place):
        """The broker that takes less CPU."""
        cpus = {server: self.cpu(place, server) for server in BROKERS}
        return min((server for server in BROKERS if cpus[server]), default=None,
                   key=lambda server: statistics.median(cpus[server].values()))

    def ratio(self, place, server):
        if server is None:
            return []
        ours, theirs = self.cpu(place, "rtmd"), self.cpu(place, server)
        return [ours[repetition] / theirs[repetition] for repetition in sorted(set(ours) & set(theirs))]


def judged(ratio, most):
    """A target, and whether the median is within it."""
    if most is None or not ratio:
        return "–"
    return f"{number(most)} {'met' if statistics.median(ratio) <= most else '**missed**'}"


def reached(values, least):
    """The same for what should be more."""
    if least is None or not values:
        return "–"
    return f"{number(least)} {'met' if statistics.median(values) >= least else '**missed**'}"


def lines_of(head, rows):
    rule = "|".join("---" for _ in head)
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def fanout_tables(figures):
    ratios, rates = [], []
    for listeners, window in figures.places("fanout"):
        place = ("fanout", listeners, window)
        cpus = {name: spread(list(figures.cpu(place, name).values()))
                for name in ("rtmd", "nats", "redis", "split")}
        against, most = figures.better(place), FANOUT.get((listeners, window))
        if (listeners, window) in FANOUT_REDIS:
            against, most = "redis", FANOUT_REDIS[listeners, window]
        ratio = figures.ratio(place, against)
        ratios.append([str(listeners), str(window), *cpus.values(),
                       f"{spread(ratio)} of {against}" if ratio else "–", judged(ratio, most),
                       spread(figures.ratio(place, "split"))])
        rates.append([str(listeners), str(window)] +
                     [figures.rate(place, name) for name in ("rtmd", "nats", "redis", "split")])
    slow = []
    for listeners, window in figures.places("fanout"):
        place = ("fanout", listeners, window)
        for name in ("mqtt0", "mqtt1"):
            ratio = figures.ratio(place, name)
            if ratio:
                slow.append([str(listeners), str(window), f"QoS {name[-1]}",
                             spread(list(figures.cpu(place, "rtmd").values())),
                             spread(list(figures.cpu(place, name).values())),
                             figures.rate(place, "rtmd"), figures.rate(place, name), spread(ratio),
                             judged(ratio, MOSQUITTO)])
    return ["### Fan-out: server CPU seconds per million deliveries", "",
            *lines_of(["N", "B", "rtmd", "nats", "redis", "split", "rtmd in ratio", "target",
                       "rtmd : split"], ratios),
            "### Fan-out: million deliveries a second (server and generator together)", "",
            *lines_of(["N", "B", "rtmd", "nats", "redis", "split"], rates),
            "### Fan-out: beside mosquitto (CPU as above, then million deliveries a second)", "",
            *lines_of(["N", "B", "", "rtmd", "mosquitto", "rtmd/s", "mosquitto/s", "ratio", "target"],
                      slow)]


def echo_table(figures):
    rows = []
    for conns, depth in figures.places("echo"):
        place = ("echo", conns, depth)
        ours = list(figures.cpu(place, "rtmd").values())
        ratio = figures.ratio(place, "redis")
        target = judged(ours, ECHO.get((conns, depth)))
        if (conns, depth) == (1, 1):
            target = f"ratio {judged(ratio, 1)}"
        rows.append([str(conns), str(depth)] +
                    [spread(list(figures.cpu(place, name).values()))
                     for name in ("rtmd", "redis", "nats", "split")] +
                    [spread(ratio), target] +
                    [figures.rate(place, name) for name in ("rtmd", "redis", "nats", "split")])
    return ["### Echo: server CPU seconds per million answers, then million answers a second", "",
            *lines_of(["conns", "depth", "rtmd", "redis", "nats", "split", "rtmd : redis", "target",
                       "rtmd/s", "redis/s", "nats/s", "split/s"], rows)]


def latency_table(rows):
    found = collections.defaultdict(dict)
    for row in rows:
        if row["scenario"] == "latency" and "error" not in row:
            found[row["rate"], row["server"]][row["repetition"]] = row

    def values(rate, server, name):
        return {at: row[name] for at, row in found.get((rate, server), {}).items()}

    lines = []
    for rate, server in sorted(found, key=lambda key: key[0]):
        figures = [spread(list(values(rate, server, name).values()))
                   for name in ("p50_us", "p99_us", "p999_us", "max_us")]
        ratio = []
        if server == "rtmd":
            ours = values(rate, server, "p99_us")
            others = [p99 for name in BROKERS if (p99 := values(rate, name, "p99_us"))]
            best = min(others, key=lambda p99: statistics.median(p99.values()), default={})
            ratio = [ours[at] / best[at] for at in sorted(set(ours) & set(best))]
        lines.append([str(rate), server, *figures, spread(ratio),
                      judged(ratio, 1 if rate == LATENCY_RATE else None)])
    return ["### Latency from an open-loop schedule, 1 listener: microseconds", "",
            *lines_of(["messages/s", "server", "p50", "p99", "p99.9", "most",
                       "p99 : better broker", "target"], lines)]


def idle_table(rows):
    found = collections.defaultdict(list)
    for row in rows:
        if row["scenario"] == "idle" and "error" not in row:
            found[row["server"], row["listens"], row["conns"]].append(row)
    lines = []
    for (server, listens, conns), group in found.items():
        sizes = [row["server_bytes_each"] for row in group]
        most = IDLE_BYTES if server == "rtmd" and listens else None
        lines.append([server, "listens" if listens else "signed on", str(conns), spread(sizes),
                      judged(sizes, most),
                      spread([row["conns"] / row["seconds"] for row in group])])
    return ["### Idle connections: bytes of the server's resident memory for each", "",
            *lines_of(["server", "", "conns", "bytes", "target", "connected a second, one by one"],
                      lines)]


def peak_table(rows):
    lines = [[row["server"], number(row["bytes"] / 1048576)]
             for row in rows if row["scenario"] == "peak"]
    return ["### Peak resident memory of each server over all bursts and echoes, MiB", "",
            *lines_of(["server", "MiB"], lines)]


def receive_table(rows):
    found = collections.defaultdict(dict)
    for row in rows:
        if row["scenario"] == "receive" and "error" not in row:
            speed = row["pushes"] / row["cpu_s"] / 1e6
            rate = row["pushes"] / row["seconds"] / 1e6
            found[row["mix"], row["receiver"]][row["repetition"]] = (speed, rate)
    lines = []
    for mix in dict.fromkeys(mix for mix, _ in found):
        ours, split = found[mix, "librtm"], found[mix, "split"]
        speeds = [speed for speed, _ in ours.values()]
        shares = [ours[at][0] / split[at][0] for at in sorted(set(ours) & set(split))]
        least = RECEIVE_MILLIONS if mix == "100 bytes" else None
        lines.append([mix, spread(speeds), reached(speeds, least),
                      spread([speed for speed, _ in split.values()]), spread(shares),
                      reached(shares, RECEIVE_SHARE), spread([rate for _, rate in ours.values()])])
    return ["### Receive: million pushes for a second of the receiver's CPU, over loopback", "",
            *lines_of(["mix", "librtm", "target", "split and answer", "librtm : split", "target",
                       "librtm, million a second"], lines)]


def ceiling_table(rows):
    """What the generator can do: deliveries for each second of its own CPU, at its best."""
    best = {}
    for row in rows:
        if row["scenario"] == "fanout" and "error" not in row and row["load_cpu_s"] > 0:
            name = f"{row['server']} ({row['wire']})"
            speed = row["deliveries"] / row["load_cpu_s"] / 1e6
            if speed > best.get(name, (0,))[0]:
                best[name] = (speed, row["deliveries"] / row["seconds"] / 1e6, row["conns"],
                              row["window"])
    lines = [[name, number(speed), f"N = {conns}, B = {window}", number(rate)]
             for name, (speed, rate, conns, window) in best.items()]
    return ["### The generator's own ceiling: million deliveries for a second of its CPU", "",
            *lines_of(["from", "ceiling", "at", "then came, a second"], lines)]


def make(rows):
    machine = next(row for row in rows if row["scenario"] == "machine")
    ends = [row for row in rows if row["scenario"] == "end"]
    figures = Figures(rows)
    text = [f"{machine['processors']} × {machine['processor']}, Linux {machine['kernel']}, "
            f"{machine['system']}; {machine['time']}, commit {machine['commit']}, "
            f"{'quick run' if machine['quick'] else 'full run'}. "
            f"Load average when it began: {machine['load_average']:.1f}"
            + (f", when it ended: {ends[0]['load_average']:.1f} after {ends[0]['seconds']:.0f} s. "
               f"Measurements that failed: {ends[0]['failed']}." if ends else "."), ""]
    text += [f"* {name} {about['version']}: {about['settings']}"
             for name, about in machine["servers"].items()] + [""]
    scenarios = {row["scenario"] for row in rows}
    if "fanout" in scenarios:
        text += fanout_tables(figures) + ceiling_table(rows)
    if "echo" in scenarios:
        text += echo_table(figures)
    if "latency" in scenarios:
        text += latency_table(rows)
    if "peak" in scenarios:
        text += peak_table(rows)
    if "idle" in scenarios:
        text += idle_table(rows)
    if "receive" in scenarios:
        text += receive_table(rows)
    return "\n".join(text)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: bench/table.py RESULTS.jsonl")
    lines = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    print(make([json.loads(line) for line in lines]))


if __name__ == "__main__":
    main()
