"""Which delivered column is which: headers to columns of the feed, the rest to `extra`."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from vax_pipeline.core.feeds.reject_columns import Answers
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason
from vax_pipeline.core.feeds.spec import Feed, header_key


@dataclass(frozen=True)
class HeaderMatch:
    """Positions of delivered columns, by column of the feed, and by name for unknown ones."""

    known: dict[str, int]
    unknown: dict[str, int]


def match_headers(feed: Feed, headers: Sequence[str]) -> HeaderMatch:
    """Match a file's headers with the feed.

    Raises:
        QuarantineError: a header occurs twice, or a required column is missing.
    """
    accepted = feed.headers
    known: dict[str, int] = {}
    unknown: dict[str, int] = {}
    seen_unknown: set[str] = set()
    for position, header in enumerate(headers):
        key = header_key(header)
        column = accepted.get(key)
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
    accepted = feed.headers

    def score(delimiter: str) -> tuple[int, int]:
        cells = rows[delimiter]
        return (sum(header_key(cell) in accepted for cell in cells), len(cells))

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
