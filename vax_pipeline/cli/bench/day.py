"""`vax bench day`: a full build of almost all, then a day on top of it, then a file of complaints."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from vax_pipeline.cli.bench.shared import (
    DISK_GB_PER_MILLION_DOSES,
    SCALES,
    check_disk,
    heading,
    held_to,
    simulated,
    steps_of,
)
from vax_pipeline.cli.output import fail, notes, results, table

DAY_LIMIT, COMPLAINTS_LIMIT = 1 / 6, 1 / 10  # of the full build's time
# When each stands, beside the end of what is simulated: what time alone changes is a part of a day.
RUNS = {"full": timedelta(days=-1), "day": timedelta(), "complaints": timedelta(hours=4)}


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """Three runs of the real job on one home, as a bench document; steps bear the name of their run."""
    from vax_pipeline.cli.demo import DEMO_AS_OF
    from vax_pipeline.cli.pipeline import PipelineRun, run_pipeline
    from vax_pipeline.core import clock, schemas, warehouse
    from vax_pipeline.core.benchmark import days
    from vax_pipeline.core.benchmark.sampling import DiskSampler, MemorySampler
    from vax_pipeline.core.home import held
    from vax_pipeline.core.settings import Settings

    check_disk(where.parent, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES)
    whole = simulated(scale, seed)
    settings = Settings().at(where, where / "landing").with_own_outlets()
    settings = settings.model_copy(update={"settle_seconds": 0})
    later = days.hold_back(whole)
    files: dict[str, list[Path]] = {
        "full": [],
        "day": later.day,
        "complaints": later.complaints,
    }
    days.lay_out(whole, settings.landing, later)

    def counted(feed: str) -> int:
        with warehouse.reader(settings) as connection:
            return warehouse.count(connection, schemas.raw(feed))

    runs: dict[str, PipelineRun] = {}
    rows: dict[str, int] = {}
    with held(settings), MemorySampler() as memory, DiskSampler(where) as disk:
        for name, later_by in RUNS.items():
            clock.freeze(settings.clock_file, clock.parse_instant(DEMO_AS_OF) + later_by)
            days.land(whole, settings.landing, files[name])
            runs[name] = run_pipeline(settings)
            if not runs[name].ok:
                fail(f"the run '{name}' did not end well: {'; '.join(runs[name].failures)}")
            rows |= {f"{feed}_after_{name}": counted(feed) for feed in ("doses", "complaints")}
    seconds = {name: run.seconds for name, run in runs.items()}
    document: dict[str, Any] = {
        **heading("day", scale),
        **{f"{name}_seconds": round(spent, 2) for name, spent in seconds.items()},
        "seconds": round(sum(seconds.values()), 2),
        "day_share": round(seconds["day"] / seconds["full"], 3),
        "complaints_share": round(seconds["complaints"] / seconds["full"], 3),
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "disk_gb": round(disk.peak_gb(), 2),
        "rows": rows,
        "steps": [
            {**step, "name": f"{name}: {step['name']}"}
            for name, run in runs.items()
            for step in steps_of(run, memory)
        ],
    }
    return held_to({"day_share": DAY_LIMIT, "complaints_share": COMPLAINTS_LIMIT}, document)


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`: the steps of the three runs side by side."""
    by_run: dict[str, dict[str, float]] = {name: {} for name in RUNS}
    for step in document["steps"]:
        run, name = step["name"].split(": ", 1)
        by_run[run][name] = step["seconds"]
    rows = document["rows"]
    table(
        f"{document['scale']}: {rows['doses_after_full']:,} doses, then "
        f"{rows['doses_after_day'] - rows['doses_after_full']:,}",
        ("step", *RUNS),
        [
            (name, *(by_run[run].get(name, "") for run in RUNS))
            for name in dict.fromkeys(name for steps in by_run.values() for name in steps)
        ],
    )
    results.print(
        f"full build {document['full_seconds']:.1f} s; a day [bold]{document['day_share']:.2f}[/bold] of "
        f"that, a file of complaints [bold]{document['complaints_share']:.2f}[/bold]; peak "
        f"{document['peak_rss_gb']:.1f} GB"
    )
    for name in document["over_limit"]:
        notes.print(f"[red]✗[/red] {name} is over its limit")
