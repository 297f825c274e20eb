"""A warehouse of three published tables with awkward columns, and releases of it, for tests."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from vax_pipeline.core import schemas
from vax_pipeline.core.changes import Account
from vax_pipeline.core.publishing import bi, parquet, privacy, release
from vax_pipeline.core.publishing.catalog import Published
from vax_pipeline.core.publishing.difference import Limits
from vax_pipeline.core.settings import Settings

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
TABLES = (
    Published(schemas.FCT_DOSES, order_by="dose_id"),
    Published(schemas.FINDINGS, order_by="dose_id"),
    Published(schemas.RULES, is_vocabulary=True),
)
PARQUET = ((schemas.FCT_DOSES, "injected_on"), (schemas.FINDINGS, None))
BY_DIFFERENCE = Limits(small_rows=0, most_moved=100.0)
COLUMNS = """
    'D' || i as dose_id, 'k' || (i % 7) as citizen_key,
    case when i % 11 > 0 then date '2021-09-01' + (i % 90)::integer end as injected_on,
    case i % 4 when 0 then null when 1 then []::varchar[] when 2 then [null] else ['a', 'b, c'] end as tags,
    case i % 3 when 0 then [[1], [2]] when 1 then [[1, 2]] end as nested,
    {'a': nullif(i % 5, 0), 'b': 'x'} as shape, json_object('n', i % 6) as evidence,
    case when i % 9 > 0 then i / 3 end as share, 'mũi ' || (i % 3) as dose_label_typed,
    '075190000101' as citizen_id, 'ghi chú' as remark
"""


def names_of(tables: Sequence[Published] = TABLES) -> list[str]:
    return [table.relation.sql for table in tables]


@dataclass
class Small:
    """A home with such a warehouse; every release of it is kept."""

    settings: Settings
    connection: duckdb.DuckDBPyConnection
    path: Path
    releases: int = 0

    def run(self, sql: str) -> None:
        """Run SQL in which $t is the doses table."""
        self.connection.execute(sql.replace("$t", schemas.FCT_DOSES.sql))

    def build(
        self,
        limits: Limits | None = BY_DIFFERENCE,
        *,
        is_full: bool = False,
        account: Account | None = None,
    ) -> tuple[bi.BiCopy, privacy.Search]:
        """Fill the directory of the next release as a run does, up to the move of `current`."""
        before = None if is_full else release.current_or_none(self.settings)
        directory = release.begin(self.settings, f"run-{self.releases}")
        copy = bi.write_bi(self.connection, directory / "bi.duckdb", before, limits, account)
        search = privacy.find_personal_data(self.connection, copy)
        parquet.write_parquet(copy, directory / parquet.FOLDER, {})
        bi.keep_facts(copy, search.phrases)
        return copy, search

    def publish(
        self,
        limits: Limits | None = BY_DIFFERENCE,
        *,
        is_full: bool = False,
        account: Account | None = None,
    ) -> tuple[bi.BiCopy, release.Release]:
        """Make the next release current."""
        copy, _ = self.build(limits, is_full=is_full, account=account)
        run_id = f"run-{self.releases}"
        facts = bi.take_facts(release.building_directory(self.settings, run_id))
        self.releases += 1
        made = release.finish(
            self.settings,
            run_id,
            as_of=AS_OF,
            released_at=AS_OF + timedelta(minutes=self.releases),
            facts={bi.FACTS: facts},
        )
        return copy, made


def small_warehouse(folder: Path, patched: pytest.MonkeyPatch, rows: int = 60) -> Small:
    """A new one; all that is published are its three tables, for as long as `patched` holds."""
    for module in (bi, privacy):
        patched.setattr(module, "BI_TABLES", TABLES)
    for module in (bi, parquet):
        patched.setattr(module, "PARQUET_TABLES", PARQUET)
    path = folder / "warehouse.duckdb"
    connection = duckdb.connect(str(path))
    for schema in schemas.SCHEMAS:
        connection.execute(f"create schema {schema}")
    for table in names_of():
        connection.execute(f"create table {table} as select {COLUMNS} from range({rows}) r(i)")
    connection.execute(f"create table {schemas.INT_MENTIONS.sql} (full_name varchar)")
    return Small(Settings(home=folder / "home", keep_releases=100), connection, path)


def assert_same_rows(small: Small, made: release.Release) -> None:
    """bi.duckdb holds the published columns of the warehouse, row for row and in their order."""
    small.connection.execute(f"attach '{made.bi}' as made (read_only)")
    try:
        for table in names_of():
            ours = f"select * exclude (citizen_id) from {table}"
            columns = [row[:2] for row in small.connection.execute(f"describe {ours}").fetchall()]
            copied = small.connection.execute(f"describe made.{table}").fetchall()
            assert [row[:2] for row in copied] == columns
            for one, other in ((ours, f"from made.{table}"), (f"from made.{table}", ours)):
                left = small.connection.execute(f"({one}) except all ({other})").fetchall()
                assert left == []
    finally:
        small.connection.execute("detach made")


def assert_whole(path: Path) -> None:
    """The directory holds what its manifest says, file by file."""
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    there = {
        file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in path.rglob("*")
        if file.is_file() and file.name != "manifest.json"
    }
    assert there == {name: facts["sha256"] for name, facts in manifest["files"].items()}
