"""`vax demo`: the whole main job, and what it must leave behind."""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.command import vax_json
from tests.pipeline.conftest import Province
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import Settings

STATUSES = {
    "EXEMPT_FOREIGN", "NOT_SENT", "NO_ID_OR_BAD_FORMAT", "MATCH", "MISMATCH", "PENDING",
}  # fmt: skip
READER = """
import duckdb, sys
assert duckdb.__version__.startswith("1.5"), duckdb.__version__
bi = duckdb.connect(sys.argv[1], read_only=True)
print(bi.execute("select count(*) from marts.fct_doses").fetchone()[0])
"""


def count(database: Path, sql: str) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        return int(connection.execute(sql).fetchall()[0][0])


def test_every_record_is_loaded_or_rejected(province: Province) -> None:
    books = province.said["accounting"]
    planted = pl.read_parquet(province.home / "truth" / "rejects.parquet")
    assert books["closed"]
    assert books["records"] == books["loaded"] + books["rejected"]
    assert books["records"] > 5_000
    assert 0 < books["rejected"] <= len(planted)


def test_the_statuses_partition_the_people(province: Province) -> None:
    people = province.said["people"]
    assert people.keys() <= STATUSES
    assert sum(people.values()) == count(province.bi, "select count(*) from marts.dim_citizens")
    assert people["MATCH"] > people["MISMATCH"] > 0


def test_at_least_twenty_rules_of_every_family_find_something(province: Province) -> None:
    found = province.said["findings"]
    assert len(found) >= 20
    assert {"ID", "DOSE", "LOT", "SEQ", "MIS", "DUP"} <= {rule.split("-")[0] for rule in found}


def test_planted_errors_are_found_and_little_else(province: Province) -> None:
    scores = {
        rule: score
        for rule, score in province.said["scores"]["rules"].items()
        if score["precision"] is not None and score["planted"] >= 10
    }
    assert len(scores) >= 10
    weak = {
        rule: (score["precision"], score["recall"])
        for rule, score in scores.items()
        if rule.startswith(("DOSE", "LOT", "ID")) and min(score["precision"], score["recall"]) < 0.9
    }
    assert weak == {}


def test_faults_of_deliveries_are_found_and_nothing_else(province: Province) -> None:
    found = {
        rule: (score["precision"], score["recall"])
        for rule, score in province.said["scores"]["rules"].items()
        if rule.startswith("FEED")
    }
    assert {"FEED-001", "FEED-003", "FEED-004", "FEED-007"} <= found.keys()
    assert set(found.values()) == {(1.0, 1.0)}


def test_complaints_are_received_and_accounted_for_by_state(province: Province) -> None:
    assert sum(province.said["complaints"].values()) == count(
        province.bi, "select count(*) from marts.fct_complaints"
    )


def test_what_is_late_was_escalated_and_a_second_tick_sends_nothing(
    copy_of_province: Path, province: Province
) -> None:
    assert sum(province.said["escalations"].values()) > 0
    again = vax_json("escalate", "--home", copy_of_province)
    assert again["sent"] == 0
    assert again["due"] == []


def test_after_a_week_of_silence_the_highest_level_is_due(copy_of_province: Path) -> None:
    later = vax_json("escalate", "--home", copy_of_province, "--as-of", "2021-12-15T08:00")
    review = [due for due in later["due"] if due["clock"] == "review"]
    assert review
    assert {due["level"] for due in review} == {"5"}
    assert later["sent"] > 0


def test_no_name_number_or_phone_of_a_citizen_is_in_bi(province: Province) -> None:
    with duckdb.connect(str(province.home / "warehouse.duckdb"), read_only=True) as connection:
        known = connection.execute(
            "select distinct unnest([citizen_id, phone, full_name]) from raw.citizens"
        ).fetchall()
    persons = {value for (value,) in known if value}
    with duckdb.connect(str(province.bi), read_only=True) as bi:
        texts = bi.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type like '%VARCHAR%' and not internal"
        ).fetchall()
        assert len(texts) > 50
        for schema, table, column in texts:
            values = bi.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
            ).fetchall()
            assert not persons & {value for (value,) in values}, f"{schema}.{table}.{column}"


@pytest.fixture(scope="session")
def older_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with DuckDB 1.5, as a BI tool may have it."""
    folder = tmp_path_factory.mktemp("older")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "duckdb>=1.5,<1.6"], check=True)
    return python


def test_bi_opens_in_duckdb_1_5_while_the_pipeline_writes(
    province: Province, older_duckdb: Path
) -> None:
    with warehouse.writer(Settings(home=province.home)) as connection:
        connection.execute("create or replace temp table busy as select 1")
        read = subprocess.run(
            [older_duckdb, "-c", READER, province.bi], check=True, capture_output=True, text=True
        )
    assert int(read.stdout) > 1_000


def test_the_manifest_names_rows_and_files(province: Province) -> None:
    manifest = json.loads((province.bi.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["checks"]["broken"] == 0
    assert manifest["rows"]["marts.fct_doses"] == count(
        province.bi, "select count(*) from marts.fct_doses"
    )
    assert {"bi.duckdb", "data_docs/index.html"} <= manifest["files"].keys()
    assert any(name.startswith("authority/75/") for name in manifest["files"])


def test_status_speaks_of_the_release_without_opening_the_warehouse(province: Province) -> None:
    with warehouse.writer(Settings(home=province.home)):
        status = vax_json("status", "--home", province.home)
    assert status["release"]["path"] == str(province.bi.parent.resolve())
    assert status["dead_messages"] == 0
    assert status["deliveries"]["feeds"]["doses"]["files"] > 0
    warned = {(w["rule_id"], w["subject"]) for w in status["deliveries"]["warnings"]}
    assert ("FEED-001", "administered_reports/2021-12-04") in warned


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("dose", "select source_record_ids[1] from marts.fct_doses order by 1 limit 1"),
        ("complaint", "select complaint_id from marts.fct_complaints order by 1 limit 1"),
        ("citizen", "select citizen_key from marts.dim_citizens order by 1 limit 1"),
        (
            "mention",
            "select mention_id from marts.mention_links where decision = 'REVIEW' order by 1 limit 1",
        ),
    ],
)
def test_explain_tells_the_way_and_masks_the_person(
    province: Province, kind: str, sql: str
) -> None:
    with duckdb.connect(str(province.bi), read_only=True) as bi:
        subject = bi.execute(sql).fetchall()[0][0]
    told = vax_json("explain", subject, "--home", province.home)
    assert told["subject"] == {"kind": kind, "id": subject}
    assert told["link"]
    assert not re.search(r'"\d{9,12}"', json.dumps(told))
    if kind in ("dose", "complaint"):
        assert told["source"]["line"] >= 1
    if kind != "citizen":
        assert told["link"]["tiers"][0]["tier"] == "exact"
        person = told["normalized"][-1]["person"]
        revealed = vax_json("explain", subject, "--home", province.home, "--reveal")
        assert "*" in person["full_name"]
        assert revealed["normalized"][-1]["person"]["full_name"] != person["full_name"]


def test_an_unknown_id_is_answered_with_what_to_give(province: Province) -> None:
    vax_json_failed = pytest.raises(AssertionError, match="give a record id")
    with vax_json_failed:
        vax_json("explain", "nobody", "--home", province.home)
