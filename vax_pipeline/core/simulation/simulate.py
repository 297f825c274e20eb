"""One call from nothing to a landing folder and its truth."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation.dose_files import write_doses
from vax_pipeline.core.simulation.register_files import write_registers
from vax_pipeline.core.simulation.world import build_world

EARLIEST = date(2021, 12, 2)


@dataclass
class SimulationSummary:
    """What was written. rows: records per feed; doses_given counts those never typed in too."""

    people: int
    seed: int
    until: str
    as_of: str
    doses_given: int
    files: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def simulate(
    people: int,
    seed: int,
    until: date,
    out: Path,
    on_progress: Callable[[str], None] | None = None,
    complaints: int | None = None,
    complaint_days: int = 30,
) -> SimulationSummary:
    """Writes `out/landing` and `out/truth`, replacing what an earlier call left there.

    Args:
        people: residents of 12 and over; children come on top.
        until: the day on whose morning the last delivery arrives.
        complaints: how many; by default 8 % of the people.
        complaint_days: over how many days before `until` they were received.

    Raises:
        ValueError: fewer than 200 people, or `until` before boosters began (2 December 2021).
    """
    if people < 200:
        raise ValueError("simulate needs at least 200 people")
    if until < EARLIEST:
        raise ValueError(f"until must not be before {EARLIEST.isoformat()}")
    report = on_progress or (lambda _: None)
    landing, truth = out / "landing", out / "truth"
    for folder in (landing, truth):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    report("people, doses and their errors")
    world = build_world(people, seed, until)
    summary = SimulationSummary(
        people, seed, until.isoformat(), f"{until.isoformat()}T08:00:00+07:00", len(world.doses)
    )
    report("registers")
    summary.rows |= write_registers(world, landing)
    report("doses")
    summary.rows["doses"] = write_doses(world, landing, _ignore)
    summary.files = sum(1 for path in landing.rglob("*") if path.is_file())
    (truth / "summary.json").write_text(
        json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8"
    )
    return summary


def _ignore(_file: str, _day: int, _versions: pl.DataFrame) -> None:
    return None
