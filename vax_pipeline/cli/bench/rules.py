"""`vax bench rules`: findings and checks alone, against one window per person."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from vax_pipeline.cli.bench import job
from vax_pipeline.cli.bench.shared import machine
from vax_pipeline.cli.output import fail, notes, progress, results, table

if TYPE_CHECKING:
    from checks.outcome import CheckOutcome
    from vax_pipeline.core.settings import Settings

ROUNDS = 3
RULES_LIMIT, CHECKERS_LIMIT = 5.0, 5.0  # times the floor


def measure(scale: str, seed: int, where: Path) -> dict[str, Any]:
    """The whole job once, then floor, rules and checkers in turn, as a bench document.

    `ok` is false when a ratio is over its limit or a checker could not run.
    """
    from checks.contracts import validate
    from vax_pipeline.core import clock, schemas, warehouse
    from vax_pipeline.core.benchmark import rules
    from vax_pipeline.core.benchmark.memory import MemorySampler, memory_limit_gb
    from vax_pipeline.core.settings import Settings

    whole = job.measure(scale, seed, where)
    if not whole["ok"]:
        fail("the job did not end well, so its findings are not measured: " + whole["failures"][0])
    settings = Settings().at(where).with_own_outlets()
    limit_gb = memory_limit_gb(settings.memory_limit)
    with progress("floor, rules and checkers in turn"), MemorySampler() as memory:
        run = rules.measure(settings, ROUNDS, validate, _expectations)
    with warehouse.reader(settings) as connection:
        findings = warehouse.count(connection, schemas.FINDINGS)
        records = warehouse.count(connection, schemas.INT_DOSES_DEDUPLICATED)
        raised = warehouse.number(
            connection, f"select count(distinct rule_id) from {schemas.FINDINGS.sql}"
        )
    floor, rules_seconds, checkers = (median(p) for p in (run.floor, run.rules, run.checkers))
    document: dict[str, Any] = {
        "part": "rules",
        "scale": scale,
        "measured_on": clock.today_on_the_wall().isoformat(),
        "machine": machine(),
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
        "outcomes": run.outcomes,
        "steps": run.steps.as_rows(memory),
    }
    limits = {
        "rules_ratio": RULES_LIMIT,
        "checkers_ratio": CHECKERS_LIMIT,
        "peak_rss_gb": limit_gb,
    }
    over = [name for name, limit in limits.items() if document[name] > limit]
    over += [name for name in ("pandera broken", "gx broken") if run.outcomes[name]]
    return {**document, "over_limit": over, "ok": not over}


def _expectations(settings: "Settings") -> "list[CheckOutcome]":
    from checks.expectations import run_suites
    from checks.expectations.feeds import FEEDS_SUITES
    from checks.expectations.findings import FINDINGS_SUITES
    from checks.expectations.marts import MARTS_SUITES
    from checks.expectations.staging import STAGING_SUITES
    from vax_pipeline.core import warehouse

    return [
        outcome
        for group in (STAGING_SUITES, (*FINDINGS_SUITES, *FEEDS_SUITES), MARTS_SUITES)
        for outcome in run_suites(
            settings.warehouse, group, config=warehouse.engine_config(settings)
        )
    ]


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
