"""Writing feeds: which file format, which headers, which folder.

The folder is the delivery date: what is recorded by six in the morning arrives that day; before the
daily window deliveries are weekly. Bytes depend on the rows alone (no time stamps inside gzip).
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import IO, cast

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.simulation.doses import CUTOFF_MINUTES, DAY_MINUTES
from vax_pipeline.core.simulation.draws import Ints, day_number
from vax_pipeline.core.simulation.sheets import write_sheet

DAILY_WINDOW = 30
ALWAYS = 10_000  # days: every delivery is a daily one


@dataclass(frozen=True)
class Style:
    """One way of writing a file. `dates`: iso, time (with clock), vn (dd/mm/yyyy), epoch (ms)."""

    extension: str
    dates: str = "iso"
    separator: str = ","
    vietnamese: bool = False
    bom: bool = False


ISO_CSV = Style("csv")
ISO_GZIP = Style("csv.gz")
TIME_GZIP = Style("csv.gz", dates="time")
SEMICOLON = Style("csv", dates="vn", separator=";", vietnamese=True, bom=True)
VIETNAMESE = Style("csv", dates="vn", vietnamese=True)
PARQUET = Style("parquet")
SHEET = Style("xlsx", vietnamese=True)
NDJSON = Style("ndjson", dates="epoch")
NDJSON_ISO = Style("ndjson", dates="time")
WEEKLY_STYLES = (ISO_GZIP, PARQUET, VIETNAMESE, TIME_GZIP)
DAILY_STYLES = (
    *(ISO_CSV, SEMICOLON, TIME_GZIP, PARQUET, NDJSON),
    *(ISO_CSV, SEMICOLON, TIME_GZIP, SHEET, NDJSON),
)


def delivery_days(recorded: Ints, until: date, daily_window: int = DAILY_WINDOW) -> Ints:
    """Delivery day of things recorded at these minutes: daily lately, the next Monday before."""
    day = (recorded + DAY_MINUTES - CUTOFF_MINUTES) // DAY_MINUTES
    window = day_number(until) - daily_window
    # 1970-01-05 was a Monday.
    monday = day + (4 - day) % 7
    return np.where(day > window, day, np.minimum(monday, window))


def gather_history(landing: Path, until: date, daily_window: int = DAILY_WINDOW) -> None:
    """Hand over everything older than the daily window in one delivery, the day before it opens.

    A home begins with what the platform holds already. File names keep the day each was made, so that
    their order stays.
    """
    first = (until - timedelta(days=daily_window + 1)).isoformat()
    for file in sorted(landing.glob("*/*/*")):
        made_on = file.parent.name
        if made_on < first:
            target = file.parents[1] / first / f"{made_on}-{file.name}"
            target.parent.mkdir(exist_ok=True)
            file.rename(target)
    for folder in landing.glob("*/*"):
        if not any(folder.iterdir()):
            folder.rmdir()


def folder_of(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def write_feed(
    landing: Path, feed: str, day: int, frame: pl.DataFrame, style: Style, *, name: str = ""
) -> str:
    """Writes one file of a feed; returns its path below landing."""
    path = landing / feed / folder_of(day) / f"{name or feed}.{style.extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if style.vietnamese:
        frame = frame.rename({column: vietnamese_header(feed, column) for column in frame.columns})
    if style.extension == "parquet":
        frame.write_parquet(path, compression="zstd")
    elif style.extension == "xlsx":
        write_sheet(path, frame)
    elif style.extension == "ndjson":
        frame.write_ndjson(path)
    elif style.extension == "csv.gz":
        with (
            path.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as target,
        ):
            frame.write_csv(cast("IO[bytes]", target), separator=style.separator)
    else:
        frame.write_csv(path, separator=style.separator, include_bom=style.bom)
    return path.relative_to(landing).as_posix()


def vietnamese_header(feed: str, column: str) -> str:
    """The first alias of a column: what a facility's own spreadsheet calls it."""
    for known in FEEDS[feed].columns:
        if known.name == column and known.aliases:
            return known.aliases[0]
    return column


def in_feed_order(feed: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The feed's columns in the catalogue's order; columns without any value are left out."""
    needed = set(FEEDS[feed].required)
    names = [
        name
        for name in FEEDS[feed].column_names
        if name in frame.columns and (name in needed or frame[name].null_count() < len(frame))
    ]
    return frame.select(names)


def slices(days: Sequence[int] | Ints) -> list[tuple[int, slice]]:
    """Runs of equal delivery days in sorted rows."""
    ordered = np.asarray(days)
    edges = np.flatnonzero(np.diff(ordered)) + 1
    starts = np.concatenate([[0], edges]).astype(int)
    ends = np.concatenate([edges, [len(ordered)]]).astype(int)
    if not len(ordered):
        return []
    return [(int(ordered[a]), slice(int(a), int(b))) for a, b in zip(starts, ends, strict=True)]


# Text of values ---------------------------------------------------------------------------------


def day_text(column: str, style: Style) -> pl.Expr:
    """A Date column as the file writes days."""
    if style.dates == "vn":
        return pl.col(column).dt.strftime("%d/%m/%Y")
    if style.dates == "epoch":
        return (pl.col(column).cast(pl.Int32).cast(pl.Int64) * 86_400_000).cast(pl.String)
    return pl.col(column).dt.strftime("%Y-%m-%d")


def minute_text(column: str, style: Style, *, day_only: bool = False) -> pl.Expr:
    """Minutes since 1970, Vietnamese wall clock, as the file writes instants."""
    minutes = pl.col(column).cast(pl.Int64)
    if style.dates == "epoch":
        return ((minutes - 420) * 60_000).cast(pl.String)
    instant = (minutes * 60_000_000).cast(pl.Datetime("us"))
    day = "%d/%m/%Y" if style.dates == "vn" else "%Y-%m-%d"
    keeps_clock = not day_only or style.dates == "time"
    return instant.dt.strftime(f"{day} %H:%M:%S" if keeps_clock else day)


def sex_text(column: str, style: Style) -> pl.Expr:
    male, female = {"vn": ("Nam", "Nữ"), "epoch": ("1", "2")}.get(style.dates, ("M", "F"))
    return pl.when(pl.col(column)).then(pl.lit(female)).when(~pl.col(column)).then(pl.lit(male))


def birth_text(style: Style) -> pl.Expr:
    """Columns birth and birth_precision as typed; a year stays a year in every style."""
    year = pl.col("birth").dt.strftime("%Y")
    return (
        pl.when(pl.col("birth_precision") == "YEAR").then(year).otherwise(day_text("birth", style))
    )
