"""Files: leave, sending, pushes, the folder, and the address where they are fetched."""

import hashlib
import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import threading

import pytest

from support.gate import DEADLINE, PID, SECRET, Gate, program
from support.peer import ANSWER, ONE_WAY, TWO_WAY, RawText, pack_map, package
from support.wire import Client

RTMD = program("RTMD")
RTM = program("RTM")

pytestmark = pytest.mark.skipif(RTMD is None, reason="rtmd is not built")

MIB = 1 << 20
PID_2 = 11000002
SECRET_2 = "another-secret"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
mids = itertools.count(1000)


def file_gate(folder, settings=None, project="", **kept):
    """A gate that takes and gives files, with one address for all else."""
    listens = {
        "fpnn": {"address": "127.0.0.1:0"},
        "upload": {"address": "127.0.0.1:0", "takes-files": "true"},
        "web": {"address": "127.0.0.1:0", "protocol": "files"},
    }
    return Gate(folder, settings={"files-folder": str(folder / "files"), **(settings or {})},
                listens=listens, projects={PID_2: SECRET_2},
                arguments=[f"--set=project {PID}.{line}" for line in project.split()], **kept)


@pytest.fixture(name="gate", scope="module")
def _gate(tmp_path_factory):
    with file_gate(tmp_path_factory.mktemp("gate")) as gate:
        yield gate


@pytest.fixture(name="server")
def _server(gate):
    """A connection of a program of the server side."""
    with Client(gate.endpoint) as client:
        yield client


def ask(client, method, **params):
    client.ask_signed(method, **params)
    return client.answer()


def leave(client, **params):
    """A token, with a connection to where it is to be used."""
    status, answer = ask(client, "filetoken", **params)
    assert status == 0, answer
    return answer["token"], Client(answer["endpoint"])


def sign(content, token):
    inner = hashlib.md5(content).hexdigest()
    return hashlib.md5(f"{inner}:{token}".encode()).hexdigest()


def attrs_of(content, token, custom="", **rtm):
    return json.dumps({"rtm": {"sign": sign(content, token), **rtm}, "custom": custom})


def file_params(token, content, **params):
    return {"pid": PID, "token": token, "mtype": 50, "from": 1, "mid": next(mids),
            "file": content, "attrs": attrs_of(content, token), **params}


def send(client, content, attrs=None, **params):
    """Leave for user 1 to send to user 2, and the file: (status, answer)."""
    token, there = leave(client, **{"from": 1, "cmd": "sendfile", "to": 2})
    with there:
        more = {} if attrs is None else {"attrs": attrs(token)}
        there.ask("sendfile", {**file_params(token, content), "to": 2, **more, **params})
        return there.answer()


def code_of(answer):
    status, payload = answer
    assert status != 0, payload
    return payload["code"]


def push(client):
    while True:
        kind, method, _, payload = client.read_package()
        if kind != ANSWER and method != "ping":
            return method, payload


@pytest.fixture(name="listener")
def _listener(gate):
    with Client(gate.endpoint) as client:
        assert ask(client, "setlisten", p2p=True, group=True, room=True, ev=False)[0] == 0
        yield client


def fetch(url, method="GET", headers=None):
    match = re.fullmatch(r"http://([^/]+)(/.*)", url)
    connection = http.client.HTTPConnection(match[1], timeout=DEADLINE)
    try:
        connection.request(method, match[2], headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def raw_http(address, data):
    """All that comes back for these bytes."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        got = b""
        while piece := sock.recv(1 << 16):
            got += piece
        return got


# ---- the way of a file


def test_a_file_arrives_with_its_address_and_is_fetched_from_there(gate, server, listener):
    status, answer = send(
        server, PNG, mtype=40,
        attrs=lambda token: attrs_of(PNG, token, custom="mine", filename="a b.png", ext="png"))
    assert status == 0
    method, message = push(listener)
    assert method == "pushmsg"
    assert (message["from"], message["to"], message["mtype"]) == (1, 2, 40)
    assert message["mtime"] == answer["mtime"]
    body = json.loads(message["msg"])
    assert body["size"] == len(PNG) and set(body) == {"url", "size"}
    assert re.fullmatch(rf"http://{gate.endpoints['web']}/{PID}/[0-9a-f]{{40}}/a%20b\.png",
                        body["url"])
    assert json.loads(message["attrs"]) == {
        "rtm": {"filename": "a b.png", "ext": "png", "type": ""}, "custom": "mine"}

    response, got = fetch(body["url"])
    assert (response.status, got) == (200, PNG)
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == "attachment"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("cmd, method, named, target, pushed", [
    ("sendfile", "sendfile", {"to": 2}, {"to": 2}, ["pushmsg"]),
    ("sendfiles", "sendfiles", {"tos": [3, 2]}, {"tos": [2, 3]}, ["pushmsg", "pushmsg"]),
    ("sendgroupfile", "sendgroupfile", {"gid": 7}, {"gid": 7}, ["pushgroupmsg"]),
    ("GroupFile", "sendgroupfile", {"gid": 7}, {"gid": 7}, ["pushgroupmsg"]),
    ("sendroomfile", "sendroomfile", {"rid": 8}, {"rid": 8}, ["pushroommsg"]),
    ("broadcastfile", "broadcastfile", {}, {}, []),
    ("BroadcastFile", "broadcastfile", {}, {}, []),
    # One SDK names the one id three times; what cmd speaks of counts.
    ("sendgroupfile", "sendgroupfile", {"to": 7, "rid": 7, "gid": 7}, {"gid": 7},
     ["pushgroupmsg"]),
    # Who names nobody may send to anybody.
    ("sendfile", "sendfile", {}, {"to": 99}, ["pushmsg"]),
])
def test_each_way_of_sending(server, listener, cmd, method, named, target, pushed):
    token, there = leave(server, **{"from": 1, "cmd": cmd, **named})
    with there:
        there.ask(method, {**file_params(token, b"content"), **target})
        status, answer = there.answer()
        assert status == 0, answer
    assert [push(listener)[0] for _ in pushed] == pushed
    # Nothing else: the next push is of a message sent behind it.
    assert ask(server, "sendmsg", **{"mtype": 51, "from": 1, "to": 2, "mid": next(mids),
                                     "msg": "behind", "attrs": ""})[0] == 0
    assert push(listener)[1]["msg"] == "behind"


def test_content_may_come_as_text_and_quests_one_way(server, listener):
    token, there = leave(server, **{"from": 1, "cmd": "sendfile", "to": 2})
    with there:  # PHP packs it so
        params = pack_map({**file_params(token, b"\xff\x00"), "to": 2,
                           "file": RawText(b"\xff\x00")})
        there.write(package(ONE_WAY, params, method="sendfile"))
        assert json.loads(push(listener)[1]["msg"])["size"] == 2


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 300 * 1024, 5 * MIB])
def test_any_size_up_to_the_largest(server, listener, size):
    content = os.urandom(size)
    assert send(server, content)[0] == 0
    response, got = fetch(json.loads(push(listener)[1]["msg"])["url"])
    assert got == content
    assert response.headers["Content-Length"] == str(size)


def test_several_files_on_one_connection(server, listener):
    urls = set()
    token, there = leave(server, **{"from": 1, "cmd": "sendfile", "to": 2})
    with there:
        for number in range(3):
            content = bytes([number]) * 200_000
            there.ask("sendfile", {**file_params(token, content), "to": 2})
            assert there.answer()[0] == 0
            urls.add(json.loads(push(listener)[1]["msg"])["url"])
            token = ask(server, "filetoken", **{"from": 1, "cmd": "sendfile", "to": 2})[1]["token"]
    assert len(urls) == 3


def test_uploads_at_once_all_arrive(gate, server, listener):
    count = 12
    tokens = [leave(server, **{"from": 1, "cmd": "sendfile", "to": 2}) for _ in range(count)]
    contents = [os.urandom(400_000) for _ in range(count)]
    answers = [None] * count

    def upload(at):
        token, there = tokens[at]
        with there:
            there.ask("sendfile", {**file_params(token, contents[at]), "to": 2})
            answers[at] = there.answer()

    threads = [threading.Thread(target=upload, args=[at]) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(status == 0 for status, _ in answers), answers
    got = [fetch(json.loads(push(listener)[1]["msg"])["url"])[1] for _ in range(count)]
    assert sorted(got) == sorted(contents)


def test_a_repeat_is_answered_as_the_first_and_pushed_once(server, listener):
    mid = next(mids)
    first = send(server, b"once", mid=mid)
    assert send(server, b"once", mid=mid) == first
    assert code_of(send(server, b"other", mid=mid)) == 200053
    assert send(server, b"behind")[0] == 0
    assert push(listener)[1]["mid"] == mid
    assert push(listener)[1]["mid"] != mid


def test_the_same_content_is_kept_once(gate, server, listener):
    content = os.urandom(100_000)
    assert send(server, content)[0] == 0
    assert send(server, content)[0] == 0
    first, second = (json.loads(push(listener)[1]["msg"])["url"] for _ in range(2))
    assert first != second
    digest = hashlib.sha256(content).hexdigest()
    path = gate.folder / "files" / "content" / digest[:2] / digest[2:]
    assert path.read_bytes() == content
    assert path.stat().st_nlink == 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_files_survive_a_restart(tmp_path):
    with file_gate(tmp_path) as gate:
        with Client(gate.endpoint) as client, Client(gate.endpoint) as hears:
            assert ask(hears, "setlisten", p2p=True)[0] == 0
            assert send(client, PNG)[0] == 0
            path = re.sub(r"^http://[^/]+", "", json.loads(push(hears)[1]["msg"])["url"])
        gate.stop()
        gate.start()
        assert fetch(f"http://{gate.endpoints['web']}{path}")[1] == PNG


def test_the_old_form_of_pushes(tmp_path):
    with file_gate(tmp_path, project="old-file-push=true") as gate:
        with Client(gate.endpoint) as client, Client(gate.endpoint) as hears:
            assert ask(hears, "setlisten", p2p=True, group=True)[0] == 0
            assert send(client, PNG)[0] == 0
            assert push(hears)[0] == "pushfile"
            token, there = leave(client, **{"from": 1, "cmd": "sendgroupfile", "gid": 7})
            with there:
                there.ask("sendgroupfile", {**file_params(token, PNG), "gid": 7})
                assert there.answer()[0] == 0
            assert push(hears)[0] == "pushgroupfile"


@pytest.mark.parametrize("given, wanted", [
    ('{"sign": "%s", "ext": "txt"}', {"rtm": {"ext": "txt", "type": ""}, "custom": ""}),
    ('{"rtm": {"sign": "%s", "ext": "txt"}}', {"rtm": {"ext": "txt", "type": ""}, "custom": ""}),
    ('{"rtm": {"sign": "%s", "type": "audiomsg", "duration": 5}, "custom": {"a": [1]}}',
     {"rtm": {"type": "audiomsg", "duration": 5}, "custom": {"a": [1]}}),
    ('{"rtm": {"sign": "%s", "type": 7}, "custom": null, "excludedUids": ["5"]}',
     {"rtm": {"type": ""}, "custom": "", "excludedUids": ["5"]}),
])
def test_attributes_take_their_one_form(server, listener, given, wanted):
    assert send(server, b"x", attrs=lambda token: given % sign(b"x", token))[0] == 0
    assert json.loads(push(listener)[1]["attrs"]) == wanted


def test_files_stand_in_history(server):
    content = os.urandom(10)
    mid = next(mids)
    assert send(server, content, mid=mid, mtype=42)[0] == 0
    status, row = ask(server, "getmsg", **{"mid": mid, "from": 1, "xid": 2, "type": 1})
    assert (status, row["mtype"]) == (0, 42)
    assert fetch(json.loads(row["msg"])["url"])[1] == content


# ---- refusals


def test_a_token_is_good_once(server):
    token, there = leave(server, **{"from": 1, "cmd": "sendfile", "to": 2})
    with there:
        for wanted in (0, 1):
            there.ask("sendfile", {**file_params(token, b"x"), "to": 2})
            status, answer = there.answer()
            assert status == wanted
        assert answer["code"] == 200003


@pytest.mark.parametrize("change", [
    {"from": 3}, {"to": 3}, {"pid": PID_2}, {"token": "0" * 44}, {"token": "x"},
    {"token": ""}, {"token": "Z" * 129},
])
def test_a_token_is_for_one_sender_receiver_and_project(server, change):
    assert code_of(send(server, b"x", **change)) == 200003


def test_a_token_is_for_one_way(server):
    token, there = leave(server, **{"from": 1, "cmd": "sendgroupfile", "gid": 2})
    with there:
        there.ask("sendroomfile", {**file_params(token, b"x"), "rid": 2})
        assert code_of(there.answer()) == 200003
        # It was not for that, and is good still.
        there.ask("sendgroupfile", {**file_params(token, b"x"), "gid": 2})
        assert there.answer()[0] == 0


@pytest.mark.parametrize("change, code", [
    ({"mtype": 39}, 200007), ({"mtype": 51}, 200007), ({"mtype": "x"}, 200034),
    ({"from": 0}, 200001), ({"to": 0}, 200001), ({"to": None}, 200001), ({"pid": 5}, 200001),
    ({"pid": None}, 200001), ({"mid": None}, 200034), ({"file": None}, 200034),
    ({"file": 7}, 200034), ({"token": None}, 200034),
])
def test_parameters_are_checked(server, change, code):
    assert code_of(send(server, b"x", **change)) == code


def test_attributes_have_a_bound(server):
    def padded(size):
        return lambda token: attrs_of(b"x", token).ljust(size)

    assert code_of(send(server, b"x", attrs=padded(4097))) == 200031
    assert send(server, b"x", attrs=padded(4096))[0] == 0


@pytest.mark.parametrize("attrs", [
    '{"rtm": {"sign": "0123456789abcdef0123456789abcdef"}}', '{"rtm": {"sign": ""}}',
    '{"sign": 7}', '{"sign": "short"}',
])
def test_a_wrong_signature_is_refused(server, attrs):
    assert code_of(send(server, b"x", attrs=lambda token: attrs)) == 200003


@pytest.mark.parametrize("attrs, custom", [
    ('{"custom": "c"}', "c"), ("", ""), ("no json", "no json"), ('["a"]', '["a"]'),
    ('{"rtm": 5}', ""),
])
def test_no_signature_is_good_unless_it_is_asked_for(server, listener, attrs, custom):
    assert send(server, b"x", attrs=lambda token: attrs)[0] == 0
    assert json.loads(push(listener)[1]["attrs"]) == {"rtm": {"type": ""}, "custom": custom}


def test_strict_projects_ask_for_a_signature(tmp_path):
    with file_gate(tmp_path, project="file-sign=strict") as gate, Client(gate.endpoint) as client:
        assert code_of(send(client, b"x", attrs=lambda token: '{"custom": "c"}')) == 200004
        assert code_of(send(client, b"x", attrs=lambda token: "")) == 200004
        assert send(client, b"x")[0] == 0


def test_a_file_that_is_too_large(server):
    assert code_of(send(server, bytes(5 * MIB + 1))) == 200031
    # So large that it is not taken in at all: the answer comes at its head.
    token, there = leave(server, **{"from": 1, "cmd": "sendfile", "to": 2})
    with there:
        whole = package(TWO_WAY, file_params(token, bytes(6 * MIB)), seq=1, method="sendfile")
        there.seq = 1
        there.write(whole[:1000])
        assert code_of(there.answer()) == 200031
        assert there.is_closed()


def test_who_may_send_is_asked_as_for_messages(tmp_path):
    with file_gate(tmp_path, project="member-check=true admins=5") as gate, \
            Client(gate.endpoint) as client:
        for way, target, code in [("group", {"gid": 7}, 200041), ("room", {"rid": 7}, 200040)]:
            token, there = leave(client, **{"from": 1, "cmd": f"send{way}file", **target})
            with there:
                there.ask(f"send{way}file", {**file_params(token, b"x"), **target})
                assert code_of(there.answer()) == code
        for sender, status in [(1, 1), (5, 0)]:
            token, there = leave(client, **{"from": sender, "cmd": "broadcastfile"})
            with there:
                there.ask("broadcastfile", {**file_params(token, b"x"), "from": sender})
                assert there.answer()[0] == status
        assert not list((tmp_path / "files" / "content").glob("*/*"))[1:]  # of the one that may
        assert ask(client, "addprojectban", uid=66, btime=100)[0] == 0
        token, there = leave(client, **{"from": 66, "cmd": "sendfile", "to": 2})
        with there:
            there.ask("sendfile", {**file_params(token, b"y"), "from": 66, "to": 2})
            assert code_of(there.answer()) == 200021
        assert ask(client, "addblacks", uid=2, blacks=[67])[0] == 0
        token, there = leave(client, **{"from": 67, "cmd": "sendfile", "to": 2})
        with there:
            there.ask("sendfile", {**file_params(token, b"y"), "from": 67, "to": 2})
            assert code_of(there.answer()) == 200049


@pytest.mark.parametrize("params, code", [
    ({"cmd": "uploadfile"}, 200034), ({"cmd": ""}, 200033), ({"cmd": "sendfile", "to": 0}, 200001),
    ({"cmd": "sendgroupfile", "gid": -1}, 200034), ({"cmd": "sendfile", "from": 0}, 200001),
    ({"cmd": "sendfiles", "tos": ["x"]}, 200034),
])
def test_leave_is_checked(server, params, code):
    assert code_of(ask(server, "filetoken", **{"from": 1, **params})) == code


def test_a_gate_without_a_folder_has_no_files(tmp_path):
    with Gate(tmp_path, store="memory:") as gate, Client(gate.endpoint) as client:
        assert code_of(ask(client, "filetoken", **{"from": 1, "cmd": "sendfile"})) == 200060
        assert code_of(ask(client, "sendfile", **{"from": 1})) == 200020


def test_files_come_in_only_where_they_are_taken(gate, server):
    token, there = leave(server, **{"from": 1, "cmd": "sendfile", "to": 2})
    there.sock.close()
    with Client(gate.endpoint) as other:  # small: an answer; large: cut at the head
        other.ask("sendfile", {**file_params(token, b"x"), "to": 2})
        assert other.answer()[0] != 0
    with Client(gate.endpoint) as other:
        other.ask("sendfile", {**file_params(token, bytes(MIB)), "to": 2})
        assert other.is_closed()


def test_strangers_send_nothing_else_large_there(gate):
    with Client(gate.endpoints["upload"]) as client:
        client.ask("sendmsg", {"msg": bytes(MIB)})
        assert client.is_closed()


def test_the_file_address_is_an_address_like_others(gate):
    with Client(gate.endpoints["upload"]) as client:
        client.prove()
        # Also a connection that has proved itself may send files.
        token = ask(client, "filetoken", **{"from": 1, "cmd": "sendfile", "to": 2})[1]["token"]
        client.ask("sendfile", {**file_params(token, bytes(MIB)), "to": 2})
        assert client.answer()[0] == 0
        client.ask("sendfile", {**file_params(token, b""), "to": 2, "pid": PID_2})
        assert code_of(client.answer()) == 200001


def test_memory_for_files_has_a_bound(tmp_path):
    settings = {"files-max": "200KiB", "files-memory": "1536KiB", "shards": "1"}
    with file_gate(tmp_path, settings=settings) as gate, Client(gate.endpoint) as client:
        held = []
        token, there = leave(client, **{"from": 1, "cmd": "sendfile", "to": 2})
        whole = package(TWO_WAY, {**file_params(token, bytes(200 * 1024)), "to": 2}, seq=1,
                        method="sendfile")
        with there:
            for _ in range(4):  # each takes twice its package, 400 KiB; the last finds too little
                held.append(Client(gate.endpoints["upload"]))
                held[-1].seq = 1
                held[-1].write(whole[:100])
            assert code_of(held[-1].answer()) == 20011
            for one in held[:2]:
                one.sock.close()
            # What they held comes free with their end: the file finds its place.
            for _ in range(1000):
                with Client(gate.endpoints["upload"]) as again:
                    again.seq = 1
                    again.write(whole)
                    answer = again.answer()
                    if answer[0] == 0:
                        break
                    assert answer[1]["code"] == 20011
            assert answer[0] == 0
            held[2].sock.close()


def test_the_folder_has_a_bound(tmp_path):
    with file_gate(tmp_path, settings={"files-bytes": "300KiB"}) as gate, \
            Client(gate.endpoint) as client:
        content = os.urandom(200 * 1024)
        assert send(client, content)[0] == 0
        assert code_of(send(client, os.urandom(200 * 1024))) == 200999
        assert send(client, content)[0] == 0  # what is there takes no more
        gate.wait_log("a file is not kept")


def test_a_file_that_stops_coming_is_cut(tmp_path):
    with file_gate(tmp_path, settings={"files-time": "1s"}) as gate, \
            Client(gate.endpoint) as client:
        token, there = leave(client, **{"from": 1, "cmd": "sendfile", "to": 2})
        with there:
            there.write(package(TWO_WAY, {**file_params(token, bytes(MIB)), "to": 2}, seq=1,
                                method="sendfile")[:30000])
            assert there.is_closed()
        gate.wait_log("no file in time")


# ---- fetching


@pytest.fixture(name="url")
def _url(server, listener):
    assert send(server, PNG)[0] == 0
    return json.loads(push(listener)[1]["msg"])["url"]


@pytest.mark.parametrize("wanted, part", [
    ("bytes=0-0", slice(0, 1)), ("bytes=5-9", slice(5, 10)), ("bytes=10-", slice(10, None)),
    ("bytes=-7", slice(-7, None)), ("bytes=0-999999", slice(0, None)),
    ("bytes=-999999", slice(0, None)),
])
def test_parts(url, wanted, part):
    response, got = fetch(url, headers={"Range": wanted})
    assert (response.status, got) == (206, PNG[part])
    start, stop, _ = part.indices(len(PNG))
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(PNG)}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,3-4", "bytes=5-2", "lines=1-2", "bytes=-",
                                    "bytes=a-", "bytes=1-2x"])
def test_other_ranges_give_the_whole(url, wanted):
    response, got = fetch(url, headers={"Range": wanted})
    assert (response.status, got) == (200, PNG)


@pytest.mark.parametrize("wanted", [f"bytes={len(PNG)}-", "bytes=99999999999999999999999-",
                                    "bytes=-0"])
def test_ranges_outside(url, wanted):
    response, _ = fetch(url, headers={"Range": wanted})
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{len(PNG)}"


def test_head_and_known_files(url):
    response, got = fetch(url, method="HEAD")
    assert (response.status, got, response.headers["Content-Length"]) == (200, b"", str(len(PNG)))
    tag = response.headers["ETag"]
    assert fetch(url, headers={"If-None-Match": tag})[0].status == 304
    assert fetch(url, headers={"If-Range": tag, "Range": "bytes=0-0"})[0].status == 206
    assert fetch(url, headers={"If-Range": '"x"', "Range": "bytes=0-0"})[0].status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"])
def test_other_methods(url, method):
    response, _ = fetch(url, method=method)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_what_is_not_there(gate, url):
    base = f"http://{gate.endpoints['web']}"
    path = url[len(base):]
    pid, ident, name = path[1:].split("/")
    for other in ["/", "//", f"/{pid}", f"/{pid}/", f"/{pid}/{ident}", f"/{pid}/{ident}/",
                  f"/{pid}/{ident}/a/b", f"/{PID_2}/{ident}/{name}", f"/0/{ident}/{name}",
                  f"/-1/{ident}/{name}", f"/{pid}x/{ident}/{name}", f"/+{pid}/{ident}/{name}",
                  f"/{pid}/{ident[:-1]}/{name}", f"/{pid}/{ident}0/{name}",
                  f"/{pid}/{ident.upper()}/{name}" if ident.upper() != ident else "/x",
                  f"/{pid}/{'0' * 40}/{name}", f"/{pid}/{ident[:8]}{'f' * 32}/{name}",
                  f"/99999999999999999999/{ident}/{name}", f"/{pid}/..%2f..%2fkey/{name}",
                  f"/{pid}/../../../../key/x", "/../key", "/%2e%2e/key", "/ids/", "/content/",
                  "/key", "/lock", f"/{pid}/{ident}%00/{name}", f"/{pid}%00/{ident}/{name}",
                  "/" + "a" * 8000]:
        got = raw_http(gate.endpoints["web"],
                       f"GET {other} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert re.match(rb"HTTP/1\.1 (404|414|400) ", got), (other, got[:200])
    # Whatever the name, it is the same file, and the name is nowhere in the answer.
    response, got = fetch(f"{base}/{pid}/{ident}/evil%0d%0aSet-Cookie:x")
    assert (response.status, got) == (200, PNG)
    assert "evil" not in str(response.headers) and response.headers["Set-Cookie"] is None


@pytest.mark.parametrize("data", [
    b"", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"FPNN" + b"\0" * 100,
    b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc",
    b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
], ids=range(9))
def test_hostile_bytes_leave_it_serving(gate, url, data):
    try:
        raw_http(gate.endpoints["web"], data)
    except OSError:
        pass  # it may close while we write
    assert fetch(url)[1] == PNG


@pytest.mark.parametrize("content, kind", [
    (b"<html><script>alert(1)</script>", "application/octet-stream"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream"),
    (b"%PDF-1.4", "application/pdf"), (b"GIF89a..", "image/gif"),
    (b"\xff\xd8\xff\xe0....JFIF", "image/jpeg"), (b"RIFF....WEBPVP8 ", "image/webp"),
    (b"#!AMR-WB\n...", "audio/amr-wb"), (b"\0\0\0\x18ftypmp42", "video/mp4"),
    (b"", "application/octet-stream"),
    (b"MZ\x90\0", "application/octet-stream"),
])
def test_types_are_by_content_and_harmless(server, listener, content, kind):
    """What the sender calls it counts for nothing."""
    assert send(server, content,
                attrs=lambda token: attrs_of(content, token, filename="x.html"))[0] == 0
    response, _ = fetch(json.loads(push(listener)[1]["msg"])["url"])
    assert response.headers["Content-Type"] == kind
    assert response.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("name, ends", [
    ("../../etc/passwd", ".._.._etc_passwd"), ("..", "file"), ("", "file"), ("a\"b\\c", "a%22b_c"),
    ("\r\nX: y", "__X%3A%20y"), ("grüße.txt", "gr%C3%BC%C3%9Fe.txt"), ("?q=1#f", "%3Fq%3D1%23f"),
    ("%2e%2e", "%252e%252e"), ("a" * 300, "a" * 200), ("ü" * 100, "%C3%BC" * 33),
], ids=range(10))
def test_names_in_addresses_are_harmless(server, listener, name, ends):
    assert send(server, PNG, attrs=lambda token: attrs_of(PNG, token, filename=name))[0] == 0
    message = push(listener)[1]
    url = json.loads(message["msg"])["url"]
    assert url.rsplit("/", 1)[1] == ends
    assert json.loads(message["attrs"])["rtm"]["filename"] == name
    assert fetch(url)[1] == PNG


# ---- settings and the command line


def check(folder, text):
    path = folder / "rtmd.conf"
    path.write_text(text + f"\n[project {PID}]\nsecret = {SECRET}\n")
    run = subprocess.run([RTMD, "--config", path, "--check"], capture_output=True, text=True,
                         timeout=DEADLINE)
    return run.returncode, run.stderr


TAKES = "\n[listen up]\naddress = 127.0.0.1:0\ntakes-files = true\n"
GIVES = "\n[listen web]\naddress = 127.0.0.1:0\nprotocol = files\n"


@pytest.mark.parametrize("text, complaint", [
    ("[gate]\nfiles-folder = /x" + GIVES, "no [listen] has takes-files"),
    ("[gate]\nfiles-folder = /x" + TAKES, "no [listen] has protocol = files"),
    ("[gate]" + TAKES, "takes files, and there is no files-folder"),
    ("[gate]" + GIVES, "gives files, and there is no files-folder"),
    ("[gate]\nfiles-folder = /x\nfiles-max = 8MiB" + TAKES + GIVES, "larger than max-package"),
    ("[gate]\nfiles-folder = /x\nfiles-memory = 8MiB" + TAKES + GIVES, "four times files-max"),
    ("[gate]\nfiles-folder = /x" + TAKES.replace("127.0.0.1", "*") + GIVES, "files-endpoint must"),
    ("[gate]\nfiles-folder = /x" + TAKES + GIVES.replace("127.0.0.1", "*"), "files-url must"),
    ("[gate]\nfiles-folder = /x" + TAKES + GIVES + "tls = true\n", "no tls with protocol = files"),
    ("[gate]\nfiles-folder = /x" + TAKES + GIVES + "takes-files = true\n", "for protocol = fpnn"),
    ("[gate]\nfiles-url = ftp://x", "files-url:"), ("[gate]\nfiles-url = http://x/", "files-url:"),
    ("[gate]\nfiles-url = http://x\"y", "files-url:"),
])
def test_settings_that_do_not_fit(tmp_path, text, complaint):
    code, errors = check(tmp_path, text)
    assert code == 78
    assert complaint in errors


def test_public_names(tmp_path):
    settings = {"files-url": "https://files.example/base", "files-endpoint": "up.example:7"}
    with file_gate(tmp_path, settings=settings) as gate, Client(gate.endpoint) as client, \
            Client(gate.endpoint) as hears:
        assert ask(hears, "setlisten", p2p=True)[0] == 0
        status, answer = ask(client, "filetoken", **{"from": 1, "cmd": "sendfile", "to": 2})
        assert answer["endpoint"] == "up.example:7"
        with Client(gate.endpoints["upload"]) as there:
            there.ask("sendfile", {**file_params(answer["token"], b"x"), "to": 2})
            assert there.answer()[0] == 0
        url = json.loads(push(hears)[1]["msg"])["url"]
        assert url.startswith(f"https://files.example/base/{PID}/")


def test_a_folder_has_one_gate(tmp_path):
    with file_gate(tmp_path) as gate:
        second = subprocess.run(
            [RTMD, "--config", gate.config, "--set", "gate.store=memory:"], capture_output=True,
            text=True, timeout=DEADLINE)
        assert second.returncode == 1
        assert "another gate owns it" in second.stderr


@pytest.mark.skipif(RTM is None, reason="rtm is not built")
def test_the_command_line_can_send_one(gate, server, listener):
    def call(endpoint, method, params):
        words = [f"{key}:={json.dumps(value)}" for key, value in params.items()]
        run = subprocess.run([RTM, "--gate", endpoint, "--pid", str(PID), "--secret-file",
                              gate.secret_file, "call", method, *words],
                             capture_output=True, text=True, timeout=DEADLINE)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    given = call(gate.endpoint, "filetoken", {"from": 1, "cmd": "sendfile", "to": 2})
    answer = call(given["endpoint"], "sendfile",
                  {"token": given["token"], "mtype": 50, "from": 1, "to": 2, "mid": next(mids),
                   "file": "hello", "attrs": attrs_of(b"hello", given["token"])})
    assert answer["mtime"] == push(listener)[1]["mtime"]
