"""What all contracts share: the lineage columns, and how a row is named without naming a person."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandera.polars as pa


@dataclass(frozen=True)
class Contract:
    """The agreed shape of a feed's rows.

    Attributes:
        model: columns and shapes; a shape is a `str_matches`, everything else is structure.
        names: columns whose values, joined by `joint`, name a row in samples; none of them
            personal. Empty: rows are named `file:line`.
        threshold: the largest fraction of rows with ill-shaped values that still passes.
    """

    model: "type[FeedRows]"
    names: tuple[str, ...] = ()
    joint: str = ":"
    threshold: float = 0.05


class FeedRows(pa.DataFrameModel):
    """Columns of every raw table: where a row came from. A feed adds its own, all text."""

    extra: str = pa.Field(nullable=True)
    marks: str = pa.Field(nullable=True)
    file: str = pa.Field(nullable=False)
    line: int = pa.Field(nullable=False)
    delivery_date: date = pa.Field(nullable=False)
    load_id: str = pa.Field(nullable=True)


def text(shape: str | None = None) -> Any:
    """A column that may be empty; where it is not, it has this shape."""
    return pa.Field(nullable=True) if shape is None else pa.Field(nullable=True, str_matches=shape)


def key(shape: str | None = None) -> Any:
    """Part of the natural key: never empty; with a shape, of this shape."""
    if shape is None:
        return pa.Field(nullable=False, str_length={"min_value": 1})
    return pa.Field(nullable=False, str_length={"min_value": 1}, str_matches=shape)
