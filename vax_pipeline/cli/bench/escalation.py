"""`vax bench escalation`: a busy and an idle moment of the ladder, on SQLite."""

import shutil
from pathlib import Path
from typing import Any

from vax_pipeline.cli.bench.shared import heading, size_gb
from vax_pipeline.cli.output import progress, results, table

# Open complaints at each scale; a tenth of them falls due in the busy tick.
COMPLAINTS = {"commune": 10_000, "province": 100_000, "region": 1_000_000}
MEMORY_LIMIT = "600MB"  # the sensor must leave room beside a run


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:  # noqa: ARG001
    """The steps of a day, each in a process of its own; there is no floor to compare with."""
    from vax_pipeline.core.benchmark.escalation import measure_escalation
    from vax_pipeline.core.settings import Settings

    settings = (
        Settings().at(where).with_own_outlets().model_copy(update={"memory_limit": MEMORY_LIMIT})
    )
    with progress("measuring") as bar:
        figures = measure_escalation(
            settings,
            COMPLAINTS[scale],
            lambda step: bar.update(bar.task_ids[0], description=step),
        )
    document = {
        **heading("escalation", scale),
        "ok": True,
        "seconds": round(sum(f.seconds for f in figures), 2),
        "peak_rss_gb": round(max(f.peak_gb for f in figures), 2),
        "disk_gb": round(size_gb(where), 2),
        "rows": {"complaints": COMPLAINTS[scale]},
        "steps": [
            {
                "name": f.name,
                "seconds": round(f.seconds, 2),
                "peak_rss_gb": round(f.peak_gb, 2),
                "escalations": f.count,
            }
            for f in figures
        ],
    }
    shutil.rmtree(where)
    return document


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`."""
    table(
        f"{document['scale']}: {document['rows']['complaints']:,} open complaints",
        ("step", "seconds", "peak GB", "escalations"),
        [(s["name"], s["seconds"], s["peak_rss_gb"], s["escalations"]) for s in document["steps"]],
    )
    results.print(f"disk {document['disk_gb']:.1f} GB")
