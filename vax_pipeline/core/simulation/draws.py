"""Seeded random draws and column-wise text edits, shared by the simulator's modules.

Each module draws from a stream of its own, so that adding a draw in one does not move the others.
"""

import zlib
from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EPOCH = np.datetime64("1970-01-01", "D")


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of one concern, independent of all others with the same seed."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def weighted(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indexes drawn by weight."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    luck = rng.random(size) * cumulative[-1]
    drawn: Ints = np.asarray(np.searchsorted(cumulative, luck, side="right"), dtype=np.int64)
    return np.minimum(drawn, len(cumulative) - 1)


def chance(rng: np.random.Generator, rate: float, size: int) -> Bools:
    return rng.random(size) < rate


def sample(rng: np.random.Generator, candidates: Ints, count: int) -> Ints:
    """At most `count` of the candidates, without repetition, in increasing order."""
    count = min(count, len(candidates))
    return np.sort(rng.choice(candidates, size=count, replace=False))


def quota(population: int, rate: float, at_least: int = 4) -> int:
    """How many to plant: the rate, but some even in a village."""
    return max(round(population * rate), min(at_least, population // 50))


def unaccented(column: str) -> pl.Expr:
    """Vietnamese text without marks and without d-bar."""
    plain = pl.col(column).str.normalize("NFD").str.replace_all(r"\p{Mn}", "")
    return plain.str.replace_all("đ", "d").str.replace_all("Đ", "D").str.normalize("NFC")


def replace_letter(text: pl.Series, rng: np.random.Generator, alphabet: str) -> pl.Series:
    """One character of each text, no space, replaced by another of the alphabet."""
    size = len(text)
    letters = pl.Series("letter", list(alphabet))
    frame = pl.DataFrame(
        {
            "text": text,
            "at": rng.random(size),
            "letter": letters.gather(rng.integers(0, len(letters), size)),
            "other": letters.gather(rng.integers(0, len(letters), size)),
        }
    ).with_columns(at=(pl.col("at") * pl.col("text").str.len_chars()).cast(pl.Int64))
    is_space = pl.col("text").str.slice(pl.col("at"), 1) == " "
    frame = frame.with_columns(at=pl.col("at") + is_space.cast(pl.Int64))
    old = pl.col("text").str.slice(pl.col("at"), 1).str.to_lowercase()
    # Two draws and a fixed last resort: the new letter must differ from the old one.
    new = (
        pl.when(old != pl.col("letter"))
        .then(pl.col("letter"))
        .when(old != pl.col("other"))
        .then(pl.col("other"))
        .when(old != alphabet[0])
        .then(pl.lit(alphabet[0]))
        .otherwise(pl.lit(alphabet[1]))
    )
    return frame.select(
        pl.concat_str(
            pl.col("text").str.slice(0, pl.col("at")),
            new,
            pl.col("text").str.slice(pl.col("at") + 1),
        )
    ).to_series()


def drop_letter(text: pl.Series, rng: np.random.Generator) -> pl.Series:
    """One character, not the first, missing from each text."""
    frame = pl.DataFrame({"text": text, "at": rng.random(len(text))}).with_columns(
        at=1 + (pl.col("at") * (pl.col("text").str.len_chars() - 1)).cast(pl.Int64)
    )
    return frame.select(
        pl.col("text").str.slice(0, pl.col("at")) + pl.col("text").str.slice(pl.col("at") + 1)
    ).to_series()


def swap_letters(text: pl.Series, rng: np.random.Generator, *, otherwise: pl.Series) -> pl.Series:
    """Two neighbouring characters of each text exchanged; `otherwise` where they are the same."""
    frame = pl.DataFrame({"text": text, "otherwise": otherwise, "at": rng.random(len(text))})
    frame = frame.with_columns(
        at=(pl.col("at") * (pl.col("text").str.len_chars().cast(pl.Int64) - 1)).cast(pl.Int64)
    )
    words, at = pl.col("text"), pl.col("at")
    first, second = words.str.slice(at, 1), words.str.slice(at + 1, 1)
    # A space is no letter: moved, it makes two other words.
    differ = (first.str.to_lowercase() != second.str.to_lowercase()) & (first != " ")
    return frame.select(
        pl.when(differ & (second != " "))
        .then(words.str.slice(0, at) + second + first + words.str.slice(at + 2))
        .otherwise("otherwise")
    ).to_series()


def days(values: Ints | npt.NDArray[np.datetime64]) -> Ints:
    """Days since 1970-01-01 of numpy dates."""
    return (np.asarray(values).astype("datetime64[D]") - EPOCH).astype(np.int64)


def dates(values: Ints) -> pl.Series:
    """A polars date column from days since 1970-01-01."""
    return pl.Series(values.astype(np.int32)).cast(pl.Date)


def day_number(value: date) -> int:
    """Days since 1970-01-01 of one date."""
    return value.toordinal() - date(1970, 1, 1).toordinal()
