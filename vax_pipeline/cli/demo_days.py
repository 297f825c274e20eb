"""The last days of the demo as they came: each morning a delivery and a run, each hour a tick.

What arrives late arrives late here too: an outcome recorded in time and delivered days after is told of as
missing first, and taken back then. For two days in the middle the service that sends notices is down.
"""

import socket
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from vax_pipeline.cli.output import notes, progress, results, table
from vax_pipeline.cli.pipeline import PipelineRun, run_pipeline
from vax_pipeline.core import clock
from vax_pipeline.core.escalation.channels import AppriseChannel, Channel
from vax_pipeline.core.escalation.ledger import level_states, message_states
from vax_pipeline.core.escalation.routes import channel_for
from vax_pipeline.core.escalation.tick import tick
from vax_pipeline.core.labels import vietnamese
from vax_pipeline.core.settings import Settings

TICKS = [timedelta(hours=hour, minutes=30) for hour in range(24)]  # the last one is that of 07:30
OUTAGE_DAYS = 2
SETTLED = ("struck", "closed", "retracted")
STATES = ("sent", "pending", "dead", "jumped", *SETTLED)


@dataclass
class PlayedDay:
    """What 24 ticks did from one morning to the next, and what waited at its end (messages)."""

    day: date
    files: int  # landed in the morning
    is_outage: bool
    told: Counter[str] = field(
        default_factory=Counter[str]
    )  # escalations by level, jumped ones out
    jumped: int = 0
    sent: int = 0  # messages
    settled: Counter[str] = field(default_factory=Counter[str])
    waiting: int = 0
    dead: int = 0

    def as_json(self) -> dict[str, Any]:
        """The object of this day in `vax demo --days N --json`."""
        return {
            "day": self.day.isoformat(),
            "files": self.files,
            "notifier_is_down": self.is_outage,
            "told": dict(sorted(self.told.items())),
            "jumped": self.jumped,
            "messages_sent": self.sent,
            "messages_waiting": self.waiting,
            "messages_dead": self.dead,
            **{state: self.settled[state] for state in SETTLED},
        }


def play(settings: Settings, until: datetime, days: int) -> tuple[PipelineRun, list[PlayedDay]]:
    """Play `days` days that end at `until`; the last run, and the days as far as all went well."""
    upcoming = settings.root / "upcoming"
    settings.landing.rename(upcoming)
    start = until - timedelta(days=days)
    outcome, files = _morning(settings, upcoming, start)
    down = outage(days)
    played: list[PlayedDay] = []
    for number in range(days):
        if not outcome.ok:
            break
        morning = start + timedelta(days=number)
        day = PlayedDay(morning.astimezone(clock.ICT).date(), files, number in down)
        with progress(f"{day.day}: a tick each hour"):
            play_ticks(settings, day, morning, asks_again=number - 1 in down and number not in down)
        played.append(day)
        notes.print(f"[green]✓[/green] {_in_words(day)}")
        outcome, files = _morning(settings, upcoming, morning + timedelta(days=1))
    return outcome, played


def play_ticks(settings: Settings, day: PlayedDay, morning: datetime, asks_again: bool) -> None:
    """A day's ticks; on the first after an outage somebody asks for the given-up ones again."""
    with _down() if day.is_outage else _up(settings) as channel:
        for number, after in enumerate(TICKS):
            at = morning + after
            report = tick(settings, at, channel=channel, retry_dead=asks_again and number == 0)
            day.told.update(report.levels)
            day.jumped += report.jumped
            day.sent += report.sending.sent
            day.settled.update(report.settled)
            clock.freeze(settings.clock_file, at)
    states = message_states(settings)
    day.waiting, day.dead = states["pending"], states["dead"]


def outage(days: int) -> range:
    """Which days the notifier is down: two in the middle, with at least one before and after."""
    first = (days - OUTAGE_DAYS) // 2
    return range(first, first + OUTAGE_DAYS) if first > 0 else range(0)


def print_days(settings: Settings, played: list[PlayedDay]) -> None:
    """The days, and where each level of the ladder stands after them."""
    # Two tables: of all that, a terminal of 80 columns shows no row in one.
    levels = sorted({level for day in played for level in day.told})
    table(
        "Day by day · từng ngày"
        + (" (✗: the notifier is down)" if any(day.is_outage for day in played) else ""),
        ("day", "told", "sent", "waiting", "dead", *SETTLED),
        [
            (
                _named(day),
                *(day.told.total(), day.sent, day.waiting, day.dead),
                *(day.settled[state] for state in SETTLED),
            )
            for day in played
        ],
    )
    table(
        "Told by level · cảnh báo theo cấp",
        ("day", *levels),
        [(_named(day), *(day.told[level] for level in levels)) for day in played],
    )
    table(
        "The ladder · các cấp cảnh báo",
        ("level", "", *STATES),
        [
            (level, vietnamese("escalation_level", level), *(states[state] for state in STATES))
            for level, states in level_states(settings).items()
        ],
    )
    results.print("Levels and states: docs/escalation.md\n")


def _named(day: PlayedDay) -> str:
    return f"{day.day}{' ✗' if day.is_outage else ''}"


def _morning(settings: Settings, upcoming: Path, at: datetime) -> tuple[PipelineRun, int]:
    """Land what is delivered by this morning and run the job; the run, and how many files landed."""
    clock.freeze(settings.clock_file, at)
    day = at.astimezone(clock.ICT).date().isoformat()
    files = 0
    for delivery in sorted(upcoming.glob("*/*")):
        if delivery.name <= day:
            target = settings.landing / delivery.relative_to(upcoming)
            target.parent.mkdir(parents=True, exist_ok=True)
            delivery.rename(target)
            files += sum(path.is_file() for path in target.iterdir())
    notes.print(f"{day} 08:00: {files} files have landed")
    return run_pipeline(settings, lists_steps=False), files


@contextmanager
def _up(settings: Settings) -> Generator[Channel]:
    yield channel_for(settings)


@contextmanager
def _down() -> Generator[Channel]:
    """A service that refuses every connection: a port of this machine that is taken, and not listened to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield AppriseChannel(f"json://127.0.0.1:{taken.getsockname()[1]}/{{message_key}}")


def _in_words(day: PlayedDay) -> str:
    told = ", ".join(f"{number} of level {level}" for level, number in sorted(day.told.items()))
    taken_back = ", ".join(f"{day.settled[state]} {state}" for state in SETTLED)
    state = "notifier down: " if day.is_outage else ""
    return (
        f"{day.day}: {state}{told or 'nothing due'}; {day.sent} notices sent, {day.waiting} waiting, "
        f"{day.dead} given up; {taken_back}"
    )
