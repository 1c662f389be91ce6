"""Bursts: so many messages at once, until all of their deliveries and answers have come.

A scenario here is a list of cases: the servers, what is told to the generator, and how many messages a
sender has under way. What differs is in the cases; all run the same way.
"""

import statistics

import peers
import targets
from scenarios.figures import Figures, in_both, judged, median, reached, spread, table

PEERS = (peers.Rtmd, peers.Nats, peers.Redis)
DURABLE = (peers.RtmdNormal, peers.RtmdFull)
# In this time after a run the index of a log is brought up to date: it counts, and disturbs nobody.
REST_MS = 1300
LOGS = (peers.Rtmd, peers.RtmdFile, peers.RtmdNormal, peers.RtmdFull)
WINDOWS = (1, 10, 100, 1000)
# A million deliveries a burst take mosquitto ten seconds: it is measured where its target is.
MOSQUITTO_LISTENERS = (1, 10, 100)
LISTENED = 10000000  # ids of all listeners together: beyond it the generator's machine is too small


def run_case(run, scenario, repetition, servers, case, ms=None):
    """A case is (kinds, arguments, windows, more of each row)."""
    _, arguments, windows, more = case
    for server in servers:
        for wire in server.wires:
            run.measure(server, repetition, scenario, "fanout", wire, *arguments,
                        "--windows", ",".join(map(str, windows)), "--ms", str(ms or run.run_ms),
                        more=more)


def run_cases(run, scenario, cases, repetitions=None, ms=None):
    for repetition in range(repetitions or run.repetitions):
        for case in cases:
            with run.served(run.in_turn(case[0], repetition)) as servers:
                run_case(run, scenario, repetition, servers, case, ms)
        run.tell(scenario, repetition)


def run_fanout(run):
    cases = []
    for listeners in (1, 10, 100, 1000):
        arguments = ["--conns", str(listeners)]
        cases.append(((*PEERS, peers.Split), arguments, WINDOWS, {}))
        if listeners in MOSQUITTO_LISTENERS:
            cases.append(((peers.Mosquitto,), arguments, (100,), {}))
    run_cases(run, "fanout", cases)


def fanout_tables(rows):
    figures = Figures(rows, "fanout", "conns", "window")
    ratios, slow = [], []
    for place in figures.places():
        listeners, window = place
        against, most = figures.better(place), targets.FANOUT.get(place)
        if place in targets.FANOUT_REDIS:
            against, most = "redis", targets.FANOUT_REDIS[place]
        ratio = figures.ratio(place, against)
        ratios.append([str(listeners), str(window),
                       *figures.show_cpu(place, "rtmd", "nats", "redis", "split"),
                       f"{spread(ratio)} of {against}" if ratio else "–", judged(ratio, most),
                       median(figures.ratio(place, "split")),
                       " / ".join(figures.show_rates(place, "rtmd", "nats", "redis", "split"))])
        for name in ("mqtt0", "mqtt1"):
            ratio = figures.ratio(place, name)
            if ratio:
                slow.append([str(listeners), str(window), f"QoS {name[-1]}",
                             *figures.show_cpu(place, "rtmd", name), spread(ratio),
                             judged(ratio, targets.MOSQUITTO),
                             " / ".join(figures.show_rates(place, "rtmd", name))])
    return [*table("Fan-out: server CPU seconds per million deliveries",
                   ["N", "B", "rtmd", "nats", "redis", "split", "rtmd in ratio", "target",
                    "rtmd : split", "million a second, in this order"], ratios),
            *table("Fan-out: beside mosquitto",
                   ["N", "B", "", "rtmd", "mosquitto", "ratio", "target", "million a second"], slow),
            *ceiling_table(rows)]


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
    return table("The generator's own ceiling: million deliveries for a second of its CPU",
                 ["from", "ceiling", "at", "then came, a second"],
                 [[name, median([speed]), f"N = {conns}, B = {window}", median([rate])]
                  for name, (speed, rate, conns, window) in best.items()])


def run_equal(run):
    run_cases(run, "equal", [(PEERS, ["--conns", str(listeners), "--padded"], (100, 1000), {})
                             for listeners in ((10, 100) if run.quick else (10, 100, 1000))])


def equal_tables(rows):
    figures = Figures(rows, "equal", "conns", "window")
    lines = []
    for place in figures.places():
        against = figures.better(place)
        ratio = figures.ratio(place, against)
        lines.append([*map(str, place), *figures.show_cpu(place, "rtmd", "nats", "redis"),
                      f"{spread(ratio)} of {against}", judged(ratio, targets.EQUAL.get(place)),
                      " / ".join(str(*set(figures.values(place, name, "delivery_bytes").values()))
                                 for name in ("rtmd", "nats", "redis"))])
    return table("Fan-out with deliveries of equal length: server CPU seconds per million",
                 ["N", "B", "rtmd", "nats", "redis", "rtmd in ratio", "target",
                  "bytes of a delivery"], lines,
                 "The brokers' texts are longer, so that their deliveries have as many bytes as a "
                 "push. The gate's pushes are answered all the same: it has no others.")


def run_many(run):
    arguments = ["--conns", "100", "--senders", "100", "--groups", "100", "--each", "10", "--step",
                 "1"]
    run_cases(run, "many", [(PEERS, arguments, (1, 10, 100), {})])
    run_cases(run, "many", [(DURABLE, [*arguments, "--rest", str(REST_MS)], (1, 10, 100), {})],
              repetitions=run.few)


def many_tables(rows):
    figures = Figures(rows, "many", "window")
    lines = []
    for place in figures.places():
        against = figures.better(place)
        ratio = figures.ratio(place, against)
        names = ("rtmd", "rtmd normal", "rtmd full", "nats", "redis")
        lines.append([str(place[0]), *figures.show_cpu(place, *names),
                      f"{spread(ratio)} of {against}", judged(ratio, targets.MANY.get(place[0])),
                      " / ".join(figures.show_rates(place, *names))])
    return table("Many to many: server CPU seconds per million deliveries",
                 ["B of each", "rtmd", "normal", "full", "nats", "redis", "rtmd in ratio", "target",
                  "million a second, in this order"], lines,
                 "100 senders, each to a group of its own, and 100 listeners to 10 groups each.")


def run_log(run):
    cases = [(LOGS, ["--conns", str(listeners), "--rest", str(REST_MS)], (1000,), {})
             for listeners in (1, 100)]
    run_cases(run, "log", cases, repetitions=run.few, ms=2 * run.run_ms)


def log_tables(rows):
    figures = Figures(rows, "log", "conns", "window")
    lines = []
    for place in figures.places():
        memory = figures.message_cpu(place, "rtmd")
        for name in ("rtmd", "rtmd file", "rtmd normal", "rtmd full"):
            own = figures.message_cpu(place, name)
            beyond = in_both(own, memory, lambda a, b: a - b)
            ratio = in_both(own, memory, lambda a, b: a / b)
            is_judged = name == "rtmd normal"
            lines.append([*map(str, place), dict(zip(("rtmd", "rtmd file"), (
                              "`memory:`", "file, `memory`"))).get(name, f"file, `{name[5:]}`"),
                          spread(own.values()), *(["–"] * 4 if name == "rtmd" else [
                              spread(beyond), judged(beyond, targets.LOG_US.get(place[0]) if is_judged else None),
                              spread(ratio), judged(ratio, targets.LOG_RATIO.get(place[0])
                                                    if is_judged else None)]),
                          *figures.show_rates(place, name)])
    return table("The log: server CPU microseconds a message",
                 ["N", "B", "store, durability", "CPU a message", "beyond `memory:`", "target",
                  "of `memory:`", "target", "million deliveries a second"], lines,
                 "The time of 1.3 s after each run counts, too: in it the index catches up.")


def run_match(run):
    """The same number of matches, whatever is listened to: a fresh gate for each repetition."""
    cases = []

    def add(conns, groups, arguments, **more):
        for talk in ("1", "") if groups > 1 and not run.quick else ("1",):
            # --check: the generator does the same with pushes, whether it has one group or many.
            cases.append(((), ["--conns", str(conns), "--groups", str(groups), "--check", *arguments,
                               *(["--talk", talk] if talk else [])], (100,),
                          {**more, "talk": talk or "all"}))

    for listeners in (1, 10, 1000):
        for each in (1, 100, 10000, 100000):
            if listeners * each <= (1000000 if run.quick else LISTENED):
                add(listeners, each, ["--each", str(each)], ids=str(each), matches=listeners)
        add(listeners, 100, ["--all"], ids="all", matches=listeners)
    # Nobody listens to what another one does.
    for each in (1, 1000 if run.quick else 10000):
        add(1000, 1000 * each, ["--each", str(each), "--step", str(each)], ids=str(each), matches=1)
    for repetition in range(run.few):
        with run.served((peers.Rtmd,), fresh=True) as servers:
            run.warm_up(servers[0])
            for case in cases:
                run_case(run, "match", repetition, servers, case, ms=300)
                run.wait_idle(servers[0])
        run.tell("match", repetition)


def match_tables(rows):
    figures = Figures(rows, "match", "conns", "matches", "ids", "talk")
    lines = []
    for place in figures.places():
        conns, matches, ids, talk = place
        if talk != "1":
            continue
        own = figures.message_cpu(place, "rtmd")
        ratio = in_both(own, figures.message_cpu((conns, matches, "1", "1"), "rtmd"),
                        lambda a, b: a / b)
        over_all = figures.message_cpu((conns, matches, ids, "all"), "rtmd").values()
        lines.append([str(conns), ids, str(matches), spread(own.values()),
                      *(["–", "–"] if ids == "1" else
                        [spread(ratio), judged(ratio, targets.MATCH_RATIO)]), spread(over_all)])
    return table("Cost of a match: server CPU microseconds a message, B = 100",
                 ["listeners", "ids of each", "matches a message", "CPU a message",
                  "of that with one id", "flat", "all ids in turn"], lines,
                 "Messages go to one of the ids. In the last column they go round all that are listened "
                 "to, so each of them is a conversation with its times and its index, which costs, too. "
                 "More than ten million ids together are not tried.")


def run_veil(run):
    kinds = (peers.Rtmd, peers.RtmdPackage, peers.RtmdStream, peers.RtmdTls)
    run_cases(run, "veil", [(kinds, ["--conns", "10"], (1, 100, 1000), {})],
              repetitions=min(run.repetitions, 3))


def veil_tables(rows):
    figures = Figures(rows, "veil", "conns", "window")
    names = ("rtmd", "rtmd package", "rtmd stream", "rtmd tls")
    lines = [[*map(str, place), *figures.show_cpu(place, *names),
              " / ".join(median(figures.ratio(place, "rtmd", name)) for name in names[1:]),
              " / ".join(figures.show_rates(place, *names))] for place in figures.places()]
    return table("Hidden bytes: server CPU seconds per million deliveries",
                 ["N", "B", "plain", "package", "stream", "TLS", "ratio to plain",
                  "million a second, in this order"], lines)


def run_processors(rows):
    return next(row["processors"] for row in rows if row["scenario"] == "machine")


def run_shards(run):
    kinds = (peers.Rtmd, peers.RtmdTwo)
    many = ["--conns", "100", "--senders", "100", "--groups", "100", "--each", "10", "--step", "1"]
    cases = [(kinds, ["--conns", "100"], (1, 100), {"what": "1 to 100"}),
             (kinds, ["--conns", "1000"], (10, 100), {"what": "1 to 1000"}),
             (kinds, many, (10, 100), {"what": "many to many"}),
             (kinds, [*many, "--each", "1"], (100,), {"what": "100 times 1 to 1"})]
    run_cases(run, "shards", cases, repetitions=min(run.repetitions, 3))


def shards_tables(rows):
    figures = Figures(rows, "shards", "what", "window")
    lines = []
    for place in figures.places():
        one, two = figures.rates(place, "rtmd"), figures.rates(place, "rtmd two")
        gain = in_both(two, one, lambda a, b: a / b)
        room = figures.values(place, "rtmd two", lambda row: run_processors(rows) -
                              row["load_cpu_s"] / row["seconds"]).values()
        has_room = statistics.median(room) >= targets.SHARDS_LEAST if room else False
        lines.append([place[0], str(place[1]), spread(one.values()), spread(two.values()),
                      spread(gain), reached(gain, targets.SHARDS_LEAST) if has_room else "no room",
                      spread(room), " / ".join(median(figures.cpu(place, name).values())
                                               for name in ("rtmd", "rtmd two"))])
    return table("Two shards beside one: million deliveries a second",
                 ["", "B", "one", "two", "gain", "target", "processors left",
                  "CPU seconds per million"], lines,
                 "Two shards and the generator share the processors. Where it leaves the shards less "
                 f"than {targets.SHARDS_LEAST} of them, no more can be gained, and nothing is judged.")
