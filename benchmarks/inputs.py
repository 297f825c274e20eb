"""The files all three read: plain CSV under the catalog's own names, made once, outside the timing.

The landing files differ in format and header. The pipeline's own loader reads them, so that the three
get the same records; only the columns that the outputs need are written.
"""

import shutil
from datetime import date
from pathlib import Path

import duckdb

from vax_pipeline.core import clock, warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.settings import Settings

RECIPE = "1"  # of the CSV files: change it with what is written, or an old set is measured again
ROWS_A_FILE = 500_000  # several files at each scale, so that each engine may read them side by side
COLUMNS = {
    "doses": (
        "source_system", "source_record_id", "action", "entered_at", "entered_by_facility_code",
        "facility_code", "full_name", "date_of_birth", "sex", "id_number", "dose_label",
        "vaccine_name", "injected_at",
    ),
    "citizens": ("citizen_id", "previous_ids", "full_name", "date_of_birth", "sex"),
    "facilities": ("facility_code", "unit_code"),
}  # fmt: skip


def converted(landing: Path, folder: Path) -> Path:
    """The CSV files of a landing folder: `<feed>-<number>.csv` in `folder`.

    Raises:
        ValueError: a file of the landing folder could not be read.
    """
    mark = folder / f"complete-{RECIPE}"
    if mark.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    home = folder / "home"
    settings = Settings().at(home, landing).model_copy(update={"settle_seconds": 0})
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        for feed in COLUMNS:
            _load(connection, settings, feed)
            _write(connection, feed, folder)
    shutil.rmtree(home)
    mark.touch()
    return folder


def rows(folder: Path, feed: str) -> int:
    """Records in the CSV files of a feed."""
    with duckdb.connect() as connection:
        return warehouse.number(
            connection,
            f"select count(*) from read_csv('{folder}/{feed}-*.csv', all_varchar = true, header = true)",
        )


def _load(connection: duckdb.DuckDBPyConnection, settings: Settings, feed: str) -> None:
    days = [date.fromisoformat(day.name) for day in (settings.landing / feed).iterdir()]
    load = load_feed(
        connection,
        settings,
        FEEDS[feed],
        days,
        load_id="benchmark",
        loaded_at=clock.now_on_the_wall(),
    )
    if load.files_failed:
        raise ValueError(f"{load.files_failed} files of {feed} could not be read")


def _write(connection: duckdb.DuckDBPyConnection, feed: str, folder: Path) -> None:
    """Write raw as CSV, numbered as delivered; an empty text is no value, a record is one line."""
    texts = ", ".join(
        rf"nullif(regexp_replace({name}, '[\r\n]+', ' ', 'g'), '') as {name}"
        for name in COLUMNS[feed]
    )
    connection.execute(
        f"create temp table numbered as select row_number() over "
        f"(order by delivery_date, file, line) as sequence, {texts} from {FEEDS[feed].raw_table.sql}"
    )
    last = warehouse.number(connection, "select count(*) from numbered")
    for number, first in enumerate(range(0, last, ROWS_A_FILE), start=1):
        connection.execute(
            f"copy (select * from numbered where sequence > {first} "
            f"and sequence <= {first + ROWS_A_FILE} order by sequence) "
            f"to '{folder}/{feed}-{number:04}.csv' (header)"
        )
    connection.execute("drop table numbered")
