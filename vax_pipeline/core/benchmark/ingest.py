"""Loading measured against the bare engine: the same files into text columns, nothing else asked.

What the pipeline does beyond that is its cost: sha256, line numbers, independent counts, rejects, the
contract, nested lineage columns. Files are the simulated doses many times over, with bad records in them.
A workbook is measured against reading its sheet as text with the fastest reader there is, into memory.
"""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import clock, warehouse
from vax_pipeline.core.benchmark.sampling import MemorySampler
from vax_pipeline.core.benchmark.sheets import MOST_ROWS, time_bare_read, write_workbook
from vax_pipeline.core.feeds.catalog import DOSES
from vax_pipeline.core.feeds.feed_load import FeedLoad
from vax_pipeline.core.feeds.gates import Contract
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.settings import Settings

FIRST_DAY = date(2021, 8, 1)
ROWS_A_FILE = 1_000_000
ROUNDS = 3
FLOOR = {
    "csv": "read_csv(?, all_varchar = true, header = true, delim = ',', quote = '\"', "
    "strict_mode = false, ignore_errors = true)",
    "parquet": "read_parquet(?)",
}
# A record each of what senders get wrong, as it would stand in a file of doses.
BAD_RECORDS = (
    "platform,short",
    'platform,"never closed,add,2021-11-08 08:00:00',
    "platform" + "," * (len(DOSES.columns) - 1),  # no key
)


@dataclass(frozen=True)
class FormatFigures:
    """One format: medians of interleaved rounds, seconds; records of all files."""

    name: str
    floor: float
    seconds: float
    records: int
    loaded: int
    rejected: int
    peak_gb: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.floor


def write_dose_workbook(rows: int, folder: Path) -> None:
    """Write doses as one workbook, `folder/doses/<date>/doses.xlsx`, as many as a sheet can have."""
    path = _file(folder, FIRST_DAY, "xlsx")
    path.parent.mkdir(parents=True)
    write_workbook(path, min(rows, MOST_ROWS))


def write_dose_files(seed: Settings, rows: int, folder: Path, kind: str) -> None:
    """Write `rows` doses as `folder/doses/<date>/doses.<kind>` (csv or parquet), a million a file.

    Args:
        seed: a home whose raw.doses is repeated with new record ids.
    """
    rest = ", ".join(f'"{name}"' for name in DOSES.column_names if name not in DOSES.key)
    with warehouse.reader(seed) as connection:
        have = warehouse.count(connection, DOSES.raw_table)
        for number, first in enumerate(range(0, rows, ROWS_A_FILE)):
            path = _file(folder, FIRST_DAY + timedelta(days=number), kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            size = min(ROWS_A_FILE, rows - first)
            options = "header" if kind == "csv" else "format parquet"
            connection.execute(
                f"copy (select source_system, source_record_id || '-{number}-' || i "
                f"as source_record_id, {rest} from {DOSES.raw_table.sql}, "
                f"range({-(-size // have)}) copies(i) limit {size}) to '{path}' ({options})"
            )
            if kind == "csv":
                _plant_bad_records(path)


def measure_format(
    settings: Settings,
    landing: Path,
    kind: str,
    contract: Contract,
    on_round: Callable[[str], None],
) -> FormatFigures:
    """Load the files of a format by the bare engine and by the pipeline, in turn."""
    files = sorted(landing.glob(f"doses/*/*.{kind}"))
    floors: list[float] = []
    ours: list[float] = []
    peak, load = 0.0, None
    for number in range(1, ROUNDS + 1):
        on_round(f"{kind}: round {number} of {ROUNDS}, bare engine")
        floors.append(_time_floor(settings, files, kind))
        on_round(f"{kind}: round {number} of {ROUNDS}, pipeline")
        with MemorySampler() as memory:
            seconds, load = _time_load(settings, landing, contract)
        ours.append(seconds)
        peak = max(peak, memory.peak_gb())
    if load is None:
        raise ValueError("at least one round is needed")
    return FormatFigures(
        kind,
        statistics.median(floors),
        statistics.median(ours),
        load.records,
        load.loaded,
        load.rejected,
        peak,
    )


def _time_floor(settings: Settings, files: list[Path], kind: str) -> float:
    if kind == "xlsx":
        return sum(map(time_bare_read, files))
    database = settings.root / "floor.duckdb"
    database.unlink(missing_ok=True)
    started = time.perf_counter()
    with duckdb.connect(str(database), config={**warehouse.engine_config(settings)}) as connection:
        connection.execute(
            f"create table doses as select * from {FLOOR[kind]}", [[str(file) for file in files]]
        )
    seconds = time.perf_counter() - started
    database.unlink()
    return seconds


def _time_load(settings: Settings, landing: Path, contract: Contract) -> tuple[float, FeedLoad]:
    """Load everything into a new warehouse."""
    home = settings.at(settings.root / "loaded", landing)
    shutil.rmtree(home.root, ignore_errors=True)
    with warehouse.writer(home) as connection:
        warehouse.bootstrap(connection)
        started = time.perf_counter()
        load = load_feed(
            connection,
            home,
            DOSES,
            list(_days(landing)),
            load_id="bench",
            loaded_at=clock.now_on_the_wall(),
            contract=contract,
        )
    seconds = time.perf_counter() - started  # with the checkpoint of closing, as the floor has it
    shutil.rmtree(home.root)
    if load.files_failed or load.loaded + load.rejected != load.records:
        raise ValueError(f"{load.files_failed} files failed, or the account does not close")
    return seconds, load


def _days(landing: Path) -> Iterator[date]:
    for folder in sorted((landing / "doses").iterdir()):
        yield date.fromisoformat(folder.name)


def _file(folder: Path, day: date, kind: str) -> Path:
    return folder / "doses" / day.isoformat() / f"doses.{kind}"


def _plant_bad_records(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(("\n".join(BAD_RECORDS) + "\n").encode())


def as_steps(figures: list[FormatFigures]) -> list[dict[str, Any]]:
    """The figures as the steps of a bench document."""
    return [
        {
            "name": f.name,
            "seconds": round(f.seconds, 2),
            "peak_rss_gb": round(f.peak_gb, 2),
            "floor_seconds": round(f.floor, 2),
            "ratio": round(f.ratio, 2),
            "records": f.records,
            "loaded": f.loaded,
            "rejected": f.rejected,
        }
        for f in figures
    ]
