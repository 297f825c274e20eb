"""What the feed watch must find: of what was planted in deliveries, and what follows from it.

Looks at the landing folder as it was left, in plain Python. A subject is a file, or `feed/date` for a
day of a feed; one column of a day is `feed/date#column`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, cast

import polars as pl

from vax_pipeline.core.simulation import feed_faults
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.files import folder_of

DAILY_FEEDS = ("doses", "administered_reports", "complaints", "complaint_events")
REJECTS_TOLERATED = 0.05  # of a file's records, nested ones included; under twenty say nothing
FEWEST_RECORDS = 20
FEWEST_ROWS = 30  # a column of fewer rows may be empty by chance
FEWEST_DAYS = 3  # to compare with
FALL, FEWEST_MISSING = 1 / 3, 50  # doses of a day that make a fall
Subjects = Iterator[tuple[str, str]]


def delivery_findings(
    landing: Path,
    until: date,
    rejects: pl.DataFrame,
    doses_a_day: dict[int, int],
    *,
    is_clean: bool = False,
) -> pl.DataFrame:
    """rule_id, subject_type, subject_id of FEED.

    Args:
        rejects: as `bad_input` planted them.
        doses_a_day: rows of the doses feed by the day (since 1970) for which they were written.
        is_clean: nothing of `feed_faults` was planted.
    """
    broken = set(rejects.filter(pl.col("line").is_null())["file"])
    found = [
        *(("FEED-007", file) for file in broken),
        *_missing_days(landing, until, broken),
        *_rejected_files(landing, rejects),
    ]
    if not is_clean:
        found += [*_new_columns(landing, until), *_fallen_and_emptied(until, doses_a_day)]
    schema = {"rule_id": pl.String, "subject_id": pl.String}
    return pl.DataFrame(found, schema=schema, orient="row").select(
        "rule_id", pl.lit("delivery").alias("subject_type"), "subject_id"
    )


def _missing_days(landing: Path, until: date, broken: set[str]) -> Subjects:
    """Days of a daily feed, from its first on, without a file that can be read."""
    for feed in DAILY_FEEDS:
        files = [path.relative_to(landing) for path in (landing / feed).glob("*/*")]
        days = {date.fromisoformat(f.parts[1]) for f in files if f.as_posix() not in broken}
        for age in range((until - min(days, default=until)).days):
            day = until - timedelta(days=age)
            if day not in days:
                yield "FEED-001", f"{feed}/{day.isoformat()}"


def _rejected_files(landing: Path, rejects: pl.DataFrame) -> Subjects:
    for file, count in Counter(rejects.filter(pl.col("line").is_not_null())["file"]).items():
        records = _records(landing / file)
        if records >= FEWEST_RECORDS and count > REJECTS_TOLERATED * records:
            yield "FEED-003", file


def _records(path: Path) -> int:
    """Records of a text file, those nested in others included."""
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    if path.suffix != ".ndjson":
        return len(lines) - 1
    nested = 0
    for line in lines:
        with suppress(json.JSONDecodeError):  # a line planted as no json
            record: Any = json.loads(line)
            if isinstance(record, dict):
                values = cast("dict[str, Any]", record).values()
                nested += sum(len(cast("list[Any]", v)) for v in values if isinstance(v, list))
    return len(lines) + nested


def _new_columns(landing: Path, until: date) -> Subjects:
    for feed, days_ago in (
        ("doses", feed_faults.RENAMED),
        ("complaint_events", feed_faults.WIDENED),
    ):
        folder = folder_of(day_number(until) - days_ago)
        for file in (landing / feed / folder).glob(f"{feed}.*"):
            yield "FEED-004", file.relative_to(landing).as_posix()


def _fallen_and_emptied(until: date, doses_a_day: dict[int, int]) -> Subjects:
    """Only where enough is delivered a day: in a village nothing can be told from chance."""
    doses = Counter(doses_a_day)
    last = day_number(until)
    cut, renamed = last - feed_faults.CUT_SHORT, last - feed_faults.RENAMED
    usual = median(doses[cut - 7 * weeks] for weeks in (1, 2, 3))
    if doses[cut] < usual * FALL and usual - doses[cut] > FEWEST_MISSING:
        yield "FEED-002", f"doses/{folder_of(cut)}"
    large = sum(doses[renamed - days] >= FEWEST_ROWS for days in range(1, 11))
    if doses[renamed] >= FEWEST_ROWS and large >= FEWEST_DAYS:
        yield "FEED-005", f"doses/{folder_of(renamed)}#{feed_faults.RENAMED_COLUMN}"
