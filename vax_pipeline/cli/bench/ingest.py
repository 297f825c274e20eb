"""`vax bench ingest`: files into raw, against the bare engine loading the same files as text."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vax_pipeline.cli.bench.shared import (
    CACHE,
    DISK_GB_PER_MILLION_DOSES,
    SCALES,
    check_disk,
    heading,
    simulated,
    size_gb,
)
from vax_pipeline.cli.output import progress, results, table

if TYPE_CHECKING:
    from vax_pipeline.core.settings import Settings

KINDS = ("csv", "parquet", "xlsx")


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """Each format in rounds of floor and pipeline, as a bench document; a step is a format."""
    from checks.contracts import validate
    from vax_pipeline.core.benchmark.ingest import as_steps, measure_format
    from vax_pipeline.core.settings import Settings

    check_disk(where.parent, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES)
    settings = Settings().at(where).model_copy(update={"settle_seconds": 0})
    with progress("measuring") as bar:

        def say(what: str) -> None:
            bar.update(bar.task_ids[0], description=what)

        figures = [
            measure_format(settings, _files(scale, seed, kind), kind, validate, say)
            for kind in KINDS
        ]
    floor, seconds = sum(f.floor for f in figures), sum(f.seconds for f in figures)
    return {
        **heading("ingest", scale),
        "ok": True,
        "floor_seconds": round(floor, 2),
        "seconds": round(seconds, 2),
        "ratio": round(seconds / floor, 2),
        "load_seconds": round(floor, 2),
        "peak_rss_gb": round(max(f.peak_gb for f in figures), 2),
        "disk_gb": round(sum(size_gb(_files(scale, seed, kind)) for kind in KINDS), 2),
        "rows": {"doses": SCALES[scale]},
        "steps": as_steps(figures),
    }


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`."""
    table(
        f"{document['scale']}: {document['rows']['doses']:,} doses into raw",
        ("format", "floor, s", "pipeline, s", "ratio", "records", "rejected", "peak GB"),
        [
            (
                step["name"],
                step["floor_seconds"],
                step["seconds"],
                step["ratio"],
                step["records"],
                step["rejected"],
                step["peak_rss_gb"],
            )
            for step in document["steps"]
        ],
    )
    results.print(
        "Medians of interleaved rounds; the floor is DuckDB loading the files as text, for the workbook "
        "(at most a million rows) fastexcel reading it as text."
    )


def _files(scale: str, seed: int, kind: str) -> Path:
    """Dose files of a scale and format, made once."""
    from vax_pipeline.core.benchmark.ingest import write_dose_files, write_dose_workbook

    folder = (CACHE / f"ingest-{kind}-{scale}-{seed}").resolve()
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    if kind == "xlsx":
        with progress("writing a workbook of doses"):
            write_dose_workbook(SCALES[scale], folder)
    else:
        with (
            progress(f"writing {SCALES[scale]:,} doses as {kind}"),
            _commune(folder, seed) as source,
        ):
            write_dose_files(source, SCALES[scale], folder, kind)
    (folder / "complete").touch()
    return folder


@contextmanager
def _commune(folder: Path, seed: int) -> Generator["Settings"]:
    """A home that has the doses of the simulated commune in raw, for as long as it is needed."""
    from checks.contracts import validate
    from vax_pipeline.core import clock, warehouse
    from vax_pipeline.core.feeds.catalog import DOSES
    from vax_pipeline.core.feeds.loading import load_feed
    from vax_pipeline.core.settings import Settings

    landing = simulated("commune", seed)
    source = Settings().at(folder / "seed", landing).model_copy(update={"settle_seconds": 0})
    days = [date.fromisoformat(day.name) for day in (landing / "doses").iterdir()]
    now = clock.now_on_the_wall()
    with warehouse.writer(source) as connection:
        warehouse.bootstrap(connection)
        load_feed(connection, source, DOSES, days, load_id="seed", loaded_at=now, contract=validate)
    yield source
    shutil.rmtree(source.root)
