"""The places of callbacks in the core, in the order of src/core.h."""

from .processor import RTMQuestProcessor

PROCESSOR = (
    "push_message", "push_file", "push_chat", "push_audio", "push_cmd",
    "push_group_message", "push_group_file", "push_group_chat", "push_group_audio",
    "push_group_cmd",
    "push_room_message", "push_room_file", "push_room_chat", "push_room_audio", "push_room_cmd",
    "push_event", "ping",
)
TAP, TAP_EVENT, DROPPED, CONNECTION, GAP, LISTENING, LOG, ERROR = range(
    len(PROCESSOR), len(PROCESSOR) + 8)


def of_processor(processor):
    """The places of a processor's methods: a method that it lacks, or has as the base class has
    it, is None, so that the core passes over it."""
    places = {}
    for place, name in enumerate(PROCESSOR):
        method = getattr(processor, name, None)
        if getattr(method, "__func__", None) is getattr(RTMQuestProcessor, name):
            method = None
        places[place] = method if callable(method) else None
    return places
