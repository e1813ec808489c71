"""Numbers: percentiles, medians, plain tables, and goals beside what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Goal", "Outcome", "goals_table", "median", "percentile", "show", "table"]


@dataclass(frozen=True)
class Goal:
    """A promise and the figure beside it; kept when the figure is at most the limit."""

    name: str
    figure: float
    limit: float
    unit: str

    @property
    def kept(self) -> bool:
        return self.figure <= self.limit


@dataclass(frozen=True)
class Outcome:
    """What one benchmark has to say."""

    text: str
    goals: Sequence[Goal] = ()


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile; ``nan`` of nothing."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * part / 100) - 1)]


def show(value: float) -> str:
    """Three significant digits, no exponent."""
    if math.isnan(value):
        return "-"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str | float]]) -> str:
    """A plain text table: the first column to the left, numbers to the right."""
    cells = [list(head), *([cell if isinstance(cell, str) else show(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(map(_align, row, widths, range(len(head)))) for row in cells]
    return "\n".join([title, lines[0].rstrip(), "-" * len(lines[0]), *lines[1:]])


def _align(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)


def goals_table(goals: Sequence[Goal]) -> str:
    rows = [[goal.name, goal.figure, goal.limit, goal.unit, "kept" if goal.kept else "MISSED"] for goal in goals]
    return table("Goals", ["", "measured", "at most", "unit", ""], rows)
