"""`python -m benchmarks.compare --scale province`: DuckDB, pandas and PostgreSQL, five outputs each.

One run, the same files, a process for each; ends with 1 when an output of theirs differs.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import inputs, memory
from benchmarks.outputs import OUTPUTS, digests
from vax_pipeline.cli.bench.shared import (
    CACHE,
    RECIPE,
    SCALES,
    SEED,
    check_disk,
    heading,
    keep,
    simulated,
)
from vax_pipeline.cli.options import JsonOption
from vax_pipeline.cli.output import fail, notes, print_json, progress, results, table
from vax_pipeline.core.settings import PROJECT_ROOT

ENGINES = {  # the first is what the others are compared with
    "DuckDB": "benchmarks.duckdb_engine",
    "pandas": "benchmarks.pandas_script",
    "PostgreSQL": "benchmarks.postgres_engine",
}
DISK_GB_PER_MILLION_DOSES = 1.5  # input, the server's tables and indexes, outputs


@dataclass(frozen=True)
class Figures:
    """One engine: seconds in all and by step, of all cores together, memory in 10^9 bytes, outputs."""

    engine: str
    version: str
    seconds: float
    cpu_seconds: float  # with what is not timed: starting Python or the server
    peak_gb: float
    steps: dict[str, float]
    outputs: dict[str, tuple[str, int]]


def compare(
    scale: Annotated[str, typer.Option("--scale", help=f"{', '.join(SCALES)}.")] = "commune",
    seed: Annotated[int, typer.Option("--seed", help="Of the simulated people.")] = SEED,
    as_json: JsonOption = False,
) -> None:
    """Seconds and peak memory of three engines for the same five outputs, and whether they are the same."""
    if scale not in SCALES:
        raise typer.BadParameter(f"'{scale}' is none of {', '.join(SCALES)}")
    for folder in (CACHE, Path(tempfile.gettempdir())):  # the server's data lie in the second
        check_disk(folder, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION_DOSES)
    landing = simulated(scale, seed)
    with progress("writing the doses as plain CSV, once"):
        files = inputs.converted(landing, (CACHE / f"compare-{scale}-{seed}-{RECIPE}").resolve())
    counted = {feed: inputs.rows(files, feed) for feed in inputs.COLUMNS}
    document = {
        **heading("compare", scale),
        "rows": counted,
        **as_document([measured(engine, files) for engine in ENGINES]),
        "pipeline_seconds": _pipeline_seconds(scale),
    }
    keep(f"compare-{scale}", document)
    if as_json:
        print_json(document)
    else:
        _show(document)
    if not document["ok"]:
        raise typer.Exit(1)


def measured(engine: str, files: Path) -> Figures:
    """Let an engine make its outputs in a process of its own; they are hashed and removed."""
    with tempfile.TemporaryDirectory(prefix="compare-", dir=files.parent) as folder:
        out = Path(folder)
        worked = _cpu_seconds_of_children()
        process = subprocess.Popen(
            [sys.executable, "-m", ENGINES[engine], str(files), str(out)], cwd=PROJECT_ROOT
        )
        peak = memory.watched(process)
        worked = _cpu_seconds_of_children() - worked
        if process.returncode != 0:
            fail(f"{engine} failed: its words are above")
        told = json.loads((out / "steps.json").read_text(encoding="utf-8"))
        with progress(f"hashing the outputs of {engine}"):
            hashed = digests(out)
    steps = told["steps"]
    return Figures(engine, told["version"], sum(steps.values()), worked, peak, steps, hashed)


def as_document(figures: Sequence[Figures]) -> dict[str, Any]:
    """The figures, ratios to the first engine, and the outputs in which the engines differ."""
    first = figures[0]
    differing = [name for name in OUTPUTS if len({f.outputs[name] for f in figures}) > 1]
    return {
        "ok": not differing,
        "differing": differing,
        "engines": [
            {
                **asdict(f),
                "seconds": round(f.seconds, 2),
                "ratio": round(f.seconds / first.seconds, 2),
                "cpu_seconds": round(f.cpu_seconds, 2),
                "peak_gb": round(f.peak_gb, 2),
                "steps": {name: round(seconds, 2) for name, seconds in f.steps.items()},
                "outputs": {
                    name: {"sha256": sha, "rows": rows} for name, (sha, rows) in f.outputs.items()
                },
            }
            for f in figures
        ],
    }


def _show(document: dict[str, Any]) -> None:
    engines = document["engines"]
    table(
        f"{document['scale']}: {document['rows']['doses']:,} doses, "
        f"{document['rows']['citizens']:,} citizens, five outputs",
        ("engine", "version", "seconds", f"to {engines[0]['engine']}", "CPU seconds", "peak GB"),
        [
            (e["engine"], e["version"], e["seconds"], e["ratio"], e["cpu_seconds"], e["peak_gb"])
            for e in engines
        ],
    )
    table(
        "Ordered hash of each output",
        ("output", "rows", *(e["engine"] for e in engines), "same"),
        [
            (
                name,
                engines[0]["outputs"][name]["rows"],
                *(e["outputs"][name]["sha256"][:10] for e in engines),
                name not in document["differing"],
            )
            for name in OUTPUTS
        ],
    )
    if document["pipeline_seconds"] is not None:
        results.print(
            f"The whole pipeline takes {document['pipeline_seconds']:.1f} s at this scale (`vax bench`): "
            "it does far more, from the files as they are delivered to letters and a release."
        )
    if not document["ok"]:
        notes.print(f"[red]✗[/red] the engines differ in {', '.join(document['differing'])}")


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pipeline_seconds(scale: str) -> float | None:
    measured_job = CACHE / f"{scale}.json"
    if not measured_job.exists():
        return None
    return json.loads(measured_job.read_text(encoding="utf-8"))["seconds"]


if __name__ == "__main__":
    typer.run(compare)
