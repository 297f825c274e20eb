"""People resolved on a simulated town: links against the truth, and no trace of loading order."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from staged import run_dbt

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.landing import discover
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.places import LocalPlace
from vax_pipeline.core.feeds.settling import Settling
from vax_pipeline.core.identity.prediction import link_undecided
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.simulation import simulate

pytestmark = pytest.mark.slow

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
FIRST_HALF = ("path:seeds", "+int_mentions__undecided", "+int_mention_records", "stg_agencies")
SECOND_HALF = ("stg_identity_results", "int_agencies__current", "int_mentions__linked",
    "int_mentions__answered",
    "int_mentions__verified", "int_persons", "int_doses__linked", "int_doses__deduplicated",
    "int_doses__sequenced", "dim_citizens", "mention_links", "wl_commune_identity")  # fmt: skip
COMPARED = (
    schemas.MENTION_LINKS,
    schemas.DIM_CITIZENS,
    schemas.INT_DOSES_DEDUPLICATED,
    schemas.WL_COMMUNE_IDENTITY,
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Path]]:
    root = tmp_path_factory.mktemp("town")
    simulate(1500, 5, date(2021, 12, 8), root / "out")
    settings = Settings(home=root / "home", settle_seconds=0, memory_limit="2GB").at(
        landing=root / "out" / "landing"
    )
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            f"insert into {schemas.RUN_CONTEXT.sql} values ('test', ?, ?, 'vn_moh', true, ?, ?)",
            [AS_OF, AS_OF, b"6" * 64, b"\\" * 64],
        )
        settling = Settling(0, settings.landing_seen)
        for file in discover(LocalPlace(settings.landing), list(FEEDS), settling).files:
            load_feed(
                connection, settings, FEEDS[file.feed], [file.delivery_date],
                load_id="test", loaded_at=AS_OF,
            )  # fmt: skip
    resolve(settings)
    yield settings, root / "out" / "truth"


def resolve(settings: Settings) -> None:
    tests_apart = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    run_dbt(settings, "build", "--select", *FIRST_HALF, *tests_apart)
    with warehouse.writer(settings) as connection:
        link_undecided(connection)
    run_dbt(settings, "build", "--select", *SECOND_HALF, *tests_apart)


def fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """An ordered hash of each compared table."""
    return {
        table.name: hashlib.sha256(
            repr(connection.sql(f"select * from {table.sql} order by all").fetchall()).encode()
        ).hexdigest()
        for table in COMPARED
    }


def test_links_are_right_and_no_twin_is_merged(town: tuple[Settings, Path]) -> None:
    settings, truth = town
    with warehouse.reader(settings) as connection:
        rows = connection.sql(
            f"""
            select links.decision, links.citizen_id, truth.citizen_id, truth.is_twin
            from {schemas.MENTION_LINKS.sql} as links
            inner join read_parquet('{truth / "mentions.parquet"}') as truth
                on links.source_record_id = truth.record_id
            """
        ).fetchall()
    linked = [row for row in rows if row[0] == "LINKED"]
    false = [row for row in linked if row[1] != row[2]]
    findable = [row for row in rows if row[2] is not None]

    assert len(linked) > 2000
    assert len(false) / len(linked) <= 0.001
    assert not [row for row in false if row[3]]
    assert sum(row[1] == row[2] for row in findable) / len(findable) >= 0.98


def test_person_linked_by_probability_is_never_verified_by_comparison(
    town: tuple[Settings, Path],
) -> None:
    with warehouse.reader(town[0]) as connection:
        found = connection.sql(
            "select count(*) filter (where verified.verification_status = 'MATCH'"
            " and verified.verification_basis = 'registry_comparison'), count(*)"
            " from intermediate.int_mentions__verified as verified"
            " inner join intermediate.int_mentions__linked as linked using (mention_id)"
            " where linked.method in ('splink', 'none', 'no_id_unique', 'id_one_difference')"
        ).fetchall()[0]

    assert found[0] == 0
    assert found[1] > 100


def test_order_of_loading_changes_nothing(town: tuple[Settings, Path]) -> None:
    settings, _ = town
    with warehouse.reader(settings) as connection:
        before = fingerprints(connection)
    with warehouse.writer(settings) as connection:
        for feed in FEEDS.values():
            raw = feed.raw_table.sql
            connection.execute(
                f"create temp table shuffled as from {raw} order by hash(file, line)"
            )
            connection.execute(f"delete from {raw}")
            connection.execute(f"insert into {raw} from shuffled")
            connection.execute("drop table shuffled")

    resolve(settings)

    with warehouse.reader(settings) as connection:
        assert fingerprints(connection) == before
