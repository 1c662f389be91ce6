"""From rows to cells: medians, spreads, ratios within repetitions, targets, Markdown."""

import collections
import statistics

BROKERS = ("nats", "redis")


def number(value):
    if value == 0:
        return "0"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:.{digits}f}"


def spread(values):
    values = list(values)
    if not values:
        return "–"
    return f"{number(statistics.median(values))} [{number(min(values))}–{number(max(values))}]"


def median(values):
    values = list(values)
    return number(statistics.median(values)) if values else "–"


def judged(values, most):
    """A target, and whether the median is within it."""
    if most is None or not values:
        return "–"
    return f"{number(most)} {'met' if statistics.median(values) <= most else '**missed**'}"


def reached(values, least):
    """The same for what should be more."""
    if least is None or not values:
        return "–"
    return f"{number(least)} {'met' if statistics.median(values) >= least else '**missed**'}"


def table(title, head, rows, note=None):
    """A heading, a note, and a table; nothing when there are no rows."""
    if not rows:
        return []
    rule = "|".join("---" for _ in head)
    return [f"### {title}", "", *([note, ""] if note else []), f"| {' | '.join(head)} |", f"|{rule}|",
            *(f"| {' | '.join(row)} |" for row in rows), ""]


def in_both(ours, theirs, what):
    """what(our value, their value) for each repetition that both have."""
    return [what(ours[at], theirs[at]) for at in sorted(set(ours) & set(theirs))]


class Figures:
    """Good rows of a scenario by place (what is varied), server and repetition."""

    def __init__(self, rows, scenario, *place):
        self.rows = collections.defaultdict(dict)
        for row in rows:
            if row["scenario"] == scenario and "error" not in row:
                key = tuple(row[name] for name in place)
                self.rows[key, self.name(row)][row["repetition"]] = row

    @staticmethod
    def name(row):
        return row["wire"] if row.get("server") == "mosquitto" else row.get("server")

    def places(self):
        return list(dict.fromkeys(place for place, _ in self.rows))

    def values(self, place, server, value):
        """value(row), by repetition; `value` may be the name of a column."""
        found = self.rows.get((place, server), {})
        return {at: value(row) if callable(value) else row[value] for at, row in found.items()}

    def cpu(self, place, server):
        """CPU microseconds for each delivery or answer."""
        return self.values(place, server, lambda row: row["server_cpu_s"] * 1e6 /
                           (row["deliveries"] or row["answers"]))

    def message_cpu(self, place, server):
        return self.values(place, server, lambda row: row["server_cpu_s"] * 1e6 / row["messages"])

    def rates(self, place, server):
        """Millions of deliveries, or answers, a second."""
        return self.values(place, server, lambda row: (row["deliveries"] or row["answers"]) /
                           row["seconds"] / 1e6)

    def show_cpu(self, place, *servers):
        return [spread(self.cpu(place, server).values()) for server in servers]

    def show_rates(self, place, *servers):
        return [median(self.rates(place, server).values()) for server in servers]

    def better(self, place):
        """The broker that takes less CPU; None when none was measured."""
        cpus = {server: self.cpu(place, server) for server in BROKERS}
        return min((server for server in BROKERS if cpus[server]), default=None,
                   key=lambda server: statistics.median(cpus[server].values()))

    def ratio(self, place, server, ours="rtmd"):
        return in_both(self.cpu(place, ours), self.cpu(place, server), lambda a, b: a / b)
