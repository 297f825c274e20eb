"""`vax bench release`: publishing alone, whole and by the day, and what is asked of bi.duckdb."""

import shutil
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from vax_pipeline.cli.bench import job
from vax_pipeline.cli.bench.shared import (
    CACHE,
    SCALES,
    SEED,
    check_disk,
    fresh_home,
    heading,
    held_to,
    keep,
    simulated,
    size_gb,
)
from vax_pipeline.cli.output import fail, notes, progress, results, table

if TYPE_CHECKING:
    from vax_pipeline.core.benchmark.release import ReleaseRun
    from vax_pipeline.core.settings import Settings

LIMITS = {"full_ratio": 1.0, "day_ratio": 0.1, "slowest_query_seconds": 0.5}
DISK_GB_PER_MILLION_DOSES = 2.0  # a copy of the warehouse, and three releases


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """Releases of what the whole job left at `.bench/<scale>-home`, made once; as a bench document.

    `ok` is false when a release or a query is over its limit. Files for people are told apart: they are
    written anew for every release.
    """
    from vax_pipeline.cli.demo import DEMO_AS_OF
    from vax_pipeline.core import clock, warehouse
    from vax_pipeline.core.benchmark import bi_queries, release
    from vax_pipeline.core.benchmark.floor import measure_floor
    from vax_pipeline.core.benchmark.sampling import MemorySampler
    from vax_pipeline.core.publishing.release import current
    from vax_pipeline.core.settings import Settings

    built = _built(scale, seed)
    check_disk(where, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES)
    settings = Settings().at(where, simulated(scale, seed)).with_own_outlets()
    with progress("copying the warehouse"):
        shutil.copy(built.warehouse, settings.warehouse)
    with progress("measuring the floor"):
        floors = [measure_floor(settings, where / "floor.duckdb")]
    with progress("a full release, and two days on top"), MemorySampler() as memory:
        run = release.measure(settings, clock.parse_instant(DEMO_AS_OF))
    with progress("measuring the floor again"):  # what else the machine was doing is in both
        floors.append(measure_floor(settings, where / "floor.duckdb"))
    with progress("asking bi.duckdb"):
        asked = bi_queries.ask(current(settings).bi)
    document: dict[str, Any] = {
        **heading("release", scale),
        **_figures(run, mean(floor.seconds for floor in floors)),
        "slowest_query_seconds": round(max(answer.cold for answer in asked.values()), 3),
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "memory_limit": settings.memory_limit,
        "disk_gb": round(size_gb(where / "published"), 2),
        "rows": {"doses": floors[0].rows, **run.changed},
        "queries": [answer.as_row(name) for name, answer in asked.items()],
        "steps": run.steps.as_rows(memory),
    }
    shutil.rmtree(where)
    return held_to(
        LIMITS | {"peak_rss_gb": warehouse.memory_limit_gb(settings.memory_limit)}, document
    )


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`: the steps, the queries, and both releases in floors."""
    rows = document["rows"]
    table(
        f"{document['scale']}: {rows['doses']:,} doses, {rows['day']:,} new or corrected in a day",
        ("step", "seconds", "peak GB"),
        [(step["name"], step["seconds"], step["peak_rss_gb"]) for step in document["steps"]],
    )
    table(
        "Asked of bi.duckdb, medians",
        ("query", "cold", "warm", "rows"),
        [(q["name"], q["cold_seconds"], q["warm_seconds"], q["rows"]) for q in document["queries"]],
    )
    results.print(
        f"floor {document['floor_seconds']:.1f} s; full release [bold]{document['full_ratio']:.2f}[/bold] "
        f"of that, a day's [bold]{document['day_ratio']:.3f}[/bold] (doses of any month: "
        f"{document['scattered_ratio']:.3f}); files for people {document['people_seconds']:.1f} s more; "
        f"peak {document['peak_rss_gb']:.1f} GB (limit {document['memory_limit']})"
    )
    for name in document["over_limit"]:
        notes.print(f"[red]✗[/red] {name} is over its limit")


def _built(scale: str, seed: int) -> "Settings":
    """The home that `vax bench --scale` left, if it stands and is of this version; else it is made now."""
    from vax_pipeline.core import warehouse
    from vax_pipeline.core.publishing.release import current_or_none
    from vax_pipeline.core.settings import Settings

    folder = (CACHE / f"{scale}-home").resolve()
    settings = Settings().at(folder)
    if seed == SEED and current_or_none(settings):
        with warehouse.reader(settings) as connection:
            if warehouse.is_built(connection, by_dbt=True):
                return settings
    whole = job.measure(scale, seed, fresh_home(folder))
    keep(scale, whole)
    if not whole["ok"]:
        why = "; ".join(whole["failures"]) or "the account does not close"
        fail(f"the job did not end well, so its release is not measured: {why}")
    return settings


def _figures(run: "ReleaseRun", floor_seconds: float) -> dict[str, Any]:
    """Seconds of each release, and as multiples of the floor."""
    from vax_pipeline.core.benchmark.release import DAY, FOR_PEOPLE, FULL, SCATTERED

    figures: dict[str, Any] = {"floor_seconds": round(floor_seconds, 2)}
    for name in (FULL, DAY, SCATTERED):
        seconds = run.seconds(name)
        figures[f"{name}_seconds"] = round(seconds, 2)
        figures[f"{name}_ratio"] = round(seconds / floor_seconds, 3)
    return figures | {
        "people_seconds": round(run.seconds(DAY, (FOR_PEOPLE,)), 2),
        "parquet_files_carried": run.carried,
    }
