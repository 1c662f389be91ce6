"""Each method and code on PostgreSQL: the C program of integration.gate.methods on another store."""

import os
import pathlib
import subprocess

import pytest

from support import postgres
from support.gate import program

METHODS = pathlib.Path(os.environ.get("RTMKIT_BUILD", ".")) / "tests/bin/integration.gate.methods"

pytestmark = pytest.mark.skipif(program("RTMD") is None or not METHODS.exists(),
                                reason="rtmd or the program is not built")


def test_each_method_and_code():
    try:
        server = postgres.shared()
    except postgres.Impossible as why:
        pytest.skip(str(why))
    uri = server.database_of("methods")
    environment = {**os.environ, "RTMKIT_TEST_STORE_URI": uri}

    def size():
        return int(server.sql("SELECT sum(pg_database_size(datname)) FROM pg_database")[0])

    before = size()
    result = subprocess.run([METHODS], env=environment, capture_output=True, timeout=300,
                            check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert size() > before + 100000, "nothing was stored there"
