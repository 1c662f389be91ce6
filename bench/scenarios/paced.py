"""Echoes, and latency from an open-loop schedule."""

import statistics

import peers
import targets
from scenarios.figures import BROKERS, Figures, in_both, judged, median, spread, table

SERVERS = (peers.Rtmd, peers.Nats, peers.Redis, peers.Split)
LOADS = (("1000", 1), ("20000", 1), ("half", 1), ("1000", 100))  # messages a second, listeners
ECHOES = ((1, 1), (1, 1000), (64, 16), (100, 1), (2000, 1))  # connections, depth


def run_echo(run):
    for repetition in range(run.repetitions):
        for conns, depth in ECHOES:
            with run.served(run.in_turn(SERVERS, repetition)) as servers:
                for server in servers:
                    run.measure(server, repetition, "echo", "echo", server.wires[0], "--conns",
                                str(conns), "--depth", str(depth), "--ms", str(run.run_ms))
        run.tell("echo", repetition)


def echo_tables(rows):
    figures = Figures(rows, "echo", "conns", "window")
    names = ("rtmd", "redis", "nats", "split")
    lines = []
    for place in figures.places():
        ratio = figures.ratio(place, "redis")
        target = judged(list(figures.cpu(place, "rtmd").values()), targets.ECHO_US.get(place))
        if place in targets.ECHO_REDIS:
            target = f"ratio {judged(ratio, targets.ECHO_REDIS[place])}"
        lines.append([*map(str, place), *figures.show_cpu(place, *names), spread(ratio), target,
                      " / ".join(figures.show_rates(place, *names))])
    return table("Echo: server CPU seconds per million answers",
                 ["conns", "depth", "rtmd", "redis", "nats", "split", "rtmd : redis", "target",
                  "million a second, in this order"], lines)


def capacity(run, server):
    """Messages a second to one listener, in bursts of 1000."""
    rows = run.measure(server, 0, "capacity", "fanout", server.wires[0], "--windows", "1000",
                       "--ms", str(run.run_ms))
    return rows[0]["messages"] / rows[0]["seconds"] if rows else None


def run_latency(run):
    """Half of capacity is each server's own, measured here."""
    latency_of(run, SERVERS)
    latency_of(run, (peers.RtmdNormal,))  # afterwards: its index would disturb the others


def latency_of(run, kinds):
    with run.served(kinds) as servers:
        half = {server.name: capacity(run, server) for server in servers}
    for repetition in range(run.repetitions):
        for load, listeners in LOADS:
            with run.served(run.in_turn(kinds, repetition)) as servers:
                for server in servers:
                    if load == "half" and half[server.name] is None:
                        continue
                    rate = int(half[server.name] / 2) if load == "half" else int(load)
                    run.measure(server, repetition, "latency", "latency", server.wires[0],
                                "--rate", str(rate), "--conns", str(listeners),
                                "--ms", str(5 * run.run_ms),
                                more={"load": load})
        run.tell("latency", repetition)


def latency_tables(rows):
    figures = Figures(rows, "latency", "load", "conns")
    lines = []
    for place, server in sorted(figures.rows, key=lambda key: LOADS.index(key[0])):
        p99 = figures.values(place, server, "p99_us")
        ratio = []
        if server == "rtmd":
            others = [found for name in BROKERS if (found := figures.values(place, name, "p99_us"))]
            best = min(others, key=lambda found: statistics.median(found.values()), default={})
            ratio = in_both(p99, best, lambda a, b: a / b)
        rate = median(figures.values(place, server, "rate").values())
        most = targets.LATENCY_RATIO.get(place[0]) if place[1] == 1 else None
        lines.append([f"half: {rate}" if place[0] == "half" else rate, str(place[1]), server,
                      *(spread(figures.values(place, server, name).values())
                        for name in ("p50_us", "p99_us", "p999_us")),
                      median(figures.values(place, server, "max_us").values()), spread(ratio),
                      judged(ratio, most)])
    return table("Latency from an open-loop schedule: microseconds",
                 ["messages a second", "N", "server", "p50", "p99", "p99.9", "most",
                  "p99 : better broker", "target"], lines,
                 "Half is half of what each server has done a second with bursts of 1000 to one "
                 "listener: the rates differ, so nothing is compared there.")
