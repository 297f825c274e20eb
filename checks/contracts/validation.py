"""Rows against a contract: one pass of pandera, told apart into structure and values.

Only eager frames: on a LazyFrame pandera checks names and types, and says nothing about it.
"""

from collections import Counter
from typing import cast

import pandera.errors
import polars as pl

from checks.contracts.rows import Contract
from checks.outcome import MAX_SAMPLE_IDS, CheckOutcome, broken, measured

RAW = "raw"
# Structural failures are named by place: their key may be what is missing.
PLACE = pl.concat_str("file", "line", separator=":")
SHAPE_CHECK = "str_matches("


def check_rows(feed: str, contract: Contract, frame: pl.DataFrame) -> list[CheckOutcome]:
    """The outcomes `raw_<feed>_schema` and `raw_<feed>_contract`, in this order."""
    if not isinstance(frame, pl.DataFrame):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"feed {feed}: collect the frame first, pandera checks lazy ones by halves")
    failures = _failures(contract, frame)
    is_shape = pl.col("check").str.starts_with(SHAPE_CHECK)
    structure, values = failures.filter(~is_shape), failures.filter(is_shape)
    return [
        _structure_outcome(feed, frame, structure),
        _values_outcome(feed, contract, frame, values),
    ]


def _failures(contract: Contract, frame: pl.DataFrame) -> pl.DataFrame:
    """What failed, without the values: column, check, index (null when the whole column failed)."""
    try:
        contract.model.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = cast(pl.DataFrame, errors.failure_cases)  # pyright: ignore[reportUnknownMemberType]
        missing = pl.col("check") == "column_in_dataframe"
        return cases.select(
            pl.when(missing)
            .then(pl.col("failure_case"))
            .otherwise(pl.col("column"))
            .alias("column"),
            pl.col("check").cast(pl.String),
            pl.col("index").cast(pl.UInt32),
        )
    return pl.DataFrame(schema={"column": pl.String, "check": pl.String, "index": pl.UInt32})


def _structure_outcome(feed: str, frame: pl.DataFrame, failures: pl.DataFrame) -> CheckOutcome:
    name, asset_key = f"raw_{feed}_schema", (RAW, feed)
    whole = failures.filter(pl.col("index").is_null())
    if whole.height:
        columns = ", ".join(sorted(set(whole["column"].drop_nulls())))
        return CheckOutcome(
            check_name=name,
            engine="pandera",
            asset_key=asset_key,
            status="failed",
            evaluated=frame.height,
            failed=frame.height,
            message=f"missing or of another type: {columns}",
            blocking=True,
        )
    rows = failures["index"].unique().sort()
    return measured(
        name,
        "pandera",
        asset_key,
        evaluated=frame.height,
        failed=len(rows),
        sample_ids=_picked(frame, rows, PLACE),
        message=_where(failures),
        blocking=True,
    )


def _values_outcome(
    feed: str, contract: Contract, frame: pl.DataFrame, failures: pl.DataFrame
) -> CheckOutcome:
    name, asset_key = f"raw_{feed}_contract", (RAW, feed)
    unchecked = failures.filter(pl.col("index").is_null())
    if unchecked.height:
        columns = ", ".join(sorted(set(unchecked["column"].drop_nulls())))
        return broken(
            name,
            "pandera",
            asset_key,
            f"not checked, no text in {columns}",
            threshold=contract.threshold,
            severity="warn",
        )
    rows = failures["index"].unique().sort()
    return measured(
        name,
        "pandera",
        asset_key,
        evaluated=frame.height,
        failed=len(rows),
        threshold=contract.threshold,
        severity="warn",
        sample_ids=_picked(frame, rows, _name(contract)),
        message=_where(failures),
    )


def _where(failures: pl.DataFrame) -> str:
    """How many values of which column failed, the worst column first; never the values."""
    if failures.is_empty():
        return ""
    counts = Counter[str](failures["column"])
    worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "ill-shaped or absent: " + ", ".join(f"{column} {count}" for column, count in worst)


def _name(contract: Contract) -> pl.Expr:
    """The contract's name of a row, or its place where the name is incomplete."""
    if not contract.names:
        return PLACE
    return pl.coalesce(pl.concat_str(*contract.names, separator=contract.joint), PLACE)


def _picked(frame: pl.DataFrame, rows: pl.Series, name: pl.Expr) -> list[str]:
    """Names of the first failing rows."""
    return frame[rows.head(MAX_SAMPLE_IDS)].select(name.alias("name"))["name"].to_list()
