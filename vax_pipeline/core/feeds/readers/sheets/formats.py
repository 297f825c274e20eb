"""Which number formats show a date or a length of time; a cell's number alone doesn't tell."""

import re
from collections.abc import Mapping
from enum import IntEnum


class Format(IntEnum):
    """How the number of a cell is shown, as far as its meaning goes."""

    NUMBER = 0
    DATE = 1  # or time of day, or both
    ELAPSED = 2  # hours beyond 24


# Formats without a code of their own (ECMA-376 part 1, 18.8.30); 27 to 36 and 50 to 58 are dates in
# East Asian programs.
BUILT_IN = {
    **dict.fromkeys([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)], Format.DATE),
    46: Format.ELAPSED,
}
# Text, escaped characters, widths and fillings; then what stands in brackets: colours, languages.
LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.')
BRACKETS = re.compile(r"\[[^\]]*\]")
ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
GENERAL = ("general", "standard")
DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)


def format_of(number: str, codes: Mapping[str, str]) -> Format:
    """The meaning of a format by its number, and the workbook's own format codes by number."""
    code = codes.get(number)
    if code is None:
        return BUILT_IN.get(int(number), Format.NUMBER) if number.isdigit() else Format.NUMBER
    # The first part is for positive numbers; dates have no others that matter.
    shown = LITERALS.sub("", code).split(";")[0]
    if ELAPSED.search(shown):
        return Format.ELAPSED
    shown = BRACKETS.sub("", shown)
    is_general = shown.strip().lower() in GENERAL
    return Format.DATE if not is_general and DATE_LETTERS.search(shown) else Format.NUMBER
