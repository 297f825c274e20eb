"""The tables of docs/scale.md, from the documents of `vax bench` in docs/measurements."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCALES = ("commune", "province", "region", "half")
MARKS = ("<!-- measured -->\n", "<!-- /measured -->\n")
Document = dict[str, Any]


def scale(page: str) -> str:
    """docs/scale.md with the tables between its marks."""
    before, rest = page.split(MARKS[0])
    jobs = [_document(HERE / "measurements" / f"{name}.json") for name in SCALES]
    tables = (
        _overview(jobs),
        _growth(jobs),
        _chart(jobs),
        _steps(jobs),
        *(
            table(
                _document(path) for path in sorted((HERE / "measurements").glob(f"{part}-*.json"))
            )
            for part, table in PARTS
        ),
    )
    lines = [line for table in tables for line in ("", *table)]
    return before + MARKS[0] + "\n".join([*lines, ""]) + MARKS[1] + rest.split(MARKS[1])[1]


def _document(path: Path) -> Document:
    return json.loads(path.read_text("utf-8"))


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield "|---" * len(headers) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _overview(jobs: Iterable[Document]) -> Iterator[str]:
    return _table(
        (
            "",
            "doses",
            "records",
            "seconds",
            "floor",
            "ratio",
            "peak memory",
            "disk",
            "kept",
            "measured",
        ),
        (
            (
                job["scale"],
                f"{job['rows']['doses']:,}",
                f"{job['rows']['records']:,}",
                f"{job['seconds']:,.0f}",
                f"{job['floor_seconds']:,.1f}",
                f"{job['ratio']:.1f}",
                _gb(job["peak_rss_gb"]),
                _gb(job["disk_gb"]),
                _gb(job["disk_kept_gb"]),
                f"{job['measured_on']}, {job['machine']['cores']} cores, {job['machine']['memory_gb']} GB",
            )
            for job in jobs
        ),
    )


def _growth(jobs: Sequence[Document]) -> Iterator[str]:
    """What a million doses more take: from one scale to the next, which leaves the fixed cost out."""
    return _table(
        ("from", "to", "each million doses more", "of that the floor"),
        (
            (
                one["scale"],
                other["scale"],
                _seconds(_slope(one, other, "seconds")),
                _seconds(_slope(one, other, "floor_seconds")),
            )
            for one, other in pairwise(jobs)
        ),
    )


def _chart(jobs: Sequence[Document]) -> Iterator[str]:
    """The same as a picture."""
    steps = list(pairwise(jobs))
    names, job, floor = (
        ", ".join(values)
        for values in (
            [f'"{_millions(one)} to {_millions(other)}"' for one, other in steps],
            [f"{_slope(one, other, 'seconds'):.1f}" for one, other in steps],
            [f"{_slope(one, other, 'floor_seconds'):.1f}" for one, other in steps],
        )
    )
    yield from ("```mermaid", "xychart-beta")
    yield '    title "Seconds for each million doses more: the job (bars), the floor (line)"'
    yield f'    x-axis "million doses" [{names}]'
    yield '    y-axis "seconds"'
    yield from (f"    bar [{job}]", f"    line [{floor}]", "```")


def _millions(job: Document) -> str:
    return f"{job['rows']['doses'] / 1e6:.1f}"


def _slope(one: Document, other: Document, figure: str) -> float:
    more = other["rows"]["doses"] - one["rows"]["doses"]
    return (other[figure] - one[figure]) / more * 1_000_000


def _steps(jobs: Sequence[Document]) -> Iterator[str]:
    """Seconds and peak memory per step; the loads of feeds but the doses are added up."""
    by_job = [_added_up(job["steps"]) for job in jobs]
    names = dict.fromkeys(name for steps in reversed(by_job) for name in steps)
    return _table(
        ("step", *(job["scale"] for job in jobs)),
        (
            (
                name,
                *(
                    f"{_seconds(steps[name][0])}, {_gb(steps[name][1])}" if name in steps else ""
                    for steps in by_job
                ),
            )
            for name in names
        ),
    )


def _added_up(steps: Iterable[Document]) -> dict[str, tuple[float, float]]:
    table: dict[str, tuple[float, float]] = {}
    for step in steps:
        name = step["name"].replace("__", "/", 1)
        if name.startswith("raw/") and name != "raw/doses":
            name = "raw/ other feeds"
        seconds, peak = table.get(name, (0.0, 0.0))
        table[name] = (seconds + step["seconds"], max(peak, step["peak_rss_gb"]))
    return table


def _ingest(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        ("`vax bench ingest`", "records", "floor", "pipeline", "ratio", "peak memory", "measured"),
        (
            (
                f"{run['scale']}, {step['name']}",
                f"{step['records']:,}",
                _seconds(step["floor_seconds"]),
                _seconds(step["seconds"]),
                f"{step['ratio']:.2f}",
                _gb(step["peak_rss_gb"]),
                run["measured_on"],
            )
            for run in runs
            for step in run["steps"]
        ),
    )


def _identity(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        (
            *("`vax bench identity`", "doses", "mentions", "floor", "tiers", "Splink beyond"),
            *("left to Splink", "false links", "linked", "linked or in review", "twins merged"),
            *("peak memory", "measured"),
        ),
        (
            (
                run["scale"],
                f"{run['rows']['doses']:,}",
                f"{run['rows']['mentions']:,}",
                _seconds(run["floor_seconds"]),
                _floors(run["tiers_ratio"]),
                _floors(run["splink_ratio"]),
                f"{run['undecided_share']:.1%}",
                f"{run['quality']['false_link_rate'] * 10_000:.2f} in 10,000",
                f"{run['quality']['recall_linked']:.3f}",
                f"{run['quality']['recall_with_review']:.4f}",
                f"{run['quality']['twins_merged']}",
                _gb(run["peak_rss_gb"]),
                run["measured_on"],
            )
            for run in runs
        ),
    )


def _rules(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        (
            *("`vax bench rules`", "records", "findings", "floor", "rules", "checkers"),
            *("peak memory", "measured"),
        ),
        (
            (
                run["scale"],
                f"{run['rows']['records']:,}",
                f"{run['rows']['findings']:,}",
                _seconds(run["floor_seconds"]),
                _floors(run["rules_ratio"]),
                _floors(run["checkers_ratio"]),
                _gb(run["peak_rss_gb"]),
                run["measured_on"],
            )
            for run in runs
        ),
    )


def _release(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        (
            *(
                "`vax bench release`",
                "doses",
                "changed in a day",
                "floor",
                "full",
                "a day",
                "of any month",
            ),
            *("for people", "peak memory", "disk", "measured"),
        ),
        (
            (
                run["scale"],
                f"{run['rows']['doses']:,}",
                f"{run['rows']['day']:,}",
                _seconds(run["floor_seconds"]),
                *(
                    f"{_seconds(run[f'{name}_seconds'])}, {run[f'{name}_ratio']:.2f} floors"
                    for name in ("full", "day", "scattered")
                ),
                _seconds(run["people_seconds"]),
                *(_gb(run[figure]) for figure in ("peak_rss_gb", "disk_gb")),
                run["measured_on"],
            )
            for run in runs
        ),
    )


def _queries(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        ("asked of `bi.duckdb`", "rows", "cold", "warm"),
        (
            (
                f"{run['scale']}, {query['name']}",
                f"{query['rows']:,}",
                *(f"{query[f'{state}_seconds']:.3f} s" for state in ("cold", "warm")),
            )
            for run in runs
            for query in run["queries"]
        ),
    )


def _escalation(runs: Iterable[Document]) -> Iterator[str]:
    return _table(
        (
            *("`vax bench escalation`", "open complaints", "escalations", "seconds"),
            *("peak memory", "measured"),
        ),
        (
            (
                f"{run['scale']}, {step['name']}",
                f"{run['rows']['complaints']:,}",
                f"{step['escalations']:,}",
                _seconds(step["seconds"]),
                _gb(step["peak_rss_gb"]),
                run["measured_on"],
            )
            for run in runs
            for step in run["steps"]
        ),
    )


def _day(runs: Iterable[Document]) -> Iterator[str]:
    """The three runs of each scale, and the steps of the day that take a second or more."""
    return _table(
        (
            *("`vax bench day`", "doses before", "doses of the day", "full build", "a day"),
            *("complaints alone", "peak memory", "disk", "measured"),
        ),
        (
            (
                run["scale"],
                f"{run['rows']['doses_after_full']:,}",
                f"{run['rows']['doses_after_day'] - run['rows']['doses_after_full']:,}",
                _seconds(run["full_seconds"]),
                f"{_seconds(run['day_seconds'])}, {run['day_share']:.2f} of it",
                f"{_seconds(run['complaints_seconds'])}, {run['complaints_share']:.2f} of it",
                _gb(run["peak_rss_gb"]),
                _gb(run["disk_gb"]),
                run["measured_on"],
            )
            for run in runs
        ),
    )


def _compare(runs: Iterable[Document]) -> Iterator[str]:
    """What a user would pick instead, on the same files: benchmarks/README.md."""
    return _table(
        (
            *("five outputs, same rows", "doses", "engine", "seconds", "to DuckDB", "CPU"),
            *("peak memory", "measured"),
        ),
        (
            (
                run["scale"],
                f"{run['rows']['doses']:,}",
                f"{engine['engine']} {engine['version']}",
                _seconds(engine["seconds"]),
                f"{engine['ratio']:.2f}",
                _seconds(engine["cpu_seconds"]),
                _gb(engine["peak_gb"]),
                run["measured_on"],
            )
            for run in runs
            for engine in run["engines"]
        ),
    )


def _seconds(number: float) -> str:
    return f"{number:,.1f} s"


def _floors(ratio: float) -> str:
    return f"{ratio:.1f} floors"


def _gb(number: float) -> str:
    return f"{number:,.1f} GB"


PARTS = (
    ("ingest", _ingest),
    ("identity", _identity),
    ("rules", _rules),
    ("day", _day),
    ("release", _release),
    ("release", _queries),
    ("escalation", _escalation),
    ("compare", _compare),
)
