#!/usr/bin/env python3
"""Messages a second, and CPU seconds per million of them, delivered to a callback in Python.

  RTMKIT_BUILD=build/release bench/python_receive.py [COUNT]

A gate (rtmd) and a sender (rtm send) run on this machine beside the listener; chat texts of 100 bytes
to one group. `live` is while the sender sends; `backlog` is from the moment at which all have been
received (60,000, as many as may be unanswered) and wait, so that no other program takes time.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RTMKIT_BUILD", ROOT / "build/release")).resolve()
sys.path[:0] = [str(BUILD / "python"), str(ROOT / "tests")]
for variable, name in (("RTMD", "rtmd"), ("RTM", "rtm")):
    os.environ.setdefault(variable, str(BUILD / "bin" / name))

from support.gate import PID, SECRET, Gate, program  # noqa: E402

import rtm  # noqa: E402


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Counter(rtm.RTMQuestProcessor):
    def __init__(self, count, hold):
        self.left = count
        self.first, self.go, self.done = (threading.Event() for _ in range(3))
        if not hold:
            self.go.set()

    def push_group_chat(self, from_uid, gid, mid, msg, attrs, mtime):
        if not self.first.is_set():
            self.first.set()
            self.go.wait()
            self.began = (time.perf_counter(), cpu_seconds())
        self.left -= 1
        if self.left == 0:
            self.ended = (time.perf_counter(), cpu_seconds())
            self.done.set()


def measure(gate, lines, count, hold):
    counter = Counter(count, hold)
    client = rtm.RTMServerClient(PID, SECRET, gate.endpoint, True, max_messages=count + 1,
                                 max_bytes=1 << 30)
    client.set_quest_processor(counter)
    error = client.add_listen(gids=[77])
    if error is not None:
        sys.exit(str(error))
    with open(lines, "rb") as file:
        sender = subprocess.Popen([program("RTM"), "send", "group", "77", "-l", "--from", "1001",
                                   "-q", *gate.flags], stdin=file)
        if hold:
            sender.wait()
            while client.stats()["pushes_received"] < count:
                time.sleep(0.01)
            counter.go.set()
        if not counter.done.wait(120):
            sys.exit(f"{counter.left} of {count} did not come: {client.stats()}")
        sender.wait()
    client.destroy()
    seconds = counter.ended[0] - counter.began[0]
    used = counter.ended[1] - counter.began[1]
    return {"messages": count, "per_second": round(count / seconds),
            "cpu_seconds_per_million": round(used / count * 1e6, 2)}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    with tempfile.TemporaryDirectory() as folder:
        lines = pathlib.Path(folder, "lines")
        lines.write_text(("x" * 100 + "\n") * count)
        with Gate(folder, store="memory:") as gate:
            for name, hold, number in (("live", False, count),
                                       ("backlog", True, min(count, 60000))):
                if number != count:
                    lines.write_text(("x" * 100 + "\n") * number)
                print(name, json.dumps(measure(gate, lines, number, hold)), flush=True)


if __name__ == "__main__":
    main()
