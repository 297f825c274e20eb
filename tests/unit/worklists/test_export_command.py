"""`vax export` as a person and a program use it."""

import json
from pathlib import Path

import pytest
from filling import Filled
from typer.testing import CliRunner, Result
from worklist_tables import create_tables

from vax_pipeline.cli.app import app
from vax_pipeline.core import home as homes
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import Settings

AS_OF = "2021-12-08T08:00:00+07:00"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose warehouse holds the worklists and nothing else."""
    monkeypatch.setattr(warehouse, "is_built", lambda *_, **__: True)
    settings = Settings()
    with warehouse.writer(settings) as connection:
        create_tables(connection)
    return settings


def vax(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, arguments)], env={"COLUMNS": "400"})


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_the_worklists_of_one_owner_are_written(settings: Settings, tmp_path: Path) -> None:
    result = vax("--owner", "F1", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    path = tmp_path / "out" / "worklists-F1-2021-12-08.xlsx"
    assert str(path) in said(result)
    assert "wl_facility_review │ 1" in said(result)
    assert Filled(path).book.sheetnames[1:-1] == ["Phản ánh cần xử lý", "Rà soát hồ sơ tiêm"]


def test_the_document_is_as_the_help_says(settings: Settings, tmp_path: Path) -> None:
    result = vax("--owner", "CDC75", "--out", tmp_path, "--json")
    assert json.loads(result.stdout) == {
        "owner": "CDC75",
        "name": "CDC Đồng Nai",
        "as_of": AS_OF,
        "path": str(tmp_path / "worklists-CDC75-2021-12-08.xlsx"),
        "rows": {
            "wl_facility_complaints": 0,
            "wl_agency_pool": 0,
            "wl_commune_identity": 0,
            "wl_facility_review": 0,
            "wl_cdc_lots": 1,
            "wl_escalations": 0,
            "wl_returning_citizens": 0,
        },
    }


def test_a_province_gets_the_lists_of_all_its_owners(settings: Settings, tmp_path: Path) -> None:
    rows = json.loads(vax("--owner", "75", "--out", tmp_path, "--json").stdout)["rows"]
    assert set(rows.values()) == {1}


def test_who_has_nothing_to_do_is_told_so(settings: Settings, tmp_path: Path) -> None:
    result = vax("--owner", "F2", "--out", tmp_path)
    assert result.exit_code == 0
    assert "F2 has nothing to do as of 2021-12-08" in said(result)
    assert json.loads(vax("--owner", "F2", "--out", tmp_path, "--json").stdout)["path"] is None


def test_an_unknown_owner_is_told_with_near_codes(settings: Settings, tmp_path: Path) -> None:
    result = vax("--owner", "CDC57", "--out", tmp_path)
    assert result.exit_code == 1
    assert "no facility, agency or province has the code 'CDC57': did you mean CDC75" in said(
        result
    )


def test_what_someone_may_be_filling_in_is_not_written_over(
    settings: Settings, tmp_path: Path
) -> None:
    vax("--owner", "F1", "--out", tmp_path)
    again = vax("--owner", "F1", "--out", tmp_path)
    assert again.exit_code == 1
    assert "someone may be filling it in" in said(again)


def test_nothing_is_exported_into_the_landing_folder(settings: Settings) -> None:
    result = vax("--owner", "F1", "--out", settings.landing / "record_reviews")
    assert result.exit_code == 1
    assert "export elsewhere" in said(result)


def test_a_run_is_not_disturbed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise homes.HomeBusyError("the home is in use by process 7")

    monkeypatch.setattr("vax_pipeline.cli.reading.held", busy)
    assert "in use by process 7" in said(vax("--owner", "F1"))
