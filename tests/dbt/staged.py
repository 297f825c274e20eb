"""A warehouse in a temporary home: raw rows put in by hand, dbt run over the staging layer."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings

Row = Mapping[str, str | None]
Staged = list[dict[str, object]]
StageDoses = Callable[[Sequence[Row]], Staged]

# A dose typed as asked for: nothing of it is changed on the way.
TIDY: Row = {
    "full_name": "Nguyễn Văn An",
    "date_of_birth": "02/03/1985",
    "sex": "Nam",
    "id_number": "075085000123",
    "phone": "0912345678",
    "dose_label": "Mũi 1",
    "vaccine_name": "AstraZeneca",
    "lot_number": "ABV5297",
    "injected_at": "08/11/2021",
    "entered_at": "2021-11-08 10:00:00",
    "province_code": "75",
}


def build_staging(home: Path, feeds: Mapping[str, Iterable[Row]]) -> duckdb.DuckDBPyConnection:
    """Fill raw tables, run dbt over the seeds and the staging models of `feeds`, open the result.

    Raises:
        RuntimeError: dbt failed; the message is its output.
    """
    settings = Settings(home=home)
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            "insert into ops.run_context (run_id, as_of, known_as_of, rule_pack, is_full) values "
            "('test', '2021-12-08 08:00+07', '2021-12-08 08:00+07', 'vn_moh', true)"
        )
        for feed, rows in feeds.items():
            insert_rows(connection, feed, rows)
    models = [f"stg_{feed}" for feed in feeds]
    tests_apart = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    run_dbt(settings, "build", "--select", "path:seeds/normalization", *models, *tests_apart)
    connection = duckdb.connect(str(settings.warehouse), read_only=True)
    connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
    return connection


def run_dbt(settings: Settings, *arguments: str) -> str:
    """dbt in a process of its own, with its target beside the home's warehouse."""
    environment = os.environ | {
        "VAX_WAREHOUSE": str(settings.warehouse),
        "VAX_TEMP_DIR": str(settings.temp),
        "VAX_MEMORY_LIMIT": settings.memory_limit,
        "VAX_THREADS": "2",
        "DBT_TARGET_PATH": str(settings.root / "target"),
        "DBT_LOG_PATH": str(settings.root / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    where = ("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR))
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", *arguments, *where],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"dbt {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def fetch(
    connection: duckdb.DuckDBPyConnection, model: str, key: str, value: str
) -> dict[str, object]:
    """The one row of a staging model with this key, by column; days as text."""
    found = connection.execute(f"select * from staging.{model} where {key} = ?", [value])
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    assert len(rows) == 1, f"{len(rows)} rows of {model} with {key} {value}"
    return dict(zip(names, rows[0], strict=True))


def insert_rows(connection: duckdb.DuckDBPyConnection, feed: str, rows: Iterable[Row]) -> None:
    """Rows of a feed as delivered, each with the line it would have had."""
    table = FEEDS[feed].raw_table
    for line, row in enumerate(rows, start=2):
        lineage = {
            "file": f"{feed}/2021-11-08/a.csv",
            "line": line,
            "delivery_date": "2021-11-08",
            "load_id": "test",
        }
        values = {**row, **lineage}
        unknown = set(values) - set(table.columns)
        assert not unknown, f"{feed} has no column {sorted(unknown)}"
        names, places = ", ".join(values), ", ".join("?" * len(values))
        connection.execute(
            f"insert into {table.sql} ({names}) values ({places})", list(values.values())
        )


def codes_of(dose: dict[str, object]) -> list[str]:
    """What was noted of a staged dose."""
    codes = dose["normalizations"]
    assert isinstance(codes, list)
    return codes


def text_of(value: object) -> str | None:
    return str(value) if value is not None else None
