"""The sums of verification: what the ministry published closes, and one person more does not."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from staged import run_dbt

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import Settings

SNAPSHOTS = Path(__file__).with_name("verification_snapshots.csv")
REASONS = ("id_not_found", "name", "dob", "sex", "other")


@pytest.fixture(scope="module")
def closing_test(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The data test of kpi_verification, as dbt would run it on a warehouse."""
    settings = Settings(home=tmp_path_factory.mktemp("compiled"))
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
    run_dbt(settings, "compile", "--select", "kpi_verification_closes")
    (compiled,) = (settings.root / "target" / "compiled").rglob("kpi_verification_closes.sql")
    return compiled.read_text(encoding="utf-8").replace('"warehouse".', "")


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """The ministry's figures of March and April 2022 as kpi_verification; what they leave out is null."""
    reasons = ", ".join(f"null::bigint as {reason}" for reason in REASONS)
    with duckdb.connect() as connection:
        connection.execute(f"create schema {schemas.MARTS}")
        connection.execute(
            f"create table {schemas.KPI_VERIFICATION.sql} as select *, {reasons} "
            f"from read_csv('{SNAPSHOTS}')"
        )
        yield connection


def test_the_published_figures_close_exactly(
    published: duckdb.DuckDBPyConnection, closing_test: str
) -> None:
    assert warehouse.count(published, schemas.KPI_VERIFICATION) == 4
    assert published.execute(closing_test).fetchall() == []


@pytest.mark.parametrize(
    "change",
    [
        "set match = match + 1 where snapshot = '2022-03' and subject = 'people'",
        "set no_id_or_bad_format = no_id_or_bad_format - 1 where snapshot = '2022-04'",
        "set not_sent = 0 where subject = 'doses'",
        "set name = 1, dob = 1, sex = 1, other = 1, id_not_found = 1 where snapshot = '2022-03'",
    ],
)
def test_a_changed_figure_is_noticed(
    published: duckdb.DuckDBPyConnection, closing_test: str, change: str
) -> None:
    published.execute(f"update {schemas.KPI_VERIFICATION.sql} {change}")

    assert published.execute(closing_test).fetchall() != []
