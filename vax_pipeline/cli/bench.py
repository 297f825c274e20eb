"""`vax bench`: generate, run the real job, measure against the floor."""

import os
import platform
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from vax_pipeline.cli.options import HomeOption, JsonOption
from vax_pipeline.cli.output import fail, notes, print_json, progress, results, table

# Doses at each scale; a person has about 2.05 of them by then. Disk: landing + warehouse + release + floor.
SCALES = {"commune": 100_000, "province": 1_000_000, "region": 10_000_000}
PROVINCES = {"commune": 1, "province": 1, "region": 10}
DOSES_A_PERSON = 2.05
RECIPE = "3"  # of the files: change it with the simulator, or an old set is measured again
DISK_GB_PER_MILLION_DOSES = 3.0
SEED = 2021
CACHE = Path(".bench")


def bench(
    scale: Annotated[str, typer.Option("--scale", help="commune, province or region.")] = "commune",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seconds and peak memory per step, and the ratio to the floor in bare DuckDB."""
    if scale not in SCALES:
        raise typer.BadParameter(f"'{scale}' is none of {', '.join(SCALES)}")
    where = (home or CACHE / f"{scale}-home").resolve()
    _check_disk(where.parent, scale)
    document = _measure(scale, where)
    (CACHE / f"{scale}.json").write_text(_as_text(document), encoding="utf-8")
    if as_json:
        print_json(document)
    else:
        _print(document)
    if not document["ok"]:
        raise typer.Exit(1)


def _measure(scale: str, where: Path) -> dict[str, Any]:
    from vax_pipeline.cli.demo import DEMO_AS_OF
    from vax_pipeline.cli.pipeline import run_pipeline
    from vax_pipeline.core import clock
    from vax_pipeline.core.benchmark.floor import measure_floor
    from vax_pipeline.core.benchmark.memory import MemorySampler
    from vax_pipeline.core.home import held
    from vax_pipeline.core.settings import Settings

    landing = _landing(scale)
    shutil.rmtree(where, ignore_errors=True)
    settings = Settings().at(where, landing).model_copy(update={"settle_seconds": 0})
    clock.freeze(settings.clock_file, clock.parse_instant(DEMO_AS_OF))
    with held(settings):
        with progress("measuring the floor"):
            floor = measure_floor(settings, where / "floor.duckdb")
        with MemorySampler() as memory:
            outcome = run_pipeline(settings)
    return {
        "scale": scale,
        "measured_on": clock.today_on_the_wall().isoformat(),
        "machine": _machine(),
        "ok": outcome.ok,
        "floor_seconds": round(floor.seconds, 2),
        "seconds": round(outcome.seconds, 2),
        "ratio": round(outcome.seconds / floor.seconds, 2),
        "load_seconds": round(floor.load, 2),
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "disk_gb": round(_size(where) / 1e9, 2),
        "rows": {"doses": floor.rows, **outcome.figures["accounting"]},
        "failures": list(outcome.failures),
        "steps": [
            {
                "name": step.name,
                "seconds": round(step.ended - step.started, 2),
                "peak_rss_gb": round(memory.peak_gb(step.started, step.ended), 2),
            }
            for step in sorted(outcome.steps, key=lambda s: s.started)
        ],
    }


def _landing(scale: str) -> Path:
    """The files of a scale, generated once; a `complete` mark tells a whole set from a broken one."""
    from vax_pipeline.cli.demo import DEMO_UNTIL
    from vax_pipeline.core.simulation import simulate

    cached = (CACHE / f"{scale}-{SEED}-{RECIPE}").resolve()
    if not (cached / "complete").exists():
        shutil.rmtree(cached, ignore_errors=True)
        people = round(SCALES[scale] / DOSES_A_PERSON)
        with progress(f"simulating {people:,} people") as bar:
            simulate(
                people=people,
                seed=SEED,
                until=DEMO_UNTIL,
                out=cached,
                provinces=PROVINCES[scale],
                on_progress=lambda text: bar.update(bar.task_ids[0], description=text),
            )
        _drop_unreadable_files(cached)
        (cached / "complete").touch()
    return cached / "landing"


def _drop_unreadable_files(simulated: Path) -> None:
    """Remove the planted files that no bare engine reads: the floor must load the same input."""
    import polars as pl

    rejects = pl.read_parquet(simulated / "truth" / "**" / "rejects.parquet")
    for name in rejects.filter(pl.col("line").is_null())["file"]:
        (simulated / "landing" / name).unlink()


def _check_disk(folder: Path, scale: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    CACHE.mkdir(exist_ok=True)
    need = SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES
    free = shutil.disk_usage(folder).free / 1e9
    if free < need:
        fail(f"{folder} has {free:.0f} GB free, this scale needs about {need:.0f} GB")


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gb": round(memory / 1e9), "cpu": platform.machine()}


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def _as_text(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2, default=str) + "\n"


def _print(document: dict[str, Any]) -> None:
    table(
        f"{document['scale']}: {document['rows']['doses']:,} doses",
        ("step", "seconds", "peak GB"),
        [(s["name"], s["seconds"], s["peak_rss_gb"]) for s in document["steps"]],
    )
    results.print(
        f"[bold]{document['seconds']:.1f} s[/bold], {document['ratio']:.1f} times the floor of "
        f"{document['floor_seconds']:.1f} s (load {document['load_seconds']:.1f} s); "
        f"peak {document['peak_rss_gb']:.1f} GB, disk {document['disk_gb']:.1f} GB"
    )
    for failure in document["failures"]:
        notes.print(f"[red]✗[/red] {failure}")
