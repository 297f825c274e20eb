"""How full the columns of a file came, counted batch by batch while the rows are in memory anyway.

A renamed optional column empties a table while every record still loads: only these counts tell.
Kept per file in `raw.delivery_fill` and taken back with the file; judging them is dbt's business.
"""

from dataclasses import dataclass, field

import polars as pl

from vax_pipeline.core.feeds.spec import Column, Feed

FILL_SCHEMA: dict[str, pl.DataType] = {
    "feed": pl.String(),
    "column_name": pl.String(),
    "rows": pl.Int64(),
    "filled": pl.Int64(),
}


@dataclass
class FillCounts:
    """Of one file: rows per feed (its own and nested ones), and how many of them fill each column."""

    _rows: dict[str, int] = field(default_factory=lambda: {})
    _filled: dict[tuple[str, str], int] = field(default_factory=lambda: {})

    def add(self, feed: Feed, rows: pl.DataFrame) -> None:
        """Count a batch of rows of this feed."""
        if not rows.height:
            return
        self._rows[feed.name] = self._rows.get(feed.name, 0) + rows.height
        counts = rows.select(_filled(column) for column in feed.columns).row(0, named=True)
        for name, filled in counts.items():
            self._filled[feed.name, name] = self._filled.get((feed.name, name), 0) + filled

    def frame(self) -> pl.DataFrame:
        """One row per feed and column, shaped as `FILL_SCHEMA`; none for a feed without rows."""
        counts = [
            (feed, column, self._rows[feed], filled)
            for (feed, column), filled in self._filled.items()
        ]
        return pl.DataFrame(counts, schema=FILL_SCHEMA, orient="row")


def _filled(column: Column) -> pl.Expr:
    """Rows with a value. Readers leave no empty text, except where it is the default of a key."""
    value = pl.col(column.name)
    return (value != "").sum() if column.default == "" else value.count()
