"""rtmd store: check, vacuum, export, import, backup, on both kinds of store.

What is found to be damaged is the business of the unit tests; here are the command lines, the
files, and a gate that serves meanwhile.
"""

import json
import os
import sqlite3
import subprocess

import pytest

from support import postgres
from support.gate import PID, Gate, program

RTMD = program("RTMD")
RTM = program("RTM")
pytestmark = pytest.mark.skipif(not RTMD or not RTM, reason="rtmd or rtm is not built")

EPOCHS = [
    {"type": "epoch", "pid": -3, "number": 1, "epoch": "fedcba9876543210", "first_offset": 1,
     "opened_ms": -1},
    {"type": "epoch", "pid": PID, "number": 4, "epoch": "0000000000000001", "first_offset": 1,
     "opened_ms": 5},
    {"type": "epoch", "pid": PID, "number": 5, "epoch": "0000000000000002", "first_offset": 9,
     "opened_ms": 6},
]
ENTRIES = [
    {"type": "entry", "pid": PID, "key": "\x00", "value": ""},
    {"type": "entry", "pid": PID, "key": "a/\u00e9", "value64": "/w=="},
    {"type": "entry", "pid": PID, "key64": "//79", "value": "x\x00\n\"y"},
]


def record(offset, **fields):
    return {"type": "record", "pid": PID, "offset": offset, "mtime_ms": 1000 + offset,
            "ahead_ms": 0, "kind": 2, "mtype": 30, "from": 1, "to": 2, "mid": offset,
            "binary": False, "msg": "text", "attrs": "", **fields}


def renamed(fields, name):
    """The same fields in the same order, one name with 64 behind it."""
    return {key + "64" if key == name else key: value for key, value in fields.items()}


RECORDS = [
    record(3),
    record(4, kind=8, mtype=2, **{"from": 0}),
    record(5, ahead_ms=2**32 - 1, kind=63, mtype=255, mid=-2**63, binary=True,
           **{"from": -2**63, "to": 2**63 - 1}),
    renamed(record(6, msg="AP8B", attrs="k\x00v"), "msg"),
    renamed(record(7, msg="\U0001f600\u0000", attrs="gA=="), "attrs"),
    record(2**63 - 2, mtime_ms=2**63 - 1, msg="x" * 300000),
]


def export_of(epochs, entries, records):
    """The lines of an export, with its first and last one."""
    lines = [{"type": "store", "version": 1}]
    for pid in sorted({epoch["pid"] for epoch in epochs}):
        for part in [epochs, entries, records]:
            lines += [line for line in part if line["pid"] == pid]
    lines.append({"type": "end", "epochs": len(epochs), "entries": len(entries),
                  "records": len(records)})
    return lines


WHOLE = export_of(EPOCHS, ENTRIES, RECORDS)


def text_of(lines):
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
                   for line in lines)


def run(verb, store, *words, text=None):
    """Run a verb on a store: exit code, standard output, standard error."""
    done = subprocess.run([RTMD, "store", verb, "--store", store, *words], input=text or "",
                          capture_output=True, check=False, timeout=60, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(name="server", scope="module")
def fixture_server():
    if "without PostgreSQL" in run("check", "postgres:dbname=none")[2]:
        pytest.skip("rtmd was built without PostgreSQL")
    try:
        with postgres.Postgres() as server:
            yield server
    except postgres.Impossible as why:
        pytest.skip(str(why))


@pytest.fixture(name="stores", params=["sqlite", "postgres"])
def fixture_stores(request, tmp_path):
    """Makes empty stores: a function from a name to what --store takes."""
    if request.param == "sqlite":
        return lambda name: f"sqlite:{tmp_path}/{name}.db"
    server = request.getfixturevalue("server")

    def make(name):
        server.sql(f"DROP DATABASE IF EXISTS {name}")
        server.sql(f"CREATE DATABASE {name}")
        return server.store.replace("/postgres?", f"/{name}?")
    return make


def test_an_export_comes_back_as_it_went(stores, tmp_path):
    first, second = stores("one"), stores("two")
    assert run("import", first, text=text_of(WHOLE)) == \
        (0, "projects=2 epochs=3 entries=3 records=6\n", "")
    code, exported, told = run("export", first)
    assert (code, told) == (0, "")
    assert [json.loads(line) for line in exported.splitlines()] == WHOLE

    path = tmp_path / "export.ndjson"
    assert run("export", first, str(path)) == (0, "", "")
    assert path.read_text(encoding="utf-8") == exported
    assert run("export", first, str(path))[0] == 2  # never over another file
    assert run("import", second, str(path))[0] == 0
    assert run("export", second)[1] == exported
    assert run("check", second) == \
        (0, "good: projects=2 epochs=3 entries=3 records=6 blocks=0 damages=0\n", "")

    one = [line for line in WHOLE if line.get("pid") == -3]
    assert [json.loads(line) for line in run("export", first, "--pid", "-3")[1].splitlines()] == \
        export_of(one, [], [])
    code, out, told = run("export", first, "--pid", "4")
    assert (code, out) == (2, "") and "there is no project 4" in told


def test_an_import_is_all_or_nothing(stores):
    store = stores("one")

    def refused(lines, *words):
        text = lines if isinstance(lines, str) else text_of(lines)
        code, out, told = run("import", store, text=text)
        assert (code, out) == (2, ""), text
        for word in words:
            assert word in told
        assert run("export", store)[1] == text_of(export_of([], [], []))

    def changed(at, **fields):
        return [*WHOLE[:at], {**WHOLE[at], **fields}, *WHOLE[at + 1:]]

    def without(at, name):
        return [*WHOLE[:at], {k: v for k, v in WHOLE[at].items() if k != name}, *WHOLE[at + 1:]]

    assert run("import", store, text=text_of(export_of([], [], [])))[0] == 0
    refused("", "line 1", "the end is missing")
    refused("{}\n", "line 1", "no export of a store")
    refused(text_of(WHOLE[:-1]), "line 14", "the end is missing: the file was cut")
    refused(text_of(WHOLE)[:-10], "line 14", "no JSON object")
    refused(text_of(WHOLE) + text_of(WHOLE[2:3]), "line 15", "the end was told")
    refused(WHOLE[:5] + WHOLE[6:], "line 13", "other numbers")
    refused(changed(0, version=2), "line 1", "newer release")
    refused(changed(1, epoch="0000000000000000"), "line 2", "\"epoch\" is 0")
    refused(changed(1, epoch="1"), "line 2", "16 hexadecimal digits")
    refused(changed(3, number=4), "line 4", "epoch 4 follows epoch 4")
    refused(changed(1, pid=PID + 1), "line 3", f"comes after project {PID + 1}")
    refused(changed(4, key=""), "line 5", "the key is empty")
    refused(changed(4, key="k" * 513), "line 5", "longer than 512 bytes")
    refused(changed(5, key="\x00"), "line 6", "keys of a project rise")
    refused(changed(5, value64="/x=="), "line 6", "\"value64\" is not base64")
    refused(changed(5, value64="/w="), "line 6", "not base64")
    refused(changed(5, value="both"), "line 6", "mean nothing")
    refused(without(7, "mid"), "line 8", "mean nothing")
    refused(changed(7, more=1), "line 8", "mean nothing")
    refused(changed(7, mid="1"), "line 8", "\"mid\" is missing, or no number")
    refused(changed(7, offset=0), "line 8", "from 1 to")
    refused(changed(7, binary=1), "line 8", "\"binary\" is missing, or neither")
    refused(changed(7, offset=4), "record 4 is refused: its offset does not rise")
    refused(changed(7, mtime_ms=2000), "record 4 is refused: its log time falls")
    refused(changed(9, kind=64), "record 5 is refused: its kind is unknown")
    refused([WHOLE[0], *WHOLE[4:]], "line 2", "behind its epochs")
    refused([*WHOLE[:4], WHOLE[7], *WHOLE[4:]], "line 6", "before its records")
    refused([*WHOLE[:2], {"type": "else"}], "line 3", "its type is unknown")
    refused(text_of(WHOLE).replace('"mid":3', '"mid":3,"mid":3'), "line 8", "no JSON object")

    assert run("import", store, text=text_of(WHOLE))[0] == 0
    code, _, told = run("import", store, text=text_of(WHOLE))
    assert code == 2 and "is not empty" in told


def test_a_gate_goes_on_with_what_was_imported(stores, tmp_path):
    store = stores("one")
    lines = export_of(EPOCHS[1:], ENTRIES, RECORDS[:-1])
    assert run("import", store, text=text_of(lines))[0] == 0
    with Gate(tmp_path, store=store) as gate:
        subprocess.run([RTM, *gate.flags, "send", "group", "2", "--from", "1", "hello"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        # It serves, and the store is looked at.
        code, out, told = run("check", store)
        assert code == 0, out + told
        assert "records=6 " in out
        now = [json.loads(line) for line in run("export", store)[1].splitlines()]
    assert now[1:3] == EPOCHS[1:]
    assert now[3]["first_offset"] == 9  # offsets go on behind all epochs, and none is given twice
    assert now[4:12] == ENTRIES + RECORDS[:-1]
    assert now[12]["offset"] == 9
    assert now[12]["msg"] == "hello"
    assert run("vacuum", store) == (0, "", "")
    assert run("check", store)[0] == 0
    with Gate(tmp_path, store=store):
        pass


def test_sqlite_is_backed_up_while_it_serves(tmp_path):
    copy = tmp_path / "copy.db"
    with Gate(tmp_path) as gate:
        config = str(gate.config)
        subprocess.run([RTM, *gate.flags, "send", "group", "2", "--from", "1", "hello"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        # The secrets that the settings name are of no concern here.
        gate.secret_file.rename(tmp_path / "elsewhere")
        subprocess.run([RTMD, "store", "backup", "--config", config, str(copy)], check=True,
                       timeout=60)
        (tmp_path / "elsewhere").rename(gate.secret_file)
        assert run("backup", gate.store, str(copy)) == \
            (2, "", f"rtmd store backup: {copy}: is there already\n")
        assert run("backup", gate.store, str(tmp_path / "no" / "x"))[0] == 2
        for verb in ["vacuum", "import"]:
            code, _, told = run(verb, gate.store, text=text_of(WHOLE))
            assert code == 2
            assert f"is in use by process {gate.process.pid}" in told
        exported = run("export", gate.store)[1]
    assert run("export", str(copy))[1] == exported
    assert run("check", str(copy))[0] == 0
    assert not [name for name in os.listdir(tmp_path) if ".part" in name]
    with Gate(tmp_path, store=f"sqlite:{copy}"):
        pass


def test_damage_is_told_with_its_place(tmp_path):
    store = str(tmp_path / "one.db")
    assert run("import", store, text=text_of(export_of(EPOCHS[1:], [], RECORDS[:2])))[0] == 0
    with sqlite3.connect(store) as db:
        data = bytearray(db.execute("SELECT data FROM run").fetchone()[0])
        data[20] ^= 1
        db.execute("UPDATE run SET data = ?", [bytes(data)])
    code, out, told = run("check", store)
    assert (code, told) == (1, "")
    assert out.splitlines() == [
        f"project {PID}, offset 3: the run of offsets 3 to 4: its checksum does not match, or it is "
        "no run",
        "damaged: projects=1 epochs=2 entries=0 records=0 blocks=0 damages=1"]
    path = tmp_path / "export"
    code, _, told = run("export", store, str(path))
    assert code == 2 and f"project {PID}: the run at offset 3 is damaged" in told
    assert not path.exists()

    with open(store, "r+b") as file:  # all of a table's page
        file.seek(4096)
        file.write(b"\xff" * 4096)
    assert run("check", store)[0] in (1, 2)
    with open(store, "wb") as file:
        file.write(b"no database" * 1000)
    code, _, told = run("check", store)
    assert code == 2 and "not a database" in told


@pytest.mark.parametrize("words, told", [
    ([], "no command"),
    (["chek"], "no such command: chek"),
    (["check"], "either --config or --store"),
    (["check", "--store", "x", "--config", "y"], "either --config or --store"),
    (["check", "--store"], "a value is missing behind --store"),
    (["check", "--store", "x", "--nonsense"], "no such option: --nonsense"),
    (["check", "--store", "x", "file"], "no such argument: file"),
    (["check", "--store", "x", "--pid", "x"], "--pid takes a number, not x"),
    (["vacuum", "--store", "x", "--pid", "7"], "no --pid is taken by vacuum"),
    (["backup", "--store", "x"], "a FILE is needed by backup"),
    (["export", "--store", "memory:"], "there is nothing beyond the process"),
    (["check", "--store", "postgres://u:geheim@h/d"], "a password is never given"),
    (["check", "--store", "/nonexistent/x"], "/nonexistent/x: No such file"),
])
def test_wrong_usage_is_told(words, told):
    done = subprocess.run([RTMD, "store", *words], capture_output=True, check=False, text=True,
                          timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert "geheim" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_and_wrong_settings(tmp_path):
    done = subprocess.run([RTMD, "store", "check", "--help"], capture_output=True, check=True,
                          text=True, timeout=60)
    assert done.stdout.startswith("usage: rtmd store")
    config = tmp_path / "bad.conf"
    config.write_text("[gate]\nstor = x\n")
    assert subprocess.run([RTMD, "store", "check", "--config", str(config)], check=False,
                          stderr=subprocess.DEVNULL, timeout=60).returncode == 78
