"""The admin address of a gate: requests over HTTP, and the figures of /metrics.

    with Gate(tmp_path, listens=admin.LISTENS) as gate:
        page = admin.get(gate, "/metrics")
        figures = admin.Figures(gate)
        assert figures.value("rtmd_connections", listen="fpnn") == 1
"""

import http.client
import time

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from support.gate import DEADLINE

LISTENS = {"fpnn": {"address": "127.0.0.1:0"},
           "admin": {"address": "127.0.0.1:0", "protocol": "admin"}}


def connect(gate):
    host, port = gate.endpoints["admin"].rsplit(":", 1)
    return http.client.HTTPConnection(host, int(port), timeout=DEADLINE)


def get(gate, path, method="GET", body=None, headers=None):
    """(status, headers, text)"""
    connection = connect(gate)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


class Figures:
    """All samples of one reading of /metrics, which the parser of OpenMetrics has taken."""

    def __init__(self, gate):
        status, _, self.text = get(gate, "/metrics")
        assert status == 200, self.text
        self.families = {family.name: family
                         for family in text_string_to_metric_families(self.text)}
        self.samples = {}
        for family in self.families.values():
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                assert key not in self.samples, key
                self.samples[key] = sample.value

    def value(self, name, **labels):
        """None: there is no such sample."""
        return self.samples.get((name, frozenset(labels.items())))


def wait_for(gate, find, what):
    """Until find(figures) is true; shards publish four times a second."""
    end = time.monotonic() + DEADLINE
    while True:
        figures = Figures(gate)
        found = find(figures)
        if found:
            return figures
        assert time.monotonic() < end, f"waited in vain for {what}:\n{figures.text}"
