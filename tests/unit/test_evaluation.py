"""Scoring: a warehouse of a few rows against a truth of a few rows, every figure by hand."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from vax_pipeline.core.evaluation import evaluate
from vax_pipeline.core.link_evaluation import score_links

TABLES = """
create schema intermediate; create schema marts; create schema quality;
create table intermediate.int_mention_records (
    record_id varchar, subject varchar, mention_id varchar);
create table marts.mention_links (
    source_record_id varchar, mention_id varchar, citizen_key varchar);
create table intermediate.int_mentions__linked (
    mention_id varchar, citizen_key varchar, decision varchar, citizen_id varchar,
    candidate_citizen_id varchar);
create table intermediate.int_mentions__verified (
    mention_id varchar, verification_status varchar);
create table intermediate.int_persons (citizen_key varchar, verification_status varchar);
create table marts.dim_citizens (
    citizen_key varchar, citizen_id varchar, verification_status varchar);
create table marts.fct_complaints (
    complaint_id varchar, root_cause varchar, recommendation varchar, reasons varchar[]);
create table marts.fct_complaint_claims (
    complaint_id varchar, is_contested boolean, facility_code varchar, facility_basis varchar,
    candidate_facility_code varchar, candidate_basis varchar);
insert into marts.fct_complaint_claims values
    ('p1', true, 'F1', 'code', null, null), ('p1', false, 'F9', 'code', null, null),
    ('p2', true, null, 'none', 'F2', 'words'), ('p2', true, null, 'none', 'F1', 'words'),
    ('p2', true, null, 'unresolved', null, null), ('p3', true, 'F3', 'name', null, null);
create table quality.findings (rule_id varchar, subject_type varchar, subject_id varchar);
insert into intermediate.int_mention_records values
    ('r1', 'dose', 'm1'), ('r2', 'dose', 'm1'), ('r3', 'dose', 'm3'), ('r4', 'dose', 'm4'),
    ('r5', 'dose', 'm5'), ('r6', 'dose', 'm6');
insert into marts.mention_links values
    ('r1', 'm1', 'k1'), ('r2', 'm1', 'k1'), ('r3', 'm3', 'k2'), ('r4', 'm4', 'u4'),
    ('r5', 'm5', 'u5'), ('r6', 'm6', 'u5');
insert into intermediate.int_mentions__linked values
    ('m1', 'k1', 'LINKED', 'c1', null), ('m3', 'k2', 'LINKED', 'c2', null),
    ('m4', 'u4', 'REVIEW', null, 'c4'), ('m5', 'u5', 'UNLINKED', null, null),
    ('m6', 'u5', 'UNLINKED', null, null);
insert into intermediate.int_mentions__verified values
    ('m1', 'MATCH'), ('m3', 'MATCH'), ('m4', 'NO_ID_OR_BAD_FORMAT'), ('m5', 'MISMATCH'),
    ('m6', 'MISMATCH');
insert into intermediate.int_persons values
    ('k1', 'MATCH'), ('k2', 'MATCH'), ('u4', 'NO_ID_OR_BAD_FORMAT'), ('u5', 'MISMATCH');
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
            ("ID-001", "mention", "r1"),
            ("ID-001", "mention", "r2"),  # the same mention, by another record
            ("DOSE-001", "dose", "r1"),
            ("DOSE-001", "dose", "r3"),
            ("MIS-001", "citizen", "c1"),
            ("MIS-001", "citizen", "r4"),  # a person the registry does not hold
        ],
        schema=["rule_id", "subject_type", "subject_id"],
        orient="row",
    ).write_parquet(tmp_path / "findings.parquet")
    pl.DataFrame(
        {
            # p3 is written with the number of the twin p2; p5 is in no registry, and so is p6.
            "record_id": ["r1", "r2", "r3", "r4", "r5", "r6"],
            "subject": ["dose"] * 6,
            "person_id": ["p1", "p1", "p3", "p4", "p5", "p5"],
            "citizen_id": ["c1", "c1", "c3", "c4", None, None],
            "noise": [[], [], ["id_of_other"], ["id_missing"], ["name_letter"], []],
            "is_twin": [False, False, True, False, False, False],
            "twin_id": [None, None, "p2", None, None, None],
            "twin_citizen_id": [None, None, "c2", None, None, None],
            "verification_status": [
                "MATCH",
                "MATCH",
                "MISMATCH",
                "NO_ID_OR_BAD_FORMAT",
                "MISMATCH",
                "MISMATCH",
            ],
            "status_is_certain": [True] * 6,
        }
    ).write_parquet(tmp_path / "mentions.parquet")
    pl.DataFrame(
        {
            "complaint_id": ["p1", "p2", "p3"],
            "root_cause": ["NOT_ENTERED", "CANNOT_TELL", "CANNOT_TELL"],
            "recommendation": ["approve", "reject", "later"],
            "reasons": [[], ["R08"], []],
            "is_valid": [True, False, True],
            "facility_code": ["F1", "F2", None],
        }
    ).write_parquet(tmp_path / "complaints.parquet")
    pl.DataFrame(
        [("dose", "r3"), ("claim", "p1#1")], schema=["subject_type", "subject_id"], orient="row"
    ).write_parquet(tmp_path / "undecided.parquet")
    scope = {"ID-001": "local", "DOSE-001": "local"}
    scope |= dict.fromkeys(("MIS-001", "MIS-003", "SEQ-001"), "history")
    (tmp_path / "scope.json").write_text(json.dumps(scope))
    return tmp_path


def plant(truth: Path, finding: tuple[str, str, str]) -> None:
    path = truth / "findings.parquet"
    told = pl.read_parquet(path)
    pl.concat([told, pl.DataFrame([finding], schema=told.schema, orient="row")]).write_parquet(path)


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


def test_subjects_with_faults_of_two_rules_are_scored_apart(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    plant(truth, ("SEQ-001", "dose", "r1"))
    scored = evaluate(warehouse, truth)["rules"]["DOSE-001"]
    assert (scored["compound"]["planted"], scored["compound"]["found"]) == (1, 1)
    assert scored["compound"]["f1"] == 1.0
    assert (scored["single"]["planted"], scored["single"]["found"]) == (1, 1)
    assert scored["single"]["f1"] == 0.0


def test_a_fault_found_as_another_is_still_a_single_one(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    warehouse.execute("insert into quality.findings values ('SEQ-001', 'dose', 'r1')")
    scored = evaluate(warehouse, truth)["rules"]
    assert (scored["DOSE-001"]["single"]["planted"], scored["SEQ-001"]["single"]["found"]) == (2, 1)
    assert "compound" not in scored["DOSE-001"]
    assert "compound" not in scored["SEQ-001"]


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
    links = score_links(warehouse, truth)

    assert links["mentions"] == 5
    assert links["false_link_rate"] == 0.5
    assert links["recall_linked"] == pytest.approx(1 / 3)
    assert links["recall_with_review"] == pytest.approx(2 / 3)
    assert links["review_rate"] == pytest.approx(1 / 5)
    assert links["status_accuracy"] == pytest.approx(4 / 5)
    assert links["person_status_accuracy"] == pytest.approx(3 / 4)


def test_links_are_reported_by_kind_of_noise(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    by_noise = score_links(warehouse, truth)["by_noise"]

    assert {kind: found["mentions"] for kind, found in by_noise.items()} == {
        "none": 2, "absent": 2, "name_letter": 1, "id_missing": 1, "id_of_other": 1, "twin": 1,
    }  # fmt: skip
    assert by_noise["id_of_other"]["false_link_rate"] == 1.0
    assert by_noise["none"]["false_link_rate"] == 0.0


def test_a_twin_under_the_others_number_is_a_merge_even_if_the_other_has_no_record(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    assert score_links(warehouse, truth)["twins_merged"] == 1


def test_two_twins_under_one_key_are_a_merge(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    path = truth / "mentions.parquet"
    told = pl.read_parquet(path).with_columns(
        person_id=pl.when(pl.col("record_id") == "r6").then(pl.lit("p6")).otherwise("person_id"),
        twin_id=pl.col("record_id").replace_strict({"r5": "p6", "r6": "p5"}, default=None),
        twin_citizen_id=pl.lit(None, dtype=pl.String),
    )
    told.write_parquet(path)

    found = score_links(warehouse, truth)

    assert found["twins_merged"] == 1
    assert found["unlinked"]["keys_of_several_people"] == 1


def test_histories_of_unregistered_people_are_counted(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    assert score_links(warehouse, truth)["unlinked"] == {
        "people": 1,
        "people_of_several_mentions": 1,
        "in_one_history": 1.0,
        "keys_of_several_people": 0,
    }


def test_the_thresholds_are_told_with_their_origin(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    told = score_links(warehouse, truth)["thresholds"]
    assert 0.5 < told["link_probability"] < 1
    assert "seed" in told["origin"]


def test_assessments_are_compared_with_the_expected_ones(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    complaints = evaluate(warehouse, truth)["complaints"]
    assert complaints["root_cause_accuracy"] == pytest.approx(2 / 3)
    assert complaints["recommendation_accuracy"] == pytest.approx(2 / 3)
    assert complaints["valid_rejected_rate"] == 0.5
    assert complaints["complaints"] == 3
    assert complaints["reject_reason_f1"] == {"R08": 1.0, "R09": 0.0}
    assert complaints["reject_reasons"]["R09"] == {
        "planted": 0, "found": 2, "precision": 0.0, "recall": None, "f1": 0.0,
    }  # fmt: skip


def test_the_truths_of_several_provinces_are_one(
    warehouse: duckdb.DuckDBPyConnection, truth: Path, tmp_path: Path
) -> None:
    alone = evaluate(warehouse, truth)
    other = tmp_path / "truth" / "79"
    shutil.copytree(truth, tmp_path / "truth" / "75", ignore=shutil.ignore_patterns("truth"))
    other.mkdir()
    for name in ("findings", "undecided", "complaints", "mentions"):
        pl.read_parquet(truth / f"{name}.parquet").clear().write_parquet(other / f"{name}.parquet")
    (other / "scope.json").write_text(json.dumps({"ID-015": "local"}))
    assert evaluate(warehouse, tmp_path / "truth") == alone


def test_facilities_are_compared_by_how_they_were_found(
    warehouse: duckdb.DuckDBPyConnection, truth: Path
) -> None:
    assert evaluate(warehouse, truth)["complaints"]["facilities"] == {
        "code": {"claims": 1, "accuracy": 1.0},
        "none": {"claims": 1, "accuracy": None},
        "words": {"claims": 2, "accuracy": 0.5},
    }


def test_a_folder_without_truth_is_named(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="findings"):
        evaluate(warehouse, tmp_path / "nothing")
