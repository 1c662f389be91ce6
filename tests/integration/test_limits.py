"""Limits of rate of a running rtmd: 200010, never the end of a connection; counted and logged."""

import subprocess

import pytest

from support import admin
from support.gate import DEADLINE, PID, Gate, program
from support.wire import Client

pytestmark = pytest.mark.skipif(program("RTMD") is None, reason="rtmd is not built")


def set_project(gate, **settings):
    """Start a gate whose project has these settings."""
    write = gate._write_config

    def write_more():
        write()
        with gate.config.open("a") as file:
            file.writelines(f"{key.replace('_', '-')} = {value}\n"
                            for key, value in settings.items())

    gate._write_config = write_more
    return gate


def ask(client):
    client.ask_signed("addlisten", gids=[1])
    status, payload = client.answer()
    return payload["code"] if status else 0


def message(client, mid):
    client.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                         "msg": "x", "attrs": ""})
    status, payload = client.answer()
    return payload["code"] if status else 0


def test_quests_of_a_project(tmp_path):
    """Two a second: of a burst on connections of all shards two pass, and some later."""
    gate = set_project(Gate(tmp_path, listens=admin.LISTENS, settings={"shards": 3}),
                       quests_per_second=2)
    with gate, Client(gate.endpoint) as a, Client(gate.endpoint) as b, Client(gate.endpoint) as c:
        codes = [ask(client) for _ in range(20) for client in (a, b, c)]
        assert set(codes) == {0, 200010} and codes[:2] == [0, 0]
        while ask(a) != 0:  # it comes right by itself
            pass
        for client in (a, b, c):
            client.ping()  # not counted, and nobody was cut
        admin.wait_for(
            gate, lambda f: f.value("rtmd_quests_limited_total", by="project") >=
            codes.count(200010), "the figures")
        gate.wait_log(f"project {PID}: quests-per-second is reached")
        figures = admin.Figures(gate)
        assert figures.value("rtmd_connections_cut_total") == 0
        assert figures.value("rtmd_quests_total", side="server", method="addlisten", result="limited") == \
            figures.value("rtmd_quests_limited_total", by="project")


def test_messages_of_a_project(tmp_path):
    gate = set_project(Gate(tmp_path, listens=admin.LISTENS, settings={"shards": 2}),
                       messages_per_second=3)
    with gate, Client(gate.endpoint) as a, Client(gate.endpoint) as b:
        codes = {}
        for mid in range(1, 41):
            codes[mid] = message(a if mid % 2 else b, mid)
            assert ask(a) == 0  # other quests are not limited
        assert set(codes.values()) == {0, 200010}
        refused = next(mid for mid, code in codes.items() if code)
        while (code := message(b, refused)) != 0:
            assert code == 200010
        stored = list(codes.values()).count(0) + 1
        figures = admin.wait_for(
            gate, lambda f: f.value("rtmd_messages_total", project=str(PID), kind="group") ==
            stored, "the messages")
        assert figures.value("rtmd_messages_limited_total", project=str(PID), by="rate") >= \
            list(codes.values()).count(200010)
        gate.wait_log(f"project {PID}: messages-per-second is reached")


def test_quests_of_an_address(tmp_path):
    settings = {"quests-per-address": 3, "shards": 2}
    with Gate(tmp_path, listens=admin.LISTENS, settings=settings) as gate, \
            Client(gate.endpoint) as a, Client(gate.endpoint, secret="guessed") as guesser:
        assert ask(a) == 0
        codes = [ask(guesser) for _ in range(20)]
        assert set(codes) == {200002, 200010}
        gate.wait_log("quests-per-address is reached")
        guesser.ping()
        while ask(a) != 0:
            pass


def test_unix_sockets_have_no_address(tmp_path):
    listens = {"fpnn": {"address": f"unix:{tmp_path / 'sock'}"}}
    with Gate(tmp_path, listens=listens, settings={"quests-per-address": 1}) as gate:
        for _ in range(3):
            sent = subprocess.run([program("RTM"), *gate.flags, "send", "group", "7", "hello",
                                   "--from", "1"], capture_output=True, timeout=DEADLINE)
            assert sent.returncode == 0, sent.stderr


def test_connections_of_an_address(tmp_path):
    with Gate(tmp_path, listens=admin.LISTENS, settings={"connections-per-address": 2}) as gate:
        with Client(gate.endpoint) as a, Client(gate.endpoint) as b:
            a.prove()
            b.prove()
            with Client(gate.endpoint) as c:
                assert c.is_closed()
            gate.wait_log("connections-per-address is reached for its address")
            a.ping()
            assert admin.Figures(gate).value("rtmd_connections_refused_total",
                                             reason="connections_per_address") == 1
        admin.wait_for(gate, lambda f: f.value("rtmd_connections", listen="fpnn") == 0, "the end")
        with Client(gate.endpoint) as d:
            d.prove()


def test_there_is_no_limit_unless_it_is_given(tmp_path):
    with Gate(tmp_path, listens=admin.LISTENS) as gate, Client(gate.endpoint) as client:
        for mid in range(1, 301):
            assert message(client, mid) == 0
        figures = admin.Figures(gate)
        assert figures.value("rtmd_quests_limited_total", by="project") == 0
        assert figures.value("rtmd_quests_limited_total", by="address") == 0
