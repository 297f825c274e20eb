"""What a cell says, as text that loses nothing.

Numbers are their digits, dates ISO text, truth values TRUE and FALSE, errors and formulas without a
value what Excel shows of them.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import cast

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.sheets.cells import Cells, Kind
from vax_pipeline.core.feeds.readers.sheets.formats import Format
from vax_pipeline.core.feeds.readers.sheets.markup import Flags, Positions, resolve_escapes
from vax_pipeline.core.feeds.readers.sheets.workbook import Workbook
from vax_pipeline.core.feeds.readers.sheets.xml_parser import damaged

DIGITS = r"^-?[0-9]+$"
NUMBER = re.compile(r"\s*[-+]?[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]+)?\s*")
EXACT_DIGITS = 15  # of a number's 17 the last two are noise
MAX_EXPONENT = 400  # Excel's numbers end at 308
DAY_MS = 86_400_000
# Serial 0, by which serial 61 is 1900-03-01. Excel believes that 1900 was a leap year: what it calls
# day 60 never was, and earlier ones are a day further on.
EPOCH_MS = -25_569 * DAY_MS
EPOCH_1904_MS = -24_107 * DAY_MS
NO_DAY = 60
DAYS = 2_958_466  # up to 9999-12-31
HOUR_MS = 3_600_000
MIDNIGHT = r"^(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?$"
MOMENT = r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.0+)?$"


def to_text(cells: Cells, workbook: Workbook) -> pl.Series:
    """The text of each cell, in their order; empty where a cell refers to an empty text.

    Raises:
        QuarantineError: a cell refers to a text that the workbook does not hold.
    """
    texts = cells.text
    for kind in np.unique(cells.kind).tolist():
        chosen = cells.kind == kind
        if kind == Kind.SHARED:
            texts = _put(texts, chosen, _look_up(_take(texts, chosen), workbook.texts))
        elif kind == Kind.TEXT:
            texts = _put(texts, chosen, resolve_escapes(_take(texts, chosen)))
        elif kind == Kind.BOOLEAN:
            shown = _take(texts, chosen).replace({"1": "TRUE", "0": "FALSE"})
            texts = _put(texts, chosen, shown)
        elif kind == Kind.MOMENT:
            shown = _take(texts, chosen).str.replace(MIDNIGHT, "$1").str.replace(MOMENT, "$1 $2")
            texts = _put(texts, chosen, shown)
        elif kind == Kind.NUMBER:
            texts = _show_numbers(texts, chosen, cells, workbook)
    return texts


def _show_numbers(texts: pl.Series, chosen: Flags, cells: Cells, workbook: Workbook) -> pl.Series:
    formats = workbook.formats
    style = np.where(cells.style < len(formats), cells.style, 0)
    known = np.where(cells.style < len(formats), formats[style], Format.NUMBER)
    has_digits = chosen & (known == Format.NUMBER)
    texts = _put(texts, has_digits, digits(_take(texts, has_digits)))
    for form in (Format.DATE, Format.ELAPSED):
        of_form = chosen & (known == form)
        if of_form.any():
            serials = _take(texts, of_form)
            texts = _put(texts, of_form, _moments(serials, form, uses_1904=workbook.uses_1904))
    return texts


def digits(numbers: pl.Series) -> pl.Series:
    """Numbers without exponent, without a fraction of zeros, with no digit lost or added."""
    is_odd = ~numbers.str.contains(DIGITS)
    odd = numbers.filter(is_odd)
    distinct = odd.unique()
    plain = odd.replace_strict(distinct, [_digits(number) for number in distinct])
    return numbers.scatter(is_odd.arg_true(), plain) if len(odd) else numbers


def _digits(number: str) -> str:
    try:
        value = Decimal(number.strip())
    except InvalidOperation:
        return number
    if not NUMBER.fullmatch(number) or abs(value.adjusted()) > MAX_EXPONENT:
        return number
    if len(value.as_tuple().digits) > EXACT_DIGITS and value != value.to_integral_value():
        value = Decimal(repr(float(value)))  # 36.600000000000001 is how Excel writes 36.6
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moments(serials: pl.Series, form: Format, *, uses_1904: bool) -> pl.Series:
    """Serial numbers as dates, moments or times; what is no date stays its digits."""
    serial = serials.cast(pl.Float64, strict=False).fill_null(-1).to_numpy()
    is_moment = (serial >= 0) & (serial < DAYS) & (uses_1904 | (np.floor(serial) != NO_DAY))
    since = np.rint(np.where(is_moment, serial, 0) * DAY_MS).astype(np.int64)
    is_time = (since < DAY_MS) | (form == Format.ELAPSED)
    if uses_1904:
        instant = since + EPOCH_1904_MS
    else:
        instant = since + EPOCH_MS + np.where(since < NO_DAY * DAY_MS, DAY_MS, 0)
    shown = _iso(instant).str.strip_suffix(" 00:00:00")
    clock = pl.Series(since // HOUR_MS).cast(pl.String).str.zfill(2) + _iso(since).str.slice(13)
    shown = _put(shown, is_time, _take(clock, is_time))
    return _put(shown, ~is_moment, digits(_take(serials, ~is_moment)))


def _iso(instant: Positions) -> pl.Series:
    """Milliseconds since 1970 as `2021-11-08 14:30:00`, with a fraction only if there is one."""
    return pl.Series(instant).cast(pl.Datetime("ms")).cast(pl.String).str.strip_suffix(".000")


def _look_up(places: pl.Series, texts: pl.Series) -> pl.Series:
    place = places.cast(pl.UInt32, strict=False)
    if place.has_nulls() or (len(place) and int(cast(int, place.max())) >= len(texts)):
        raise damaged("a cell refers to a text that is not there")
    return texts.gather(place)


def _take(texts: pl.Series, chosen: Flags) -> pl.Series:
    return texts.filter(pl.Series(chosen))


def _put(texts: pl.Series, chosen: Flags, values: pl.Series) -> pl.Series:
    return texts.scatter(pl.Series(np.flatnonzero(chosen)), values)
