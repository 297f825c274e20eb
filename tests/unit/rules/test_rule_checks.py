"""Thresholds are laid on the counts of the last run: changed ones at once, no finding computed again."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from checks.outcome import CheckOutcome
from vax_pipeline.core import check_results, rule_checks, schemas, warehouse
from vax_pipeline.core.rule_checks import (
    checked_rules,
    judge_rules,
    judged_by_the_pack,
    provinces,
    replace_outcomes,
    verdict,
)

AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
HEADER = "rule_id,level,place_code,most_subjects,most_share,source,pack,valid_from,valid_to\n"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Counts of two rules; their findings, a few of them."""
    connection = duckdb.connect()
    warehouse.bootstrap(connection)
    connection.execute(
        f"insert into {schemas.RUN_CONTEXT.sql} (run_id, as_of, known_as_of, rule_pack, is_full) "
        "values ('run', $1, $1, 'vn_moh', true)",
        [AS_OF],
    )
    connection.execute(
        f"""
        create table {schemas.RULE_COUNTS.sql} as select * from (values
            ('SEQ-001', 'nation', 'VN', 30, 2000), ('SEQ-001', 'province', '75', 25, 1000),
            ('SEQ-001', 'province', '79', 0, 990), ('SEQ-001', 'province', 'unknown', 5, 10),
            ('FEED-001', 'nation', 'VN', 3, null)
        ) as counts(rule_id, level, place_code, subjects, evaluated)
        """
    )
    connection.execute(
        f"create table {schemas.FINDINGS.sql} as select 'SEQ-001' as rule_id, "
        "'d' || lpad(n::varchar, 2, '0') as subject_id from range(30) as numbers(n)"
    )
    return connection


def limits(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "limits.csv"
    file.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def found(outcomes: list[CheckOutcome]) -> dict[str, tuple[str, int, int]]:
    return {o.check_name: (o.status, o.failed, o.evaluated) for o in outcomes}


def test_the_nation_and_each_province_with_findings_are_judged_by_the_pack(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    outcomes = judge_rules(connection)
    assert found(outcomes) == {
        "rule_SEQ_001": ("passed", 30, 2000),
        "rule_SEQ_001_75": ("passed", 25, 1000),
    }
    assert outcomes[0].sample_ids == tuple(f"d{n:02}" for n in range(10))
    assert outcomes[1].sample_ids == ()


def test_other_thresholds_apply_without_findings(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(f"delete from {schemas.FINDINGS.sql}")
    strict = limits(tmp_path, "*,province,75,24,,x,vn_moh,1900-01-01,9999-12-31")
    outcomes = judge_rules(connection, strict)
    assert [outcome.status for outcome in outcomes] == ["passed", "failed"]
    assert verdict(outcomes).status == "failed"
    assert verdict(outcomes).check_name == "rule_SEQ_001"
    assert verdict(outcomes[:1]).status == "passed"


def test_what_is_applied_takes_the_place_of_what_the_run_said(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    replace_outcomes(connection, judge_rules(connection))
    assert check_results.totals(connection, "run")["rules_over"] == 0
    strict = limits(tmp_path, "*,nation,*,,0.001,x,vn_moh,1900-01-01,9999-12-31")
    replace_outcomes(connection, judge_rules(connection, strict))
    assert check_results.totals(connection, "run") == {
        "passed": 0, "failed": 0, "broken": 0, "rules_over": 1
    }  # fmt: skip
    assert check_results.of_run(connection, "run") == judge_rules(connection, strict)
    assert check_results.of_run(connection, "another") == []
    stood_at = connection.execute(
        f"select distinct as_of from {schemas.CHECK_RESULTS.sql}"
    ).fetchall()
    assert stood_at == [(AS_OF,)]


def test_thresholds_that_cannot_be_read_leave_every_rule_broken(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = "*,nation,*,,0.5,x,vn_moh,1900-01-01,9999-12-31"
    monkeypatch.setattr(rule_checks, "THRESHOLDS_CSV", limits(tmp_path, twice, twice))
    outcomes = judged_by_the_pack(connection)
    assert {outcome.status for outcome in outcomes} == {"broken"}
    assert len(outcomes) == len(checked_rules())
    replace_outcomes(connection, outcomes)
    assert check_results.totals(connection, "run")["broken"] == len(outcomes)


def test_a_province_is_one_of_which_anything_was_counted(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert provinces(connection) == ["75", "79"]


def test_rules_of_deliveries_have_a_check_of_their_own() -> None:
    assert {rule.rule_id.split("-")[0] for rule in checked_rules()} == {
        "ID", "DOSE", "LOT", "SEQ", "MIS", "DUP", "CMP", "SLA"
    }  # fmt: skip
