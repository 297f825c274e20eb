"""Doses staged by the compiled SQL of the model: dbt runs once, a batch of rows costs one query."""

from collections.abc import Iterator, Sequence

import duckdb
import polars as pl
import pytest
from staged import TIDY, Row, Staged, StageDoses, build_staging

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import Settings


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with seeds and empty raw tables, open for writing; table compiled(model, sql)."""
    home = tmp_path_factory.mktemp("normalization")
    feeds = ("doses", "complaints", "complaint_doses", "citizens")
    build_staging(home, {feed: [] for feed in feeds}).close()
    settings = Settings(home=home)
    models = settings.root / "target" / "compiled" / "vax_pipeline" / "models" / "staging"
    connection = duckdb.connect(str(settings.warehouse))
    connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
    connection.execute("create temp table compiled (model varchar, sql varchar)")
    for file in models.glob("*.sql"):
        connection.execute(
            "insert into compiled values (?, ?)", [file.stem, file.read_text("utf-8")]
        )
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def stage_doses(seeded: duckdb.DuckDBPyConnection) -> StageDoses:
    """Rows of the doses feed in, what stg_doses holds of them out, in the same order."""
    [(model,)] = seeded.execute("select sql from compiled where model = 'stg_doses'").fetchall()
    columns = FEEDS["doses"].raw_table.columns

    def stage(rows: Sequence[Row]) -> Staged:
        typed = pl.DataFrame(
            [
                {**TIDY, **row, "source_record_id": str(at), "delivery_date": "2021-11-08"}
                for at, row in enumerate(rows)
            ],
            schema=dict.fromkeys(columns, pl.String),
        )
        seeded.execute("delete from raw.doses")
        seeded.register("typed_doses", typed.drop("line"))
        seeded.execute("insert into raw.doses by name select * from typed_doses")
        found = seeded.execute(f"select * from ({model}) order by source_record_id::integer")
        names = [column[0] for column in found.description]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    return stage
