"""examples/landing: a small delivery as a ministry would send it, and what must come of it."""

from pathlib import Path

import duckdb
import pytest

from tests.command import ROOT, vax_json

AS_OF = "2021-11-12T08:00"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    home = tmp_path_factory.mktemp("example") / "home"
    said = vax_json(
        "run", "--landing", ROOT / "examples" / "landing", "--home", home, "--as-of", AS_OF
    )
    assert said["ok"]
    return duckdb.connect(str(Path(home) / "warehouse.duckdb"), read_only=True)


def rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return warehouse.execute(sql).fetchall()


def test_the_three_broken_records_are_rejected_with_file_and_line(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse, "select file, line, is_child, record is not null from raw.rejects order by all"
    ) == [
        ("complaints/2021-11-10/phan_anh.ndjson", 5, False, True),
        ("complaints/2021-11-10/phan_anh.ndjson", 6, True, True),
        ("doses/2021-11-09/benh_vien_nhap_bo_sung.csv", 7, False, True),
        ("doses/2021-11-09/benh_vien_nhap_bo_sung.csv", 8, False, True),
    ]


def test_one_person_under_two_numbers_and_two_spellings_is_one_citizen(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """Nguyễn Thị Hòa: accents and CCCD at dose 1, upper case without accents and CMND at dose 2."""
    assert rows(
        warehouse,
        "select count(distinct citizen_key), list(distinct citizen_id), count(*) from marts.fct_doses "
        "where list_has_any(source_record_ids, ['platform:DN-0001', 'platform:DN-0002'])",
    ) == [(1, ["075190000101"], 2)]


def test_a_lost_leading_zero_is_repaired_because_sex_and_year_agree(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse,
        "select id_number, list_contains(normalizations, 'id:leading_zeros') "
        "from staging.stg_doses where source_record_id = 'DN-0003'",
    ) == [("075085000102", True)]


def test_a_name_typed_decomposed_is_stored_composed(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse, "select full_name from staging.stg_doses where source_record_id = 'DN-0003'"
    ) == [("Trần Văn Đạt",)]


def test_the_same_dose_typed_twice_stands_behind_one(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse,
        "select count(*), max(len(source_record_ids)) from marts.fct_doses "
        "where list_has_any(source_record_ids, ['platform:DN-0008', 'platform:DN-0009'])",
    ) == [(1, 2)]


@pytest.mark.parametrize(
    ("rule", "subject"),
    [
        ("ID-001", "platform:BV-0003"),  # no id number
        ("ID-017", "platform:DN-0013"),  # died three days before the injection
        ("DOSE-002", "platform:BV-0005"),  # "vắc xin"
        ("DOSE-005", "platform:BV-0005"),  # 31 February
        ("DOSE-011", "platform:DN-0012"),  # the mobile point had closed
        ("LOT-001", "platform:BV-0005"),
        ("LOT-004", "platform:DN-0010"),  # expired five days before
        ("SEQ-001", "platform:DN-0006"),  # Moderna after 14 days
        ("MIS-001", "platform:BV-0004"),  # second dose without a first
    ],
)
def test_the_error_in_the_example_is_found(
    warehouse: duckdb.DuckDBPyConnection, rule: str, subject: str
) -> None:
    found = rows(
        warehouse,
        f"""
        select distinct f.rule_id from quality.findings f
        left join marts.mention_links l on f.subject_id in (l.mention_id, l.citizen_key)
        where f.rule_id = '{rule}' and '{subject}' in (f.subject_id, l.source_record_id)
        """,
    )
    assert found == [(rule,)]


def test_complaints_are_routed_and_decided_as_recorded(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert rows(
        warehouse,
        "select complaint_id, route, state from marts.fct_complaints order by complaint_id",
    ) == [
        ("PA-0001", "FACILITY", "ROUTED"),
        ("PA-0002", "FACILITY", "APPROVED"),
        ("PA-0003", "PORTAL_POOL", "REJECTED"),
        ("PA-0004", "FACILITY", "ROUTED"),
        ("PA-0006", "PORTAL_POOL", "RECEIVED"),
    ]


def test_the_national_series_is_kept_as_published_with_its_gaps(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    """What was delivered after as_of is loaded, but not yet known."""
    assert rows(
        warehouse,
        "select count(*), min(report_date)::varchar, max(doses_administered) "
        "from staging.stg_administered_reports where province_code = 'VN'",
    ) == [(28, "2021-03-08", 178_818_612)]
