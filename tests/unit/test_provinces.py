"""Several provinces in one landing folder: nothing of theirs collides, and processes change nothing."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.pending import look
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.simulation import simulate
from vax_pipeline.core.simulation.provinces import choose_provinces, communes_of

UNTIL = date(2021, 12, 8)
OF_THE_NATION = "lot_expiries"  # the same rows wherever the lot went


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("provinces")
    simulate(700, 7, UNTIL, folder, provinces=3, workers=2)
    return folder


@pytest.fixture(scope="module")
def raw(out: Path) -> duckdb.DuckDBPyConnection:
    """All feeds of all provinces, loaded."""
    settings = Settings(settle_seconds=0).at(out / "home", out / "landing")
    settings.root.mkdir()
    connection = duckdb.connect()
    warehouse.bootstrap(connection)
    days = look(settings, today=UNTIL).days
    for feed in FEEDS.values():
        load_feed(
            connection,
            settings,
            feed,
            days,
            load_id="1",
            loaded_at=datetime(2021, 12, 8, tzinfo=UTC),
        )
    return connection


@pytest.mark.parametrize("name", sorted(FEEDS.keys() - {OF_THE_NATION}))
def test_no_natural_key_is_used_in_two_provinces(raw: duckdb.DuckDBPyConnection, name: str) -> None:
    keys = ", ".join(f'"{column}"' for column in FEEDS[name].key)
    province = r"regexp_extract(file, '-(\d\d)\.', 1)"
    shared = raw.sql(
        f"select {keys} from {schemas.raw(name).sql} group by all having count(distinct {province}) > 1"
    ).fetchall()
    provinces = raw.sql(f"select distinct {province} from {schemas.raw(name).sql}").fetchall()
    assert shared == []
    assert {code for (code,) in provinces} == {"75", "77", "79"}


def test_the_ministry_is_delivered_once(raw: duckdb.DuckDBPyConnection) -> None:
    assert raw.sql(
        "select agency_code, count(*) from raw.agencies where level = 'ministry' group by 1 order by 1"
    ).fetchall() == [("BQP", 1), ("BYT", 1), ("C06", 1)]


def test_a_lot_has_one_expiry_in_all_provinces(raw: duckdb.DuckDBPyConnection) -> None:
    conflicting = raw.sql(
        "select lot_number from raw.lot_expiries group by vaccine_name, lot_number, known_on "
        "having count(distinct expiry_on) > 1"
    ).fetchall()
    assert conflicting == []


def test_each_province_has_its_own_truth(out: Path) -> None:
    assert {path.name for path in (out / "truth").iterdir()} == {"75", "77", "79", "summary.json"}


@pytest.mark.parametrize("code", ["75", "77", "79"])
def test_truth_names_files_as_they_lie_together_and_days_as_they_are(out: Path, code: str) -> None:
    findings = pl.read_parquet(out / "truth" / code / "findings.parquet")
    of_files = findings.filter(pl.col("rule_id").is_in(["FEED-003", "FEED-004", "FEED-007"]))
    of_days = findings.filter(pl.col("rule_id") == "FEED-001")["subject_id"]
    assert len(of_files) > 3
    for file in of_files["subject_id"]:
        assert (out / "landing" / file).is_file()
        assert f"-{code}." in file
    assert "administered_reports/2021-12-04" in set(of_days)


def test_the_number_of_processes_changes_no_byte(out: Path, tmp_path: Path) -> None:
    simulate(700, 7, UNTIL, tmp_path, provinces=3, workers=1)
    assert digests(tmp_path) == digests(out)


def test_every_province_of_2021_has_communes_and_a_city() -> None:
    provinces = choose_provinces(63)
    assert len({province.code for province in provinces}) == 63
    for province in provinces:
        assert province.anchor_district in set(communes_of(province)["district_code"])


def test_there_are_not_more_provinces_than_there_were() -> None:
    with pytest.raises(ValueError, match="63 provinces"):
        choose_provinces(64)


def digests(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("landing", "truth")
        for path in (out / folder).rglob("*")
        if path.is_file()
    }


def test_plain_provinces_send_doses_and_complaints_in_one_format_a_file_a_day(
    tmp_path: Path,
) -> None:
    simulate(400, 3, UNTIL, tmp_path, provinces=2, is_plain=True, complaints=30)

    for feed in ("doses", "complaints", "complaint_doses"):
        files = [p for p in (tmp_path / "landing" / feed).glob("*/*") if "broken" not in p.name]
        assert {"".join(p.suffixes) for p in files} == {".csv.gz"}
        # Older ones were handed over together, under the names of their days.
        assert len({(p.parent.name, p.name) for p in files}) == len(files) > 20
    assert {p.suffix for p in (tmp_path / "landing" / "citizens").glob("*/*citizens*")} == {
        ".parquet"
    }
