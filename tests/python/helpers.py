"""Waiting for what happens, by conditions."""

import threading

import rtm

DEADLINE = 30.0  # seconds without anything new: a wait ends as a failure


class Record(list):
    """A list that can be waited for."""

    def __init__(self):
        super().__init__()
        self.changed = threading.Condition()

    def add(self, item):
        with self.changed:
            self.append(item)
            self.changed.notify_all()

    def wait(self, count=1):
        """The first `count` items, when they are there; not while none comes for too long."""
        with self.changed:
            while len(self) < count:
                assert self.changed.wait(DEADLINE), list(self)
            return list(self)[:count]


class Recorder(rtm.RTMQuestProcessor):
    """Keeps every call: (name, arguments)."""

    def __init__(self):
        self.calls = Record()

    def wait(self, count=1):
        return self.calls.wait(count)


def _record(name):
    def method(self, *args):
        self.calls.add((name, *args))
    return method


PUSHES = [name for name in vars(rtm.RTMQuestProcessor)
          if name == "ping" or name.startswith("push_")]
for _name in PUSHES:
    setattr(Recorder, _name, _record(_name))


def collector(kind):
    """An instance of a subclass of a callback class; its `calls` are what it was told."""
    calls = Record()

    class Collector(kind):
        def callback(self, *values):
            calls.add(values)

    made = Collector()
    made.calls = calls
    return made


def message(**changes):
    """The parameters of a push of a P2P message."""
    return {"from": 3, "to": 4, "mtype": 30, "mid": 5, "msg": "hi", "attrs": "", "mtime": 6,
            **changes}
