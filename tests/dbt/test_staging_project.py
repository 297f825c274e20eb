"""The dbt project fits what Python owns: sources, limits, pseudonyms, a staging row per raw row."""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from staged import build_staging, run_dbt

from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import DBT_PROJECT_DIR, Settings

STAGING = DBT_PROJECT_DIR / "models" / "staging"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def empty_staging(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every staging model over raw tables without a row."""
    connection = build_staging(home, {feed: [] for feed in FEEDS})
    yield connection
    connection.close()


def test_every_feed_is_a_source() -> None:
    described = yaml.safe_load(
        (DBT_PROJECT_DIR / "models" / "sources" / "_sources.yml").read_text(encoding="utf-8")
    )
    raw = next(source for source in described["sources"] if source["name"] == "raw")
    tables = {table["name"] for table in raw["tables"]}
    assert tables == set(FEEDS) | {"deliveries", "rejects", "delivery_fill"}


def test_dbt_opens_the_warehouse_with_the_limits_of_python(tmp_path: Path) -> None:
    profile = yaml.safe_load((DBT_PROJECT_DIR / "profiles.yml").read_text(encoding="utf-8"))
    options = profile["vax_pipeline"]["outputs"]["warehouse"]["config_options"]
    limits = warehouse.engine_config(Settings(home=tmp_path))
    assert set(options) == set(limits)
    fixed = {name: value for name, value in options.items() if "env_var" not in value}
    assert fixed == {name: limits[name] for name in fixed}


@pytest.mark.parametrize("feed", FEEDS)
def test_every_staging_column_is_described(
    empty_staging: duckdb.DuckDBPyConnection, feed: str
) -> None:
    text = (STAGING / f"stg_{feed}.yml").read_text(encoding="utf-8")
    columns = yaml.safe_load(text)["models"][0]["columns"]
    described = [column["name"] for column in columns if column.get("description")]
    built = empty_staging.execute(
        "select column_name from information_schema.columns "
        "where table_schema = 'staging' and table_name = ? order by ordinal_position",
        [f"stg_{feed}"],
    ).fetchall()
    assert described == [name for (name,) in built]


def test_pseudonym_is_an_hmac(home: Path, empty_staging: duckdb.DuckDBPyConnection) -> None:
    empty_staging.close()
    key, text = b"a key of this test", "C|075085000123"
    block = key.ljust(64, b"\0")
    settings = Settings(home=home)
    with warehouse.writer(settings) as connection:
        connection.execute(
            "update ops.run_context set pseudonym_ipad = ?, pseudonym_opad = ?",
            [bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)],
        )
    shown = run_dbt(
        settings,
        "show",
        "--output",
        "json",
        "--inline",
        f"select {{{{ pseudonym(\"'{text}'\") }}}} as pseudonym "
        "from {{ source('ops', 'run_context') }} as run_context",
    )
    assert hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32] in shown


def test_a_row_too_many_in_staging_stops_the_build(tmp_path: Path) -> None:
    rows = [{"review_id": "V1", "facility_code": "F1", "source_record_id": "17"}]
    build_staging(tmp_path, {"record_reviews": rows}).close()
    settings = Settings(home=tmp_path)
    accounting = ("test", "--select", "stg_record_reviews,test_name:same_row_count")
    run_dbt(settings, *accounting)
    with warehouse.writer(settings) as connection:
        connection.execute("insert into staging.stg_record_reviews (review_id) values ('V2')")
    with pytest.raises(RuntimeError, match="same_row_count_stg_record_reviews"):
        run_dbt(settings, *accounting)
