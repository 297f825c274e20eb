"""The rejects of a warehouse: which are still open, which a later delivery has corrected.

Nothing is written: a correction is told from the marks of the rows that answer a reject, so it comes and
goes with the file that holds them, and `raw.rejects` stays what reading made of the original.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import polars as pl

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.reject_columns import CORRECTS
from vax_pipeline.core.feeds.spec import Feed
from vax_pipeline.core.labels import english, vietnamese

OPEN, CORRECTED = "open", "corrected"

# Of records that are alike in one place the number tells which is which, and it doesn't matter which.
_NAMED = f"""
    select *, 'R' || left(sha256(concat_ws(chr(31), file, coalesce(line::varchar, ''), is_child,
        coalesce(record, ''), row_number() over (partition by file, line, is_child, record))), 16)
        as reject_id
    from {schemas.REJECTS.sql}
"""


@dataclass(frozen=True)
class Choice:
    """Which rejects are meant; null means all."""

    feed: str | None = None
    day: date | None = None
    reason: str | None = None
    file: str | None = None

    @property
    def condition(self) -> tuple[str, list[object]]:
        """SQL over `raw.rejects`, and its values."""
        columns = ("feed", "delivery_date", "reason_code", "file")
        given = dict(zip(columns, (self.feed, self.day, self.reason, self.file), strict=True))
        asked = {column: value for column, value in given.items() if value is not None}
        return " and ".join(f"{column} = ?" for column in asked) or "true", list(asked.values())


def find_rejects(connection: duckdb.DuckDBPyConnection, choice: Choice) -> pl.DataFrame:
    """One row per reject, in the order of files and lines.

    Beside the columns of `raw.rejects`: reject_id; state, `open` or `corrected`; corrected_by_file and
    corrected_by_line, the first row that answers it; and of its own file format, delimiter, headers.
    """
    condition, values = choice.condition
    answers = " union all ".join(_answers(feed) for feed in FEEDS.values())
    query = f"""
        select chosen.* exclude (load_id), if(place is null, '{OPEN}', '{CORRECTED}') as state,
            place.file as corrected_by_file, place.line as corrected_by_line,
            format, delimiter, headers
        from (select * from ({_NAMED}) where {condition}) chosen
        left join (select reject_id, min(place) as place from ({answers}) group by all) answered
            using (reject_id)
        left join (select file, format, delimiter, headers from {schemas.DELIVERIES.sql}) delivered
            using (file)
        order by feed, file, line nulls first, reject_id
    """
    return connection.sql(query, params=values).pl()


def _answers(feed: Feed) -> str:
    """SQL for the rows of a feed that answer rejects: which, and where they stand."""
    return f"""
        select unnest(from_json(marks -> '$.{CORRECTS}', '["VARCHAR"]')) as reject_id,
            {{'file': file, 'line': line}} as place
        from {feed.raw_table.sql} where contains(marks, '"{CORRECTS}"')
    """


def counts(rejects: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """How many are open and corrected, by feed and reason code."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    grouped = rejects.group_by("feed", "reason_code", "state").len().sort("feed", "reason_code")
    for feed, reason, state, number in grouped.iter_rows():
        of_reason = found.setdefault(feed, {}).setdefault(reason, {OPEN: 0, CORRECTED: 0})
        of_reason[state] = number
    return found


def as_document(reject: dict[str, Any], *, reveal: bool) -> dict[str, Any]:
    """One reject for people and programs; what its record says only when it may be shown."""
    record = reject["record"]
    answered = {"file": reject["corrected_by_file"], "line": reject["corrected_by_line"]}
    return {
        "reject_id": reject["reject_id"],
        "feed": reject["feed"],
        "delivery_date": reject["delivery_date"].isoformat(),
        "file": reject["file"],
        "line": reject["line"],
        "is_child": reject["is_child"],
        "reason_code": reject["reason_code"],
        "reason": reject["reason"],
        "fix": english("reject_fix", reject["reason_code"]),
        "fix_vi": vietnamese("reject_fix", reject["reason_code"]),
        "record": record if reveal or record is None else outline(record),
        "state": reject["state"],
        "corrected_by": answered if reject["state"] == CORRECTED else None,
    }


def outline(record: str) -> str:
    """The shape of a record, its letters as x and its digits as 9: what is odd shows, who it is doesn't."""
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", record))
