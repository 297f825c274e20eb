"""`vax bench job`: generate, run the real job, measure against the floor."""

from pathlib import Path
from typing import Any

from vax_pipeline.cli.bench.shared import (
    SCALES,
    check_disk,
    machine,
    simulated,
    size_gb,
    steps_of,
)
from vax_pipeline.cli.output import notes, progress, results, table

# Before, of the floor, half of it; then of the warehouse, one release and what the engine puts aside.
DISK_GB_PER_MILLION_DOSES = 1.7


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """The whole job on a fresh home at `where`, as a bench document."""
    from vax_pipeline.cli.demo import DEMO_AS_OF
    from vax_pipeline.cli.pipeline import run_pipeline
    from vax_pipeline.core import clock
    from vax_pipeline.core.benchmark.floor import measure_floor
    from vax_pipeline.core.benchmark.sampling import DiskSampler, MemorySampler
    from vax_pipeline.core.home import held
    from vax_pipeline.core.settings import Settings

    check_disk(where.parent, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES)
    landing = simulated(scale, seed)
    settings = Settings().at(where, landing).with_own_outlets()
    settings = settings.model_copy(update={"settle_seconds": 0})
    clock.freeze(settings.clock_file, clock.parse_instant(DEMO_AS_OF))
    with held(settings), DiskSampler(where) as disk:
        with progress("measuring the floor"):
            floor = measure_floor(settings, where / "floor.duckdb")
        with MemorySampler() as memory:
            outcome = run_pipeline(settings)
    return {
        "scale": scale,
        "measured_on": clock.today_on_the_wall().isoformat(),
        "machine": machine(),
        "ok": outcome.ok,
        "floor_seconds": round(floor.seconds, 2),
        "seconds": round(outcome.seconds, 2),
        "ratio": round(outcome.seconds / floor.seconds, 2),
        "load_seconds": round(floor.load, 2),
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "disk_gb": round(disk.peak_gb(), 2),
        "disk_kept_gb": round(size_gb(where), 2),
        "rows": {"doses": floor.rows, **outcome.figures["accounting"]},
        "failures": list(outcome.failures),
        "steps": steps_of(outcome, memory),
    }


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`."""
    table(
        f"{document['scale']}: {document['rows']['doses']:,} doses",
        ("step", "seconds", "peak GB"),
        [(s["name"], s["seconds"], s["peak_rss_gb"]) for s in document["steps"]],
    )
    results.print(
        f"[bold]{document['seconds']:.1f} s[/bold], {document['ratio']:.1f} times the floor of "
        f"{document['floor_seconds']:.1f} s (load {document['load_seconds']:.1f} s); "
        f"peak {document['peak_rss_gb']:.1f} GB; disk {document['disk_gb']:.1f} GB, "
        f"{document['disk_kept_gb']:.1f} GB of it kept"
    )
    for failure in document["failures"]:
        notes.print(f"[red]✗[/red] {failure}")
