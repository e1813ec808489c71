"""One question, and everything its reader was shown of the answer: every event is checked as it comes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.campaigns.client import Event
from tests.campaigns.script import Script

ENDS = ("finished", "failed")
_TOKEN = re.compile(r"w(\d+)@(\d+) ")


class Violation(Exception):
    """The promise was broken. The text says how."""


@dataclass
class Reading:
    """``seen`` holds, for each read that brought something, the number of the last event and the length of the text so far.

    ``again``: this is another answer to a question that was answered before; its id was made by the client.
    """

    script: Script
    conversation: str
    question: str
    sends: int = 0
    acked: bool = False
    answer: str = ""
    seq: int = 0
    text: str = ""
    seen: list[tuple[int, int]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    again: bool = False
    going_on: bool = False  # asked to be gone on with, and nobody has said yet whether it is
    gone_on: int = 0  # how often that was asked

    def take(self, events: list[Event]) -> None:
        """Raises ``Violation``: a number that does not follow the one before, a word that was not said, words after the end."""
        for event in events:
            self._take(event)
        if events:
            self.seen.append((self.seq, len(self.text)))

    def _take(self, event: Event) -> None:
        if event.seq != self.seq + 1:
            raise Violation(f"I4: event {event.seq} after event {self.seq} of answer {self.answer}")
        if event.type == "seam" and self.gone_on:
            self.end = None  # it was gone on with after that end, perhaps by a request of which nobody told its sender
        if self.end is not None:
            raise Violation(f"I4: event {event.seq} after the end of answer {self.answer}")
        self.seq = event.seq
        if event.type == "started":
            self._started(event.fields)
        elif not self.answer:
            raise Violation(f"I4: an answer began with {event.type}, not with started")
        if event.type == "text":
            self.text += event.fields["text"]
        elif event.type in ENDS:
            self.end = event.fields
            self._check_end()

    def _started(self, fields: dict[str, Any]) -> None:
        if fields["question"] != self.question:
            raise Violation(f"another question's answer: {fields['question']} for {self.question}")
        if self.answer and self.answer != fields["answer"]:
            raise Violation(f"I2: a second answer to question {self.question}")
        self.answer = fields["answer"]

    def _check_end(self) -> None:
        assert self.end is not None
        check_text(self.script, self.text, self.end["state"])


def check_text(script: Script, text: str, state: str) -> None:
    """Raises ``Violation`` unless the text is what the upstream said: a prefix of it, and all of it when complete (I3, I5)."""
    if script.stamped:
        whole = _is_prefix_of_stamped(script, text)
        complete = whole and text.count(" ") == script.tokens
    else:
        whole = script.whole.startswith(text)
        complete = text == script.whole
    if not whole:
        raise Violation(f"I3: not what the upstream said: …{text[-60:]!r}")
    if state == "complete" and not complete:
        raise Violation(f"I5: complete with {len(text)} of {len(script.whole)} characters")


def _is_prefix_of_stamped(script: Script, text: str) -> bool:
    numbers = [int(found[1]) for found in _TOKEN.finditer(text)]
    return numbers == list(range(script.first, script.first + len(numbers))) and _TOKEN.sub("", text) == ""
