"""A province from nothing to a landing folder and its truth."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation.bad_input import SCHEMA, plant_bad_input
from vax_pipeline.core.simulation.complaint_cases import build_cases
from vax_pipeline.core.simulation.complaint_events import build_events, write_events
from vax_pipeline.core.simulation.complaint_files import write_complaints
from vax_pipeline.core.simulation.complaint_papers import write_papers
from vax_pipeline.core.simulation.dose_files import write_doses
from vax_pipeline.core.simulation.files import gather_history
from vax_pipeline.core.simulation.provinces import Province
from vax_pipeline.core.simulation.register_files import write_registers
from vax_pipeline.core.simulation.report_files import write_reports
from vax_pipeline.core.simulation.service_files import (
    build_signatures,
    write_identity_results,
    write_reviews,
    write_signatures,
)
from vax_pipeline.core.simulation.truth import write_truth
from vax_pipeline.core.simulation.truth_feeds import delivery_findings
from vax_pipeline.core.simulation.world import build_world

EARLIEST = date(2021, 12, 2)
PEOPLE_A_PROVINCE = 200  # at least
COMPLAINTS_A_PERSON = 0.08


@dataclass
class SimulationSummary:
    """What was written. rows: records per feed; doses_given counts those never typed in too."""

    people: int
    seed: int
    until: str
    as_of: str
    doses_given: int
    files: int = 0
    rejects: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    planted: dict[str, int] = field(default_factory=dict)

    def write(self, truth: Path) -> None:
        text = json.dumps(self.as_json(), indent=2) + "\n"
        (truth / "summary.json").write_text(text, encoding="utf-8")

    def as_json(self) -> dict[str, object]:
        """The summary as one JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.people:,} people, {self.doses_given:,} doses given, "
            f"{self.rows.get('doses', 0):,} recorded, "
            f"{self.rows.get('complaints', 0):,} complaints, {self.files} files"
        )


def simulate_province(
    people: int,
    seed: int,
    until: date,
    out: Path,
    *,
    province: Province,
    on_progress: Callable[[str], None] | None = None,
    complaints: int | None = None,
    complaint_days: int = 30,
    is_clean: bool = False,
    is_plain: bool = False,
) -> SimulationSummary:
    """Writes `out/landing` and `out/truth`, replacing what an earlier call left there.

    Args:
        people: residents of 12 and over; children come on top.
        until: the day on whose morning the last delivery arrives.
        complaints: how many; by default 8 % of the people, and none where `is_clean`.
        complaint_days: over how many days before `until` they were received.
        is_clean: nothing mistyped, left out or late, and no file broken: what then is found is false.
        is_plain: doses and complaints as csv.gz, a file a day.

    Raises:
        ValueError: fewer than 200 people, or `until` before boosters began (2 December 2021).
    """
    if people < PEOPLE_A_PROVINCE:
        raise ValueError(f"a province needs at least {PEOPLE_A_PROVINCE} people")
    if until < EARLIEST:
        raise ValueError(f"until must not be before {EARLIEST.isoformat()}")
    report = on_progress or _silent
    landing, truth = out / "landing", out / "truth"
    for folder in (landing, truth):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    report("people, doses and their errors")
    world = build_world(people, seed, until, province, is_clean=is_clean, is_plain=is_plain)
    summary = SimulationSummary(
        people, seed, until.isoformat(), f"{until.isoformat()}T08:00:00+07:00", len(world.doses)
    )
    report("registers")
    summary.rows |= write_registers(world, landing)
    report("doses")
    doses_a_day = write_doses(world, landing)
    summary.rows["doses"] = sum(doses_a_day.values())
    summary.rows["administered_reports"] = write_reports(world, landing)
    report("complaints")
    share = 0 if is_clean else COMPLAINTS_A_PERSON
    count = round(people * share) if complaints is None else complaints
    filed = write_papers(world, build_cases(world, count, complaint_days))
    events = build_events(world, filed)
    summary.rows |= write_complaints(world, filed, landing)
    summary.rows["complaint_events"] = write_events(world, events, landing)
    report("signatures, reviews, answers of the police")
    signatures = build_signatures(world, filed)
    summary.rows["attestations"] = write_signatures(world, signatures, landing)
    summary.rows["record_reviews"] = write_reviews(world, filed, landing)
    summary.rows["identity_results"] = write_identity_results(world, landing)
    gather_history(landing, until)
    rejects = pl.DataFrame(schema=SCHEMA) if is_clean else plant_bad_input(world, landing)
    summary.rejects = len(rejects)
    rejects.write_parquet(truth / "rejects.parquet")
    report("truth")
    deliveries = delivery_findings(landing, until, rejects, doses_a_day, is_clean=is_clean)
    summary.planted = write_truth(world, filed, events, deliveries, truth)
    summary.files = sum(1 for path in landing.rglob("*") if path.is_file())
    summary.write(truth)
    return summary


def _silent(_step: str) -> None:
    return None
