"""Kills runs with SIGKILL at random instants and says where each was hit.

Where a run was when it died is read from Dagster's own log of it, not from what was aimed at.
"""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Protocol

from tests.command import start
from tests.pipeline.stable import Stable, Steps
from vax_pipeline.core.feeds.catalog import FEEDS

PHASES: dict[str, Steps] = {
    "loading": (*(f"raw__{feed}" for feed in FEEDS), "delivery_ledger", "run_context"),
    "dbt before linking": ("dbt_before_linking",),
    "linking": ("intermediate__mention_links",),
    "dbt after linking": ("dbt_after_linking",),
    "checking": (
        "staging_expectations",
        "findings_expectations",
        "marts_expectations",
        "rules",
        "ops__escalations_escalations_as_the_ladder_says",
    ),
    "publishing": (
        "publish__bi",
        "publish__authority",
        "publish__citizens",
        "publish__current",
        "publish__identity_requests",
        "ops__standing",
    ),
}
STARTING, ENDING = "starting", "ending"
_PHASE_OF = {step: phase for phase, steps in PHASES.items() for step in steps}
_PATIENCE_SECONDS = 600.0


class Run(Protocol):
    """A process that runs the pipeline and leads its own process group."""

    @property
    def process(self) -> int: ...

    def has_ended(self, within: float) -> bool: ...

    def status(self) -> int: ...


class Commanded:
    """`vax run`, as a user starts it."""

    def __init__(self, *arguments: str | Path) -> None:
        self._popen = start("run", *arguments, own_group=True)
        self.process = self._popen.pid

    def has_ended(self, within: float) -> bool:
        try:
            self._popen.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def status(self) -> int:
        self._popen.communicate()
        return self._popen.returncode


@dataclass(frozen=True)
class Hit:
    """A run that died of us: in which phase, how long after that phase had begun."""

    phase: str
    seconds: float
    alone: bool  # only its own process was killed: its children had to notice


@dataclass
class Killer:
    """Kills runs.

    Attributes:
        lasts: how many seconds the steps of a phase take at most, as far as is known.
        beside: runs killed in another phase than was aimed at, all its steps being done.
    """

    stable: Stable
    seed: int
    lasts: dict[Steps, float]
    hits: list[Hit] = field(default_factory=list[Hit])
    beside: list[Hit] = field(default_factory=list[Hit])

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def kill(self, home: Path, steps: Steps) -> None:
        """Start these steps, of those of the main job, and kill them while they are at work.

        A run that ends before its instant is no hit: it is tried again, knowing what it took. Nor is one
        that had done its steps and was about to end.
        """
        aimed_at = _PHASE_OF[steps[0]]
        while True:
            known = runs_of(home)
            run = self.stable.start(home, steps)
            begun = _wait_for_first_step(home, run, known)
            if not self._dies(home, run, known, begun, self.lasts[steps]):
                self.lasts[steps] = time.time() - begun
            elif self.hits[-1].phase == aimed_at:
                return
            else:
                self.beside.append(self.hits.pop())

    def kill_anywhere(self, home: Path, begin: Callable[[], Run], lasts: float) -> None:
        """Start a whole run and kill it within so many seconds from the start of its process."""
        known, begun = runs_of(home), time.time()
        while not self._dies(home, begin(), known, begun, lasts):
            known, begun, lasts = runs_of(home), time.time(), lasts / 2

    def finish(self, home: Path, steps: Steps = ()) -> None:
        """Let these steps, or all, run to their end, which must be a good one."""
        known = runs_of(home)
        run = self.stable.start(home, steps)
        begun = _wait_for_first_step(home, run, known)
        assert run.status() == 0, f"the run after the kills failed: see {home}.log"
        self.lasts[steps] = max(self.lasts.get(steps, 0.0), time.time() - begun)

    def table(self) -> str:
        """A line per phase: how often, and at which seconds of it (* its own process alone)."""
        beside = f", and {len(self.beside)} beside what was aimed at" if self.beside else ""
        lines = [f"\n{len(self.hits)} kills{beside}, VAX_KILL_SEED={self.seed}"]
        for phase in (STARTING, *PHASES, ENDING):
            hits = sorted((h for h in self.hits if h.phase == phase), key=lambda hit: hit.seconds)
            at = " ".join(f"{hit.seconds:.2f}{'*' if hit.alone else ''}" for hit in hits)
            lines += [f"  {phase:<20} {len(hits):>3}  {at}"] if hits else []
        return "\n".join(lines)

    def _dies(self, home: Path, run: Run, known: list[str], begun: float, lasts: float) -> bool:
        instant = begun + self.rng.uniform(0, lasts)
        if run.has_ended(within=max(0.0, instant - time.time())):
            assert run.status() == 0, f"a run failed by itself: see {home}.log"
            return False
        alone = self.rng.random() < 0.5
        with suppress(ProcessLookupError):  # it ended just now
            (os.kill if alone else os.killpg)(run.process, signal.SIGKILL)
        died = time.time()
        if run.status() != -signal.SIGKILL:
            return False
        phase, since = where_it_was(home, known)
        self.hits.append(Hit(phase, died - (since or begun), alone))
        _wait_until_nothing_is_left_of(run.process)
        return True


def runs_of(home: Path) -> list[str]:
    """The runs of the main job that Dagster knows, oldest first."""
    return [run for run, _ in states_of_runs(home)]


def states_of_runs(home: Path) -> list[tuple[str, str]]:
    """Each run of the main job and its status, oldest first."""
    query = "select run_id, status from runs where pipeline_name = 'vax' order by id"
    return [(run, status) for run, status in _read(home / "dagster/history/runs.db", query)]


def durations(home: Path) -> dict[Steps, float]:
    """How long each phase of the main job took in the first run of a home."""
    steps = _steps_of(home, runs_of(home)[0])
    assert steps.keys() <= _PHASE_OF.keys(), "a step of the job belongs to no phase: name it above"
    return {
        of_phase: sum(
            ended - began for step, (began, ended) in steps.items() if step in of_phase and ended
        )
        for of_phase in PHASES.values()
    }


def where_it_was(home: Path, known: list[str]) -> tuple[str, float | None]:
    """The phase that the newest run was in when it died, and when that phase had begun."""
    new = [run for run in runs_of(home) if run not in known]
    steps = _steps_of(home, new[-1]) if new else {}
    if not steps:
        return STARTING, None
    at_work = [step for step, (_, ended) in steps.items() if ended is None]
    phase = _PHASE_OF[(at_work or list(steps))[-1]]
    if not at_work and phase == "publishing" and list(steps)[-1] == PHASES["publishing"][-1]:
        return ENDING, max(begun for begun, _ in steps.values())
    return phase, min(begun for step, (begun, _) in steps.items() if _PHASE_OF[step] == phase)


def _steps_of(home: Path, run: str) -> dict[str, tuple[float, float | None]]:
    """The steps a run has begun, in order: when they began, when they ended."""
    events = _read(
        home / f"dagster/history/runs/{run}.db",
        "select step_key, dagster_event_type, timestamp from event_logs where dagster_event_type "
        "in ('STEP_START', 'STEP_SUCCESS', 'STEP_FAILURE') order by id",
    )
    steps: dict[str, tuple[float, float | None]] = {}
    for step, event, moment in events:
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        steps[step] = (at, None) if event == "STEP_START" else (steps[step][0], at)
    return steps


def _read(database: Path, query: str) -> list[tuple[str, ...]]:
    """Rows of one of Dagster's databases, which a run may be making at this moment."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def _wait_for_first_step(home: Path, run: Run, known: list[str]) -> float:
    """When the first step of this very run began, in seconds since the epoch."""
    deadline = time.time() + _PATIENCE_SECONDS
    while not run.has_ended(within=0.02):
        new = [name for name in runs_of(home) if name not in known]
        if new and (steps := _steps_of(home, new[-1])):
            return min(begun for begun, _ in steps.values())
        assert time.time() < deadline, "the run never began"
    raise AssertionError(f"the run ended before its first step: see {home}.log")


def _wait_until_nothing_is_left_of(group: int) -> None:
    """Children that were not killed end by themselves."""
    deadline = time.time() + 60
    while _is_alive(group):
        assert time.time() < deadline, "a child of the killed run lives on"
        time.sleep(0.05)


def _is_alive(group: int) -> bool:
    """Whether a process of the group lives; one that nobody reaps is dead."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = place.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone since it was listed
        if int(its_group) == group and state != "Z":
            return True
    return False
