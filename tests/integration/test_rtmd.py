"""rtmd as a program: options, settings, limits of strangers, start and stop."""

import contextlib
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import time

import pytest

from support.gate import DEADLINE, PID, SECRET, Gate, program
from support.peer import ANSWER, TWO_WAY, pack, package, unpack
from support.wire import Client

RTMD = program("RTMD")
RTM = program("RTM")

pytestmark = pytest.mark.skipif(RTMD is None, reason="rtmd is not built")

def run(*arguments, env=None):
    """rtmd to its end."""
    return subprocess.run([RTMD, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE,
                          env={**os.environ, **(env or {})})


def write_config(folder, text):
    path = pathlib.Path(folder) / "rtmd.conf"
    path.write_text(text)
    return path


GOOD = f"[gate]\nlisten = 127.0.0.1:0\nstore = memory:\n[project {PID}]\nsecret = {SECRET}\n"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if condition():
            return
        select.select([], [], [], 0.02)
    pytest.fail(f"did not come: {what}")


# --- options and settings ---


def test_help_and_version_are_no_mistakes():
    assert run("--help").stdout.startswith("usage: rtmd")
    assert re.fullmatch(r"rtmd \d+\.\d+\.\d+\n", run("--version").stdout)
    assert run("--help").returncode == run("--version").returncode == 0


@pytest.mark.parametrize("arguments", [
    [], ["--dev", "--config", "x"], ["--nonsense"], ["--config"], ["x"], ["--dev", "x"],
    ["--dev", "--listen", "nowhere"], ["--dev", "--ready-fd", "x"], ["--dev", "--ready-fd", "999"],
    ["--dev", "--set", "gate"], ["--dev", "--set", "gate.slow"],
    ["--dev", "--set", f"project {PID}.secret=geheim"],
    ["--dev", "--set", f"project {PID}.secret-old=geheim"],
])
def test_wrong_usage_is_one_line_and_2(arguments):
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("rtmd: ") and ended.stderr.count("\n") == 1
    assert "geheim" not in ended.stderr


@pytest.mark.parametrize("text, words", [
    (GOOD + "secret-odl = x\n", ":6: unknown name \"secret-odl\""),
    (GOOD.replace("memory:", "paper:"), ":3: store: \"paper:\""),
    (GOOD + "[gate]\n", ":6: section [gate] was already in line 1"),
    (GOOD.replace(f"secret = {SECRET}\n", ""), f":4: project {PID} has no secret"),
    ("[gate]\n", ": no [project PID] section"),
    (GOOD + "secret-old = " + "x" * 300, ":6: longer than"),
])
def test_wrong_settings_are_told_with_their_place_and_78(tmp_path, text, words):
    path = write_config(tmp_path, text)
    for mode in [["--check"], ["--print-config"], []]:
        ended = run("--config", path, *mode)
        assert ended.returncode == 78
        assert ended.stdout == ""
        assert ended.stderr.startswith(f"rtmd: {path}{words}"), ended.stderr
        assert ended.stderr.count("\n") == 1
        assert SECRET not in ended.stderr


def test_missing_file_and_wrong_set_are_78(tmp_path):
    ended = run("--config", tmp_path / "none")
    assert (ended.returncode, ended.stderr) == (
        78, f"rtmd: {tmp_path}/none: No such file or directory\n")
    path = write_config(tmp_path, GOOD)
    ended = run("--config", path, "--set", "gate.queue-bytes=1", "--check")
    assert (ended.returncode, ended.stderr) == (
        78, "rtmd: --set gate.queue-bytes: queue-bytes: 1 is below 64KiB\n")


def test_world_readable_secret_file_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o644)
    path = write_config(tmp_path, f"[gate]\n\n[project {PID}]\nsecret-file = {secret}\n")
    ended = run("--config", path, "--check")
    assert ended.returncode == 78
    assert f"{path}:3: {secret}: others can read or write it" in ended.stderr
    secret.chmod(0o640)
    assert run("--config", path, "--check").returncode == 0


def test_check_and_print_config(tmp_path):
    path = write_config(tmp_path, GOOD + "secret-old = former-geheim\n")
    ended = run("--config", path, "--check")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{path}: good\n", "")

    ended = run("--config", path, "--print-config", "--set", "gate.queue-bytes=32MiB",
                "--listen", "127.0.0.1:77")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert SECRET not in ended.stdout and "geheim" not in ended.stdout
    assert "\nlisten = 127.0.0.1:77\n" in ended.stdout
    assert "\nqueue-bytes = 32MiB\n" in ended.stdout
    assert f"\n[project {PID}]\n# secret = (set" in ended.stdout

    # What was printed holds the same when it is read, but for the secrets.
    again = write_config(tmp_path, ended.stdout)
    env = {f"RTMD_SECRET_{PID}": "x"}
    assert run("--config", again, "--print-config", env=env).stdout == (
        ended.stdout.replace("# secret-old = (set, not shown)\n", ""))


def test_sample_is_a_good_file(tmp_path):
    sample = run("--print-sample").stdout
    path = write_config(tmp_path, sample + f"[project {PID}]\nsecret = x\n")
    assert run("--config", path, "--check").returncode == 0


def test_methods_document_themselves():
    page = run("--print-methods").stdout
    for method in ["addlisten", "removelisten", "setlisten", "sendmsg", "sendmsgs",
                   "sendgroupmsg", "sendroommsg", "broadcastmsg"]:
        assert re.search(rf"^{method}$", page, re.MULTILINE), method
    assert "at most 20480 bytes (else 200030)" in page
    assert "at most 2000 entries (else 200032)" in page


def test_methods_are_there_for_programs():
    methods = json.loads(run("--print-methods=json").stdout)
    by_name = {(method["side"], method["name"]): method for method in methods}
    assert len(by_name) == len(methods) > 100
    group = by_name["server", "addgroupmembers"]
    assert group["codes"] == [200001, 200032, 200033, 200034, 200042]
    assert [param["key"] for param in group["params"]] == ["gid", "uids"]
    assert by_name["client", "auth"]["params"][1]["required"] is True
    bad = run("--print-methods=xml")
    assert bad.returncode == 2 and "xml" in bad.stderr


def test_stdout_that_is_full_is_no_success():
    with open("/dev/full", "w", encoding="ascii") as full:
        ended = subprocess.run([RTMD, "--print-sample"], stdout=full, stderr=subprocess.PIPE,
                               text=True, timeout=DEADLINE, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("rtmd: stdout: ")


# --- start ---


def test_ready_line_names_the_port_that_was_taken(tmp_path):
    with Gate(tmp_path, store="memory:") as gate:
        host, port = gate.endpoint.split(":")
        assert host == "127.0.0.1" and int(port) > 0
        with Client(gate.endpoint) as client:
            client.ping()


def test_ipv6_and_every_address(tmp_path):
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    with Gate(tmp_path, store="memory:", arguments=["--listen", "[::1]:0"]) as gate:
        assert gate.endpoint.startswith("[::1]:")
        with Client(gate.endpoint) as client:
            client.ping()
    with Gate(tmp_path, store="memory:", arguments=["--listen", "*:0"]) as gate:
        port = gate.endpoint.rsplit(":", 1)[1]
        for host in ["127.0.0.1", "[::1]"]:
            with Client(f"{host}:{port}") as client:
                client.ping()


def test_secret_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(f"RTMD_SECRET_{PID}", "another")
    with Gate(tmp_path, store="memory:") as gate, Client(gate.endpoint) as client:
        client.ask_signed("setlisten", secret="another", gids=[1])
        assert client.answer() == (0, {})
        client.ask_signed("setlisten", gids=[1])
        assert client.answer()[0] != 0
    assert run("--dev", "--check", env={"RTMD_SECRET_5": "x"}).returncode == 78


def test_address_in_use_is_1(tmp_path):
    with Gate(tmp_path, store="memory:") as gate:
        ended = run("--dev", "--listen", gate.endpoint)
    assert ended.returncode == 1
    assert gate.endpoint in ended.stderr and "Address already in use" in ended.stderr
    assert ended.stdout == ""


def test_second_process_on_one_store_is_refused(tmp_path):
    store = f"sqlite:{tmp_path}/store.db"  # a database is taken over instead
    with Gate(tmp_path, store=store) as gate:
        ended = run("--config", gate.config)
        assert ended.returncode == 1
        assert "store" in ended.stderr and "store.db" in ended.stderr
        with Client(gate.endpoint) as client:
            client.ping()
    with Gate(tmp_path, store=store) as gate, Client(gate.endpoint) as client:  # free again
        client.ping()


def test_store_that_cannot_be_is_1(tmp_path):
    ended = run("--dev", "--set", f"gate.store=sqlite:{tmp_path}/none/store.db")
    assert ended.returncode == 1
    assert f"{tmp_path}/none: No such file or directory" in ended.stderr
    ended = run("--dev", "--set", f"gate.store=sqlite:{tmp_path}")
    assert ended.returncode == 1
    assert str(tmp_path) in ended.stderr


def test_json_log_lines(tmp_path):
    with Gate(tmp_path, store="memory:",
              settings={"log-format": "json", "log-level": "debug"}) as gate:
        with Client(gate.endpoint) as client:
            client.write(b"GARBAGE")
            assert client.is_closed()
    records = [json.loads(line) for line in gate.log_text().splitlines()]
    assert all({"time", "level", "text"} <= record.keys() for record in records)
    assert any("shard" in record and "does not speak FPNN" in record["text"]
               for record in records)


# --- --dev ---


def test_dev_needs_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with subprocess.Popen([RTMD, "--dev"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        try:
            text = ""
            while "rtm --context" not in text:
                line = process.stdout.readline()
                assert line, text
                text += line
            found = re.search(r"^rtm --gate (\S+) --pid (\d+) --secret-file (\S+) listen --all$",
                              text, re.MULTILINE)
            path = pathlib.Path(found[3])
            assert int(found[2]) == PID
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            secret = path.read_text().strip()
            assert len(secret) >= 32 and secret not in text
            with Client(found[1]) as client:
                client.ask_signed("setlisten", secret=secret, gids=[1])
                assert client.answer() == (0, {})
            # The line that saves a context does what it says.
            save = next(line for line in text.splitlines() if line.startswith("rtm context save "))
            name = re.search(r"^rtm --context (\S+) listen --all$", text, re.MULTILINE)[1]
            home = tmp_path / "home"
            environment = {**os.environ, "XDG_CONFIG_HOME": str(home),
                           "PATH": f"{pathlib.Path(RTM).parent}:{os.environ['PATH']}"}
            subprocess.run(["sh", "-c", save], env=environment, timeout=DEADLINE, check=True)
            sent = subprocess.run([RTM, "--context", name, "send", "group", "1", "hi", "--from", "7"],
                                  env=environment, capture_output=True, text=True,
                                  timeout=DEADLINE)
            assert (sent.returncode, sent.stderr) == (0, ""), sent
        finally:
            process.terminate()
        assert process.wait(DEADLINE) == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]


# --- strangers ---


@pytest.mark.parametrize("garbage", [b"X", b"FPNX", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100,
                                     b"\x16\x03\x01\x02\x00\x01"])
def test_other_protocols_are_closed(tmp_path, garbage):
    with Gate(tmp_path, store="memory:") as gate:
        with Client(gate.endpoint) as client:
            client.write(garbage)
            assert client.is_closed()
        with Client(gate.endpoint) as client:
            client.ping()


def test_first_bytes_may_come_one_by_one(tmp_path):
    with Gate(tmp_path, store="memory:") as gate, Client(gate.endpoint) as client:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in package(TWO_WAY, {}, seq=1, method="*ping"):
            client.write(bytes([byte]))
        assert client.answer(1)[0] == 0
        client.ping()


def test_half_a_magic_neither_spins_nor_stays(tmp_path):
    with Gate(tmp_path, store="memory:") as gate, Client(gate.endpoint) as client:
        client.write(b"FPN")
        before = cpu_seconds(gate.process.pid)
        assert client.is_open_for(1.0)
        assert cpu_seconds(gate.process.pid) - before < 0.5
        client.sock.shutdown(socket.SHUT_WR)
        assert client.is_closed()


def test_package_of_a_stranger_is_bounded(tmp_path):
    """64 KiB by default: the header alone is enough to know."""
    with Gate(tmp_path, store="memory:") as gate:
        with Client(gate.endpoint) as client:
            fits = package(TWO_WAY, b"\x81\xa1x\xc5" + struct.pack(">H", 65000) + b"x" * 65000,
                           seq=1, method="*ping")
            assert 65000 < len(fits) < 65536
            client.write(fits)
            assert client.answer(1)[0] == 0
        with Client(gate.endpoint) as client:
            client.write(struct.pack("<4sBBBBII", b"FPNN", 1, 0x80, TWO_WAY, 5, 65536, 1))
            assert client.is_closed()
        with Client(gate.endpoint) as client:
            client.prove()
            big = pack({"x": "y" * 100000})
            client.write(package(TWO_WAY, big, seq=77, method="*ping"))
            assert client.answer(77)[0] == 0
    assert "cut" in gate.log_text()


def test_any_message_may_be_the_first_quest(tmp_path):
    """As of an SDK that sends no small quest before: the largest there is, to the most receivers."""
    with Gate(tmp_path, store="memory:") as gate:
        with Client(gate.endpoint) as client:
            client.ask_signed("sendmsgs", mtype=51, mid=1, msg="m" * 20480, attrs="a" * 2048,
                              tos=[(1 << 53) - i for i in range(2000)], **{"from": 1})
            code, answer = client.answer()
            assert code == 0 and "mtime" in answer
        with Client(gate.endpoint) as client:
            client.ask_signed("setlisten", gids=[(1 << 53) + i for i in range(7000)])
            assert client.answer() == (0, {})


def test_a_smaller_package_is_smaller_for_strangers_too(tmp_path):
    with Gate(tmp_path, store="memory:", settings={"max-package": "40KiB"}) as gate:
        with Client(gate.endpoint) as client:
            client.write(struct.pack("<4sBBBBII", b"FPNN", 1, 0x80, TWO_WAY, 5, 40960, 1))
            assert client.is_closed()


def test_package_of_a_stranger_is_bounded_as_set(tmp_path):
    with Gate(tmp_path, store="memory:", settings={"unproved-package": "1KiB"}) as gate:
        with Client(gate.endpoint) as client:
            client.write(struct.pack("<4sBBBBII", b"FPNN", 1, 0x80, TWO_WAY, 5, 1024, 1))
            assert client.is_closed()


def test_stranger_has_little_time(tmp_path):
    with Gate(tmp_path, store="memory:", settings={"unproved-time": "1500ms"}) as gate:
        with Client(gate.endpoint) as silent, Client(gate.endpoint) as half, \
                Client(gate.endpoint) as busy, Client(gate.endpoint) as proved:
            proved.prove()
            half.write(b"FP")
            busy.ping()  # needs no sign, so it proves nothing
            assert silent.is_closed() and half.is_closed() and busy.is_closed()
            proved.ping()


def test_strangers_of_one_address_are_counted(tmp_path):
    """64 by default."""
    with Gate(tmp_path, store="memory:") as gate, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(gate.endpoint)) for _ in range(64)]
        for client in clients:
            client.ping()
        with Client(gate.endpoint) as one_more:
            assert one_more.is_closed()
        clients[0].prove()  # which makes room for one
        fresh = stack.enter_context(Client(gate.endpoint))
        fresh.ping()
        with Client(gate.endpoint) as one_more:
            assert one_more.is_closed()
        for client in clients[1:]:
            client.ping()
        clients[1].sock.close()  # so does an end
        wait_for(lambda: admitted(gate), "room for one more")
    assert gate.log_text().count("unproved-per-address is reached") == 1  # told once in a while


def admitted(gate):
    with Client(gate.endpoint) as client:
        client.ask("*ping", {})
        try:
            return client.answer()[0] == 0
        except (EOFError, ConnectionError):
            return False


def test_strangers_of_one_address_are_counted_as_set(tmp_path):
    with Gate(tmp_path, store="memory:", settings={"unproved-per-address": "2"}) as gate:
        with Client(gate.endpoint) as one, Client(gate.endpoint) as two:
            one.ping()
            two.ping()
            with Client(gate.endpoint) as three:
                assert three.is_closed()


def test_connections_are_counted(tmp_path):
    with Gate(tmp_path, store="memory:", settings={"max-connections": "2"}) as gate:
        with Client(gate.endpoint) as one, Client(gate.endpoint) as two:
            one.prove()
            two.prove()
            with Client(gate.endpoint) as three:
                assert three.is_closed()
            one.ping()
        wait_for(lambda: admitted(gate), "room after an end")


def test_no_descriptors_left_is_survived(tmp_path):
    """Connections wait, those that are there are served, nothing spins."""
    with Gate(tmp_path, store="memory:", settings={"unproved-per-address": "1000"}) as gate:
        used = len(os.listdir(f"/proc/{gate.process.pid}/fd"))
        limit = used + 20
        resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Client(gate.endpoint)) for _ in range(40)]
            served, waiting = [], []
            for client in clients:
                client.ask("*ping", {})
                arrived = select.select([client.sock], [], [], 2.0 if not waiting else 0.0)[0]
                (served if arrived else waiting).append(client)
            # One more when the ready descriptor was still counted.
            assert 10 <= len(served) <= 21 and len(served) + len(waiting) == 40
            before = cpu_seconds(gate.process.pid)
            assert waiting[0].is_open_for(1.0)
            assert cpu_seconds(gate.process.pid) - before < 0.5
            for client in served:
                assert client.answer()[0] == 0
                client.ping()
            for client in served:
                client.sock.close()
            for client in waiting[:10]:  # their turn now
                assert client.answer()[0] == 0
    assert gate.log_text().count("new connections have to wait") == 1


# --- output ---


def send_to_group(endpoint, count, size):
    with Client(endpoint) as sender:
        sender.prove()
        for mid in range(1, count + 1):
            sender.ask_signed("sendgroupmsg", **{"from": 1, "gid": 1, "mid": mid, "mtype": 51,
                                                 "msg": f"{mid:08}" + "x" * (size - 8),
                                                 "attrs": ""})
            status, payload = sender.answer()
            assert status == 0, payload


def test_slow_reader_gets_all_in_order(tmp_path):
    """Far more than the buffers of the system: writes are cut anywhere, and go on."""
    with Gate(tmp_path, store="memory:") as gate:
        with Client(gate.endpoint, receive_buffer=4096) as listener:
            listener.prove()
            send_to_group(gate.endpoint, 500, 20000)
            texts = []
            while len(texts) < 500:
                kind, method, _, payload = listener.read_package()
                if kind == TWO_WAY and method == "pushgroupmsg":
                    texts.append(payload["msg"])
            assert [int(text[:8]) for text in texts] == list(range(1, 501))
            assert all(len(text) == 20000 for text in texts)


# --- stop ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_with_0(tmp_path, number):
    gate = Gate(tmp_path, settings={"drain-ms": 600000})
    gate.start()
    with Client(gate.endpoint) as silent, Client(gate.endpoint) as proved:
        proved.prove()
        gate.process.send_signal(number)
        assert gate.process.wait(DEADLINE) == 0  # nothing is owed: no need for all of drain-ms
        assert silent.is_closed() and proved.is_closed()
    assert "draining" in gate.log_text()
    gate.stop()


@contextlib.contextmanager
def gate_that_owes(folder, drain_ms):
    """A gate with a listener that does not read."""
    gate = Gate(folder, store="memory:", settings={"drain-ms": drain_ms})
    gate.start()
    try:
        with Client(gate.endpoint, receive_buffer=4096) as listener:
            listener.prove()
            send_to_group(gate.endpoint, 400, 20000)
            yield gate
    finally:
        gate.stop()


def test_drain_ends_in_time(tmp_path):
    with gate_that_owes(tmp_path, 500) as gate:
        start = time.monotonic()
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(DEADLINE) == 0
        assert time.monotonic() - start > 0.4
    assert "drain-ms is over" in gate.log_text()


def test_second_signal_ends_draining(tmp_path):
    with gate_that_owes(tmp_path, 600000) as gate:
        gate.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in gate.log_text(), "the first signal to be taken")
        with pytest.raises(ConnectionRefusedError):
            Client(gate.endpoint)
        assert gate.process.poll() is None
        gate.process.send_signal(signal.SIGTERM)
        assert gate.process.wait(DEADLINE) == 0
    assert "closing now" in gate.log_text()


def test_new_quests_are_refused_while_draining(tmp_path):
    with gate_that_owes(tmp_path, 600000) as gate, Client(gate.endpoint) as client:
        client.prove()
        gate.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in gate.log_text(), "the signal to be taken")
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:  # shards hear of it a moment later
            client.ask_signed("setlisten", gids=[1])
            status, payload = client.answer()
            if status != 0:
                break
        assert payload["code"] == 20014
        gate.process.send_signal(signal.SIGTERM)
        gate.process.wait(DEADLINE)


def test_reader_of_the_log_may_go_away(tmp_path):
    reading, writing = os.pipe()
    ready_reading, ready_writing = os.pipe()
    path = write_config(tmp_path, GOOD)
    process = subprocess.Popen([RTMD, "--config", str(path), "--ready-fd", str(ready_writing),
                                "--set", "gate.log-level=debug"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=writing, pass_fds=[ready_writing])
    try:
        os.close(writing)
        os.close(ready_writing)
        line = os.read(ready_reading, 200).decode()
        os.close(reading)
        with Client(line.split("=")[1].strip()) as client:
            client.write(b"GARBAGE")
            assert client.is_closed()
        with Client(line.split("=")[1].strip()) as client:
            client.ping()
        assert os.read(ready_reading, 200) == b""  # one line, then it is closed
    finally:
        process.terminate()
        os.close(ready_reading)
        assert process.wait(DEADLINE) == 0


# --- as whom, and for whom ---


def test_without_settings_only_this_machine_is_served(tmp_path):
    path = write_config(tmp_path, f"[project {PID}]\nsecret = {SECRET}\n[listen watch]\n"
                                  "protocol = admin\n")
    printed = run("--config", path, "--print-config")
    assert printed.returncode == 0
    assert re.findall(r"^(?:listen|address) = (.*)$", printed.stdout, re.MULTILINE) == \
        ["127.0.0.1:13321", "127.0.0.1:13329"]


def test_a_project_without_a_secret_is_refused(tmp_path):
    for secret in ("", "secret-old = former\n", "secret-file = /dev/null\n"):
        path = write_config(tmp_path, f"[project {PID}]\n{secret}")
        ended = run("--config", path)
        assert ended.returncode == 78
        assert "has no secret" in ended.stderr or "/dev/null: empty" in ended.stderr


def test_root_is_told_that_it_need_not_be(tmp_path):
    with Gate(tmp_path, store="memory:") as gate:
        pass
    told = "running as root, which the gate has no need of" in gate.log_text()
    assert told == (os.geteuid() == 0)


@pytest.fixture
def open_folder():
    """A folder that anybody can reach, which those of pytest are not."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rtmkit-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
             "--bounding-set=-all"]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None,
                    reason="only root can become somebody else")
def test_it_runs_as_anybody(open_folder):
    if subprocess.run([*AS_NOBODY, "test", "-x", RTMD], timeout=DEADLINE).returncode != 0:
        pytest.skip("the program stands where only root can reach it")
    own = open_folder / "own"
    own.mkdir()
    path = write_config(own, GOOD.replace("memory:", f"sqlite:{own}/db"))
    for name in (own, path):
        os.chown(name, 65534, 65534)
    reading, writing = os.pipe()
    process = subprocess.Popen([*AS_NOBODY, RTMD, "--config", str(path), "--ready-fd",
                                str(writing)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               pass_fds=[writing])
    os.close(writing)
    try:
        line = os.read(reading, 200).decode()
        assert line.startswith("ready fpnn="), process.stderr.read()
        with Client(line.split("=")[1].strip()) as client:
            client.prove()
    finally:
        process.terminate()
        _, log = process.communicate(timeout=DEADLINE)
        os.close(reading)
    assert process.returncode == 0 and "root" not in log
    assert (own / "db").stat().st_uid == 65534
