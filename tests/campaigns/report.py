"""What a campaign has to say: a table of figures beside their goals, and every broken promise by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figures import show, table

SHOWN = 20  # violations printed; all are counted


class NotRun(Exception):
    """The campaign did nothing worth judging: its silence must not be taken for success."""


@dataclass(frozen=True)
class Figure:
    """``goal`` is the most it may be; beyond it the table says so, but only a violation fails a campaign: machines differ."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None

    def row(self) -> list[str | float]:
        if self.goal is None:
            return [self.name, self.value, "", self.unit, ""]
        return [self.name, self.value, self.goal, self.unit, "kept" if self.value <= self.goal else "MISSED"]


@dataclass
class Report:
    title: str
    figures: list[Figure] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str = "", goal: float | None = None) -> None:
        self.figures.append(Figure(name, value, unit, goal))

    def require(self, counts: Mapping[str, float], *names: str) -> None:
        """Raises ``NotRun`` unless each of these happened at least once."""
        missing = [name for name in names if not counts.get(name)]
        if missing:
            raise NotRun(f"{self.title}: nothing was {', '.join(missing)}: {dict(counts)}")

    def __str__(self) -> str:
        text = table(self.title, ["", "measured", "at most", "unit", ""], [figure.row() for figure in self.figures])
        told = [f"  VIOLATION {fault}" for fault in self.violations[:SHOWN]]
        return "\n".join([text, f"violations: {len(self.violations)}", *told])


def row_of(values: Sequence[float | str]) -> str:
    """One line of a running table, as it happens."""
    return "  ".join((value if isinstance(value, str) else show(value)).rjust(9) for value in values)
