"""Who complains about which dose, and what is really behind it: one row per complaint.

Root causes are those of complaints.md; each is drawn from the doses and profiles it fits, one
complaint a person. What the citizen writes and sends along is `complaint_papers`.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.doses import CUTOFF_MINUTES, DAY_MINUTES
from vax_pipeline.core.simulation.draws import Bools, Ints, chance, day_number, stream, weighted
from vax_pipeline.core.simulation.fault_sheet import FAULTS
from vax_pipeline.core.simulation.noise import BIT
from vax_pipeline.core.simulation.world import World

# case, cause, type, claim kind, share of complaints
CASES = (
    ("not_entered", "NOT_ENTERED", "MISSING_DOSE", "missing", 0.28),
    ("misfiled", "UNDER_OTHER_IDENTITY", "MISSING_DOSE", "missing", 0.08),
    ("denied", "NOT_GIVEN_TO_THIS_PERSON", "NOT_MY_DOSE", "deny", 0.025),
    ("wrong_dose", "ENTERED_DIFFERENT", "WRONG_DOSE_INFO", "wrong", 0.1),
    ("two_profiles", "DUPLICATE_PROFILE", "DUPLICATE_PROFILE", "missing", 0.05),
    ("unverified", "ENTERED_UNVERIFIED", "CERTIFICATE_NOT_ISSUED", "wrong", 0.08),
    ("unfounded", "CANNOT_TELL", "NO_RECORD", "missing", 0.03),
    ("unsigned", "VERIFIED_UNSIGNED", "CERTIFICATE_NOT_ISSUED", "wrong", 0.08),
    ("not_issued", "SIGNED_NOT_ISSUED", "CERTIFICATE_NOT_ISSUED", "wrong", 0.07),
    ("correct", "ALREADY_CORRECT", "MISSING_DOSE", "missing", 0.045),
    ("wrong_person", "ENTERED_DIFFERENT", "WRONG_PERSON_INFO", "wrong", 1.0),  # the rest
)
CASE_NAMES = tuple(case[0] for case in CASES)
DUPLICATE_SHARE = 0.04
WRONG_DOSES = ("lot_of_other_product", "date_wrong", "lot_wrong", "date_wrong_year", "lot_missing")
PERSON_NOISE = sum(
    BIT[k] for k in ("name_letter", "name_cut", "birth_swapped", "birth_digit", "sex_flipped")
)
NO_LINK_NOISE = sum(
    BIT[k]
    for k in (
        "id_missing",
        "id_bad_form",
        "id_digit",
        "id_of_other",
        "id_unknown_cmnd",
        "id_child_cmnd",
        "name_junk",
        "name_missing",
        "second_profile",
        "garbled",
    )
)
HARMLESS = BIT["id_lost_zero"] | BIT["phone_other"] | BIT["phone_missing"]


@dataclass
class _Draw:
    """Cases as they are drawn; `free` says who has not complained yet."""

    free: Bools
    rng: np.random.Generator
    person: list[Ints] = field(default_factory=list)
    dose: list[Ints] = field(default_factory=list)
    record: list[Ints] = field(default_factory=list)
    case: list[Ints] = field(default_factory=list)

    def take(self, case: str, person: Ints, dose: Ints, record: Ints, count: int) -> None:
        order = self.rng.permutation(np.flatnonzero(self.free[person]))
        _, first = np.unique(person[order], return_index=True)
        chosen = self.rng.permutation(order[first])[:count]
        self.free[person[chosen]] = False
        self.person.append(person[chosen])
        self.dose.append(dose[chosen])
        self.record.append(record[chosen])
        self.case.append(np.full(len(chosen), CASE_NAMES.index(case)))

    @property
    def size(self) -> int:
        return sum(len(part) for part in self.case)


def build_cases(world: World, count: int, complaint_days: int) -> pl.DataFrame:
    """One row per complaint, in the order received.

    Columns: complaint, case, person (who complains), dose (given dose meant, -1 if none), record
    (record meant, -1 if none), received (minutes), duplicate_of (complaint or -1).
    """
    rng = stream(world.seed, "complaints")
    today = day_number(world.until)
    start = today - complaint_days
    repeats = round(count * DUPLICATE_SHARE)
    draw = _draw_cases(world, rng, count - repeats, start)
    received = _receipts(rng, draw.size, start, today)
    frame = pl.DataFrame(
        {
            "case": np.concatenate(draw.case),
            "person": np.concatenate(draw.person),
            "dose": np.concatenate(draw.dose),
            "record": np.concatenate(draw.record),
            "received": received,
            "original": np.full(draw.size, -1),
        }
    ).with_columns(source=pl.int_range(draw.size))
    limit = today * DAY_MINUTES + CUTOFF_MINUTES
    again = rng.permutation(np.flatnonzero(received < limit - 1300))[:repeats]
    copies = frame[again].with_columns(
        original=pl.col("source"),
        received=pl.col("received") + pl.Series(rng.integers(180, 1200, len(again))),
        source=pl.lit(-1).cast(pl.Int64),
    )
    ordered = pl.concat([frame, copies]).sort("received", "person").with_row_index("complaint")
    ordered = ordered.with_columns(pl.col("complaint").cast(pl.Int64))
    numbers = ordered.filter(pl.col("source") >= 0).select(
        pl.col("source").alias("original"), pl.col("complaint").alias("duplicate_of")
    )
    return (
        ordered.join(numbers, on="original", how="left", maintain_order="left")
        .with_columns(pl.col("duplicate_of").fill_null(-1))
        .drop("original", "source")
    )


def _receipts(rng: np.random.Generator, size: int, start: int, today: int) -> Ints:
    """Minutes: every day alike, mostly in waking hours, until the last morning."""
    hours = weighted(
        rng, [1, 1, 1, 1, 1, 2, 4, 7, 10, 10, 10, 8, 6, 8, 9, 9, 8, 7, 7, 8, 8, 6, 4, 2], size
    )
    day = rng.integers(start, today, size)
    early = chance(rng, 0.01, size)
    hours = np.where(early, rng.integers(0, 6, size), hours)
    day = np.where(early, today, day)
    return day * DAY_MINUTES + hours * 60 + rng.integers(0, 60, size)


def _draw_cases(world: World, rng: np.random.Generator, count: int, start: int) -> _Draw:
    draw = _Draw(world.population["deceased_on"].is_null().to_numpy().copy(), rng)
    records, noise, is_known = _recorded(world, start)
    fault = records["fault"].to_numpy()
    person = records["person"].to_numpy().astype(np.int64)
    written = world.profiles["person"].to_numpy()[records["profile"].to_numpy()].astype(np.int64)
    dose = records["dose"].to_numpy().astype(np.int64)
    record = records["record"].to_numpy().astype(np.int64)
    second = (noise & BIT["second_profile"]) > 0
    single = _has_one_profile(world)[person]
    clean = (fault == 0) & single & (noise & ~HARMLESS == 0)
    misfiled = fault == FAULTS.index("misfiled")
    pools: dict[str, Bools] = {
        "misfiled": misfiled,
        "denied": misfiled,
        "wrong_dose": np.isin(fault, [FAULTS.index(f) for f in WRONG_DOSES])
        & (noise & ~HARMLESS == 0)
        & is_known,
        "two_profiles": second & ((noise & BIT["id_old_number"]) > 0) & is_known,
        "unverified": clean & ~is_known,
        "unsigned": clean & is_known,
        "not_issued": clean & is_known,
        "correct": clean & is_known,
        "wrong_person": (fault == 0)
        & single
        & is_known
        & ((noise & PERSON_NOISE) > 0)
        & (noise & NO_LINK_NOISE == 0),
    }
    for case, _, _, _, share in CASES:
        quota = min(round(count * share), count - draw.size)
        if case in ("not_entered", "unfounded"):
            lost = _never_entered(world, start) if case == "not_entered" else _never_given(world)
            draw.take(case, *lost, quota)
        else:
            rows = np.flatnonzero(pools[case])
            who = written if case == "denied" else person
            draw.take(case, who[rows], dose[rows], record[rows], quota)
    missing = count - draw.size
    if missing > 0:
        rows = np.flatnonzero(pools["correct"])
        draw.take("correct", person[rows], dose[rows], record[rows], missing)
    return draw


def _recorded(world: World, start: int) -> tuple[pl.DataFrame, Ints, Bools]:
    """Records typed in before the complaints began, their profiles' noise, and who is known."""
    records = world.records.filter(
        (pl.col("entered") < start * DAY_MINUTES)
        & (pl.col("dose") >= 0)
        & (pl.col("twin_record") < 0)
    )
    noise = world.profiles["noise"].to_numpy()[records["profile"].to_numpy()]
    known = world.population["in_registry"].to_numpy()[records["person"].to_numpy()]
    foreign = world.population["is_foreign"].to_numpy()[records["person"].to_numpy()]
    keep = ~foreign
    return records.filter(pl.Series(keep)), noise[keep], known[keep]


def _has_one_profile(world: World) -> Bools:
    one = np.ones(len(world.population), dtype=bool)
    one[world.profiles.filter("is_second")["person"].to_numpy()] = False
    return one


def _never_entered(world: World, start: int) -> tuple[Ints, Ints, Ints]:
    known = world.population["in_registry"].to_numpy()
    lost = world.doses.filter(~pl.col("is_entered") & (pl.col("injected") < start - 3))
    lost = lost.filter(pl.Series(known[lost["person"].to_numpy()]))
    person = lost["person"].to_numpy().astype(np.int64)
    return person, lost["dose"].to_numpy().astype(np.int64), np.full(len(lost), -1)


def _never_given(world: World) -> tuple[Ints, Ints, Ints]:
    """Adults nobody vaccinated."""
    given = np.zeros(len(world.population), dtype=bool)
    given[world.doses["person"].to_numpy()] = True
    waiting = np.flatnonzero(
        ~given & (world.population["in_registry"] & ~world.population["is_child"]).to_numpy()
    )
    none = np.full(len(waiting), -1)
    return waiting, none, none
