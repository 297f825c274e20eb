"""How people were typed into the platform: identity profiles with the noise of a hurried session.

One row per profile; a person has one, some have two (old number then new, or a second session).
`*_typed` is what the file holds; the plain columns are its value once format is set aside, and are
what truth is computed from.
"""

from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import names
from vax_pipeline.core.simulation.draws import (
    Ints,
    chance,
    day_number,
    drop_letter,
    quota,
    replace_letter,
    sample,
    stream,
    swap_letters,
    unaccented,
)
from vax_pipeline.core.simulation.noise import (
    BIRTH_RATES,
    BIT,
    ID_OR_BIRTH,
    ID_RATES,
    JUNK,
    NAME_RATES,
    OLD_PHONES,
    PHONE_RATES,
    SECOND_SHARE,
    SEX_RATES,
    UNIT_RATES,
    has,
)


def build_profiles(
    population: pl.DataFrame, vaccinated: Ints, seed: int, until: date, *, is_clean: bool = False
) -> pl.DataFrame:
    """Profiles of the vaccinated; one each, as the registry has them, where `is_clean`.

    Columns: profile, person, is_second, name, name_typed, birth, birth_precision (DAY, YEAR, null),
    is_female, id_value, id_typed, phone, phone_typed, nationality, unit, noise (bits of KINDS).
    """
    rng = stream(seed, "profiles")
    twice = 0 if is_clean else quota(len(vaccinated), SECOND_SHARE)
    second = sample(rng, vaccinated, twice)
    people = population[np.concatenate([vaccinated, second])]
    frame = people.select(
        "person",
        pl.Series("is_second", np.arange(len(people)) >= len(vaccinated)),
        pl.col("full_name").alias("name"),
        "birth",
        pl.lit("DAY").alias("birth_precision"),
        "is_female",
        pl.coalesce("passport", "citizen_id").alias("id_value"),
        "cmnd",
        "phone",
        "nationality",
        "unit",
        "is_foreign",
        pl.when(pl.Series(np.arange(len(people)) >= len(vaccinated)))
        .then(pl.lit(BIT["second_profile"]))
        .otherwise(0)
        .cast(pl.Int64)
        .alias("noise"),
    ).with_row_index("profile")
    if is_clean:
        typed = {"name_typed": "name", "id_typed": "id_value", "phone_typed": "phone"}
        return frame.with_columns(**typed).drop("cmnd", "is_foreign")
    frame = _mark(frame, rng, until)
    frame = _mistype_names(frame, rng)
    frame = _mistype_births_and_sex(frame, rng)
    frame = _mistype_ids(frame, population, rng)
    frame = _lodge_elsewhere(frame, rng)
    return _format(_change_phones(frame, rng), rng).drop("cmnd", "is_foreign")


def _mark(frame: pl.DataFrame, rng: np.random.Generator, until: date) -> pl.DataFrame:
    """Decides who gets which noise: at most one kind per field, fields independent."""
    size = len(frame)
    noise = frame["noise"].to_numpy().copy()
    domestic = ~frame["is_foreign"].to_numpy()
    for rates in (NAME_RATES, BIRTH_RATES, SEX_RATES, ID_RATES, PHONE_RATES, UNIT_RATES):
        luck, floor = rng.random(size), 0.0
        for kind, rate in rates.items():
            noise[domestic & (luck >= floor) & (luck < floor + rate)] |= BIT[kind]
            floor += rate
    has_cmnd = frame["cmnd"].is_not_null().to_numpy()
    noise[~has_cmnd] &= ~BIT["id_old_number"]
    second = frame["is_second"].to_numpy() & domestic
    # A second profile exists for a reason: the old number, or a session where little was asked.
    noise[second & has_cmnd & chance(rng, 0.7, size)] = BIT["second_profile"] | BIT["id_old_number"]
    garbled = second & (noise == BIT["second_profile"]) & chance(rng, 0.7, size)
    noise[garbled] |= BIT["garbled"] | BIT["id_missing"] | BIT["name_letter"]
    noise[garbled] |= BIT["birth_year_only"] | BIT["phone_other"]
    young = frame["birth"].cast(pl.Int32).to_numpy() > day_number(until) - round(13.4 * 365.25)
    children = sample(rng, np.flatnonzero(young & domestic & ~second), quota(size, 0.0004))
    noise[children] = BIT["id_child_cmnd"]
    return frame.with_columns(noise=pl.Series(noise))


def _mistype_names(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    name = frame["name"]
    for kind in NAME_RATES:
        rows = frame.select(has(kind).arg_true()).to_series()
        if len(rows):
            name = name.scatter(rows, _mistyped(kind, name.gather(rows).alias("name"), rng))
    return frame.with_columns(name=name)


def _mistyped(kind: str, text: pl.Series, rng: np.random.Generator) -> pl.Series:
    """The names as that mistake leaves them."""
    if kind == "name_letter":
        return _letter(text, rng)
    if kind == "name_junk":
        return pl.Series(JUNK).gather(rng.integers(0, len(JUNK), len(text)))
    expressions = {
        "name_unaccented": unaccented("name"),
        "name_accent": names.first_swap("name", names.ACCENTS),
        "name_reading": names.first_swap("name", names.READINGS),
        "name_cut": _without_middle(),
        "name_order": _given_first(),
    }
    if kind == "name_missing":
        return pl.Series([None], dtype=pl.String).gather([0] * len(text))
    return pl.DataFrame({"name": text}).select(expressions[kind]).to_series()


def _letter(text: pl.Series, rng: np.random.Generator) -> pl.Series:
    """One letter missing, another one, or two in the wrong order."""
    way = pl.Series(rng.random(len(text)))
    replaced = replace_letter(text, rng, "aeiounhtgcm")
    return (
        drop_letter(text, rng)
        .zip_with(way < 0.3, replaced)
        .zip_with(way < 0.8, swap_letters(text, rng, otherwise=replaced))
    )


def _without_middle() -> pl.Expr:
    words = pl.col("name").str.split(" ")
    return words.list.first() + " " + words.list.last()


def _given_first() -> pl.Expr:
    words = pl.col("name").str.split(" ")
    return words.list.last() + " " + words.list.head(words.list.len() - 1).list.join(" ")


def _mistype_births_and_sex(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    shift = pl.lit(pl.Series(rng.choice([-1, 1], len(frame))))
    years = pl.Series(rng.choice([-10, -3, -2, -1, 1, 2, 3, 10], len(frame)))
    slip = pl.Series("slip", rng.random(len(frame)))
    birth = pl.col("birth")
    # A digit of the day, where the month still has such a day; else one of the year.
    other_day = (birth.dt.day() + 9) % 20 + 1
    swapped = pl.date(birth.dt.year(), birth.dt.day().clip(1, 12), birth.dt.month())
    can_swap = (birth.dt.day() <= 12) & (birth.dt.day() != birth.dt.month())
    return frame.with_columns(
        birth=pl.when(has("birth_swapped") & can_swap)
        .then(swapped)
        .when(has("birth_off_by_one"))
        .then(birth + pl.duration(days=shift))
        .when(has("birth_digit") & (slip < 0.4) & (birth.dt.day() <= 20))
        .then(pl.date(birth.dt.year(), birth.dt.month(), other_day))
        .when(has("birth_digit") | (has("birth_swapped") & ~can_swap))
        .then(birth.dt.offset_by(pl.format("{}y", years)))
        .when(has("birth_missing"))
        .then(None)
        .otherwise(birth),
        birth_precision=pl.when(has("birth_year_only"))
        .then(pl.lit("YEAR"))
        .when(~has("birth_missing"))
        .then(pl.lit("DAY")),
        is_female=pl.when(has("sex_flipped"))
        .then(~pl.col("is_female"))
        .when(~has("sex_missing"))
        .then(pl.col("is_female")),
    )


def _mistype_ids(
    frame: pl.DataFrame, population: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    size = len(frame)
    stranger = pl.Series(rng.integers(230_000_000, 260_000_000, size)).cast(pl.String)
    bad = _bad_ids(frame["id_value"], frame["phone"], rng)
    value = pl.col("id_value")
    return (
        frame.with_columns(
            pl.Series("wrong_digit", _wrong_digit(frame["id_value"], rng)),
            pl.Series("other", _id_of_other(frame["person"].to_numpy(), population)),
            pl.Series("stranger", stranger),
            pl.Series("bad", bad),
        )
        .with_columns(
            id_value=pl.when(has("id_missing"))
            .then(None)
            .when(has("id_digit"))
            .then("wrong_digit")
            .when(has("id_of_other"))
            .then("other")
            .when(has("id_bad_form"))
            .then("bad")
            .when(has("id_unknown_cmnd") | has("id_child_cmnd"))
            .then("stranger")
            .when(has("id_old_number"))
            .then("cmnd")
            .otherwise(value)
        )
        .drop("wrong_digit", "other", "stranger", "bad")
    )


def _wrong_digit(ids: pl.Series, rng: np.random.Generator) -> pl.Series:
    """One digit changed, or two in the wrong order; not the first, which makes it a number at all."""
    size = len(ids)
    frame = pl.DataFrame(
        {
            "id": ids,
            "at": rng.integers(1, 12, size),
            "step": rng.integers(1, 10, size),
            "is_swap": chance(rng, 0.3, size),
        }
    )
    number, at = pl.col("id"), pl.col("at")
    first, second = number.str.slice(at, 1), number.str.slice(at + 1, 1)
    moved = ((first.cast(pl.Int64, strict=False) + pl.col("step")) % 10).cast(pl.String)
    swaps = pl.col("is_swap") & (second != "") & (first != second)
    return frame.select(
        pl.when(swaps)
        .then(number.str.slice(0, at) + second + first + number.str.slice(at + 2))
        .otherwise(number.str.slice(0, at) + moved + number.str.slice(at + 1))
    ).to_series()


def _id_of_other(person: Ints, population: pl.DataFrame) -> pl.Series:
    """The number of the twin, else of the next person in the list (often of the household)."""
    size = len(population)
    twin = population["twin"].to_numpy()[person]
    living = (population["in_registry"] & population["deceased_on"].is_null()).to_numpy()
    rows = np.where(living, np.arange(size), size)
    following = np.minimum.accumulate(rows[::-1])[::-1]
    following = np.append(following, size)
    neighbour = following[np.minimum(person + 1, size)]
    neighbour = np.where(neighbour >= size, following[0], neighbour)
    return population["citizen_id"].gather(np.where(twin >= 0, twin, neighbour))


def _bad_ids(ids: pl.Series, phones: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Numbers of no valid form: cut, too long, the phone in its place, a filler."""
    frame = pl.DataFrame({"id": ids, "phone": phones, "way": rng.integers(0, 4, len(ids))})
    return frame.select(
        pl.when(pl.col("way") == 0)
        .then(pl.col("id").str.slice(0, 6) + pl.col("id").str.slice(7))
        .when(pl.col("way") == 1)
        .then(pl.col("id") + "7")
        .when(pl.col("way") == 2)
        .then("phone")
        .otherwise(pl.lit("000"))
    ).to_series()


def _lodge_elsewhere(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Some gave the commune where they stay, which the registry does not know."""
    communes = int(frame["unit"].max() or 0) + 1  # pyright: ignore[reportArgumentType]
    step = pl.Series(rng.integers(1, max(communes, 2), len(frame)))
    return frame.with_columns(
        unit=pl.when(has("unit_other"))
        .then(((pl.col("unit") + step) % communes).cast(pl.Int32))
        .otherwise("unit")
    )


def _change_phones(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Relatives' phones, none, and the phone of a clerk typed for a whole queue."""
    size = len(frame)
    relative = pl.Series(rng.integers(0, 10_000_000, size)).cast(pl.String).str.zfill(7)
    groups = quota(size, 0.0002, at_least=2)
    queue = sample(rng, np.arange(size), groups * 12)
    clerk = np.full(size, -1)
    clerk[queue] = rng.permutation(np.arange(len(queue)) % groups)
    return (
        frame.with_columns(pl.Series("clerk", clerk), pl.Series("relative", relative))
        .with_columns(
            phone=pl.when(pl.col("clerk") >= 0)
            .then(pl.format("0901{}", (pl.col("clerk") + 100_000).cast(pl.String)))
            .when(has("phone_other"))
            .then(pl.lit("092") + pl.col("relative"))
            .when(~has("phone_missing"))
            .then(pl.col("phone")),
            noise=pl.col("noise")
            | pl.when(pl.col("clerk") >= 0).then(BIT["phone_shared"]).otherwise(0),
        )
        .drop("clerk", "relative")
    )


def _format(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """What spelling and spreadsheets do to a right value: case, marks, spaces, lost zeros."""
    size = len(frame)
    luck = pl.Series("luck", rng.random(size))
    zero = pl.Series("zero", chance(rng, 0.03, size))
    way = pl.Series("way", rng.random(size))
    name, number = pl.col("name"), pl.col("id_value")
    untouched = (pl.col("noise") & ID_OR_BIRTH == 0) & number.str.contains(r"^0\d{11}$")
    loses = zero & untouched
    return frame.with_columns(
        name_typed=pl.when(has("name_junk"))
        .then(name)
        .when(has("name_unaccented") | (luck < 0.06))
        .then(name.str.to_uppercase())
        .when(luck < 0.075)
        .then(name.str.normalize("NFD"))
        .when(luck < 0.085)
        .then(name.str.replace(" ", "  ", literal=True) + " ")
        .when(luck < 0.12)
        .then(names.first_swap("name", names.TONE_VARIANTS))
        .when(luck < 0.13)
        .then(name.str.to_lowercase())
        .otherwise(name),
        id_typed=pl.when(loses).then(number.str.strip_chars_start("0")).otherwise(number),
        phone_typed=pl.when(way < 0.04)
        .then(pl.lit("+84") + pl.col("phone").str.slice(1))
        .when((way < 0.06) & pl.col("phone").str.slice(0, 3).is_in(list(OLD_PHONES)))
        .then(pl.col("phone").str.slice(0, 3).replace(OLD_PHONES) + pl.col("phone").str.slice(3))
        .otherwise(pl.col("phone")),
        noise=pl.col("noise") | pl.when(loses).then(BIT["id_lost_zero"]).otherwise(0),
    )
