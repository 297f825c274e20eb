"""The comparison with pandas and PostgreSQL: same outputs, the stated ones, and a difference is seen."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from benchmarks import duckdb_engine, pandas_script, postgres_engine
from benchmarks.compare import Figures, as_document
from benchmarks.inputs import COLUMNS, converted, rows
from benchmarks.outputs import OUTPUTS, digest, digests
from tests.postgres import programs
from vax_pipeline.cli.bench.shared import drop_unreadable_files
from vax_pipeline.core.simulation import simulate

ENGINES = {
    "duckdb": duckdb_engine.main,
    "pandas": pandas_script.main,
    "postgres": postgres_engine.main,
}
Engine = Callable[[Path, Path], None]

# Columns as in DOSE_COLUMNS; of few people, a row for each thing that may go wrong.
DOSES = [
    ("1", "add", "2021-08-01 08:00:00", "", "Trần Thị Bình", "02/03/1985", "Nữ", "075185000001", "Mũi 1",
     "AstraZeneca", "2021-08-01"),
    # The same dose typed again three days on, by another facility, in another form: the first stays.
    ("2", "add", "04/08/2021 09:30:00", "F1", "TRAN THI BINH", "1985", "2", "75185000001", "1", "AZD1222",
     "04/08/2021"),
    # By the number she had before, too early after the first.
    ("3", "add", "1629450000000", "F1", "Trần Thị Bính", "1985-03-02", "F", "271450001", "Mũi 2",
     "Pfizer-BioNTech", "1629450000000"),
    # A record corrected twice in one minute (what came last counts), and one deleted.
    ("4", "add", "2021-08-01 10:00:00", "F1", "Lê Văn An", "1990-01-01", "M", "B1234567", "1", "Moderna",
     "2021-08-01"),
    ("4", "update", "2021-08-02 10:00:00", "F2", "Lê Văn An", "1990-01-01", "M", "B1234567", "2", "Pfizer",
     "2021-08-01"),
    ("4", "update", "2021-08-02 10:00:00", "F1", "Lê Văn An", "1990-01-01", "M", "B1234567", "1", "Abdala",
     "31/09/2021"),
    ("5", "add", "2021-08-01 11:00:00", "F1", "Lê Văn An", "1990-01-01", "M", "", "1", "Abdala",
     "2021-08-01"),
    ("5", "delete", "2021-08-03 11:00:00", "F1", "Lê Văn An", "1990-01-01", "M", "", "1", "Abdala",
     "2021-08-01"),
]  # fmt: skip
DOSE_COLUMNS = ("source_record_id", "action", "entered_at", "facility_code", "full_name", "date_of_birth",
                "sex", "id_number", "dose_label", "vaccine_name", "injected_at")  # fmt: skip
EXPECTED = {
    "typed_doses": [
        ["platform:1", "2021-08-01", "2021-08-01 08:00:00", "AZ", "primary", "1", "F2", "075185000001"],
        ["platform:2", "2021-08-04", "2021-08-04 09:30:00", "AZ", "primary", "1", "F1", "075185000001"],
        ["platform:3", "2021-08-20", "2021-08-20 16:00:00", "PFIZER", "primary", "2", "F1", "271450001"],
        ["platform:4", "", "2021-08-02 10:00:00", "ABDALA", "primary", "1", "F1", "B1234567"],
    ],
    "id_match": [
        ["platform:1", "075185000001", "current", "NBS"],
        ["platform:2", "075185000001", "current", "NBS"],
        ["platform:3", "075185000001", "previous", "NBS"],
        ["platform:4", "", "", ""],
    ],
    "duplicates": [["platform:2", "platform:1", "3"]],
    "interval_findings": [["platform:3", "platform:1", "AZ", "19", "28"]],
    "province_table": [
        ["75", "2021-08-01", "1", "1", "0", "0", "0"],
        ["75", "2021-08-04", "0", "0", "0", "1", "0"],
        ["75", "2021-08-20", "1", "0", "1", "0", "1"],
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated landing as plain CSV."""
    folder = tmp_path_factory.mktemp("compared")
    simulate(2_000, 7, date(2021, 12, 8), folder)
    drop_unreadable_files(folder)
    return converted(folder / "landing", folder / "csv")


@pytest.fixture(scope="module")
def by_duckdb(files: Path) -> Path:
    out = files.parent / "duckdb"
    out.mkdir()
    duckdb_engine.main(files, out)
    return out


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "postgres":
        needs_postgres()
    return ENGINES[request.param]


def needs_postgres() -> None:
    try:
        programs()
    except FileNotFoundError as error:
        pytest.skip(str(error))


def test_outputs_are_those_stated(engine: Engine, tmp_path: Path) -> None:
    engine(written_by_hand(tmp_path / "csv"), tmp_path)
    assert {name: values(tmp_path, name) for name in OUTPUTS} == EXPECTED


def test_engines_agree_on_simulated_doses(
    engine: Engine, files: Path, by_duckdb: Path, tmp_path: Path
) -> None:
    engine(files, tmp_path)
    expected = digests(by_duckdb)
    assert digests(tmp_path) == expected
    assert rows(files, "doses") > expected["typed_doses"][1] > 3_000
    assert all(count > 0 for _, count in expected.values())


def test_another_spelling_in_the_input_is_another_output(
    files: Path, by_duckdb: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(files, tmp_path / "csv")
    first, *others = values(files, "doses-0001")
    first[1 + COLUMNS["doses"].index("vaccine_name")] = "unknown product"
    write(changed / "doses-0001.csv", ("sequence", *COLUMNS["doses"]), [first, *others])
    pandas_script.main(changed, tmp_path)
    ours, theirs = digests(by_duckdb), digests(tmp_path)
    assert theirs["typed_doses"] != ours["typed_doses"]
    assert theirs["id_match"] == ours["id_match"]
    document = as_document([figures("DuckDB", ours), figures("pandas", theirs)])
    assert not document["ok"]
    assert "typed_doses" in document["differing"]
    assert "id_match" not in document["differing"]


def test_the_hash_knows_order_and_value_but_not_quotes(by_duckdb: Path, tmp_path: Path) -> None:
    name = "duplicates"
    hashed = digest(by_duckdb, name)
    found = values(by_duckdb, name)
    write(tmp_path / f"{name}.csv", OUTPUTS[name], found, quoting=csv.QUOTE_ALL)
    assert digest(tmp_path, name) == hashed
    write(tmp_path / f"{name}.csv", OUTPUTS[name], [found[1], found[0], *found[2:]])
    assert digest(tmp_path, name) != hashed
    write(tmp_path / f"{name}.csv", OUTPUTS[name], [[found[0][0], found[0][1], "99"], *found[1:]])
    assert digest(tmp_path, name) != hashed
    write(tmp_path / f"{name}.csv", OUTPUTS[name][::-1], found)
    with pytest.raises(ValueError, match="has the columns"):
        digest(tmp_path, name)


def figures(engine: str, hashed: dict[str, tuple[str, int]]) -> Figures:
    return Figures(engine, "1", 1.0, 1.0, 1.0, {}, hashed)


def written_by_hand(folder: Path) -> Path:
    """The doses above, one woman of the register, two facilities of Biên Hòa."""
    folder.mkdir()
    doses = [dict(zip(DOSE_COLUMNS, dose, strict=True)) for dose in DOSES]
    for dose in doses:
        dose.update(source_system="", entered_by_facility_code="F2")
    write(
        folder / "doses-0001.csv",
        ("sequence", *COLUMNS["doses"]),
        [[str(n), *(dose[c] for c in COLUMNS["doses"])] for n, dose in enumerate(doses)],
    )
    citizens = [
        ["1", "075185000001", "", "Trần Thị Sai", "1985-03-02", "F"],
        ["2", "075185000001", "271450001, 271450002", "Trần Thị Bình", "1985-03-02", "F"],
        ["3", "075185000002", "271450002", "Trần Thị Bình", "1985-03-02", "F"],
    ]
    write(folder / "citizens-0001.csv", ("sequence", *COLUMNS["citizens"]), citizens)
    facilities = [["1", "F1", "26065"], ["2", "F2", "26065"]]
    write(folder / "facilities-0001.csv", ("sequence", *COLUMNS["facilities"]), facilities)
    return folder


def values(folder: Path, name: str) -> list[list[str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


def write(
    path: Path, header: tuple[str, ...], lines: list[list[str]], quoting: int = csv.QUOTE_MINIMAL
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=quoting).writerows([header, *lines])  # pyright: ignore[reportArgumentType]
