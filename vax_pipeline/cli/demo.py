"""`vax demo`: a simulated province through the real job, to its escalations and its scores."""

import shutil
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption, settings_for
from vax_pipeline.cli.output import fail, notes, print_json, progress
from vax_pipeline.core.settings import Settings

if TYPE_CHECKING:  # Dagster takes seconds to import, which `vax --help` must not cost
    from vax_pipeline.cli.demo_days import PlayedDay
    from vax_pipeline.cli.pipeline import PipelineRun

DEMO_SEED = 2021
DEMO_UNTIL = date(2021, 12, 8)
DEMO_AS_OF = "2021-12-08T08:00:00+07:00"
_DEMO_MARK = "truth"
_REPLACED = ("landing", "upcoming", "truth", "outbox", "published", "data_docs", "dbt", "tmp")
PEOPLE, PEOPLE_DAY_BY_DAY = 50_000, 5_000


def demo(
    home: HomeOption = None,
    people: Annotated[
        int | None,
        typer.Option(
            "--people",
            min=500,
            help=f"Size of the province. [{PEOPLE}; with --days {PEOPLE_DAY_BY_DAY}]",
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days",
            min=1,
            max=30,
            help="Play the last days of the month one by one, hour by hour.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a province with planted errors, run the job, escalate, publish, evaluate."""
    from vax_pipeline.core.home import HomeBusyError, held

    settings = settings_for(home)
    if not may_clear(settings):
        fail(f"{settings.root} holds deliveries that are no demo's: give the demo another --home")
    try:
        with held(settings):
            _play(settings, people or (PEOPLE_DAY_BY_DAY if days else PEOPLE), days, as_json)
    except HomeBusyError as error:
        fail(str(error))


def _play(settings: Settings, people: int, days: int | None, as_json: bool) -> None:
    from vax_pipeline.cli.evaluate import print_quality
    from vax_pipeline.cli.report import print_run, with_escalations
    from vax_pipeline.core import clock, warehouse
    from vax_pipeline.core.evaluation import evaluate
    from vax_pipeline.core.simulation import simulate

    clear(settings)
    settings = (
        settings.with_own_landing().with_own_outlets().model_copy(update={"settle_seconds": 0})
    )
    clock.freeze(settings.clock_file, clock.parse_instant(DEMO_AS_OF))
    with progress(f"1/4 simulating a province of {people:,} people"):
        made = simulate(people=people, seed=DEMO_SEED, until=DEMO_UNTIL, out=settings.root)
    notes.print(f"[green]✓[/green] simulated: {made}")
    outcome, played = _day_by_day(settings, days) if days else (_at_once(settings), [])
    if outcome.ok:
        with (
            progress("4/4 scoring against what was planted"),
            warehouse.reader(settings) as connection,
        ):
            scores = evaluate(connection, settings.root / "truth")
    else:
        scores = {"rules": {}, "links": {}, "complaints": {}}
    document = {**with_escalations(outcome.as_json(), settings), "scores": scores}
    if days:
        document["days"] = [day.as_json() for day in played]
    if as_json:
        print_json(document)
    else:
        print_run(document, settings, scores["rules"])
        print_quality(scores)
        if days:
            from vax_pipeline.cli.demo_days import print_days

            print_days(settings, played)
    if not outcome.ok:
        raise typer.Exit(1)


def _at_once(settings: Settings) -> "PipelineRun":
    from vax_pipeline.cli.pipeline import run_pipeline

    notes.print("2/4 running the Dagster job: load, normalize, link, find, check, publish")
    outcome = run_pipeline(settings)
    if outcome.ok:
        with progress("3/4 escalating stale complaints"):
            _escalate()
    return outcome


def _day_by_day(settings: Settings, days: int) -> "tuple[PipelineRun, list[PlayedDay]]":
    from vax_pipeline.cli.demo_days import play
    from vax_pipeline.core import clock

    notes.print(f"2/4 playing {days} days: a delivery and a run each morning, a tick each hour")
    outcome, played = play(settings, clock.parse_instant(DEMO_AS_OF), days)
    if outcome.ok:
        with progress("3/4 escalating what the last morning knows"):
            _escalate()
    return outcome, played


def _escalate() -> None:
    from vax_pipeline.defs.launch import run_job

    ticked = run_job("escalate_stale_complaints", {})
    if not ticked.succeeded:
        fail("the escalation job failed: " + "; ".join(ticked.failures))


def may_clear(settings: Settings) -> bool:
    """Whether the home is empty or a demo's, even one that was killed while it cleared its home."""
    landed = (path for path in (settings.root / "landing").rglob("*") if path.is_file())
    is_used = settings.warehouse.exists() or next(landed, None) is not None
    return not is_used or (settings.root / _DEMO_MARK).exists()


def clear(settings: Settings) -> None:
    """A demo starts from nothing, but Dagster keeps the history of earlier ones."""
    # First the logs: without its log a database is whole, but a log would be played into the next one.
    # The mark that this is a demo goes after the warehouse, else a kill between would strand both.
    for name in ("warehouse.duckdb", "ledger.db"):
        for part in (f"{name}.wal", f"{name}-wal", f"{name}-shm", name):
            (settings.root / part).unlink(missing_ok=True)
    for name in _REPLACED:
        shutil.rmtree(settings.root / name, ignore_errors=True)
