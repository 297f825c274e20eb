"""Workbooks for authorities: one per province, with what its owners need to act on first.

The same sheets as `vax export --owner` writes, but of a long list only the most urgent rows: an owner gets
all of its own, nobody reads half a million rows of others, and those of a country would take a day to write.
Of the records that all facilities of a province hold it has those with findings, not reviewed since.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import warehouse
from vax_pipeline.core.processes import die_with
from vax_pipeline.core.worklists.catalog import BY_NAME, WORKLISTS
from vax_pipeline.core.worklists.export import ROWS_IN_ALL, rows_sql, sheet_aside, write_private
from vax_pipeline.core.worklists.owners import PROVINCE_SQL, Scope, provinces_in
from vax_pipeline.core.worklists.spec import Worklist
from vax_pipeline.core.worklists.workbook import Owner, Sheet

MOST_ROWS = 5_000  # of one list in the workbook of a province
# Rows of all workbooks, which take some seconds: from there on processes are worth starting.
APART_FROM = 20_000


@dataclass(frozen=True)
class _Listed:
    """Rows of a sheet as they go to another process."""

    worklist: str
    batches: Sequence[Sequence[tuple[Any, ...]]]
    in_all: int | None


@dataclass(frozen=True)
class _Workbook:
    path: Path
    owner: Owner
    lists: Sequence[_Listed]

    def write(self) -> dict[str, int]:
        sheets = [Sheet(BY_NAME[x.worklist], iter(x.batches), x.in_all) for x in self.lists]
        return write_private(self.path, self.owner, sheets)


def write_workbooks(
    connection: duckdb.DuckDBPyConnection,
    directory: Path,
    most_rows: int = MOST_ROWS,
    processes: int = 1,
) -> dict[str, dict[str, int]]:
    """One workbook per province under `directory/<province>/`; returns rows by province and worklist.

    Args:
        processes: how many to write at a time, when there is enough to write.
    """
    aside = {w.name: _put_aside(connection, w, most_rows) for w in WORKLISTS}
    try:
        rows = sum(
            warehouse.number(connection, f"select count(*) from {table}")
            for table in aside.values()
        )
        scopes = provinces_in(connection, aside.values())
        workbooks = (_workbook(connection, scope, directory, aside) for scope in scopes)
        if processes == 1 or rows < APART_FROM:
            return {workbook.owner.code: workbook.write() for workbook in workbooks}
        return dict(_written_apart(workbooks, processes))
    finally:
        for table in aside.values():
            connection.execute(f"drop table {table}")


def _workbook(
    connection: duckdb.DuckDBPyConnection, scope: Scope, directory: Path, aside: Mapping[str, str]
) -> _Workbook:
    sheets = [sheet_aside(connection, scope, w, aside[w.name]) for w in WORKLISTS]
    lists = [_Listed(s.worklist.name, list(s.batches), s.in_all) for s in sheets]
    return _Workbook(directory / scope.owner.code / "worklists.xlsx", scope.owner, lists)


def _written_apart(
    workbooks: Iterator[_Workbook], processes: int
) -> Iterator[tuple[str, dict[str, int]]]:
    """Each in one of several processes: cell after cell is work for Python. Few wait in memory."""
    waiting: deque[tuple[str, Future[dict[str, int]]]] = deque()
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=die_with,
        initargs=(os.getpid(),),
    ) as pool:
        for workbook in workbooks:
            waiting.append((workbook.owner.code, pool.submit(workbook.write)))
            if len(waiting) > processes:
                code, written = waiting.popleft()
                yield code, written.result()
        for code, written in waiting:
            yield code, written.result()


def _put_aside(connection: duckdb.DuckDBPyConnection, worklist: Worklist, most_rows: int) -> str:
    """What all provinces get of a list, and of how many: looked up once, not once a province."""
    table = f'temp."{worklist.name}"'
    chosen = f"""
        select *, count(*) over (partition by {PROVINCE_SQL}) as {ROWS_IN_ALL}
        from {worklist.relation.sql}
        where {worklist.of_province or "true"}
        qualify row_number() over (partition by {PROVINCE_SQL} order by {worklist.order_by}) <= {most_rows}
    """
    connection.execute(f"create temp table {table} as {rows_sql(worklist, chosen)}")
    return table
