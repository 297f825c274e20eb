"""Great Expectations evaluates inside DuckDB, counts exactly, and leaves the file free."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from checks.expectations import Suite, run_suites
from checks.expectations.gx_on_duckdb import (
    PRIVATE_NAME,
    DialectListMovedError,
    PersistedDialect,
    teach_gx_duckdb,
)
from checks.expectations.suite import (
    between,
    greater,
    in_set,
    no_rows,
    not_null,
    unique,
    unique_together,
)
from checks.outcome import CheckOutcome

CONFIG = {"memory_limit": "1GB", "threads": "2", "preserve_insertion_order": "false"}
DOSES = """
create schema staging;
create table staging.stg_doses as
select
    'platform:' || i as record_id,
    case when i % 10 = 0 then null else date '2021-06-01' + (i % 100)::int end as injected_on,
    case when i < 900 then 'CCCD' else 'LIBRARY CARD' end as id_type,
    case when i >= 995 then 'LOT-995' else 'LOT-' || i end as lot_number,
    timestamptz '2021-11-08 08:00:00+07' as starts_at,
    timestamptz '2021-11-08 08:00:00+07' + interval (i - 5) hour as due_at,
    case when i = 7 then '{"typed": "075123456789"}' else '{"code": "A1"}' end as evidence,
    'Nguyễn Văn ' || i as full_name,
    case when i >= 10 then i end as answer_no
from range(1000) as numbers (i)
"""
SUITE = Suite(
    "staging",
    "stg_doses",
    ("record_id",),
    (
        not_null("injected_on", mostly=0.9),
        not_null("injected_on", name="injected_on_nearly_always", mostly=0.95, severity="warn"),
        unique("record_id"),
        unique("lot_number"),
        unique("answer_no"),
        in_set("id_type", ["CCCD", "CMND"], mostly=0.85, rule_id="ID-002"),
        between("injected_on", "2021-06-02", "2021-12-31"),
        greater("due_at", "starts_at"),
        in_set("gone", ["a"]),
        no_rows("evidence_without_ids", "regexp_matches(evidence, '[0-9]{9}')", "no ids"),
        no_rows("unconvertible", "full_name::int > 3", "a condition that raises", mostly=0.5),
        unique_together("one_row_a_lot_and_type", ["lot_number", "id_type"]),
        no_rows("few_high_lots", "lot_number = 'LOT-995'", "few rows of one lot", mostly=0.99),
    ),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gx") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(DOSES)
    return path


@pytest.fixture(scope="module")
def docs_dir(database: Path) -> Path:
    return database.parent / "docs"


@pytest.fixture(scope="module")
def outcomes(database: Path, docs_dir: Path) -> dict[str, CheckOutcome]:
    suites = [SUITE, Suite("staging", "stg_nowhere", ("id",), (not_null("id"),))]
    made = run_suites(database, suites, config=CONFIG, docs_dir=docs_dir)
    assert [o.check_name for o in made] == [
        *(SUITE.check_name(e) for e in SUITE.expectations),
        "stg_nowhere_id_present",
    ]
    return {o.check_name.removeprefix("stg_doses_"): o for o in made}


def test_the_private_list_of_dialects_is_where_we_patch_it() -> None:
    """If this fails after raising the GX pin: every SQL check would see empty results."""
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    teach_gx_duckdb()
    dialects = getattr(engine, PRIVATE_NAME)
    assert dialects.count(PersistedDialect.DUCKDB) == 1
    assert all(isinstance(dialect.value, str) for dialect in dialects)
    assert engine._dialect_requires_persisted_connection(connection_string="duckdb:///x.duckdb")


def test_a_moved_private_name_stops_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    monkeypatch.delattr(engine, PRIVATE_NAME)
    with pytest.raises(DialectListMovedError, match=PRIVATE_NAME):
        teach_gx_duckdb()


@pytest.mark.parametrize(
    ("check", "status", "evaluated", "failed"),
    [
        ("injected_on_present", "passed", 1000, 100),
        ("injected_on_nearly_always", "failed", 1000, 100),
        ("record_id_unique", "passed", 1000, 0),
        ("lot_number_unique", "failed", 1000, 5),
        ("answer_no_unique", "passed", 1000, 0),
        ("id_type_known", "passed", 1000, 100),
        ("injected_on_in_range", "passed", 900, 0),
        ("due_at_after_starts_at", "failed", 1000, 6),
        ("gone_known", "broken", 0, 0),
        ("evidence_without_ids", "failed", 1000, 1),
        ("unconvertible", "broken", 0, 0),
        ("one_row_a_lot_and_type", "failed", 1000, 5),
        ("few_high_lots", "passed", 1000, 5),
        ("stg_nowhere_id_present", "broken", 0, 0),
    ],
)
def test_an_expectation_counts_exactly(
    outcomes: dict[str, CheckOutcome], check: str, status: str, evaluated: int, failed: int
) -> None:
    outcome = outcomes[check]
    assert (outcome.status, outcome.evaluated, outcome.failed) == (status, evaluated, failed)
    assert outcome.engine == "gx"


def test_failed_rows_are_named_by_their_key(outcomes: dict[str, CheckOutcome]) -> None:
    assert outcomes["due_at_after_starts_at"].sample_ids == tuple(f"platform:{i}" for i in range(6))
    assert outcomes["evidence_without_ids"].sample_ids == ("platform:7",)
    for check in ("one_row_a_lot_and_type", "lot_number_unique"):
        assert outcomes[check].sample_ids == tuple(f"platform:{i}" for i in range(995, 1000))
    assert len(outcomes["injected_on_nearly_always"].sample_ids) == 10


def test_what_the_suite_says_reaches_the_outcome(outcomes: dict[str, CheckOutcome]) -> None:
    outcome = outcomes["id_type_known"]
    assert outcome.rule_id == "ID-002"
    assert outcome.threshold == 0.15
    assert outcomes["injected_on_nearly_always"].severity == "warn"


def test_a_broken_check_says_what_is_missing_and_quotes_no_data(
    outcomes: dict[str, CheckOutcome],
) -> None:
    assert "column gone does not exist" in outcomes["gone_known"].message
    assert "staging.stg_nowhere does not exist" in outcomes["stg_nowhere_id_present"].message
    assert outcomes["unconvertible"].message.endswith("DuckDB raised ConversionException")


def test_docs_read_offline_and_hold_no_personal_data(
    outcomes: dict[str, CheckOutcome], docs_dir: Path
) -> None:
    pages = [*docs_dir.rglob("*.html"), *docs_dir.rglob("*.css")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert "staging.stg_doses" in (docs_dir / "index.html").read_text(encoding="utf-8")
    assert "few rows of one lot" in text
    assert "100 unexpected values found" in text
    assert "http://" not in text and "https://" not in text and "<script" not in text
    assert "Nguyễn" not in text and "075123456789" not in text and "LIBRARY CARD" not in text


def test_docs_are_not_written_over_other_files(
    outcomes: dict[str, CheckOutcome], database: Path
) -> None:
    from checks.expectations.data_docs import NotOurDocsError, build_data_docs

    with pytest.raises(NotOurDocsError):
        build_data_docs([], database.parent)
    assert database.exists()


def test_another_process_may_write_afterwards(
    outcomes: dict[str, CheckOutcome], database: Path
) -> None:
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute('create or replace table t as select 1'); c.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(database)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_open_connection_of_this_process_with_the_same_settings_is_no_obstacle(
    outcomes: dict[str, CheckOutcome], database: Path
) -> None:
    suite = Suite("staging", "stg_doses", ("record_id",), (not_null("record_id"),))
    with duckdb.connect(str(database), config=CONFIG):
        made = run_suites(database, [suite], config=CONFIG, read_only=False)
    assert [o.status for o in made] == ["passed"]


def test_two_suites_for_one_table_are_refused(database: Path) -> None:
    suite = Suite("staging", "stg_doses", ("record_id",), (not_null("record_id"),))
    with pytest.raises(ValueError, match="two suites"):
        run_suites(database, [suite, suite])


def test_gx_is_loaded_ahead_for_the_asking_only() -> None:
    code = """if True:
        import sys
        from checks.expectations import load_ahead
        assert "great_expectations" not in sys.modules
        load_ahead().join()
        before = set(sys.modules)
        from checks.expectations.validation import validate_suite
        assert set(sys.modules) - before == {"checks.expectations.validation"}
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
