"""`vax bench rules`: findings and checks alone, against one window per person."""

from pathlib import Path
from statistics import median
from typing import Any

from vax_pipeline.cli.bench import job
from vax_pipeline.cli.bench.shared import heading, held_to, keep
from vax_pipeline.cli.output import fail, notes, progress, results, table

ROUNDS = 3
RULES_LIMIT, CHECKERS_LIMIT = 5.0, 5.0  # times the floor


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """The whole job once, then floor, rules and checkers in turn, as a bench document.

    The job's own document is kept as well, as `vax bench job` keeps it: it took most of the time.
    `ok` is false when a ratio is over its limit or a checker could not run.
    """
    from vax_pipeline.core import schemas, warehouse
    from vax_pipeline.core.benchmark import rules
    from vax_pipeline.core.benchmark.sampling import MemorySampler
    from vax_pipeline.core.settings import Settings

    whole = job.measure(scale, seed, where)
    keep(scale, whole)
    if not whole["ok"]:
        why = "; ".join(whole["failures"]) or "the account does not close"
        fail(f"the job did not end well, so its findings are not measured: {why}")
    settings = Settings().at(where).with_own_outlets()
    limit_gb = warehouse.memory_limit_gb(settings.memory_limit)
    with progress("floor, rules and checkers in turn"), MemorySampler() as memory:
        run = rules.measure(settings, ROUNDS)
    with warehouse.reader(settings) as connection:
        findings = warehouse.count(connection, schemas.FINDINGS)
        records = warehouse.count(connection, schemas.INT_DOSES_DEDUPLICATED)
        raised = warehouse.number(
            connection, f"select count(distinct rule_id) from {schemas.FINDINGS.sql}"
        )
    floor, rules_seconds, checkers = (median(p) for p in (run.floor, run.rules, run.checkers))
    document: dict[str, Any] = {
        **heading("rules", scale),
        "floor_seconds": round(floor, 2),
        "seconds": round(rules_seconds + checkers, 2),
        "ratio": round((rules_seconds + checkers) / floor, 2),
        "rules_seconds": round(rules_seconds, 2),
        "rules_ratio": round(rules_seconds / floor, 2),
        "checkers_seconds": round(checkers, 2),
        "checkers_ratio": round(checkers / floor, 2),
        "peak_rss_gb": round(memory.peak_gb(), 2),
        "memory_limit": settings.memory_limit,
        "rows": {"records": records, "findings": findings, "rules_that_found": raised},
        "checks": run.checks,
        "broken": run.broken,
        "steps": run.steps.as_rows(memory),
    }
    limits = {
        "rules_ratio": RULES_LIMIT,
        "checkers_ratio": CHECKERS_LIMIT,
        "peak_rss_gb": limit_gb,
        "broken": 0,
    }
    return held_to(limits, document)


def show(document: dict[str, Any]) -> None:
    """Print a document of `measure`: the parts, and the steps that take longest."""
    rows = document["rows"]
    steps = sorted(document["steps"], key=lambda step: -step["seconds"])
    table(
        f"{document['scale']}: {rows['records']:,} dose records, {rows['findings']:,} findings of "
        f"{rows['rules_that_found']} rules",
        ("step", "seconds", "peak GB"),
        [(step["name"], step["seconds"], step["peak_rss_gb"]) for step in steps[:20]],
    )
    results.print(
        f"floor {document['floor_seconds']:.1f} s; rules [bold]{document['rules_ratio']:.1f}[/bold] "
        f"times that, checkers [bold]{document['checkers_ratio']:.1f}[/bold] times; peak "
        f"{document['peak_rss_gb']:.1f} GB (limit {document['memory_limit']})"
    )
    for name in document["over_limit"]:
        notes.print(f"[red]✗[/red] {name} is over its limit")
