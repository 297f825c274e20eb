"""Doubly encoded text: UTF-8 that somebody read as an 8-bit encoding and saved as UTF-8 once more.

"Nguyễn" arrives as "Nguyá»…n", or worse. ftfy undoes it; a value is mended only when nothing strange is
left afterwards, and what was delivered stays in `marks`. Any reader may call `mend_rows`; readers of text
first ask `is_suspect` of a whole block, so that sound text costs next to nothing.
"""

import re
from functools import lru_cache

import numpy as np
import polars as pl

from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.readers.vietnamese import accented_words, share
from vax_pipeline.core.feeds.spec import Feed

# What the bytes 80 to BF of UTF-8 become in Latin-1, Windows-1252 and Windows-1258, as long as the
# letters before them are what its first bytes become.
CONTINUATION = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
SIGNATURE = f"[ÃÄÅÆÌÍĂ][{CONTINUATION}]|á[º»]|â€|Â[\u0080-\u00bf]"
# Never Vietnamese, whatever stands around it, so that it may be undone where ftfy hesitates.
CERTAIN = re.compile(f"á[º»][{CONTINUATION}]|[ÄÆĂ][{CONTINUATION}]|Å[¨©]")
# What no sound value has: leftovers, or more than Latin letters and the usual signs.
STRANGE = re.compile(
    f"{SIGNATURE}|[^\t\n\r -~\u00a0°·«»²³\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff–—‘’“”…•₫€]"
)
FIRST_LOOK = re.compile(SIGNATURE)
LEFTOVER = re.compile("[ÂÃÄÅÆÌÍĂ]")
# Vietnamese Windows reads bytes as Windows-1258, which ftfy doesn't try by itself.
CODECS = ("sloppy-windows-1252", "sloppy-windows-1258")
REVERSIBLE = {"encode", "decode"}
PIECEWISE = {"apply"}

LEAD = np.uint8(0xC3)  # first byte, in UTF-8, of Ã Ä Å Æ Ì Í á â Â; that of Ă is the next
FOLLOWS = np.zeros(256, np.bool_)
FOLLOWS[[0xC2, 0xC5, 0xC6, 0xCB, 0xE2]] = True  # first bytes of CONTINUATION
STRETCH = 1 << 20  # what is looked at together stays in the processor's cache
ESCAPED = b"\\u00"  # json may spell every letter as an escape


def is_suspect(data: bytes, *, is_json: bool = False) -> bool:
    """Whether UTF-8 bytes may hold doubly encoded text; quick, and now and then mistaken."""
    if is_json and b"\\" in data and ESCAPED in data:
        return True
    if data.isascii():
        return False
    view = np.frombuffer(data, np.uint8)
    for start in range(0, len(view) - 2, STRETCH):
        part = view[start : start + STRETCH + 2]
        is_lead = (part[:-2] - LEAD) < 2
        is_lead &= part[2:] >= 0xC2
        places = np.flatnonzero(is_lead)
        # Two letters beyond ASCII side by side: hardly any are left, and few of these decide it.
        for place in start + places[FOLLOWS[part[places + 2]]]:
            if FIRST_LOOK.match(data[place : place + 5].decode("utf-8", "ignore")):
                return True
    return False


@lru_cache(maxsize=1 << 16)
def mended(value: str) -> str:
    """The text as it was meant, or the value itself where it is sound or can't be mended surely."""
    text = value
    while FIRST_LOOK.search(text) and (undone := _undone(text)) != text:
        text = undone
    return value if STRANGE.search(text) else text


def _undone(text: str) -> str:
    """The text with one reading undone, or several; itself when that would be a guess."""
    import ftfy  # a tenth of a second, for the few files that need it

    fixed, plan = ftfy.fix_encoding_and_explain(text)
    steps = {step.action for step in plan or ()}
    if fixed != text and steps <= REVERSIBLE:
        return fixed
    if CERTAIN.search(text) is None:
        return text
    for codec in CODECS:
        try:
            return text.encode(codec).decode()
        except UnicodeError:
            continue
    # Only a part of the value was read wrongly: what comes out must be Vietnamese to the last word.
    is_whole = LEFTOVER.search(fixed) is None and share(accented_words(fixed)) == 1
    return fixed if steps <= PIECEWISE and is_whole else text


def mend_rows(feed: Feed, rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Rows of a feed with doubly encoded values mended and noted, and counted in the facts.

    Args:
        rows: with the feed's columns as text, and `marks`.
    """
    fixes = {name: _fixes(rows[name]) for name in feed.column_names}
    fixes = {name: fix for name, fix in fixes.items() if fix.height}
    if not fixes:
        return rows
    fixed = {
        name: rows[name].replace_strict(
            fix["value"], fix["fixed"], default=None, return_dtype=pl.String
        )
        for name, fix in fixes.items()
    }
    count = sum(values.len() - values.null_count() for values in fixed.values())
    facts.repaired_values = (facts.repaired_values or 0) + count
    delivered = [_as_json(name, values, rows[name]) for name, values in fixed.items()]
    return rows.with_columns(
        _marked(delivered),
        *(values.fill_null(rows[name]).alias(name) for name, values in fixed.items()),
    )


def _fixes(column: pl.Series) -> pl.DataFrame:
    """The different values of a column that can be mended, and what they become."""
    suspects = column.filter(column.str.contains(SIGNATURE).fill_null(False)).unique()
    pairs = [(value, mended(value)) for value in suspects]
    changed = [(value, fixed) for value, fixed in pairs if fixed != value]
    return pl.DataFrame(changed, schema={"value": pl.String, "fixed": pl.String}, orient="row")


def _as_json(name: str, fixed: pl.Series, delivered: pl.Series) -> pl.Expr:
    """`"column":"text as delivered"` where a value was mended, else null."""
    text = pl.struct(pl.lit(delivered).alias(name)).struct.json_encode().str.slice(1)
    return pl.when(pl.lit(fixed).is_not_null()).then(text.str.head(-1))


def _marked(delivered: list[pl.Expr]) -> pl.Expr:
    """`marks` with `repaired` added, where anything was."""
    repaired = pl.concat_str(delivered, separator=",", ignore_nulls=True)
    note = pl.concat_str(pl.lit('"repaired":{'), repaired, pl.lit("}}"))
    begun = pl.col("marks").str.head(-1) + ","
    whole = pl.concat_str(pl.coalesce(begun, pl.lit("{")), note)
    return pl.when(repaired != "").then(whole).otherwise(pl.col("marks")).alias("marks")
