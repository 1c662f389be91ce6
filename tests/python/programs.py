"""Small programs that a test runs as processes: python programs.py NAME ENDPOINT."""

import os
import sys
import threading

from support.gate import PID, SECRET

import rtm


def make(endpoint, **options):
    return rtm.RTMServerClient(PID, SECRET, endpoint, True, **options)


def say(text):
    print(text, flush=True)


def exit_with_live_clients(endpoint):
    """Handlers, calls and streams are under way when the program ends."""
    clients = [make(endpoint, workers=2) for _ in range(3)]

    class Processor(rtm.RTMQuestProcessor):
        def push_chat(self, *args):
            clients[0].kickout(1, callback=rtm.BasicCallback())

    for client in clients:
        client.set_quest_processor(Processor())
        assert client.set_all_listen(p2p=True) is None
    for _ in range(100):
        clients[1].send_chat(1, 2, "x", "", callback=rtm.SendMessageCallback())
    say("leaving")


def exit_in_a_call(endpoint):
    """Another thread waits for an answer that does not come."""
    client = make(endpoint)
    began = threading.Event()

    def wait():
        began.set()
        say(str(client.call("never", timeout=60000)[1]))

    threading.Thread(target=wait, daemon=True).start()
    began.wait()
    client.kickout(1)
    say("leaving")


def exit_with_a_full_stream(endpoint):
    """A handler waits for room in a stream that nobody takes from any more."""
    import asyncio

    client = make(endpoint)

    async def main():
        stream = client.listen(groups=[7], limit=1)
        await stream.__aenter__()
        for _ in range(10):
            await client.aio.send_group_chat(1, 7, "x", "")
        kept.append(stream)

    kept = []
    asyncio.run(main())
    say("leaving")


def exit_with_an_endless_handler(endpoint):
    """It is left behind after a while; the interpreter ends all the same."""
    import atexit

    entered = threading.Event()

    class Processor(rtm.RTMQuestProcessor):
        def push_chat(self, *args):
            entered.set()
            threading.Event().wait()

    atexit.unregister(rtm.end_all)
    atexit.register(rtm.end_all, 0.1)
    client = make(endpoint)
    client.set_quest_processor(Processor())
    client.set_all_listen(p2p=True)
    client.send_chat(1, 2, "x", "")
    entered.wait()
    say("leaving")


def destroy_in_handlers(endpoint):
    client = make(endpoint)
    entered = threading.Event()

    class Processor(rtm.RTMQuestProcessor):
        def push_chat(self, *args):
            entered.set()
            client.destroy()
            say(str(client.kickout(1)))

    client.set_quest_processor(Processor())
    client.set_all_listen(p2p=True)
    client.send_chat(1, 2, "x", "", callback=rtm.SendMessageCallback())
    entered.wait()
    # The end of the interpreter waits for the handler.


def collected(endpoint):
    """Clients that nobody holds are collected, with their processors."""
    import gc
    import weakref

    gone = []
    for _ in range(20):
        client = make(endpoint)
        processor = rtm.RTMQuestProcessor()
        client.set_quest_processor(processor)
        assert client.kickout(1) is None
        client.close()
        gone += [weakref.ref(client), weakref.ref(processor)]
    del client, processor
    gc.collect()
    say(str(sum(one() is not None for one in gone)))


def interrupted(endpoint):
    """Ctrl-C in each wait."""
    client = make(endpoint, timeout=0)
    client.kickout(1)
    waits = {
        "call": lambda: client.call("never", timeout=600000),
        "listen": lambda: client.add_listen(gids=[1], timeout=600000),
    }
    for name, wait in waits.items():
        say(name)
        try:
            wait()
            say("no interrupt")
        except KeyboardInterrupt:
            say("interrupted")
    assert client.stats()
    say("done")


def forked(endpoint):
    """A child cannot use its parent's client, and can make its own."""
    client = make(endpoint)
    assert client.kickout(1) is None
    child = os.fork()
    if child == 0:
        for use in (lambda: client.kickout(2), client.stats, client.close, client.reconnect,
                    lambda: client.kickout(2, callback=rtm.BasicCallback()),
                    lambda: client.set_quest_processor(None)):
            try:
                use()
                say("no error")
            except RuntimeError as error:
                assert "parent process" in str(error)
        client.destroy()  # of this process's half only
        fresh = make(endpoint)
        assert fresh.kickout(3) is None
        fresh.destroy()
        say("child done")
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    assert client.kickout(4) is None
    say("parent done")


def blocks(endpoint):
    """The memory of the interpreter does not grow by callbacks."""
    done = threading.Semaphore(0)
    counts = {}

    class Processor(rtm.RTMQuestProcessor):
        count = 0

        def push_chat(self, from_uid, to_uid, mid, msg, attrs, mtime):
            self.count += 1
            if self.count in (50000, 100000):
                counts[self.count] = sys.getallocatedblocks()
                done.release()

        def push_event(self, *args):
            raise ValueError("each is told to the hook")

    errors = [0]

    def hook(error, where):
        errors[0] += 1

    client = make(endpoint)
    client.set_error_hook(hook)
    client.set_quest_processor(Processor())
    assert client.set_all_listen(p2p=True, ev=True) is None
    say("listening")
    done.acquire()
    done.acquire()
    say(str(counts[100000] - counts[50000]))
    client.destroy()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2])
