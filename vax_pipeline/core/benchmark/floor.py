"""The floor: load the doses as text, copy them typed, join them on the id, order them per person.

Bare DuckDB on the same files with the same limits. Whatever the pipeline does beyond this is its cost.
"""

import gzip
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import fastexcel

from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.settings import Settings

SHEET_HEADER_ROW = 2  # from 0, below the title
# Csv files: a union by name keeps a buffer for each, and those of thousands do not fit.
MOST_IN_A_UNION = 1_000
_CSV = (
    "read_csv([{files}], all_varchar = true, union_by_name = {by_name}, strict_mode = false, "
    "ignore_errors = true)"
)
_DOSE_FILES = {
    "parquet": "read_parquet([{files}], union_by_name = true)",
    "ndjson": "read_json([{files}], format = 'newline_delimited', union_by_name = true, "
    "ignore_errors = true)",
}


@dataclass(frozen=True)
class Floor:
    """Seconds of each part and rows of the result."""

    load: float
    copy: float
    join: float
    window: float
    rows: int

    @property
    def seconds(self) -> float:
        return self.load + self.copy + self.join + self.window


def measure_floor(settings: Settings, database: Path) -> Floor:
    """Run the floor once into a new database file, which is removed afterwards."""
    database.unlink(missing_ok=True)
    try:
        with duckdb.connect(
            str(database), config={**warehouse.engine_config(settings)}
        ) as connection:
            return _run(connection, settings.landing)
    finally:
        database.unlink(missing_ok=True)


def _run(connection: duckdb.DuckDBPyConnection, landing: Path) -> Floor:
    started = time.perf_counter()
    _load(connection, "doses_text", landing / "doses")
    _load(connection, "citizens_text", landing / "citizens")
    loaded = time.perf_counter()
    id_number = _column(connection, "id_number")
    injected = _column(connection, "injected_at")
    connection.execute(
        f"create table doses as select *, coalesce(try_cast({injected} as timestamp), "
        f"try_strptime({injected}, '%d/%m/%Y')) as floor_injected_on, "
        f"upper(trim({id_number})) as floor_id from doses_text"
    )
    copied = time.perf_counter()
    connection.execute(
        "create table linked as select d.*, c.citizen_id as floor_citizen_id "
        "from doses d left join citizens_text c on c.citizen_id = d.floor_id"
    )
    joined = time.perf_counter()
    connection.execute(
        "create table ordered as select *, row_number() over "
        "(partition by floor_id order by floor_injected_on) as floor_position from linked"
    )
    ended = time.perf_counter()
    rows = warehouse.number(connection, "select count(*) from ordered")
    return Floor(loaded - started, copied - loaded, joined - copied, ended - joined, rows)


def _load(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """All rows of a feed as text, whatever the format, in one table by header."""
    selects: list[str] = []
    for number, path in enumerate(sorted(folder.glob("*/*.xlsx"))):
        workbook: Any = fastexcel.read_excel(path)
        sheet = workbook.load_sheet_eager(0, header_row=SHEET_HEADER_ROW, dtypes="string")
        connection.register(f"sheet_{number}", sheet)
        selects.append(f"select * from sheet_{number}")
    csv = sorted(folder.glob("*/*.csv*"))
    if len(csv) <= MOST_IN_A_UNION:
        selects += [_select(_CSV, csv, by_name="true")] if csv else []
    else:
        selects += [_select(_CSV, files, by_name="false") for files in _by_header(csv)]
    for kind, reader in _DOSE_FILES.items():
        files = sorted(folder.glob(f"*/*.{kind}*"))
        if files:
            selects.append(_select(reader, files))
    connection.execute(f"create table {table} as " + " union all by name ".join(selects))


def _select(reader: str, files: Sequence[Path], **options: str) -> str:
    return "select * from " + reader.format(files=", ".join(f"'{p}'" for p in files), **options)


def _by_header(files: Sequence[Path]) -> list[list[Path]]:
    """Files with the same first line."""
    groups: dict[bytes, list[Path]] = {}
    for path in files:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            groups.setdefault(file.readline(), []).append(path)
    return list(groups.values())


def _column(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The column under whichever of its headers each file has."""
    present = {row[0] for row in connection.execute("describe doses_text").fetchall()}
    (known,) = (column for column in FEEDS["doses"].columns if column.name == name)
    columns = [f'"{header}"::varchar' for header in (name, *known.aliases) if header in present]
    return f"coalesce({', '.join(columns)})"
