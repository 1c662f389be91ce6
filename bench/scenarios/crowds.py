"""Many connections: memory, how fast they come in, and a storm of all of them coming back."""

import peers
import targets
from scenarios.figures import Figures, in_both, judged, spread, table

DEPTH = 200  # under way at a time
SERVERS = (peers.RtmdCrowd, peers.Nats, peers.Redis, peers.Mosquitto, peers.Split)
IDS = 10  # of each listener, in the run that tells what an id takes
FORMS = {(False, 1): "signed on", (True, 1): "listens to 1 id", (True, IDS): f"listens to {IDS} ids"}
JUDGED_FROM = 10000  # connections


def run_crowd(run):
    """A fresh server for each, because memory that was taken once is not given back."""
    counts = [2000] if run.quick else [10000]
    if not run.quick and run.conns_most > 10000:
        counts.append(run.conns_most)
    for repetition in range(min(run.few, 2)):
        for count in counts:
            kinds = SERVERS if count <= 10000 else SERVERS[:3]
            for kind in run.in_turn(kinds, repetition):
                # mosquitto takes half a minute for 10,000 that subscribe to one topic.
                conns = min(count, 2000) if kind is peers.Mosquitto else count
                forms = [[], ["--listen"]]
                if kind is peers.RtmdCrowd:
                    forms.append(["--listen", "--groups", str(IDS), "--each", str(IDS)])
                for more in forms:
                    with run.served((kind,), fresh=True) as servers:
                        for server in servers:
                            run.measure(server, repetition, "crowd", "crowd", kind.wires[0],
                                        "--conns", str(conns), "--depth", str(DEPTH), *more)
        run.tell("crowd", repetition)


def beyond_ids(one, ten):
    """What a connection that listens takes without its ids, from those with 1 and with IDS."""
    return one - (ten - one) / (IDS - 1)


def crowd_tables(rows):
    figures = Figures(rows, "crowd", "conns", "listens", "each")
    lines = []
    for place, server in figures.rows:
        conns, *form = place
        lines.append([server, FORMS[tuple(form)], str(conns),
                      spread(figures.values(place, server, "server_bytes_each").values()), "–",
                      spread(figures.values(place, server, "kernel_bytes_each").values()),
                      spread(figures.values(place, server, lambda row: row["conns"] / row["seconds"]
                                            ).values()),
                      spread(figures.values(place, server, lambda row: row["server_cpu_s"] * 1e6 /
                                            row["conns"]).values())])
        if tuple(form) == (True, IDS):
            sizes = in_both(figures.values((conns, True, 1), server, "server_bytes_each"),
                            figures.values(place, server, "server_bytes_each"), beyond_ids)
            most = targets.IDLE_BYTES if conns >= JUDGED_FROM else None
            lines.append([server, "listens, without its ids", str(conns), spread(sizes),
                          judged(sizes, most), "–", "–", "–"])
    return table("Connections: bytes for each of them, and how fast they come in",
                 ["server", "", "conns", "resident", "target", "kernel", "came in a second",
                  "CPU µs each"], lines,
                 f"{DEPTH} under way at a time. Resident memory of the server, from a tenth of the "
                 "connections to all. Kernel: what Slab of /proc/meminfo has grown by, of the whole "
                 "machine, so both ends of a connection. Without its ids: each takes a part of what "
                 f"{IDS} take more than one. Judged from {JUDGED_FROM:,} on: below, what memory is "
                 "taken from the system in advance shows.")


def run_storm(run):
    """The server is killed and started anew; all listeners come back at once."""
    for repetition in range(run.few):
        for kind in run.in_turn(SERVERS[:3], repetition):
            for count, each in ((2000, 10),) if run.quick else ((10000, 1), (10000, 10)):
                with run.served((kind,), fresh=True) as servers:
                    for server in servers:
                        run.measure_storm(server, repetition, kind.wires[0], "--conns", str(count),
                                          "--depth", str(DEPTH), "--listen", "--again", "--groups",
                                          "10", "--each", str(each), "--step", str(each))
        run.tell("storm", repetition)


def storm_tables(rows):
    figures = Figures([row for row in rows if row.get("form") == "storm"], "storm", "conns", "each")
    lines = []
    for place, server in figures.rows:
        lines.append([server, *map(str, place),
                      spread(figures.values(place, server, "seconds").values()),
                      spread(figures.values(place, server, "server_cpu_s").values()),
                      spread(figures.values(place, server, lambda row: row["server_cpu_s"] * 1e6 /
                                            row["conns"]).values())])
    return table("Reconnect storm: seconds until all listen again",
                 ["server", "conns", "ids of each", "seconds", "server CPU seconds", "CPU µs each"],
                 lines,
                 "The server is killed and started anew, then all connect at the same moment and say "
                 "what they listen to. Then a message to each group has to reach exactly its listeners.")
