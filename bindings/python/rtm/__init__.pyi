from typing import List

from .callbacks import *
from .client import ClientEngine as ClientEngine
from .client import RTMServerClient as RTMServerClient
from .errors import QuestError as QuestError
from .processor import RTMQuestProcessor as RTMQuestProcessor
from .results import *
from .streams import Event as Event
from .streams import Gap as Gap
from .streams import Listener as Listener
from .streams import Message as Message

__version__: str
__all__: List[str]
