"""The forms for asyncio: streams and awaited calls."""

import asyncio
import gc

import pytest

from helpers import DEADLINE, Recorder, message
from support.gate import PID
from support.peer import LATER, Error

import rtm


def play(coroutine):
    """Run a coroutine; it has the deadline of every wait."""
    async def limited():
        return await asyncio.wait_for(coroutine, DEADLINE)
    return asyncio.run(limited())


async def take(stream, count):
    return [await stream.__anext__() for _ in range(count)]


async def until(condition):
    """For what no event tells; it gives the loop its turns meanwhile."""
    while not condition():
        await asyncio.to_thread(gc.collect)


def group_push(mid, gid=7, **changes):
    params = {**message(mid=mid, **changes), "gid": gid}
    del params["to"]
    return ("pushgroupmsg", params)


def test_messages_of_a_gate(gate, make_client):
    async def main():
        client = make_client(gate)
        async with client.listen(groups=[11], rooms=[12], users=[13]) as stream:
            mid, mtime = await client.aio.send_group_chat(5, 11, "hi", "")
            await client.aio.send_group_chat(5, 10, "not for us", "")
            room_mid, room_mtime = await client.aio.send_room_message(51, 5, 12, b"\xff", "a")
            await client.aio.send_cmd(13, 2, "do", "")
            await client.aio.send_audio(2, 13, b"\1", "")
            items = await take(stream, 4)
        assert items[0] == rtm.Message(rtm.MessageType.GROUP_MESSAGE, "chat", 5, 11, 30, mid, "hi",
                                       "", mtime, None)
        assert items[1] == rtm.Message(rtm.MessageType.ROOM_MESSAGE, "message", 5, 12, 51,
                                       room_mid, b"\xff", "a", room_mtime, None)
        assert [(item.kind, item.family, item.msg) for item in items[2:]] == [
            (1, "cmd", "do"), (1, "audio", b"\1")]

    play(main())


def test_for_begins_and_break_ends(make_peer, make_client):
    async def main():
        peer = make_peer()
        client = make_client(peer)
        seen = []

        def answer(quest):
            if quest.method == "addlisten":
                quest.answer({})
                quest.link.push_many(group_push(mid) for mid in range(5))
                return LATER
            return {}
        peer.answer = answer
        async for item in client.listen(groups=[7]):
            seen.append(item.mid)
            if len(seen) == 3:
                break
        assert seen == [0, 1, 2]
        quest = await asyncio.to_thread(peer.wait_quest, "removelisten")
        assert quest.params["gids"] == [7]
    play(main())


def test_events_and_gaps(make_peer, make_client):
    async def main():
        peer = make_peer()
        client = make_client(peer)
        async with client.listen(groups=[7], events=["login"]) as stream:
            link = await asyncio.to_thread(peer.wait_connection)
            for name in ("logout", "login"):
                link.push("pushevent", {"pid": PID, "event": name, "uid": 9, "time": 17,
                                        "endpoint": "e", "data": "d"})
            assert await stream.__anext__() == rtm.Event(PID, "login", 9, 17, "e", "d", None)
            link.cut()
            gap = await stream.__anext__()
            assert isinstance(gap, rtm.Gap) and gap.groups == [7] and gap.events == ["login"]
            link = await asyncio.to_thread(peer.wait_connection, 1)
            link.push(*group_push(1))
            assert (await stream.__anext__()).mid == 1
    play(main())


def test_back_pressure(make_peer, make_client):
    """What is not taken waits in the stream up to its limit, then with the workers, then at the
    gate; nothing is lost and nothing comes twice."""
    async def main():
        peer = make_peer()
        client = make_client(peer, max_messages=8)
        count = 2000
        async with client.listen(groups=[7], limit=4) as stream:
            link = await asyncio.to_thread(peer.wait_connection)
            pushing = asyncio.create_task(asyncio.to_thread(
                link.push_many, [group_push(mid, msg="x" * 1000) for mid in range(count)]))
            first = await stream.__anext__()
            await until(lambda: client.stats()["pushes_queued"] >= 8)
            stats = client.stats()
            assert stats["pushes_delivered"] <= 1 + 4
            assert len(stream._queue.items) <= 4
            rest = await take(stream, count - 1)
            await pushing
        assert [item.mid for item in [first, *rest]] == list(range(count))
    play(main())


def test_time_outs_and_cancelling_lose_nothing(make_peer, make_client):
    async def main():
        peer = make_peer()
        client = make_client(peer)
        async with client.listen(groups=[7]) as stream:
            link = await asyncio.to_thread(peer.wait_connection)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.01)
            waiting = asyncio.create_task(stream.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="another task"):
                await stream.__anext__()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            seen = []
            for mid in range(200):
                link.push(*group_push(mid))
                try:
                    seen.append((await asyncio.wait_for(stream.__anext__(), 0.0001)).mid)
                except asyncio.TimeoutError:
                    pass
            while len(seen) < 200:
                seen.append((await stream.__anext__()).mid)
            assert seen == list(range(200))
    play(main())


def test_refused(make_peer, make_client):
    async def main():
        client = make_client(make_peer(lambda quest: Error(200060, "switched off")))
        stream = client.listen(groups=[7])
        with pytest.raises(rtm.QuestError) as caught:
            await stream.__anext__()
        assert caught.value.code == 200060
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
        assert client._listeners == () and client._interests == {}
    play(main())


@pytest.mark.parametrize("words", [{}, dict(groups=[]), dict(groups=[1], limit=0)])
def test_nothing_to_listen_to(words):
    client = rtm.RTMServerClient(1, "s", "127.0.0.1:1")
    with pytest.raises(ValueError):
        client.listen(**words)
    with pytest.raises((TypeError, ValueError)):
        client.listen(groups=["x"])


def test_streams_share_ids_and_the_processor(make_peer, make_client):
    async def main():
        peer = make_peer()
        client = make_client(peer)
        recorder = Recorder()
        client.set_quest_processor(recorder)
        one = client.listen(groups=[7, 8])
        two = client.listen(groups=[8, 9])
        await one.__aenter__()
        await two.__aenter__()
        link = await asyncio.to_thread(peer.wait_connection)
        link.push_many(group_push(mid, gid) for mid, gid in ((1, 7), (2, 8), (3, 9)))
        assert [item.mid for item in await take(one, 2)] == [1, 2]
        assert [item.mid for item in await take(two, 2)] == [2, 3]
        assert [call[3] for call in recorder.wait(3)] == [1, 2, 3]
        await one.aclose()
        await one.aclose()
        assert peer.all("removelisten")[0].params["gids"] == [7]
        with pytest.raises(StopAsyncIteration):
            await one.__anext__()
        link.push(*group_push(4, 8))
        assert (await two.__anext__()).mid == 4
        await two.aclose()
        assert sorted(peer.all("removelisten")[1].params["gids"]) == [8, 9]
    play(main())


def test_destroyed_client_ends_its_streams(make_peer, make_client):
    async def main():
        peer = make_peer()
        client = make_client(peer)
        stream = client.listen(groups=[7], limit=1)
        await stream.__aenter__()
        link = await asyncio.to_thread(peer.wait_connection)
        # One waits in the stream and one in the worker, which destroy() has to wake.
        first = link.push_many(group_push(mid) for mid in (1, 2, 3)) - 2
        await asyncio.to_thread(link.wait_answer, first)
        await until(lambda: stream._queue.changed._waiters)
        await asyncio.to_thread(client.destroy)
        await asyncio.to_thread(link.wait_closed)
        # The gate is not told that the second was handled, for nobody gets it.
        assert [answer.seq for answer in link.answers] == [first]
        assert (await stream.__anext__()).mid == 1
        with pytest.raises(StopAsyncIteration):
            await stream.__anext__()
        await stream.aclose()
    play(main())


def test_closed_event_loop(make_peer, make_client):
    """Who takes is gone with its loop; the client goes on."""
    peer = make_peer()
    client = make_client(peer)
    recorder = Recorder()
    client.set_quest_processor(recorder)
    kept = []

    async def main():
        kept.append(client.listen(groups=[7], limit=1))
        await kept[0].__aenter__()
        asyncio.ensure_future(client.aio.kickout(1))  # nobody awaits it
    asyncio.run(main())
    peer.wait_connection().push_many(group_push(mid) for mid in range(10))
    assert len(recorder.wait(10)) == 10


def test_awaited_calls(make_peer, make_client):
    def answer(quest):
        if quest.method == "gettoken":
            return {"token": "t"}
        if quest.method == "getuserinfo":
            return {"oinfo": "o", "pinfo": "p"}
        if quest.method == "kickout":
            return Error(200022, "no")
        return LATER if quest.method == "removetoken" else {"mtime": 5}

    async def main():
        peer = make_peer(answer)
        client = make_client(peer)
        aio = client.aio
        assert await aio.get_token(1) == "t"
        assert await aio.get_user_info(uid=1) == ("o", "p")
        assert await aio.set_listen(gids=[1]) is None
        assert await aio.send_chat(1, 2, "x", "", mid=9) == (9, 5)
        with pytest.raises(rtm.QuestError) as caught:
            await aio.kickout(1)
        assert (caught.value.code, caught.value.message) == (200022, "no")
        with pytest.raises(rtm.QuestError) as caught:
            await aio.remove_token(1, timeout=5)
        assert caught.value.code == 10004
        many = await asyncio.gather(*(aio.get_token(uid) for uid in range(100)))
        assert many == ["t"] * 100
        cancelled = asyncio.create_task(aio.remove_token(1))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        for wrong in ("destroy", "nothing", "_start", "stats"):
            with pytest.raises(AttributeError):
                getattr(aio, wrong)
        with pytest.raises(TypeError):
            await aio.kickout(1, callback=rtm.BasicCallback())
    play(main())


def test_async_with(make_peer):
    async def main():
        peer = make_peer()
        async with rtm.RTMServerClient(1, "s", peer.endpoint) as client:
            assert await client.aio.kickout(1) is None
        with pytest.raises(rtm.QuestError) as caught:
            await client.aio.kickout(1)
        assert caught.value.code == 10003
    play(main())
