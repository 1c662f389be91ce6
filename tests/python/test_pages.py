"""The programs in README.md and docs/python.md run, and do what the pages say."""

import asyncio
import os
import pathlib
import re

from helpers import DEADLINE, Record
from support.gate import PID, SECRET

import rtm

ROOT = pathlib.Path(os.environ["RTMKIT_SOURCE"])


def blocks(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(source, gate, printed):
    names = {"pid": PID, "secret": SECRET, "print": lambda *words: printed.add(words)}
    source = source.replace('"127.0.0.1:13321"', repr(gate.endpoint))
    exec(compile(source.replace("11000001", str(PID)), "page", "exec"), names)
    return names


def test_readme(gate):
    [source] = blocks("README.md")
    printed = Record()
    names = run(source, gate, printed)
    assert names["error"] is None and names["mtime"] > 0
    assert printed.wait() == [("group 77, user 1001: hello",)]
    names["client"].destroy()


def test_for_people_who_come(gate):
    source, _ = blocks("docs/python.md")
    printed = Record()
    names = run(source, gate, printed)
    assert names["error"] is None
    mid, mtime, error = names["client"].send_group_chat(1001, 77, "hello", "")
    assert printed.wait() == [("push_group_chat: ", 1001, 77, mid, "hello", "", mtime)]
    names["client"].destroy()


def test_streams(gate):
    _, source = blocks("docs/python.md")
    source = "async def bot():\n" + "".join(f"    {line}\n" for line in source.splitlines())
    names = dict(vars(rtm), pid=PID, secret=SECRET, endpoint=gate.endpoint)
    exec(source, names)

    async def main():
        async with rtm.RTMServerClient(PID, SECRET, gate.endpoint) as client:
            async with client.listen(groups=[77]) as stream:
                running = asyncio.create_task(names["bot"]())
                heard = []
                while not any(text.startswith("you said: ") for text in heard):
                    # The bot may not listen yet: what is said before is not heard.
                    await client.aio.send_group_chat(2001, 77, "hi", "")
                    heard.append((await stream.__anext__()).msg)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        return heard

    heard = asyncio.run(asyncio.wait_for(main(), DEADLINE))
    assert heard[-1].startswith("you said: ")


def test_numbers_of_the_page():
    """What the page says in numbers is what the package does."""
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    client = rtm.RTMServerClient(PID, SECRET, "127.0.0.1:1")
    assert "10,000 messages and 16 MiB" in text
    assert (client._options["max_messages"], client._options["max_bytes"]) == (10000, 16 << 20)
    assert "it is 30 seconds" in text and client._timeout(0) == 30000
    assert "`limit=`" in text and client.listen(groups=[1])._limit == 1000
