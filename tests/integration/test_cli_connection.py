"""rtm call, check, context and help: how a connection is found, and what any quest gets."""

import hashlib
import json
import pathlib
import re

import pytest

from support import cli
from support.cli import records, rtm
from support.gate import PID, SECRET, program
from support.peer import (ANSWER, LATER, Error, Peer, RawText, answer_everything, pack_map,
                          package)

pytestmark = pytest.mark.skipif(program("RTM") is None, reason="rtm is not built")

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = [["listen"], ["send"], ["call"], ["check", "conn"], ["simulate"], ["context", "show"],
            ["context", "ls"], ["context", "save"], ["context", "use"], ["context", "rm"], ["keygen"],
            ["version"]]
OWN = {"pid", "salt", "ts", "sign"}


@pytest.fixture
def peer():
    with Peer() as running:
        yield running


def asked(peer, method="ask"):
    return {k: v for k, v in peer.all(method)[-1].params.items() if k not in OWN}


# rtm call


@pytest.mark.parametrize("word,expected", [
    ("a=1", 1), ("a=-5", -5), ("a=true", True), ("a=false", False), ("a=null", None),
    ("a=text", "text"), ("a=", ""), ("a=1.5", "1.5"), ("a=9223372036854775808",
                                                        "9223372036854775808"),
    ("a==1", "1"), ("a==true", "true"), ("a==", ""), ("a=b=c", "b=c"), ("a===x", "=x"),
    ("a:=1.5", 1.5), ("a:=[1,-2,\"x\",null,{\"b\":[true]}]", [1, -2, "x", None, {"b": [True]}]),
    ("a:=\"1\"", "1"), ("a:={}", {}), ("a:=[]", []), ("a:=9223372036854775807", 2**63 - 1),
    ("a:=\"\\u0000\\ud83d\\ude05\"", "\0\U0001f605"),
])
def test_parameters(peer, word, expected):
    result = rtm("call", "ask", word, env=cli.connection(peer.endpoint))
    assert result.returncode == cli.OK, result.stderr
    got = asked(peer)["a"]
    assert got == expected and type(got) is type(expected)


@pytest.mark.parametrize("words", [
    [], ["ask", "a"], ["ask", "=1"], ["ask", "a:=["], ["ask", "a:=9223372036854775808"],
    ["ask", "a:={\"b\":1,\"b\":2}"], ["ask", ":=1"], ["ask", "a:=" + "[" * 20 + "]" * 20],
    ["x" * 256],
])
def test_wrong_parameters_are_2(peer, words):
    result = rtm("call", *words, env=cli.connection(peer.endpoint))
    assert result.returncode == cli.USAGE and result.stderr.count(b"\n") == 1
    assert peer.quests == []


def answer_of(value, *options):
    with Peer(lambda quest: value) as peer:
        result = rtm("call", "ask", *options, env=cli.connection(peer.endpoint))
    assert result.returncode == cli.OK, result.stderr
    assert result.stdout.count(b"\n") == 1
    return json.loads(result.stdout)


def test_answers_are_json():
    value = {"a": [1, -2, 1.5, None, True], "b": {"c": "\u6f22\n"}, "d": {}, "e": [], "f": ""}
    assert answer_of(value) == value
    assert answer_of({"a": b"\x00\xff", "b": 1e300, "c": float("inf")}) == \
        {"a": {"data_b64": "AP8="}, "b": 1e300, "c": None}
    assert answer_of({1: "number", "x": 2}) == {"1": "number", "x": 2}


def test_answers_with_broken_text_are_json():
    def answer(quest):
        return package(ANSWER, pack_map({"a": RawText(b"\xff")}), seq=quest.seq)

    with Peer(answer) as peer:
        result = rtm("call", "ask", env=cli.connection(peer.endpoint))
    assert json.loads(result.stdout) == {"a": {"data_b64": "/w=="}}


def test_integers_of_answers_survive():
    value = {"small": 5, "edge": 2**53 - 1, "big": 2**53, "least": -(2**63), "most": 2**64 - 1}
    strings = {key: str(number) for key, number in value.items()}
    assert answer_of(value) == {**strings, "small": 5, "edge": 2**53 - 1}
    assert answer_of(value, "--int64", "string") == strings
    assert answer_of(value, "--int64", "number") == value


@pytest.mark.parametrize("code,expected,name", [
    (20004, cli.PEER_ERROR, "CORE_UNKNOWN_METHOD"), (200002, cli.REFUSED, "INVALID_PID_OR_SIGN"),
    (987654, cli.PEER_ERROR, "")])
def test_error_answers(code, expected, name):
    with Peer(lambda quest: Error(code, "why\nnot")) as peer:
        result = rtm("call", "ask", env=cli.connection(peer.endpoint))
    assert result.returncode == expected and result.stdout == b""
    text = result.stderr.decode()
    assert text.startswith(f"rtm call: ask: {code} ") and name in text
    assert text.endswith("why\\nnot\n") and text.count("\n") == 1


def test_silent_gate_is_4_and_none_is_3():
    with Peer(lambda quest: LATER) as peer:
        env = cli.connection(peer.endpoint)
        assert rtm("call", "ask", "--timeout", "100ms", env=env).returncode == cli.TIMED_OUT
    assert rtm("call", "ask", env=env).returncode == cli.NO_CONNECTION


def test_full_disk_is_1(peer):
    with open("/dev/full", "wb") as full:
        result = rtm("call", "ask", env=cli.connection(peer.endpoint), stdout=full)
        assert result.returncode == cli.FAILED
        assert rtm("--help", stdout=full).returncode == cli.FAILED
        assert rtm("version", stdout=full).returncode == cli.FAILED


# rtm check conn


def check(peer, *options):
    result = rtm("check", "conn", "--format", "json", *options, env=cli.connection(peer.endpoint))
    (record,) = records(result.stdout, ev="check")
    return result.returncode, record


def test_check_is_ok(peer):
    code, record = check(peer)
    assert (code, record["status"], record["reason"]) == (0, "ok", None)
    assert abs(record["clock_ms"]) < 5000
    assert min(record[key] for key in ("connect_ms", "ping_ms", "quest_ms")) >= 0
    assert asked(peer, "addlisten") == {"gids": []}
    text = rtm("check", "conn", env=cli.connection(peer.endpoint))
    assert text.returncode == 0 and text.stdout.startswith(b"OK - ") and text.stdout.count(b"\n") == 1


def test_check_warns_of_clocks_that_differ():
    def answer(quest):
        result = answer_everything(quest)
        return {"ts": result["ts"] + 60000} if quest.method == "*ping" else result

    with Peer(answer) as peer:
        code, record = check(peer)
        assert (code, record["status"]) == (1, "warning")
        assert 55000 < record["clock_ms"] < 65000
        assert check(peer, "--warn-clock", "2m")[0] == 0


def test_check_judges_the_round_trip(peer):
    assert check(peer, "--warn", "0s")[0] == 1
    assert check(peer, "--crit", "0s")[0] == 2


def test_check_without_a_clock():
    with Peer(lambda quest: {}) as peer:
        code, record = check(peer)
        assert code == 0 and record["clock_ms"] is None


def test_check_is_critical_when_refused_or_gone():
    def answer(quest):
        return Error(200002) if quest.method == "addlisten" else answer_everything(quest)

    with Peer(answer) as peer:
        code, record = check(peer)
        assert (code, record["status"]) == (2, "critical") and "200002" in record["reason"]
    code, record = check(peer)
    assert (code, record["status"], record["ping_ms"]) == (2, "critical", None)


@pytest.mark.parametrize("words", [["check"], ["check", "x"], ["check", "conn", "x"],
                                   ["check", "conn", "--warn", "x"], ["check", "conn"]])
def test_check_is_unknown_when_it_cannot_know(words):
    assert rtm(*words).returncode == 3


# Where a connection comes from


@pytest.fixture
def home(tmp_path):
    """A home with a folder for contexts; write() puts files there."""
    (tmp_path / ".config" / "rtm").mkdir(parents=True)
    return tmp_path


def write(home, text, mode=0o600, name="contexts.ini"):
    path = home / ".config" / "rtm" / name
    path.touch(mode=0o600)
    path.write_text(text)
    path.chmod(mode)
    return path


def show(home, *options, **variables):
    env = cli.environment(HOME=str(home), **variables)
    result = rtm("context", "show", "-o", "ndjson", *options, env=env)
    assert result.returncode == cli.OK, result.stderr
    (record,) = records(result.stdout, ev="context")
    return record


CONTEXTS = """\
# connections
[rtm]
current = dev

[dev]
gate = 127.0.0.1:1
pid = 5
secret-file = dev.key

[live]
gate = [::1]:2
pid = 6
secret = a;b#c
"""


def test_each_field_comes_from_its_best_source(home):
    write(home, CONTEXTS)
    write(home, "from-file\n", name="dev.key")
    record = show(home)
    assert record["context"] == "dev"
    assert record["gate"] == {"value": "127.0.0.1:1", "source": "context"}
    record = show(home, RTM_GATE="h:3", RTM_SECRET="x")
    assert [record[key]["source"] for key in ("gate", "pid", "secret")] == \
        ["RTM_GATE", "context", "RTM_SECRET"]
    record = show(home, "--gate", "i:4", RTM_GATE="h:3", RTM_PID="9")
    assert record["gate"] == {"value": "i:4", "source": "--gate"}
    assert record["pid"] == {"value": "9", "source": "RTM_PID"}
    assert record["secret"] == {"value": "********", "source": "context"}
    assert show(home, "--context", "live")["gate"]["value"] == "[::1]:2"
    assert show(home, RTM_CONTEXT="live")["context"] == "live"
    assert show(home, "--context", "dev", RTM_CONTEXT="live")["context"] == "dev"


def test_xdg_config_home_comes_first(home, tmp_path):
    write(home, CONTEXTS)
    other = tmp_path / "other" / "rtm"
    other.mkdir(parents=True)
    (other / "contexts.ini").write_text("[rtm]\ncurrent = x\n[x]\ngate = x:1\n")
    assert show(home, XDG_CONFIG_HOME=str(tmp_path / "other"))["gate"]["value"] == "x:1"


@pytest.mark.parametrize("current,secret", [("dev", "from-file"), ("live", "a;b#c")])
def test_context_connects(home, current, secret):
    with Peer() as peer:
        write(home, CONTEXTS.replace("127.0.0.1:1", peer.endpoint)
              .replace("[::1]:2", peer.endpoint).replace("current = dev", f"current = {current}"))
        write(home, "from-file\n", name="dev.key")
        env = cli.environment(HOME=str(home))
        assert rtm("call", "ask", env=env).returncode == cli.OK
        quest = peer.all("ask")[0].params
        assert quest["sign"] == sign(quest["pid"], secret, quest["salt"], "ask", quest["ts"])


def sign(pid, secret, salt, method, ts):
    return hashlib.md5(f"{pid}:{secret}:{salt}:{method}:{ts}".encode()).hexdigest().upper()


@pytest.mark.parametrize("text,line,reason", [
    ("[a]\n gate = h:1\n", 2, "begins with a blank"),
    ("[a]\ngate = h:1 ; comment\n", 2, "comment"),
    ("[a]\nsecret = one\t;two\n", 2, "comment"),
    ("[a]\ngate = " + "h" * 300 + "\n", 2, "too long"),
    ("[a]\ngate = h:1\n\ncolour = red\n", 4, "no such key"),
    ("[rtm]\nactive = a\n", 2, "no such key"),
    ("[a]\ngate = h:1\ngate = h:2\n", 3, "twice"),
    ("[a]\ngate =\n", 2, "empty"),
    ("[a]\ngate\n", 2, "neither"),
    ("gate = h:1\n", 1, "no such key"),
])
def test_mistakes_in_the_file_have_a_line(home, text, line, reason):
    path = write(home, text)
    result = rtm("call", "ask", env=cli.environment(HOME=str(home)))
    assert result.returncode == cli.USAGE
    message = result.stderr.decode()
    assert f"{path}:{line}: " in message and reason in message and message.count("\n") == 1


def test_unknown_context_is_told(home):
    write(home, CONTEXTS)
    for env in ({}, {"RTM_CONTEXT": "nope"}):
        options = [] if env else ["--context", "nope"]
        result = rtm("call", "ask", *options, env=cli.environment(HOME=str(home), **env))
        assert result.returncode == cli.USAGE and b'no context "nope"' in result.stderr


def test_secrets_that_everybody_may_read_are_refused(home, tmp_path):
    secret_file = tmp_path / "secret"
    secret_file.write_text("s\n")
    secret_file.chmod(0o644)
    base = ["call", "ask", "--gate", "127.0.0.1:1", "--pid", "1"]
    result = rtm(*base, "--secret-file", secret_file)
    assert result.returncode == cli.USAGE and b"chmod 600" in result.stderr
    write(home, CONTEXTS, mode=0o644)
    result = rtm("call", "ask", "--context", "live", env=cli.environment(HOME=str(home)))
    assert result.returncode == cli.USAGE and b"chmod 600" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"a\0b", b"x" * 5000])
def test_secret_files_hold_one_line(tmp_path, content):
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_bytes(content)
    result = rtm("call", "ask", "--gate", "127.0.0.1:1", "--pid", "1", "--secret-file", path)
    assert result.returncode == cli.USAGE and str(path).encode() in result.stderr


@pytest.mark.parametrize("variables,missing", [
    ({}, "no gate"), ({"RTM_GATE": "h:1"}, "no project"),
    ({"RTM_GATE": "h:1", "RTM_PID": "1"}, "no secret"),
    ({"RTM_GATE": "h", "RTM_PID": "1", "RTM_SECRET": "s"}, "neither HOST:PORT"),
    ({"RTM_GATE": "h:0", "RTM_PID": "1", "RTM_SECRET": "s"}, "neither HOST:PORT"),
    ({"RTM_GATE": "::1:5", "RTM_PID": "1", "RTM_SECRET": "s"}, "neither HOST:PORT"),
    ({"RTM_GATE": "h:1", "RTM_PID": "x", "RTM_SECRET": "s"}, "not a number"),
    ({"RTM_GATE": "h:1", "RTM_PID": "2147483648", "RTM_SECRET": "s"}, "not a number"),
])
def test_what_is_missing_is_named(variables, missing):
    result = rtm("call", "ask", env=cli.environment(**variables))
    assert result.returncode == cli.USAGE
    assert missing in result.stderr.decode() and result.stderr.count(b"\n") == 1


def test_options_reach_the_connection(peer, tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text(SECRET + "\r\n")
    result = rtm("call", "ask", "--gate", peer.endpoint, f"--pid={PID}", "--secret-file", path,
                 env=cli.environment(RTM_SECRET="wrong", RTM_PID="1"))
    assert result.returncode == cli.OK
    params = peer.all("ask")[0].params
    assert params["sign"] == sign(PID, SECRET, params["salt"], "ask", params["ts"])


def test_connection_may_stand_before_the_command(peer, tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text(SECRET)
    before = ["-q", f"--gate={peer.endpoint}", "--pid", PID, "--secret-file", path]
    assert rtm(*before, "call", "ask", "a=1").returncode == cli.OK
    assert rtm(*before, "call", "--", "ask", "a=2").returncode == cli.OK
    assert rtm(*before, "check", "conn").returncode == cli.OK
    assert [quest.params["a"] for quest in peer.all("ask")] == [1, 2]
    assert rtm(*before).returncode == rtm("--gate").returncode == cli.USAGE


# Help


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_is_a_success_on_stdout(command):
    result = rtm(*command, "--help")
    assert result.returncode == cli.OK and result.stderr == b""
    assert result.stdout.decode().startswith(f"usage: rtm {' '.join(command)}")
    assert b"xit codes" in result.stdout
    assert max(map(len, result.stdout.decode().splitlines())) <= 100


def test_help_of_all_names_the_commands():
    for word in ("--help", "-h", "help"):
        result = rtm(word)
        assert result.returncode == cli.OK
        for command in COMMANDS:
            assert f"\n  {command[0]} " in result.stdout.decode()


def test_version():
    expected = re.search(r'RTMKIT_VERSION_TEXT "(.*)"',
                         (SOURCE / "include/rtm/version.h").read_text())[1]
    assert rtm("version").stdout == rtm("--version").stdout == \
        f"rtm {expected} (librtm {expected})\n".encode()
    assert json.loads(rtm("version", "--json").stdout)["rtm"] == expected


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_man_page_has_every_option(command):
    page = (SOURCE / "man/rtm.1").read_text()
    for option in set(re.findall(r"--([a-z0-9-]+)", rtm(*command, "--help").stdout.decode())):
        assert re.search(rf"Fl -{re.escape(option)}\b", page), f"--{option} is not in rtm(1)"


# rtm context save, use, ls, rm


@pytest.fixture
def saved(tmp_path):
    """An empty place for contexts: environment, file, and a file with the secret."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    env = cli.environment(XDG_CONFIG_HOME=str(tmp_path / "config"))
    return env, tmp_path / "config" / "rtm" / "contexts.ini", secret


def save(env, name, secret, *more):
    return rtm("context", "save", name, "--pid", PID, "--secret-file", secret, *more, env=env)


def test_contexts_are_saved_and_used(saved, peer):
    env, path, secret = saved
    made = save(env, "one", secret.name, "--gate", peer.endpoint)
    assert made.returncode == cli.USAGE  # the relative path leads nowhere from here
    assert not path.exists()
    assert save(env, "one", secret, "--gate", peer.endpoint).returncode == cli.OK
    assert save(env, "two", secret, "--gate", "unix:/nowhere").returncode == cli.OK
    assert path.stat().st_mode & 0o777 == 0o600
    assert rtm("call", "ask", env=env).returncode == cli.USAGE  # none is current
    assert rtm("--context", "one", "call", "ask", env=env).returncode == cli.OK
    assert rtm("context", "use", "one", env=env).returncode == cli.OK
    assert rtm("call", "ask", env=env).returncode == cli.OK
    listed = records(rtm("context", "ls", "-o", "ndjson", env=env).stdout, "context")
    assert [(r["context"], r["current"], r["gate"]) for r in listed] == [
        ("one", True, peer.endpoint), ("two", False, "unix:/nowhere")]
    assert rtm("context", "ls", "-o", "text", env=env).stdout.decode().startswith("* one  ")
    assert rtm("context", "use", "two", env=env).returncode == cli.OK
    assert path.read_text().count("current") == 1
    assert rtm("context", "rm", "two", env=env).returncode == cli.OK
    assert "current" not in path.read_text() and "[two]" not in path.read_text()
    assert rtm("context", "rm", "one", env=env).returncode == cli.OK
    assert records(rtm("context", "ls", env=env).stdout, "context") == []


def test_saving_keeps_what_is_there(saved):
    env, path, secret = saved
    path.parent.mkdir(parents=True)
    path.write_text("# mine\n[old]\n# about it\ngate = h:1\npid = 5\nsecret-file = s\n\n"
                    "[one]\ngate = h:2\npid = 6\nsecret = x\n\n[last]\ngate = h:3")
    path.chmod(0o600)
    made = save(env, "one", secret, "--gate", "h:9", "--security", "tls", "--tls-host", "g")
    assert made.returncode == cli.OK, made.stderr
    assert path.read_text() == (
        "# mine\n[old]\n# about it\ngate = h:1\npid = 5\nsecret-file = s\n\n[last]\ngate = h:3\n\n"
        f"[one]\ngate = h:9\npid = {PID}\nsecret-file = {secret}\nsecurity = tls\n"
        "tls-host = g\n")
    before = path.read_text()
    for name in ("", "rtm", "a b", "a]", "x" * 65):
        assert save(env, name, secret, "--gate", "h:9").returncode == cli.USAGE
    assert save(env, "one", secret, "--gate", "h").returncode == cli.USAGE
    assert save(env, "one", secret, "--gate", "h:9", "--tls-host", "g").returncode == cli.USAGE
    assert save(env, "one", secret, "--gate", "unix:/a ;b").returncode == cli.FAILED
    assert rtm("context", "use", "none", env=env).returncode == cli.FAILED
    assert rtm("context", "rm", "none", env=env).returncode == cli.FAILED
    assert path.read_text() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_wrong_file_is_not_changed(saved):
    env, path, secret = saved
    path.parent.mkdir(parents=True)
    path.write_text("[one]\nnonsense = 1\n")
    result = save(env, "two", secret, "--gate", "h:9")
    assert result.returncode == cli.FAILED and b"no such key" in result.stderr
    assert path.read_text() == "[one]\nnonsense = 1\n"


def test_a_secret_of_the_environment_is_saved(saved, peer):
    env, path, _ = saved
    env = {**env, "RTM_GATE": peer.endpoint, "RTM_PID": str(PID), "RTM_SECRET": SECRET}
    assert rtm("context", "save", "one", env=env).returncode == cli.OK
    assert path.stat().st_mode & 0o777 == 0o600
    for name in ("RTM_GATE", "RTM_PID", "RTM_SECRET"):
        del env[name]
    assert rtm("--context", "one", "call", "ask", env=env).returncode == cli.OK
    shown = rtm("--context", "one", "context", "show", "-o", "text", env=env)
    assert SECRET not in shown.stdout.decode()
