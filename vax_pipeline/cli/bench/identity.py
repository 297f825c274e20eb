"""`vax bench identity`: the linking of people alone, against a hash join on the id, and against the truth."""

import shutil
from pathlib import Path
from statistics import median
from typing import Any

from vax_pipeline.cli.bench.shared import CACHE, PROVINCES, SCALES, check_disk, heading, held_to
from vax_pipeline.cli.output import notes, progress, results, table

RECIPE = "1"  # of the people: change it with the simulator, or old ones are measured again
VACCINATED_SHARE = 0.4878  # of the citizens: with two doses each, as many doses as citizens
ROUNDS = 3
DISK_GB_PER_MILLION = 0.6
TIERS_LIMIT, SPLINK_LIMIT, UNDECIDED_LIMIT = 6.0, 12.0, 0.03


def _people(scale: str, seed: int) -> Path:
    """The simulated people of a scale, generated once; `complete` tells a whole set from a broken one."""
    from vax_pipeline.cli.demo import DEMO_UNTIL
    from vax_pipeline.core.simulation.linkage import simulate_linkage

    size = SCALES[scale]
    cached = (CACHE / f"people-{scale}-{seed}-{RECIPE}").resolve()
    if not (cached / "complete").exists():
        shutil.rmtree(cached, ignore_errors=True)
        with progress(f"simulating {size:,} people"):
            simulate_linkage(
                size, round(size * VACCINATED_SHARE), seed, DEMO_UNTIL, cached,
                provinces=PROVINCES[scale], workers=2,
            )  # fmt: skip
        (cached / "complete").touch()
    return cached


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """As many doses as citizens: tiers and Splink in seconds, as multiples of the floor, and how right.

    `ok` is false when a ratio or the share left to Splink is over its limit.
    """
    from vax_pipeline.cli.demo import DEMO_AS_OF
    from vax_pipeline.core import clock, warehouse
    from vax_pipeline.core.benchmark import identity
    from vax_pipeline.core.benchmark.sampling import MemorySampler
    from vax_pipeline.core.settings import Settings

    check_disk(where, SCALES[scale] / 1e6 * DISK_GB_PER_MILLION)
    people = _people(scale, seed)
    settings = Settings().at(where).with_own_outlets()
    limit_gb = warehouse.memory_limit_gb(settings.memory_limit)
    with progress("laying out registry and records"):
        identity.prepare(settings, people, clock.parse_instant(DEMO_AS_OF))
    with progress("floor, tiers and Splink in turn"), MemorySampler() as memory:
        run = identity.measure(settings, ROUNDS)
        again_seconds, again = identity.measure_again(settings)
    with warehouse.reader(settings) as connection:
        decided = identity.decisions(connection)
        quality = identity.quality(connection)
        rows = identity.rows(connection)
    floor, tiers, splink = (median(part) for part in (run.floor, run.tiers, run.splink))
    undecided = sum(n for name, n in decided.items() if name.startswith("splink"))
    document: dict[str, Any] = {
        **heading("identity", scale),
        "floor_seconds": round(floor, 2),
        "seconds": round(tiers + splink, 2),
        "ratio": round((tiers + splink) / floor, 2),
        "tiers_seconds": round(tiers, 2),
        "tiers_ratio": round(tiers / floor, 2),
        "splink_seconds": round(splink, 2),
        "splink_ratio": round(splink / floor, 2),
        "undecided_share": round(undecided / rows["mentions"], 4),
        "again_seconds": round(again_seconds, 2),
        "again_scored": again.scored,
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "memory_limit": settings.memory_limit,
        "rows": rows,
        "decided": decided,
        "quality": quality,
        "steps": run.steps.as_rows(memory),
    }
    limits = {
        "tiers_ratio": TIERS_LIMIT,
        "splink_ratio": SPLINK_LIMIT,
        "undecided_share": UNDECIDED_LIMIT,
        "peak_rss_gb": limit_gb,
    }
    return held_to(limits, document)


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`."""
    rows = document["rows"]
    table(
        f"{document['scale']}: {rows['doses']:,} doses, {rows['mentions']:,} mentions, "
        f"{rows['citizens']:,} citizens",
        ("step", "seconds", "peak GB"),
        [(s["name"], s["seconds"], s["peak_rss_gb"]) for s in document["steps"]],
    )
    table("Decided by", ("tier", "mentions"), list(document["decided"].items()))
    table("Against the truth", ("figure", "value"), list(document["quality"].items()))
    results.print(
        f"floor {document['floor_seconds']:.1f} s; tiers [bold]{document['tiers_ratio']:.1f}[/bold] "
        f"times that, Splink [bold]{document['splink_ratio']:.1f}[/bold] times more; "
        f"{document['undecided_share']:.1%} of mentions left to Splink; peak "
        f"{document['peak_rss_gb']:.1f} GB (limit {document['memory_limit']})"
    )
    notes.print(
        f"the same mentions again: {document['again_scored']:,} scored, "
        f"{document['again_seconds']:.1f} s"
    )
    for name in document["over_limit"]:
        notes.print(f"[red]✗[/red] {name} is over its limit")
