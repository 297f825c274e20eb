"""What all parts of `vax bench` share: scales, the simulated files, the machine, where results lie."""

import json
import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vax_pipeline.cli.output import fail, progress
from vax_pipeline.core.files import remove_folder

if TYPE_CHECKING:
    from vax_pipeline.cli.pipeline import PipelineRun
    from vax_pipeline.core.benchmark.sampling import MemorySampler

# Doses at each scale, half being that of the nation; a person has about 2.05 of them by then.
SCALES = {
    "commune": 100_000,
    "province": 1_000_000,
    "region": 10_000_000,
    "half": 45_000_000,
    "national": 90_000_000,
}
PROVINCES = {"commune": 1, "province": 1, "region": 10, "half": 32, "national": 63}
# As a ministry would send them: doses and complaints as csv.gz, a file a day and province.
PLAIN = frozenset({"half", "national"})
# Elsewhere 8 % of the people, more than any ministry has.
COMPLAINTS = {"half": 1_350_000, "national": 2_700_000}
DOSES_A_PERSON = 2.05
RECIPE = "3"  # of the files: change it with the simulator, or an old set is measured again
DISK_GB_PER_MILLION_DOSES = 3.0  # landing + warehouse + some releases + floor
SEED = 2021
CACHE = Path(".bench")


def simulated(scale: str, seed: int) -> Path:
    """The landing folder of a scale and seed, generated once; `complete` tells it from a broken one."""
    from vax_pipeline.cli.demo import DEMO_UNTIL
    from vax_pipeline.core.simulation import simulate

    cached = (CACHE / f"{scale}-{seed}-{RECIPE}").resolve()
    if not (cached / "complete").exists():
        shutil.rmtree(cached, ignore_errors=True)
        people = round(SCALES[scale] / DOSES_A_PERSON)
        with progress(f"simulating {people:,} people") as bar:
            simulate(
                people=people,
                seed=seed,
                until=DEMO_UNTIL,
                out=cached,
                provinces=PROVINCES[scale],
                complaints=COMPLAINTS.get(scale),
                is_plain=scale in PLAIN,
                on_progress=lambda text: bar.update(bar.task_ids[0], description=text),
            )
        drop_unreadable_files(cached)
        (cached / "complete").touch()
    return cached / "landing"


def fresh_home(folder: Path) -> Path:
    """An empty home to measure in; ends with a sentence when somebody else's things lie there."""
    mark = folder / "bench"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        fail(f"{folder} holds something else than a measurement: give the bench another --home")
    if folder.exists():
        remove_folder(folder, ".dropped-")  # in one step: half of it would be without its mark
    folder.mkdir(parents=True)
    mark.touch()
    return folder


def check_disk(folder: Path, need: float) -> None:
    """End with a sentence when the disk has less than `need`, in 10^9 bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1e9
    if free < need:
        fail(f"{folder} has {free:.0f} GB free, this scale needs about {need:.0f} GB")


def heading(part: str, scale: str) -> dict[str, Any]:
    """What every document begins with: what was measured, when, and on what."""
    from vax_pipeline.core import clock

    return {
        "part": part,
        "scale": scale,
        "measured_on": clock.today_on_the_wall().isoformat(),
        "machine": machine(),
    }


def held_to(limits: Mapping[str, float], document: Mapping[str, Any]) -> dict[str, Any]:
    """The document, and which of its figures are over their limits; it is `ok` when none is."""
    over = [name for name, limit in limits.items() if document[name] > limit]
    return {**document, "over_limit": over, "ok": not over}


def machine() -> dict[str, Any]:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gb": round(memory / 1e9), "cpu": platform.machine()}


def size_gb(folder: Path) -> float:
    """What a folder holds, in 10^9 bytes; a file of several names once."""
    from vax_pipeline.core.benchmark.sampling import folder_bytes

    return folder_bytes(folder) / 1e9


def steps_of(run: "PipelineRun", memory: "MemorySampler") -> list[dict[str, Any]]:
    """Per step of a run, in order, its name, seconds and highest memory (10^9 bytes)."""
    return [
        {
            "name": step.name,
            "seconds": round(step.ended - step.started, 2),
            "peak_rss_gb": round(memory.peak_gb(step.started, step.ended), 2),
        }
        for step in sorted(run.steps, key=lambda step: step.started)
    ]


def keep(name: str, document: dict[str, Any]) -> None:
    """Write a result beside the cached files."""
    CACHE.mkdir(exist_ok=True)
    text = json.dumps(document, indent=2, default=str) + "\n"
    (CACHE / f"{name}.json").write_text(text, encoding="utf-8")


def drop_unreadable_files(simulated: Path) -> None:
    """Remove the planted files that no bare engine reads: the floor must load the same input."""
    import polars as pl

    rejects = pl.read_parquet(simulated / "truth" / "**" / "rejects.parquet")
    for name in rejects.filter(pl.col("line").is_null())["file"]:
        (simulated / "landing" / name).unlink()
