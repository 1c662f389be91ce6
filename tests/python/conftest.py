"""What the tests of the Python package share: a gate, scripted peers, and clients that end."""

import pytest

from support.gate import PID, SECRET, Gate
from support.peer import Peer, answer_everything

import rtm


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with Gate(tmp_path_factory.mktemp("gate"), store="memory:") as running:
        yield running


@pytest.fixture
def make_peer():
    """make_peer(answer): a scripted peer that ends with the test."""
    peers = []

    def make(answer=answer_everything):
        peers.append(Peer(answer))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture
def make_client():
    """make_client(place, ...): a client of a gate or peer, in the form of version 2.0."""
    clients = []

    def make(place, reconnect=True, timeout=0, **options):
        client = rtm.RTMServerClient(PID, SECRET, place.endpoint, reconnect, timeout, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.destroy()
