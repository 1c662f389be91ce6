"""The calls that manage users, groups and rooms, with the real gate, as a program uses them."""

import pytest

from helpers import Recorder
from support.gate import PID, SECRET

import rtm


@pytest.fixture(scope="module")
def client(gate):
    made = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True)
    yield made
    made.destroy()


def test_groups(client):
    assert client.add_group_members(21, [1, 2, 3]) is None
    assert client.delete_group_members(21, [2]) is None
    uids, error = client.get_group_members(21)
    assert error is None and sorted(uids) == [1, 3]
    assert client.is_group_member(21, 1) == (True, None)
    assert client.is_group_member(21, 2) == (False, None)
    assert client.get_user_groups(3) == ([21], None)
    assert client.set_group_info(21, oinfo="open \u2713") is None
    assert client.set_group_info(21, pinfo="private") is None
    assert client.get_group_info(21) == ("open \u2713", "private", None)
    assert client.add_group_ban(21, 3, 100) is None
    assert client.is_ban_of_group(21, 3) == (True, None)
    assert client.remove_group_ban(21, 3) is None
    assert client.is_ban_of_group(21, 3) == (False, None)
    assert client.delete_group(21) is None
    assert client.get_group_members(21)[0] in ([], None)


def test_friends(client):
    assert client.add_friends(31, [32, 33]) is None
    assert client.delete_friends(31, [33]) is None
    assert client.get_friends(31) == ([32], None)
    assert client.is_friend(32, 31) == (True, None)
    assert client.is_friends(31, [32, 33, 34]) == ([32], None)


def test_users(client):
    assert client.set_user_info(41, "o", "p") is None
    assert client.get_user_info(41) == ("o", "p", None)
    assert client.get_user_open_info([41, 42])[0]["41"] == "o"
    assert client.get_online_users([41]) == ([], None)
    assert client.add_project_black(43, 100) is None
    assert client.is_project_black(43) == (True, None)
    assert client.remove_project_black(43) is None
    assert client.is_project_black(43) == (False, None)
    token, error = client.get_token(41)
    assert error is None and token
    assert client.remove_token(41) is None
    assert client.kickout(41) is None
    assert client.add_device(41, "apns", "device") is None
    assert client.remove_device(41, "device") is None


def test_data(client):
    assert client.data_set(51, "key", "value \U0001f600") is None
    assert client.data_get(51, "key") == ("value \U0001f600", None)
    assert client.data_delete(51, "key") is None
    assert client.data_get(51, "key") == (None, None)


def test_rooms(client):
    assert client.set_room_info(61, "o", "p") is None
    assert client.get_room_info(61) == ("o", "p", None)
    assert client.add_room_ban(61, 1, 100) is None
    assert client.is_ban_of_room(61, 1) == (True, None)
    assert client.remove_room_ban(61, 1) is None
    error = client.add_room_member(61, 1)  # nobody is logged in
    assert isinstance(error, rtm.QuestError) and error.code == 200055
    assert client.delete_room_member(61, 1) is None


KINDS = [("group", "get_group_message", "get_group_chat", (0, 71)),
         ("room", "get_room_message", "get_room_chat", (0, 72)),
         ("", "get_p2p_message", "get_p2p_chat", (1, 73))]


@pytest.mark.parametrize("kind, messages, chats, who", KINDS)
def test_history(client, kind, messages, chats, who):
    middle = f"{kind}_" if kind else ""
    send = getattr(client, f"send_{middle}message")
    sent = [send(mtype, 1, who[1], f"text {mtype}", "a") for mtype in (30, 51, 31, 52)]
    assert all(error is None for _, _, error in sent)
    page, error = getattr(client, messages)(*who, False, 3)
    assert error is None and page.num == 3 and len(page.msgs) == 3
    rest, error = getattr(client, messages)(*who, False, 3, page.begin, page.end, page.lastid)
    assert error is None and rest.num == 1
    rows = page.msgs + rest.msgs
    assert [(row.mid, row.mtime) for row in rows] == [one[:2] for one in sent]
    assert [row.msg for row in rows] == ["text 30", "text 51", "text 31", "text 52"]
    assert {row.direction if kind == "" else row.from_uid for row in rows} == {1}
    chat, error = getattr(client, chats)(*who, True, 10)
    assert error is None and [row.mtype for row in chat.msgs] == [31, 30]
    only, error = getattr(client, messages)(*who, False, 10, mtypes=[51])
    assert [row.mtype for row in only.msgs] == [51]
    name = kind or "p2p"
    mid = sent[0][0]
    info, error = getattr(client, f"get_{name}_message_info")(mid, 1, who[1])
    assert error is None and (info.mtype, info.msg, info.attrs) == (30, "text 30", "a")
    assert info.mtime == sent[0][1] and info.id == rows[0].id
    assert getattr(client, f"delete_{name}_message")(mid, 1, who[1]) is None
    gone, error = getattr(client, f"get_{name}_message_info")(mid, 1, who[1])
    assert gone is None and error.code == 200070


def test_what_a_gate_has_not(client):
    for value, error in (client.translate("hello", "de"), client.profanity("x"),
                         client.transcribe(b"x")):
        assert value is None and error.code == 200060


def test_refused_arguments(client):
    assert client.send_chat(1, 2, "x" * 30000, "")[2].code == 200030
    assert client.send_message(200, 1, 2, "x", "")[2].code == 200005
    assert client.add_friends(1, []).code == 200033


def test_listener_hears_logins(gate, client):
    """A user's connection, as far as it takes to log in and out."""
    import socket

    from support.peer import TWO_WAY, package

    recorder = Recorder()
    client.set_quest_processor(recorder)
    assert client.add_listen(events=["login", "logout"]) is None
    token, error = client.get_token(81)
    assert error is None
    host, port = gate.endpoint.split(":")
    with socket.create_connection((host, int(port))) as user:
        user.sendall(package(TWO_WAY, {"pid": PID, "uid": 81, "token": token}, seq=1,
                             method="auth"))
        [login] = recorder.wait(1)
        assert login[:4] == ("push_event", PID, "login", 81)
        assert client.get_online_users([80, 81]) == ([81], None)
    logout = recorder.wait(2)[1]
    assert logout[:4] == ("push_event", PID, "logout", 81)
    assert isinstance(logout[4], int) and logout[5] == login[5]
