"""Which deliveries to ask a run for, given what was asked before and what became of it.

Pure: the sensor brings what is pending, the runs and the time. A delivery is asked for until a release
holds it: a run that failed is asked again after a pause that grows, and then given up, visibly. What is
remembered is bounded: the deliveries under way or failing, nothing of those that were loaded.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from vax_pipeline.core.clock import ICT

MAX_UNDER_WAY = 10  # runs asked for and not ended; each takes its turn on the warehouse
MAX_TRIES = 5
FIRST_PAUSE = timedelta(minutes=5)
PAUSE_GROWS = 3
WITHDRAWN = ""  # the mark of a date without files


@dataclass(frozen=True)
class Asked:
    """The last request for a delivery date.

    Attributes:
        mark: what had landed by then.
        key: of the request, never used twice.
        tries: requests for this very mark.
    """

    mark: str
    key: str
    tries: int


@dataclass(frozen=True)
class Run:
    """A run that was asked for.

    Attributes:
        ended_at: null while it is queued or running.
        has_succeeded: to the end, so that a release holds what it loaded.
    """

    ended_at: datetime | None
    has_succeeded: bool = False


@dataclass(frozen=True)
class Memory:
    """What the sensor keeps from tick to tick: how often it asked at all, and what is unfinished."""

    requests: int
    asked: Mapping[str, Asked]

    @classmethod
    def read(cls, cursor: str | None) -> "Memory":
        """From the cursor; one of an earlier form is forgotten, the release knows what was loaded."""
        kept = json.loads(cursor or "{}")
        if not isinstance(kept.get("asked"), dict):
            return cls(0, {})
        return cls(kept["requests"], {day: Asked(**asked) for day, asked in kept["asked"].items()})

    def written(self) -> str:
        asked = {day: asdict(asked) for day, asked in self.asked.items()}
        return json.dumps({"requests": self.requests, "asked": asked}, sort_keys=True)


@dataclass(frozen=True)
class Decision:
    """What to ask for: request keys by delivery date. `notes` says why the rest is left."""

    requests: dict[str, str]
    notes: tuple[str, ...]
    memory: Memory


def decide(
    memory: Memory,
    days: tuple[date, ...],
    landed: Mapping[date, str],
    find_run: Callable[[str], Run | None],
    now: datetime,
) -> Decision:
    """Choose the delivery dates to ask a run for, oldest first.

    Args:
        days: dates on which the landing place differs from the release.
        landed: a mark per date that has files.
        find_run: the newest run of a request; null when there is none any more.
        now: to tell whether a pause is over; it goes into no key and no memory.
    """
    marks = {str(day): landed.get(day, WITHDRAWN) for day in days}
    runs = {day: find_run(last.key) for day, last in memory.asked.items()}
    marks |= _half_loaded(memory, landed, runs)
    asked = {day: last for day, last in memory.asked.items() if day in marks}
    under_way = [day for day in asked if (run := runs[day]) is not None and run.ended_at is None]
    room = MAX_UNDER_WAY - len(under_way)
    number, notes, crowded = memory.requests, _told(len(under_way), "{} runs asked for go on"), 0
    requests: dict[str, str] = {}
    for day, mark in sorted(marks.items()):
        if day in under_way:
            continue
        last = asked.get(day)
        tries = last.tries if last is not None and last.mark == mark else 0
        pause = _pause(day, tries, runs.get(day), now) if tries else None
        if pause is not None:
            notes.append(pause)
        elif room <= len(requests):
            crowded += 1
        else:
            number += 1
            key = f"{day}:{mark[:12] or 'withdrawn'}:{number}"
            asked[day] = Asked(mark, key, tries + 1)
            requests[day] = key
    notes += _told(crowded, "{} dates wait until runs have ended")
    return Decision(requests, tuple(notes), Memory(number, asked))


def _half_loaded(
    memory: Memory, landed: Mapping[date, str], runs: Mapping[str, Run | None]
) -> dict[str, str]:
    """Dates as released, of which a run that failed may have loaded something else meanwhile.

    It has landed, was asked for, and was taken back before the run had brought it to a release.
    """
    now_landed = {str(day): mark for day, mark in landed.items()}
    return {
        day: now_landed.get(day, WITHDRAWN)
        for day, last in memory.asked.items()
        if last.mark != now_landed.get(day, WITHDRAWN)
        and not ((run := runs[day]) is not None and run.has_succeeded)
    }


def _told(number: int, sentence: str) -> list[str]:
    return [sentence.format(number)] if number else []


def _pause(day: str, tries: int, run: Run | None, now: datetime) -> str | None:
    """Why a delivery that its last run did not bring into the release is not asked for now."""
    if tries >= MAX_TRIES:
        return (
            f"{day} is given up after {tries} runs: mend what they failed on, "
            f"then `vax run --date {day}`"
        )
    ended_at = run.ended_at if run and run.ended_at else datetime.min.replace(tzinfo=UTC)
    again_at = ended_at + FIRST_PAUSE * PAUSE_GROWS ** (tries - 1)
    if now >= again_at:
        return None
    at = again_at.astimezone(ICT).strftime("%H:%M")
    return f"{day} was not loaded by {tries} runs: the next is asked for at {at} (Vietnam)"
