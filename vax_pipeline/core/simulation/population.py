"""Who lives there: the people as the registry would know them, before anyone mistypes them.

One row per person. Everything here is true; errors are made in `profiles` (identity) and `faults`.
"""

from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import (
    Bools,
    Ints,
    chance,
    dates,
    days,
    quota,
    sample,
    stream,
    weighted,
)
from vax_pipeline.core.simulation.geography import Geography
from vax_pipeline.core.simulation.names import (
    FOREIGN_COUNTRIES,
    FOREIGN_NAMES,
    draw_families,
    draw_names,
)
from vax_pipeline.core.simulation.provinces import Province, province_codes

CHILDREN_SHARE = 0.05  # under 12, in the registry, not vaccinated in 2021
ABSENT_SHARE = 0.058  # Vietnamese people the registry extract does not hold
FOREIGN_SHARE = 0.012
TWIN_SHARE = 0.006
HOMONYM_SHARE = 0.004
DECEASED_SHARE = 0.004
CMND_SHARE = 0.6  # of those born before 2000
PHONE_PREFIXES = (
    "032",
    "033",
    "034",
    "035",
    "036",
    "037",
    "038",
    "039",
    "070",
    "077",
    "078",
    "079",
    "081",
    "083",
    "084",
    "085",
    "086",
    "088",
    "089",
    "090",
    "091",
    "093",
    "094",
    "096",
    "097",
    "098",
)


def build_population(
    province: Province,
    people: int,
    seed: int,
    until: date,
    geography: Geography,
    *,
    is_clean: bool = False,
) -> pl.DataFrame:
    """People aged 12 and over, plus children; the registry holds them all where `is_clean`.

    Columns: person, household, full_name, is_female, birth, citizen_id, cmnd, passport,
    nationality, unit (row of geography.communes), phone, is_foreign, in_registry, is_child,
    deceased_on, twin (person or -1), homonym (person or -1).
    """
    rng = stream(seed, "population")
    size = people + round(people * CHILDREN_SHARE)
    is_child = np.arange(size) >= people
    household = _households(rng, size)
    families = draw_families(rng, int(household[-1]) + 1)[household]
    # Half of a household carries another family name: the mother keeps hers.
    families = np.where(chance(rng, 0.45, size), draw_families(rng, size), families)
    is_female = chance(rng, 0.503, size)
    birth = _births(rng, is_child, until)
    twins = _twins(rng, people, household)
    birth[twins + 1] = birth[twins]
    families[twins + 1] = families[twins]
    identical = chance(rng, 0.6, len(twins))
    is_female[twins + 1] = np.where(identical, is_female[twins], ~is_female[twins])
    first, other = _homonyms(rng, people, twins)
    birth[other], is_female[other] = birth[first], is_female[first]
    name = draw_names(rng, is_female, families)
    name = name.scatter(other, name.gather(first))
    is_foreign = chance(rng, FOREIGN_SHARE, size) & ~is_child
    absent = chance(rng, 0 if is_clean else ABSENT_SHARE, size) & ~is_child & ~is_foreign
    # Of twins and namesakes some are absent like anybody: then only the other one can be found.
    special = np.concatenate([twins, twins + 1, first, other])
    is_foreign[special] = False
    foreign_names = pl.Series(FOREIGN_NAMES.split("|"))
    name = foreign_names.gather(rng.integers(0, len(foreign_names), size)).zip_with(
        pl.Series(is_foreign), name
    )
    citizen_id = _citizen_ids(province, rng, birth, is_female, twins)
    weights = geography.communes["weight"].to_numpy()
    return pl.DataFrame(
        {
            "person": np.arange(size, dtype=np.int32),
            "household": household.astype(np.int32),
            "full_name": name,
            "is_female": is_female,
            "birth": dates(birth),
            "citizen_id": citizen_id,
            "cmnd": _cmnd(province, rng, birth, size),
            "passport": _passports(rng, is_foreign),
            "nationality": _nationality(rng, is_foreign),
            "unit": weighted(rng, weights, int(household[-1]) + 1)[household].astype(np.int32),
            "phone": _phones(rng, household, is_child),
            "is_foreign": is_foreign,
            "in_registry": ~(absent | is_foreign),
            "is_child": is_child,
            "deceased_on": _deaths(rng, size, special, is_child, until),
            "twin": _partner(size, twins, twins + 1),
            "homonym": _partner(size, first, other),
        }
    )


def _households(rng: np.random.Generator, size: int) -> Ints:
    """The household of each person; members are neighbours in the numbering, one to five."""
    sizes = 1 + weighted(rng, [0.15, 0.2, 0.25, 0.28, 0.12], size)
    return np.repeat(np.arange(size), sizes)[:size].astype(np.int64)


def _births(rng: np.random.Generator, is_child: Bools, until: date) -> Ints:
    """Birth days since the epoch: people of 12 and over, and children under 11."""
    today = days(np.array([until], dtype="datetime64[D]"))[0]
    decades = weighted(rng, [8, 8, 16, 19, 17, 14, 10, 6, 2], len(is_child))
    low = np.array([12.2, 18, 21, 30, 40, 50, 60, 70, 80])[decades]
    high = np.array([18, 21, 30, 40, 50, 60, 70, 80, 96])[decades]
    age = np.where(
        is_child, 1 + 10 * rng.random(len(low)), low + (high - low) * rng.random(len(low))
    )
    return (today - 8 - age * 365.2425).astype(np.int64)


def _twins(rng: np.random.Generator, people: int, household: Ints) -> Ints:
    """First of each pair: the second is the next person, of the same household."""
    possible = np.flatnonzero(household[: people - 1] == household[1:people])[::2]
    chosen = sample(rng, possible, quota(people, TWIN_SHARE / 2))
    return chosen[np.concatenate([[True], np.diff(chosen) > 1])] if len(chosen) else chosen


def _homonyms(rng: np.random.Generator, people: int, twins: Ints) -> tuple[Ints, Ints]:
    """Two people of one name and birth date who have nothing to do with each other."""
    free = np.setdiff1d(np.arange(people), np.concatenate([twins, twins + 1]))
    chosen = rng.permutation(sample(rng, free, 2 * quota(people, HOMONYM_SHARE / 2)))
    half = len(chosen) // 2
    return chosen[:half], chosen[half : 2 * half]


def _citizen_ids(
    home: Province, rng: np.random.Generator, birth: Ints, is_female: Bools, twins: Ints
) -> pl.Series:
    """PPP G YY NNNNNN (circular 07/2016/TT-BCA); identical twins are one digit apart.

    Whoever was born elsewhere bears that province's prefix, so streams that run together share the six
    last digits: each has the numbers with its own first digits. Up to ten streams that leaves 100,000
    numbers a sex and birth year, above it 10,000: some twelve and one million people.
    """
    size = len(birth)
    free_digits = 6 - len(str(home.streams - 1)) if home.streams > 1 else 6
    own = home.stream * 10**free_digits
    year = birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    codes = np.array([int(code) for code in province_codes()])
    weights = np.where(
        codes == int(home.code), 150.0, np.where(codes == int(home.neighbour), 12.0, 1.0)
    )
    province = codes[weighted(rng, weights, size)]
    sign = 2 * ((year - 1900) // 100) + is_female
    prefix = (province * 10 + sign) * 100 + year % 100
    number = prefix * 1_000_000 + own + rng.integers(0, 10**free_digits, size)
    alike = twins[is_female[twins] == is_female[twins + 1]]
    for _ in range(50):
        step = 10 ** rng.integers(0, free_digits, len(alike))
        digit = number[alike] // step % 10
        moved = (digit + rng.integers(1, 10, len(alike))) % 10
        number[alike + 1] = number[alike] + (moved - digit) * step
        _, where, counts = np.unique(number, return_inverse=True, return_counts=True)
        again = np.flatnonzero(counts[where] > 1)
        if not len(again):
            break
        number[again] = (
            prefix[again] * 1_000_000 + own + rng.integers(0, 10**free_digits, len(again))
        )
    return pl.Series(number).cast(pl.String).str.zfill(12)


def _cmnd(home: Province, rng: np.random.Generator, birth: Ints, size: int) -> pl.Series:
    """The nine-digit number held before the CCCD; a few lie in the range issued twice.

    The first two digits told the province that issued it; here each stream has two of its own. The
    range issued twice is one of Đồng Nai's.
    """
    issued = (27 + home.stream) % 100 * 10_000_000
    number = issued + rng.permutation(np.arange(size) * (9_900_000 // size) + 20_000)
    number = np.where((number >= 271_450_001) & (number <= 271_500_000), number + 8_480_000, number)
    doubled = chance(rng, 0.003 if home.is_first else 0.0, size)
    taken = rng.permutation(50_000)[: int(doubled.sum())]
    doubled[np.flatnonzero(doubled)[len(taken) :]] = False
    number[doubled] = 271_450_001 + taken
    adult = birth < days(np.array(["2000-01-01"], dtype="datetime64[D]"))[0]
    has = adult & (chance(rng, CMND_SHARE, size) | doubled)
    none = pl.Series([None], dtype=pl.String).gather([0] * size)
    return pl.Series(number).cast(pl.String).zip_with(pl.Series(has), none)


def _passports(rng: np.random.Generator, is_foreign: Bools) -> pl.Series:
    size = len(is_foreign)
    letters = pl.Series(list("MEGTPSK")).gather(rng.integers(0, 7, size))
    digits = pl.Series(rng.integers(10_000_000, 100_000_000, size)).cast(pl.String)
    return (letters + digits).zip_with(
        pl.Series(is_foreign), pl.Series([None], dtype=pl.String).gather([0] * size)
    )


def _nationality(rng: np.random.Generator, is_foreign: Bools) -> pl.Series:
    countries = pl.Series(list(FOREIGN_COUNTRIES))
    drawn = countries.gather(rng.integers(0, len(countries), len(is_foreign)))
    return drawn.zip_with(pl.Series(is_foreign), pl.Series(["VN"]).gather([0] * len(is_foreign)))


def _phones(rng: np.random.Generator, household: Ints, is_child: Bools) -> pl.Series:
    """One phone for the whole household in a third of cases; children use the first."""
    size = len(household)
    owner = np.arange(size)
    head = np.concatenate([[0], np.flatnonzero(np.diff(household)) + 1])[household]
    shares = chance(rng, 1 / 3, int(household[-1]) + 1)[household] | is_child
    owner = np.where(shares, head, owner)
    prefix = pl.Series(list(PHONE_PREFIXES)).gather(rng.integers(0, len(PHONE_PREFIXES), size))
    body = pl.Series(rng.permutation(np.arange(size) * (9_999_999 // size))).cast(pl.String)
    return (prefix + body.str.zfill(7)).gather(owner)


def _deaths(
    rng: np.random.Generator, size: int, special: Ints, is_child: Bools, until: date
) -> pl.Series:
    """Day of death during the campaign, null for the living."""
    dead = chance(rng, DECEASED_SHARE, size) & ~is_child
    dead[special] = False
    start = np.datetime64("2021-06-01")
    span = max((np.datetime64(until) - start).astype(int) - 3, 1)
    day = days(np.array([start]))[0] + rng.integers(0, span, size)
    return dates(day).zip_with(pl.Series(dead), pl.Series([None], dtype=pl.Date).gather([0] * size))


def _partner(size: int, first: Ints, second: Ints) -> Ints:
    partner = np.full(size, -1, dtype=np.int64)
    partner[first], partner[second] = second, first
    return partner
