"""Whether a feed adds up: what was counted in the files, what was loaded, what raw holds now.

Read by the blocking checks behind loading; nothing is mended here.
"""

from dataclasses import dataclass

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.spec import Feed


@dataclass(frozen=True)
class Accounting:
    """The equations of one feed, over all its loaded files.

    Attributes:
        records, loaded, rejected: sums over `raw.deliveries`; files quarantined or withdrawn are 0.
        raw_rows: rows in the feed's table from files of the feed itself.
        reject_rows: rejects of records (nested ones and whole files apart).
        children_loaded, children_rejected: nested records, sums over `raw.deliveries`.
        child_rows: rows in the child feeds' tables from files of this feed.
        child_reject_rows: rejects of nested records.
        duplicates: rows beyond the first for one place in a file.
        orphans: rows of a file that the account doesn't hold as loaded.
    """

    feed: str
    records: int
    loaded: int
    rejected: int
    raw_rows: int
    reject_rows: int
    children_loaded: int
    children_rejected: int
    child_rows: int
    child_reject_rows: int
    duplicates: int
    orphans: int

    @property
    def problems(self) -> tuple[str, ...]:
        """The equations that don't hold, as sentences; empty when the account is closed."""
        equations = (
            ("records = loaded + rejected", self.records, self.loaded + self.rejected),
            ("loaded = rows in raw", self.loaded, self.raw_rows),
            ("rejected = rows in rejects", self.rejected, self.reject_rows),
            ("nested loaded = nested rows in raw", self.children_loaded, self.child_rows),
            ("nested rejected = rows in rejects", self.children_rejected, self.child_reject_rows),
            ("rows at the same place = 0", self.duplicates, 0),
            ("rows of no loaded file = 0", self.orphans, 0),
        )
        return tuple(
            f"{self.feed}: {name} does not hold ({left} and {right})"
            for name, left, right in equations
            if left != right
        )

    @property
    def closed(self) -> bool:
        return not self.problems


def check_accounting(connection: duckdb.DuckDBPyConnection, feed: Feed) -> Accounting:
    """The account of a feed as it stands in the warehouse."""
    records, loaded, rejected, children_loaded, children_rejected = _row(
        connection,
        f"""
        select coalesce(sum(records), 0), coalesce(sum(loaded), 0), coalesce(sum(rejected), 0),
            coalesce(sum(children_loaded), 0), coalesce(sum(children_rejected), 0)
        from {schemas.DELIVERIES.sql} where feed = ?
        """,
        feed.name,
    )
    reject_rows, child_reject_rows = _row(
        connection,
        f"""
        select count(*) filter (not is_child and line is not null), count(*) filter (is_child)
        from {schemas.REJECTS.sql} where feed = ?
        """,
        feed.name,
    )
    children = [FEEDS[name] for name in dict.fromkeys(feed.children.values())]
    return Accounting(
        feed.name,
        records,
        loaded,
        rejected,
        _rows_from(connection, feed, feed.name),
        reject_rows,
        children_loaded,
        children_rejected,
        sum(_rows_from(connection, child, feed.name) for child in children),
        child_reject_rows,
        _duplicates(connection, feed),
        _orphans(connection, feed),
    )


def _rows_from(connection: duckdb.DuckDBPyConnection, table_of: Feed, feed: str) -> int:
    """Rows of a raw table that came in files of `feed`."""
    query = f"select count(*) from {table_of.raw_table.sql} where starts_with(file, ?)"
    return _row(connection, query, f"{feed}/")[0]


def _duplicates(connection: duckdb.DuckDBPyConnection, feed: Feed) -> int:
    # A nested list gives several rows the line of their parent; their own key tells them apart.
    is_child = any(feed.name in parent.children.values() for parent in FEEDS.values())
    nested_key = "".join(f', case when not starts_with(file, ?) then "{k}" end' for k in feed.key)
    place = f"file, line{nested_key if is_child else ''}"
    own = [f"{feed.name}/"] * (len(feed.key) if is_child else 0)
    query = f"""
        select coalesce(sum(n - 1), 0) from (
            select count(*) as n from {feed.raw_table.sql} group by {place} having count(*) > 1
        )
    """
    return _row(connection, query, *own)[0]


def _orphans(connection: duckdb.DuckDBPyConnection, feed: Feed) -> int:
    query = f"""
        select count(*) from {feed.raw_table.sql}
        where file not in (select file from {schemas.DELIVERIES.sql} where state = 'loaded')
    """
    return _row(connection, query)[0]


def _row(connection: duckdb.DuckDBPyConnection, query: str, *parameters: object) -> tuple[int, ...]:
    # fetchall: a result that is not read to its end keeps the connection busy.
    rows = connection.execute(query, list(parameters)).fetchall()
    return tuple(int(value) for value in rows[0])
