"""Running the main job of a home and saying what came of it; shared by `run`, `demo` and `bench`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vax_pipeline.cli.output import notes, progress
from vax_pipeline.core import clock, home, warehouse
from vax_pipeline.core.feeds import pending
from vax_pipeline.core.publishing import release
from vax_pipeline.core.run_context import read_run_context
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.summary import summarize


@dataclass(frozen=True)
class PipelineRun:
    """A run of the main job: what Dagster says of it, and its figures.

    Attributes:
        is_standing: it made nothing, for the current release says all it would have said; the figures
            (but for the account of files) are those of that release.
    """

    ok: bool
    run_id: str
    seconds: float
    failures: tuple[str, ...]
    steps: tuple[Any, ...]
    as_of: datetime
    release: str | None
    is_standing: bool
    figures: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "as_of": self.as_of.isoformat(),
            "release": self.release,
            "unchanged": self.is_standing,
            **self.figures,
            "failures": list(self.failures),
        }


def run_pipeline(
    settings: Settings,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
    known_as_of: datetime | None = None,
    is_full: bool = False,
    lists_steps: bool = True,
) -> PipelineRun:
    """Load what is new (or one day), build, check, publish. The caller holds the home.

    On a terminal each step leaves a line behind, unless `lists_steps` is false.
    """
    home.prepare(settings)
    at = as_of or clock.now(settings.clock_file)
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        held = pending.loaded_files(connection)
    today = clock.today_on_the_wall()
    landed = pending.look(settings, today=today, everything=is_full, held=held)
    if landed.waiting:
        notes.print(
            f"[yellow]![/yellow] {landed.waiting} files may still be being written "
            f"(younger than {settings.settle_seconds} s): a later run takes them"
        )
    for problem in landed.problems:
        notes.print(f"[yellow]![/yellow] {problem}")
    days = [day] if day else landed.days or [landed.newest or at.astimezone(clock.ICT).date()]
    tags = {"vax/as_of": at.isoformat(), "vax/full": str(is_full).lower()}
    if known_as_of is not None:
        tags["vax/known_as_of"] = known_as_of.isoformat()

    with progress("starting Dagster") as bar:
        from vax_pipeline.defs.launch import run_main_job

        failed = False

        def on_step(step: str, what: str) -> None:
            nonlocal failed
            failed |= what == "failure"
            if what == "start":
                bar.update(bar.task_ids[0], description=_plain(step))
            elif notes.is_terminal and lists_steps and (failed or what != "skipped"):
                mark = {"success": "[green]✓[/green]", "failure": "[red]✗[/red]"}.get(what, "–")
                bar.console.print(f"{mark} {_plain(step)}")

        job = run_main_job(min(days), max(days), tags, on_step)
    with warehouse.writer(settings) as connection:
        made_by = read_run_context(connection).run_id if job.is_standing else job.run_id
        figures = summarize(connection, made_by)
    return PipelineRun(
        ok=job.succeeded and figures["accounting"]["closed"],
        run_id=job.run_id,
        seconds=job.seconds,
        failures=job.failures,
        steps=job.steps,
        as_of=at,
        release=_release_of(settings, made_by),
        is_standing=job.is_standing,
        figures=figures,
    )


def _release_of(settings: Settings, run_id: str) -> str | None:
    """The release a run made; null when it stopped before (an older one stays current)."""
    try:
        current = release.current(settings)
    except release.NoReleaseError:
        return None
    return str(current.path) if current.manifest["run_id"] == run_id else None


def _plain(step: str) -> str:
    return step.replace("__", "/", 1).replace("_", " ")
