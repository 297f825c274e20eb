"""When a file is complete: its own time is old enough, or two looks found it the same.

A file's age is a matter between the place it lies in and this machine: the home's clock, which may be
frozen, has no say. Where a place knows no times, or its clock runs far ahead of ours, the time says
nothing; then what an earlier look saw is kept in a small file of the home.
"""

import json
import time
from dataclasses import astuple
from pathlib import Path

from vax_pipeline.core.feeds.places import Stamp
from vax_pipeline.core.files import write_whole

Seen = dict[str, tuple[list[int | str | None], float]]  # by name: stamp, seconds of the first look


class Settling:
    """Judges the files of one look through the landing place."""

    def __init__(self, settle_seconds: float, memory: Path, machine_time: float | None = None):
        """Start a look.

        Args:
            settle_seconds: a file touched more recently is still being written; 0 waits for nothing.
            memory: where files without a usable time are remembered from look to look.
            machine_time: seconds since 1970, for tests.
        """
        self._seconds = settle_seconds
        self._memory = memory
        self._at = time.time() if machine_time is None else machine_time
        self._before: Seen | None = None
        self._now: Seen = {}

    def has_settled(self, name: str, stamp: Stamp) -> bool:
        """Whether a file has been left alone for long enough."""
        if self._seconds <= 0:
            return True
        if stamp.mtime_ns is not None:
            age = self._at - stamp.mtime_ns / 1e9
            if age >= self._seconds:
                return True
            if age > -self._seconds:  # clocks differ a little, and a copy may carry an odd time
                return False
        what = list(astuple(stamp))
        seen, since = self._remembered().get(name, (what, self._at))
        since = since if seen == what else self._at
        self._now[name] = (what, since)
        return self._at - since >= self._seconds

    def remember(self) -> None:
        """Keep what this look saw, for the next; called after looking at everything."""
        if self._now == self._remembered():
            return
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._memory, json.dumps(self._now))

    def _remembered(self) -> Seen:
        if self._before is None:
            self._before = {}
            if self._memory.exists():
                kept = json.loads(self._memory.read_text(encoding="utf-8"))
                self._before = {name: (what, since) for name, (what, since) in kept.items()}
        return self._before
