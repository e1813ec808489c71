"""What an answer shall be: known beforehand, so that every word that is stored or shown can be checked."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Script:
    """Travels to the upstream as the text of the question.

    Token ``i`` is ``w<first+i> ``; ``first`` tells answers apart, ``padding`` characters make a token longer, and a ``stamped``
    token carries the moment of its sending (microseconds, monotonic: all processes are on one machine).
    """

    tokens: int
    per_second: float
    first: int = 0
    padding: int = 0
    stamped: bool = False
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    def token(self, index: int) -> str:
        stamp = f"@{time.monotonic_ns() // 1000}" if self.stamped else ""
        return f"w{self.first + index}{stamp}{'x' * self.padding} "

    @property
    def whole(self) -> str:
        """The text of the finished answer, if it is not stamped."""
        return "".join(self.token(index) for index in range(self.tokens))

    def to_question(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_question(cls, text: str) -> Script:
        """Questions without an answer between them reach the upstream joined: the last line is the newest."""
        return cls(**json.loads(text.rsplit("\n", 1)[-1]))
