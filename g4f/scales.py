"""What one answer may weigh: a service that never stops must fill neither the memory of who listens nor the database."""

from __future__ import annotations

from g4f.chat import Citation, Event, Reasoning, ToolCall
from g4f.errors import ProtocolViolation

ANSWER_CHARACTERS = 4 << 20  # the longest answer that is taken, thinking included
EVENT_CHARACTERS = 16  # what an event weighs besides what it says: it is stored and shown as one, however little that is
CALLS = 1_000  # calls of tools in one answer, by their index
CITATIONS = 1_000  # sources of one answer; those beyond are left out


class Scales:
    """Weighs what comes of one answer from any provider, all but ``Text``: that is nearly every event, and whoever reads it from
    the wire has weighed it."""

    def __init__(self) -> None:
        self._weight = 0
        self._calls: set[int] = set()
        self._citations = 0

    def admit(self, event: Event) -> bool:
        """Whether to pass the event on. Raises ``ProtocolViolation`` when the answer has become too much."""
        if type(event) is Reasoning:
            self._weigh(len(event.text))
            return True
        if type(event) is Citation:
            if self._citations == CITATIONS:
                return False
            self._citations += 1
        elif type(event) is ToolCall:
            self._calls.add(event.index)
            if len(self._calls) > CALLS:
                raise ProtocolViolation(f"an answer with more than {CALLS} calls of tools")
        self._weigh(sum(len(value) for value in vars(event).values() if isinstance(value, str)))
        return True

    def _weigh(self, characters: int) -> None:
        self._weight += EVENT_CHARACTERS + characters
        if self._weight > ANSWER_CHARACTERS:
            raise too_long()


def too_long() -> ProtocolViolation:
    """What an answer of too many characters is."""
    return ProtocolViolation(f"an answer of more than {ANSWER_CHARACTERS} characters")
