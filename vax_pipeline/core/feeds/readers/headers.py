"""Which delivered column is which: headers to columns of the feed, the rest to `extra`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from vax_pipeline.core.feeds.readers.mojibake import mended
from vax_pipeline.core.feeds.reject_columns import Answers
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason
from vax_pipeline.core.feeds.spec import Feed, header_key
from vax_pipeline.core.worklists.spec import worklist_in


@dataclass(frozen=True)
class HeaderMatch:
    """Positions of delivered columns, by column of the feed, and by name for unknown ones."""

    known: dict[str, int]
    unknown: dict[str, int]


def match_headers(feed: Feed, headers: Sequence[str]) -> HeaderMatch:
    """Match a file's headers with the feed.

    Raises:
        QuarantineError: a header occurs twice, a required column is missing, or it is a worklist that was
            saved as something else.
    """
    if any(worklist_in(header) is not None for header in headers):
        raise QuarantineError(
            Reason.UNSUPPORTED_FORMAT,
            "A worklist comes back as the workbook that it was given out as: deliver the .xlsx file.",
        )
    known: dict[str, int] = {}
    unknown: dict[str, int] = {}
    seen_unknown: set[str] = set()
    for position, header in enumerate(headers):
        key = header_key(header)
        column = column_of(feed, header)
        if column is not None:
            if column in known:
                raise QuarantineError(
                    Reason.DUPLICATE_HEADER,
                    f"Columns {known[column] + 1} and {position + 1} both mean {column}: "
                    "keep one of them.",
                )
            known[column] = position
            continue
        if key and key in seen_unknown:
            raise QuarantineError(
                Reason.DUPLICATE_HEADER,
                f"The header of column {position + 1} occurs twice: give each column its own name.",
            )
        seen_unknown.add(key)
        unknown[header.strip() if key else f"column_{position + 1}"] = position
    require_columns(feed, known)
    return HeaderMatch(known, unknown)


def column_of(feed: Feed, header: str) -> str | None:
    """The column that a header means, even one that was encoded twice; None for an unknown one."""
    known = feed.headers
    return known.get(header_key(header)) or known.get(header_key(mended(header)))


def require_columns(feed: Feed, present: Sequence[str] | dict[str, int] | set[str]) -> None:
    """Raise a quarantine that names what is missing.

    Headers found are counted, not quoted: a file without a header row has people in its first line.
    """
    missing = [name for name in feed.required if name not in present]
    if not missing:
        return
    if not present:
        message = "No header of this feed was recognized: is the first line the header row?"
    else:
        message = f"Required column missing: {', '.join(missing)}. Add it (it may be empty)."
    raise QuarantineError(Reason.MISSING_COLUMN, message)


def known_delimiter(feed: Feed, rows: dict[str, list[str]]) -> str:
    """Of a header line split by each delimiter, the one under which most columns are known."""

    def score(delimiter: str) -> tuple[int, int]:
        cells = rows[delimiter]
        return (sum(column_of(feed, cell) is not None for cell in cells), len(cells))

    return max(rows, key=score)


def shape_rows(feed: Feed, frame: pl.DataFrame, match: HeaderMatch) -> pl.DataFrame:
    """Delivered columns `c0..cn` and `line` as rows of the feed: absent ones null, others in extra.

    Empty text is null, except in a key column whose default is empty.
    """
    answers = Answers(match.unknown)
    columns: list[pl.Expr] = []
    for column in feed.columns:
        position = match.known.get(column.name)
        value = pl.lit(None, pl.String) if position is None else answers.value(position)
        if column.key and column.default is not None:
            value = pl.when(is_blank(value)).then(pl.lit(column.default)).otherwise(value)
        columns.append(value.alias(column.name))
    return frame.select(
        *columns, _extra(answers).alias("extra"), answers.marks().alias("marks"), "line"
    )


def repeated_headers(feed: Feed, rows: pl.DataFrame) -> list[int]:
    """Lines of rows that are the header once more, where files were put together.

    Raises:
        QuarantineError: a header of other columns, or in another order: what stands below it can't be
            told apart by this file's header.
    """
    # Keys have digits, headers have none: a look at one column, and hardly a row is left.
    wordy = rows.filter(_is_wordy(required_key(feed)[0])).filter(_is_wordy(*feed.required))
    wordy = wordy.select("line", *feed.column_names)
    words = {value for name in feed.required for value in wordy[name].unique() if value}
    headers = [word for word in words if column_of(feed, word) is not None]
    named = pl.any_horizontal(pl.col(name).is_in(headers) for name in feed.required)
    return [
        row["line"] for row in wordy.filter(named).iter_rows(named=True) if _is_header(feed, row)
    ]


def _is_header(feed: Feed, row: dict[str, Any]) -> bool:
    """Whether most cells of a row are headers, and each of its own column."""
    cells = {name: row[name] for name in feed.column_names if row[name]}
    meant = {name: column_of(feed, value) for name, value in cells.items()}
    if 2 * sum(column is not None for column in meant.values()) <= len(cells):
        return False
    if any(column not in (None, name) for name, column in meant.items()):
        raise QuarantineError(
            Reason.SECOND_HEADER,
            f"Another header row, with other columns, stands at line {row['line']}: "
            "deliver the files that were put together here one by one.",
        )
    return True


def _is_wordy(*columns: str) -> pl.Expr:
    return pl.all_horizontal(
        ~pl.col(name).str.contains("[0-9]").fill_null(False) for name in columns
    )


def empty_keys(feed: Feed) -> pl.Expr:
    """True for rows whose natural key has an empty part."""
    return pl.any_horizontal([is_blank(pl.col(name)) for name in required_key(feed)])


def required_key(feed: Feed) -> list[str]:
    """The parts of the natural key that must be given."""
    return [column.name for column in feed.columns if column.key and column.default is None]


def is_blank(value: pl.Expr) -> pl.Expr:
    """Null, empty or only white space."""
    return value.is_null() | (value.str.strip_chars() == "")


def _extra(answers: Answers) -> pl.Expr:
    values = [answers.value(place).alias(name) for name, place in answers.unknown.items()]
    stray = answers.stray_ids()
    if stray is None:
        return _json(values)
    return pl.when(stray.is_not_null()).then(_json([*values, stray])).otherwise(_json(values))


def _json(values: list[pl.Expr]) -> pl.Expr:
    """The values as a json object by name; null where none is given."""
    if not values:
        return pl.lit(None, pl.String)
    given = pl.any_horizontal([value.is_not_null() for value in values])
    return pl.when(given).then(pl.struct(values).struct.json_encode())
