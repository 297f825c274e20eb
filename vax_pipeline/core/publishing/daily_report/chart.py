"""Where the bars and lines of the trend stand: geometry only, the template draws it as svg."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT = 480, 180
LEFT, RIGHT, TOP, BOTTOM = 36, 40, 10, 22


@dataclass(frozen=True)
class Bar:
    """Complaints received on a day."""

    x: float
    y: float
    width: float
    height: float
    day: date
    received: int


@dataclass(frozen=True)
class Trend:
    """Bars of complaints received, and a line for each share kept, 0 at the bottom to 1 at the top.

    Attributes:
        any_outcome: points of the line, as svg reads them; days that are not wholly due have none.
        most: what the highest bar stands for.
    """

    bars: list[Bar]
    any_outcome: str
    final_outcome: str
    most: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def place(days: Sequence[dict[str, Any]], first: date, last: date) -> Trend:
    """The trend of these days on an axis from `first` to `last`.

    Args:
        days: rows of kpi_province_daily; `is_due` says that the 48 hours of all its complaints are over.
    """
    step = (WIDTH - LEFT - RIGHT) / ((last - first).days + 1)
    most = max((int(day["complaints_received"]) for day in days), default=0)
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP

    def left_of(day: dict[str, Any]) -> float:
        return LEFT + (day["day"] - first).days * step

    def line(column: str) -> str:
        return " ".join(
            f"{left_of(day) + step / 2:.1f},"
            f"{floor - room * day[column] / day['complaints_due_48h']:.1f}"
            for day in days
            if day["is_due"]
        )

    bars = [
        Bar(
            x=round(left_of(day) + step * 0.15, 1),
            y=round(floor - room * day["complaints_received"] / most, 1),
            width=round(step * 0.7, 1),
            height=round(room * day["complaints_received"] / most, 1),
            day=day["day"],
            received=day["complaints_received"],
        )
        for day in days
    ]
    return Trend(bars, line("any_outcome_48h"), line("final_outcome_48h"), most)
