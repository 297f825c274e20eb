"""Each expectation of our suites passes on valid tables and fails on the fault it is there for."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from checks.expectations import Suite, run_suites
from checks.expectations.feeds import FEEDS_SUITES
from checks.expectations.groups import ALL_SUITES as SUITES
from checks.outcome import CheckOutcome

ROWS = 20
# Valid rows of each table; a test breaks one column.
VALID = {
    "stg_doses": """
        'platform:' || i as record_id, timestamptz '2021-11-08 09:00:00+07' as entered_at,
        date '2021-11-08' as injected_on, 'CCCD' as id_type, 'nguyen thi hoa' as name_key,
        date '1990-02-01' as birth_first_on, 'F' as sex, 'PFIZER' as vaccine_code,
        'primary' as dose_type, 'FF1234' as lot_number, '26188' as unit_code,
        '75001' as facility_code, null::varchar as facility_name,
        null::varchar as administered_in""",
    "stg_citizens": """
        '0751990' || lpad(i::varchar, 5, '0') as citizen_id, 'nguyen thi hoa' as name_key,
        date '1990-02-01' as birth_first_on, 'F' as sex, '26188' as permanent_unit_code,
        'citizens/2021-11-08/a.csv' as file, i + 2 as line""",
    "stg_complaints": """
        'C-' || i as complaint_id, timestamptz '2021-11-08 09:00:00+07' as received_at,
        ['name:tone'] as normalizations, 'portal' as channel, 'MISSING_DOSE' as complaint_type,
        'CMND' as id_type, 'nguyen thi hoa' as name_key, '75' as province_code""",
    "findings": """
        md5(i::varchar) as finding_id, 'SEQ-001' as rule_id, 'error' as severity,
        'platform:' || i as subject_id, 'dose' as subject_type,
        timestamptz '2021-11-08 09:00:00+07' as first_held_at, '75001' as owner_code,
        '{"days": 12, "previous": "platform:000012345", "key": "0751990000ab12"}' as evidence""",
    "feed_days": """
        'doses' as feed, date '2021-11-01' + i::integer as delivery_date, 7 as age_days,
        false as is_missing, 'USUAL' as volume_state, false as has_many_rejects,
        0 as files_with_many_rejects, 0 as new_columns, 0 as emptied_columns, 0 as files_not_closed,
        0 as files_quarantined""",
    "fct_doses": """
        'platform:' || i as dose_id, md5(i::varchar) as citizen_key,
        'MATCH' as verification_status, date '2021-11-08' as injected_on,
        'primary' as dose_type, 1 as dose_no, '75001' as entered_by_facility_code,
        'valid' as verdict""",
    "fct_complaints": """
        'C-' || i as complaint_id, timestamptz '2021-11-08 09:00:00+07' as received_at,
        'APPROVED' as state, 'APPROVED' as outcome,
        timestamptz '2021-11-09 09:00:00+07' as outcome_at, 'FACILITY' as route,
        'approve' as recommendation, null::varchar as primary_reason, '75001' as handler_code""",
    "complaint_clocks": """
        'C-' || i as complaint_id, 'review' as clock,
        timestamptz '2021-11-08 09:00:00+07' as starts_at,
        timestamptz '2021-11-10 09:00:00+07' as due_at,
        timestamptz '2021-11-09 09:00:00+07' as met_at""",
    "dim_citizens": """
        md5(i::varchar) as citizen_key, 'MATCH' as verification_status,
        null::varchar as verification_reason, 'registry' as verification_basis,
        2 as doses_recorded, true as cert_ready""",
}
FAULTS = {
    "stg_doses_record_id_present": "record_id = null",
    "stg_doses_entered_at_present": "entered_at = null",
    "stg_doses_injected_on_present": "injected_on = null",
    "stg_doses_injected_on_in_range": "injected_on = date '2012-11-08'",
    "stg_doses_id_type_known": "id_type = 'INVALID'",
    "stg_doses_name_key_present": "name_key = null",
    "stg_doses_birth_first_on_present": "birth_first_on = null",
    "stg_doses_sex_present": "sex = null",
    "stg_doses_vaccine_code_present": "vaccine_code = null",
    "stg_doses_dose_type_present": "dose_type = null",
    "stg_doses_lot_number_present": "lot_number = null",
    "stg_doses_unit_code_present": "unit_code = null",
    "stg_doses_place_given": "facility_code = null",
    "stg_citizens_citizen_id_present": "citizen_id = null",
    "stg_citizens_citizen_id_twelve_digits": "citizen_id = '271000001'",
    "stg_citizens_name_key_present": "name_key = null",
    "stg_citizens_birth_first_on_present": "birth_first_on = null",
    "stg_citizens_sex_present": "sex = null",
    "stg_citizens_permanent_unit_code_present": "permanent_unit_code = null",
    "stg_complaints_complaint_id_present": "complaint_id = null",
    "stg_complaints_received_at_present": "received_at = null",
    "stg_complaints_received_at_recorded": "normalizations = ['received_at:delivery']",
    "stg_complaints_channel_known": "channel = 'letter'",
    "stg_complaints_complaint_type_known": "complaint_type = 'FREE TEXT'",
    "stg_complaints_complaint_type_recognized": "complaint_type = 'OTHER'",
    "stg_complaints_id_type_known": "id_type = 'INVALID'",
    "stg_complaints_name_key_present": "name_key = null",
    "stg_complaints_province_code_present": "province_code = null",
    "findings_finding_id_unique": "finding_id = 'same'",
    "findings_finding_id_present": "finding_id = null",
    "findings_rule_id_present": "rule_id = null",
    "findings_rule_id_well_formed": "rule_id = 'SEQ1'",
    "findings_severity_present": "severity = null",
    "findings_severity_known": "severity = 'info'",
    "findings_subject_id_present": "subject_id = null",
    "findings_subject_type_present": "subject_type = null",
    "findings_subject_type_known": "subject_type = 'person'",
    "findings_first_held_at_present": "first_held_at = null",
    "findings_owner_code_present": "owner_code = null",
    "findings_evidence_is_json": "evidence = '{typed'",
    "findings_evidence_without_personal_numbers": """evidence = '{"typed": "075199000001"}'""",
    "feed_days_delivered_when_expected": "is_missing = true",
    "feed_days_usual_volume": "volume_state = 'LOW'",
    "feed_days_few_rejects": "files_with_many_rejects = 1",
    "feed_days_no_new_column": "new_columns = 1",
    "feed_days_no_emptied_column": "emptied_columns = 1",
    "feed_days_accounts_closed": "files_not_closed = 1",
    "feed_days_no_file_quarantined": "files_quarantined = 1",
    "fct_doses_dose_id_present": "dose_id = null",
    "fct_doses_dose_id_unique": "dose_id = 'same'",
    "fct_doses_citizen_key_present": "citizen_key = null",
    "fct_doses_verification_status_present": "verification_status = null",
    "fct_doses_verification_status_known": "verification_status = 'PERHAPS'",
    "fct_doses_mostly_verified": "verification_status = 'MISMATCH'",
    "fct_doses_injected_on_in_range": "injected_on = date '2021-03-07'",
    "fct_doses_dose_type_known": "dose_type = 'third'",
    "fct_doses_dose_no_in_range": "dose_no = 5",
    "fct_doses_entered_by_facility_code_present": "entered_by_facility_code = null",
    "fct_doses_verdict_present": "verdict = null",
    "fct_complaints_complaint_id_unique": "complaint_id = 'same'",
    "fct_complaints_received_at_present": "received_at = null",
    "fct_complaints_state_present": "state = null",
    "fct_complaints_state_known": "state = 'CLOSED'",
    "fct_complaints_outcome_known": "outcome = 'SOLVED'",
    "fct_complaints_route_known": "route = 'POST'",
    "fct_complaints_route_present": "route = null",
    "fct_complaints_outcome_has_a_time": "outcome_at = null",
    "fct_complaints_decided_state_is_its_outcome": "outcome = 'REJECTED'",
    "fct_complaints_outcome_after_receipt": "outcome_at = received_at - interval 1 second",
    "fct_complaints_rejection_recommended_with_a_reason": "recommendation = 'reject'",
    "fct_complaints_handler_code_present": "handler_code = null",
    "complaint_clocks_complaint_id_present": "complaint_id = null",
    "complaint_clocks_due_at_present": "due_at = null",
    "complaint_clocks_clock_known": "clock = 'egg timer'",
    "complaint_clocks_due_at_after_starts_at": "due_at = starts_at",
    "complaint_clocks_one_row_a_start": "complaint_id = 'same'",
    "complaint_clocks_review_is_48_hours": "due_at = starts_at + interval 36 hours",
    "complaint_clocks_met_after_start": "met_at = starts_at - interval 1 second",
    "dim_citizens_citizen_key_present": "citizen_key = null",
    "dim_citizens_citizen_key_unique": "citizen_key = 'same'",
    "dim_citizens_verification_status_present": "verification_status = null",
    "dim_citizens_verification_status_known": "verification_status = 'PERHAPS'",
    "dim_citizens_verification_basis_present": "verification_basis = null",
    "dim_citizens_mismatch_has_a_reason": "verification_status = 'MISMATCH'",
    "dim_citizens_certificate_for_the_verified_only": "verification_status = 'PENDING'",
    "dim_citizens_doses_recorded_in_range": "doses_recorded = 7",
}


def write_valid(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    for suite in SUITES:
        connection.execute(f"create schema if not exists {suite.schema}")
        connection.execute(
            f"create table {suite.name} as select {VALID[suite.table]} from range({rows}) as n (i)"
        )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Valid tables, and a copy of each with one fault in every row: `<table>__<property>`."""
    path = tmp_path_factory.mktemp("suites") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        write_valid(connection, ROWS)
        for suite in SUITES:
            for expectation in suite.expectations:
                copy = f"{suite.name}__{expectation.name}"
                connection.execute(f"create table {copy} as from {suite.name}")
                fault = FAULTS[suite.check_name(expectation)]
                connection.execute(f"update {copy} set {fault}")
    return path


def test_every_expectation_has_a_fault_here() -> None:
    assert set(FAULTS) == {s.check_name(e) for s in SUITES for e in s.expectations}


def test_check_names_are_unique_across_suites() -> None:
    names = [s.check_name(e) for s in SUITES for e in s.expectations]
    assert len(names) == len(set(names))


def test_no_suite_names_rows_by_a_person() -> None:
    personal = {"citizen_id", "id_number", "phone", "full_name", "name_key"}
    assert not [s.name for s in SUITES if personal & set(s.key)]


def test_only_errors_block() -> None:
    assert not [
        e.name for s in SUITES for e in s.expectations if e.blocking and e.severity != "error"
    ]


def test_valid_tables_pass(database: Path) -> None:
    outcomes = run_suites(database, SUITES)
    assert [o for o in outcomes if not o.passed or o.failed] == []
    assert {o.evaluated for o in outcomes} == {ROWS}


def test_each_fault_is_caught_in_every_row(database: Path) -> None:
    single: dict[str, Suite] = {
        suite.check_name(e): replace(suite, table=f"{suite.table}__{e.name}", expectations=(e,))
        for suite in SUITES
        for e in suite.expectations
    }
    outcomes = dict(zip(single, run_suites(database, list(single.values())), strict=True))

    def wrong(check: str, outcome: CheckOutcome) -> bool:
        # A key that is absent or everywhere the same leaves no ten names.
        named = outcome.sample_ids or "key" in check or "_id_present" in check
        return (outcome.status, outcome.failed) != ("failed", ROWS) or not named

    assert {check: o for check, o in outcomes.items() if wrong(check, o)} == {}


@pytest.mark.parametrize(
    ("evidence", "is_personal"),
    [
        ('{"typed": "271450001"}', True),
        ('{"typed": 75199000001, "phone": "0901000001"}', True),
        ('{"id":075199000001}', True),
        ('{"record": "platform:271450001"}', False),
        ('{"hash": "3f271450001a"}', False),
        ('{"injected_on": "2021-11-08", "lot": "FF1234", "count": 12345678}', False),
        ('{"due_at": "2021-11-08T09:00:00+07:00"}', False),
    ],
)
def test_a_personal_number_in_evidence_is_told_from_codes(evidence: str, is_personal: bool) -> None:
    from checks.expectations.findings import PERSONAL_NUMBER

    found = duckdb.execute(f"select {PERSONAL_NUMBER} from (select ? as evidence)", [evidence])
    assert found.fetchone() == (is_personal,)


def test_what_happened_to_a_feed_more_than_a_week_ago_is_no_alarm(tmp_path: Path) -> None:
    (suite,) = FEEDS_SUITES
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema quality")
        connection.execute(
            f"create table {suite.name} as select {VALID[suite.table]} from range(2) as n (i)"
        )
        faults = ", ".join(FAULTS[suite.check_name(e)] for e in suite.expectations)
        connection.execute(f"update {suite.name} set age_days = 8, {faults}")
    outcomes = run_suites(path, FEEDS_SUITES)
    assert [o.rule_id for o in outcomes if o.passed] == [f"FEED-00{n}" for n in range(1, 8)]
