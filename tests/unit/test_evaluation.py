"""Scoring: a warehouse of a few rows against a truth of a few rows, every figure by hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from vax_pipeline.core.evaluation import evaluate

TABLES = """
create schema intermediate; create schema marts; create schema quality;
create table intermediate.int_mention_records (
    record_id varchar, subject varchar, mention_id varchar);
create table marts.mention_links (
    source_record_id varchar, citizen_key varchar, decision varchar, mention_id varchar,
    citizen_id varchar, candidate_citizen_id varchar);
create table marts.dim_citizens (
    citizen_key varchar, citizen_id varchar, verification_status varchar);
create table marts.fct_complaints (
    complaint_id varchar, root_cause varchar, recommendation varchar, reasons varchar[]);
create table quality.findings (rule_id varchar, subject_type varchar, subject_id varchar);
insert into intermediate.int_mention_records values
    ('r1', 'dose', 'm1'), ('r2', 'dose', 'm1'), ('r3', 'dose', 'm3'), ('r4', 'dose', 'm4');
insert into marts.mention_links values
    ('r1', 'k1', 'LINKED', 'm1', 'c1', 'c1'), ('r2', 'k1', 'LINKED', 'm1', 'c1', 'c1'),
    ('r3', 'k2', 'LINKED', 'm3', 'c2', 'c2'), ('r4', 'u4', 'REVIEW', 'm4', null, 'c4');
insert into marts.dim_citizens values
    ('k1', 'c1', 'MATCH'), ('k2', 'c2', 'MATCH'), ('u4', null, 'NO_ID_OR_BAD_FORMAT');
insert into marts.fct_complaints values
    ('p1', 'NOT_ENTERED', 'approve', []), ('p2', 'CANNOT_TELL', 'reject', ['R08', 'R09']),
    ('p3', 'NOT_ENTERED', 'reject', ['R09']);
insert into quality.findings values
    ('ID-001', 'mention', 'm1'), ('DOSE-001', 'dose', 'r1'), ('DOSE-001', 'dose', 'r9'),
    ('MIS-001', 'citizen', 'k1'), ('FEED-001', 'delivery', 'x');
"""


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    pl.DataFrame(
        [
            ("ID-001", "mention", "r1", False),
            ("ID-001", "mention", "r2", False),  # the same mention, by another record
            ("DOSE-001", "dose", "r1", False),
            ("DOSE-001", "dose", "r3", False),
            ("MIS-001", "citizen", "c1", False),
            ("MIS-001", "citizen", "r4", False),  # a person the registry does not hold
        ],
        schema=["rule_id", "subject_type", "subject_id", "is_compound"],
        orient="row",
    ).write_parquet(tmp_path / "findings.parquet")
    pl.DataFrame(
        {
            "record_id": ["r1", "r2", "r3", "r4"],
            "subject": ["dose"] * 4,
            "citizen_id": ["c1", "c1", "c3", "c4"],
            "noise": [[], [], ["id_of_other"], ["id_missing"]],
            "is_twin": [False, False, True, False],
            "verification_status": ["MATCH", "MATCH", "MISMATCH", "NO_ID_OR_BAD_FORMAT"],
            "status_is_certain": [True] * 4,
        }
    ).write_parquet(tmp_path / "mentions.parquet")
    pl.DataFrame(
        {
            "complaint_id": ["p1", "p2", "p3"],
            "root_cause": ["NOT_ENTERED", "CANNOT_TELL", "CANNOT_TELL"],
            "recommendation": ["approve", "reject", "later"],
            "reasons": [[], ["R08"], []],
            "is_valid": [True, False, True],
        }
    ).write_parquet(tmp_path / "complaints.parquet")
    pl.DataFrame(
        [("dose", "r3"), ("claim", "p1#1")], schema=["subject_type", "subject_id"], orient="row"
    ).write_parquet(tmp_path / "undecided.parquet")
    scope = {"ID-001": "local", "DOSE-001": "local"}
    scope |= dict.fromkeys(("MIS-001", "MIS-003", "SEQ-001"), "history")
    (tmp_path / "scope.json").write_text(json.dumps(scope))
    return tmp_path


def test_a_mention_counts_once_however_many_records_carry_it(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    scored = evaluate(warehouse, truth)["rules"]["ID-001"]
    assert scored["planted"] == scored["found"] == 1
    assert scored["precision"] == scored["recall"] == scored["f1"] == 1.0


def test_found_but_not_planted_costs_precision_and_missed_costs_recall(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    scored = evaluate(warehouse, truth)["rules"]["DOSE-001"]
    assert (scored["planted"], scored["found"]) == (2, 2)
    assert (scored["precision"], scored["recall"], scored["f1"]) == (0.5, 0.5, 0.5)


def test_a_citizen_outside_the_registry_is_named_by_a_record(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    warehouse.execute("insert into quality.findings values ('MIS-001', 'citizen', 'u4')")
    assert evaluate(warehouse, truth)["rules"]["MIS-001"]["recall"] == 1.0


def test_a_rule_truth_does_not_speak_of_has_no_rates(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    scored = evaluate(warehouse, truth)["rules"]["FEED-001"]
    assert (scored["planted"], scored["found"]) == (0, 1)
    assert scored["precision"] is scored["recall"] is scored["f1"] is None


def test_subjects_two_rules_speak_of_are_scored_apart(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    warehouse.execute("insert into quality.findings values ('SEQ-001', 'dose', 'r1')")
    scored = evaluate(warehouse, truth)["rules"]["DOSE-001"]
    assert (scored["compound"]["planted"], scored["compound"]["found"]) == (1, 1)
    assert scored["compound"]["f1"] == 1.0
    assert (scored["single"]["planted"], scored["single"]["found"]) == (1, 1)
    assert scored["single"]["f1"] == 0.0


def test_histories_truth_cannot_tell_are_counted_and_left_out_of_the_rates(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    warehouse.execute(
        "insert into quality.findings values ('SEQ-001', 'dose', 'r3'), "
        "('SEQ-001', 'dose', 'r1'), ('MIS-001', 'citizen', 'k2'), ('MIS-003', 'claim', 'p1#1')"
    )
    rules = evaluate(warehouse, truth)["rules"]
    assert (rules["SEQ-001"]["found"], rules["SEQ-001"]["undecided"]) == (1, 1)
    assert (rules["MIS-001"]["found"], rules["MIS-001"]["undecided"]) == (1, 1)
    assert (rules["MIS-003"]["found"], rules["MIS-003"]["undecided"]) == (0, 1)
    assert rules["DOSE-001"]["undecided"] == 0


def test_links_are_judged_per_mention(warehouse: duckdb.DuckDBPyConnection, truth: Path) -> None:
    links = evaluate(warehouse, truth)["links"]
    assert links["mentions"] == 3
    assert links["false_link_rate"] == 0.5
    assert links["recall_linked"] == pytest.approx(1 / 3)
    assert links["recall_with_review"] == pytest.approx(2 / 3)
    assert links["status_accuracy"] == pytest.approx(2 / 3)
    assert links["twins_merged"] == 1
    assert links["by_noise"]["id_of_other"]["false_link_rate"] == 1.0


def test_assessments_are_compared_with_the_expected_ones(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    complaints = evaluate(warehouse, truth)["complaints"]
    assert complaints["root_cause_accuracy"] == pytest.approx(2 / 3)
    assert complaints["recommendation_accuracy"] == pytest.approx(2 / 3)
    assert complaints["valid_rejected_rate"] == 0.5
    assert complaints["reject_reason_f1"] == {"R08": 1.0, "R09": 0.0}


def test_a_folder_without_truth_is_named(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="findings"):
        evaluate(warehouse, tmp_path / "nothing")
