"""`vax rejects` as a person and a program use it, on a home with a few bad files."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from vax_pipeline.cli.app import app
from vax_pipeline.core import home as homes
from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.feeds.rejects import empty_key_reason
from vax_pipeline.core.settings import Settings

DAY = date(2021, 11, 8)
HEADER = "attestation_id,citizen_id,kind,signer_code,signed_at"
SECRET = "Nguyễn Thị Đào"
FILES = {
    "a.csv": f"{HEADER}\nA1,075,minutes,75,2021\n,075,{SECRET},[red]75[/x],2021\nA3,too few\n",
    "b.csv": f"{HEADER}\n,076,\x1b[2Jminutes,75,2021\n",
    "c.csv": "",
}


@pytest.fixture
def home() -> Settings:
    """Two rejects of a.csv, one of b.csv, and c.csv as a whole."""
    settings = Settings()
    folder = settings.landing / "attestations" / str(DAY)
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    load(settings)
    return settings


def load(settings: Settings) -> None:
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        now = datetime(2021, 11, 8, tzinfo=UTC)
        load_feed(connection, settings, FEEDS["attestations"], [DAY], load_id="test", loaded_at=now)


def vax(*arguments: str | Path, expect: int = 0) -> str:
    """`vax rejects ...` in this process: what it says on stdout and stderr together."""
    said = CliRunner().invoke(app, ["rejects", *map(str, arguments)], env={"COLUMNS": "400"})
    assert said.exit_code == expect, said.output
    return " ".join(said.output.split())


def vax_json(*arguments: str | Path) -> dict[str, Any]:
    said = CliRunner().invoke(app, ["rejects", *map(str, arguments), "--json"])
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


def test_open_rejects_are_listed_and_counted_and_nobody_is_named(home: Settings) -> None:
    said = vax()
    assert "attestations/2021-11-08/a.csv │ 3 │" in said
    assert (
        "attestations/2021-11-08/c.csv │ whole file │ The file is empty: deliver it again." in said
    )
    assert "attestations │ empty_key │ 2 │ 0" in said
    assert SECRET not in said
    assert "xxxxxx xxx xxx" not in said


def test_records_are_shown_to_who_asks_and_steer_no_terminal(home: Settings) -> None:
    said = vax("--reveal")
    assert f",075,{SECRET},[red]75[/x],2021" in said
    assert ",076,�[2Jminutes,75,2021" in said


def test_the_document_is_as_the_help_says(home: Settings) -> None:
    document = vax_json("--reason", "empty_key", "--file", f"attestations/{DAY}/a.csv")
    (reject,) = document["rejects"]
    reject_id = reject.pop("reject_id")
    assert (len(reject_id), reject_id[0]) == (17, "R")
    assert document == {
        "open": 1,
        "corrected": 0,
        "counts": {"attestations": {"empty_key": {"open": 1, "corrected": 0}}},
        "shown": 1,
        "rejects": [
            {
                "feed": "attestations",
                "delivery_date": "2021-11-08",
                "file": "attestations/2021-11-08/a.csv",
                "line": 3,
                "is_child": False,
                "reason_code": "empty_key",
                "reason": empty_key_reason(["attestation_id"]),
                "fix": "Fill in what is empty",
                "fix_vi": "Điền ô đang để trống",
                "record": ",999,xxxxxx xxx xxx,[xxx]99[/x],9999",
                "state": "open",
                "corrected_by": None,
            }
        ],
        "exports": [],
    }
    revealed = vax_json("--reason", "empty_key", "--reveal")["rejects"][0]["record"]
    assert revealed == f",075,{SECRET},[red]75[/x],2021"


def test_the_list_may_be_shortened_but_says_so(home: Settings) -> None:
    document = vax_json("--limit", "1")
    assert (document["open"], document["shown"], len(document["rejects"])) == (4, 1, 1)
    assert "1 of 4 shown: --limit 0 lists all" in vax("--limit", "1")
    assert vax_json("--limit", "0")["shown"] == 4


def test_a_corrected_export_is_dropped_into_the_landing_folder(
    home: Settings, tmp_path: Path
) -> None:
    document = vax_json("--file", f"attestations/{DAY}/b.csv", "--export", tmp_path / "out")
    paths = [Path(export["path"]) for export in document["exports"]]
    assert [path.name for path in paths] == ["b.csv.rejects.csv", "b.csv.rejects.xlsx"]
    header, row = paths[0].read_bytes().decode("utf-8-sig").split("\r\n")[:2]
    cells = row.split(",")
    cells[header.split(",").index("attestation_id")] = "B1"
    back = home.landing / "attestations" / str(DAY) / "back.csv"
    back.write_text("\r\n".join([header, ",".join(cells), ""]), encoding="utf-8-sig")
    load(home)
    document = vax_json("--reason", "empty_key")
    assert (document["open"], document["corrected"], document["shown"]) == (1, 1, 1)
    document = vax_json("--file", f"attestations/{DAY}/b.csv", "--all")
    assert document["rejects"][0]["state"] == "corrected"
    assert document["rejects"][0]["corrected_by"] == {
        "file": "attestations/2021-11-08/back.csv", "line": 2,
    }  # fmt: skip
    assert "│ attestations/2021-11-08/back.csv, line 2 │" in vax("--all")
    assert "No open rejects." in vax("--file", f"attestations/{DAY}/b.csv")


@pytest.mark.parametrize(
    ("name", "begins"), [("for_them.csv", b"\xef\xbb\xbfvax"), ("for_them.XLSX", b"PK")]
)
def test_the_rejects_of_one_file_go_into_one_of_any_name(
    home: Settings, tmp_path: Path, name: str, begins: bytes
) -> None:
    document = vax_json("--file", f"attestations/{DAY}/a.csv", "--export", tmp_path / name)
    assert document["exports"] == [
        {"path": str(tmp_path / name), "answers": "attestations/2021-11-08/a.csv", "rows": 2}
    ]
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_several_files_do_not_go_into_one(home: Settings, tmp_path: Path) -> None:
    said = vax("--export", tmp_path / "all.csv", expect=1)
    assert "these rejects come from 3 files" in said
    assert "give a folder, or choose with --file" in said


def test_nothing_is_exported_into_the_landing_folder(home: Settings) -> None:
    said = vax("--export", home.landing / "attestations" / str(DAY), expect=1)
    assert "export elsewhere" in said
    assert len(list(home.landing.rglob("*.csv"))) == len(FILES)


def test_an_export_in_the_way_is_told(home: Settings, tmp_path: Path) -> None:
    vax("--export", tmp_path / "out")
    assert "someone may be filling it in" in vax("--export", tmp_path / "out", expect=1)


def test_what_is_asked_wrongly_is_told(home: Settings) -> None:
    assert "none of the feeds" in vax("--feed", "dose", expect=2)
    assert "no date like 2021-11-08" in vax("--date", "8/11/2021", expect=2)
    assert "No open rejects." in vax("--date", "2021-11-09")


def test_a_home_without_a_warehouse_is_told(tmp_path: Path) -> None:
    assert "run `vax run` first" in vax("--home", tmp_path / "none", expect=1)


def test_a_home_of_an_earlier_version_is_told(home: Settings) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("alter table raw.deliveries drop column headers")
    assert "was not yet built by this version: run `vax run` once" in vax(expect=1)


def test_a_run_is_not_disturbed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise homes.HomeBusyError("the home is in use by process 7")

    monkeypatch.setattr("vax_pipeline.cli.reading.held", busy)
    assert "in use by process 7" in vax(expect=1)
