"""The parquet files, written from bi.duckdb, so that they hold exactly what it holds.

What holds the same rows as in the release before is a hard link to its file: releases are never written
again, and a file is gone when the last of them is.
"""

from collections.abc import Iterable
from pathlib import Path

import duckdb

from vax_pipeline.core.files import link_or_copy
from vax_pipeline.core.publishing.bi import BiCopy
from vax_pipeline.core.publishing.catalog import PARQUET_TABLES, in_month_sql, month_sql
from vax_pipeline.core.schemas import Relation

FOLDER = "parquet"
_PART = "injection_month"
# The lowest level makes files no larger here, and takes a fifth less time. So does giving up a dictionary at
# 100 kB: of keys nearly every row has its own.
_OPTIONS = "format parquet, compression zstd, compression_level 1, string_dictionary_page_size_limit 100000"
_LARGE_ROWS = 50_000  # a month of so many is written by itself: sorting rows into files costs more


def write_parquet(copy: BiCopy, directory: Path, config: dict[str, str]) -> int:
    """Fill `directory` with the files of every table; returns how many are the previous release's."""
    directory.mkdir(parents=True)
    before = copy.previous.path / FOLDER if copy.previous else None
    carried = 0
    with duckdb.connect(str(copy.file), read_only=True, config={**config}) as bi:
        bi.execute("set enable_progress_bar = false")  # the terminal is the command's
        for relation, month_of in PARQUET_TABLES:
            change = copy.tables[relation.dotted]
            if month_of is not None:
                months = change.months if before else None
                _write_months(bi, relation, month_of, directory / relation.name, months)
                if before and months is not None:
                    carried += _carry_months(before, directory, relation, months)
            elif before and change.kind == "same":
                link_or_copy(before / _file(relation), directory / _file(relation))
                carried += 1
            else:
                bi.execute(f"copy {relation.sql} to '{directory / _file(relation)}' ({_OPTIONS})")
    return carried


def _file(relation: Relation) -> str:
    return f"{relation.name}.parquet"


def _write_months(
    bi: duckdb.DuckDBPyConnection,
    relation: Relation,
    month_of: str,
    folder: Path,
    months: frozenset[str] | None,
) -> None:
    """A folder per month of a table; only of those given, unless null."""
    folder.mkdir()
    month = month_sql(month_of)
    counted = bi.execute(
        f"select {month}, count(*) from {relation.sql} group by all order by all"
    ).fetchall()
    rows = {str(name): int(n) for name, n in counted if months is None or name in months}
    small = [name for name, n in rows.items() if n < _LARGE_ROWS]
    if small:
        bi.execute(
            f"copy (select *, {month} as {_PART} from {relation.sql} where {month} in ({_listed(small)})) "
            f"to '{folder}' ({_OPTIONS}, partition_by ({_PART}))"
        )
    for name in rows.keys() - set(small):
        file = folder / f"{_PART}={name}" / "data_0.parquet"
        file.parent.mkdir()
        bi.execute(
            f"copy (from {relation.sql} where {in_month_sql(month_of, name)}) to '{file}' ({_OPTIONS})"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _carry_months(
    before: Path, directory: Path, relation: Relation, written: frozenset[str]
) -> int:
    """Link the files of all other months; a written month that has no rows any more has no file."""
    carried = 0
    for file in sorted(before.glob(f"{relation.name}/{_PART}=*/*.parquet")):
        if file.parent.name.partition("=")[2] not in written:
            target = directory / file.relative_to(before)
            target.parent.mkdir(exist_ok=True)
            link_or_copy(file, target)
            carried += 1
    return carried
