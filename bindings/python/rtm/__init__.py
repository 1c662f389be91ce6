"""RTM, a real-time messaging service, for the server end: listen to what happens in a project,
monitor it, send, and manage users, groups and rooms.

    from rtm import *

    class Processor(RTMQuestProcessor):
        def push_group_chat(self, from_uid, gid, mid, msg, attrs, mtime):
            print(gid, from_uid, msg)

    client = RTMServerClient(pid, secret, "host:port", True)
    client.set_quest_processor(Processor())
    error = client.set_all_listen(group=True)

The interface is that of version 2.0 of the published package; docs/python.md of the sources says
what is the same, what is better, and what has changed. The core is librtm, in C.
"""

import atexit

from . import _core, callbacks, results
from .callbacks import *  # noqa: F401,F403
from .client import ClientEngine, RTMServerClient, end_all
from .errors import QuestError
from .processor import RTMQuestProcessor
from .results import *  # noqa: F401,F403
from .streams import Event, Gap, Listener, Message  # noqa: F401

__version__ = _core.version

_CALLBACKS = [name for name in vars(callbacks) if name.endswith("Callback")]

# What the published package gives and no more: a star must not hide a program's own Event.
__all__ = ["RTMServerClient", "RTMQuestProcessor", "QuestError", "ClientEngine", *_CALLBACKS,
           *results.__all__]

# Before threads could find no interpreter any more.
atexit.register(end_all)
