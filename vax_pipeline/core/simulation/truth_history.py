"""What the rules of a history (SEQ, MIS-001) must find: certificates filled in dose by dose.

Each person's records are laid in order and entered one after the other into the seven slots of the
certificate (decision 43/QĐ-BYT): cơ bản 1-3, bổ sung 1, nhắc lại 1-3. All people advance together, so a
step is a few array operations. Written from the ministry's dispatches, not from the rules' SQL.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation import campaign, fault_sheet
from vax_pipeline.core.simulation.campaign import (
    AZ,
    HAYAT,
    MODERNA,
    MRNA,
    PFIZER,
    PRODUCTS,
    SINOPHARM,
    SPUTNIK,
)
from vax_pipeline.core.simulation.doses import ADDITIONAL, BOOSTER, PRIMARY
from vax_pipeline.core.simulation.draws import Bools, Ints, day_number

FLAT, NO_LABEL, NO_SLOT = 3, 4, 5  # beside the three types of a dose
NONE = -(10**6)  # no day, no product: below any day of a birth
BOOSTER_SLOTS = 3
DEFAULT_SERIES = 2  # a person of whom no product is known

# From which day a second dose of another product was allowed (6030, 7548, 7820 and the dispatch of
# 12/12/2021); Hayat-Vax is filled from the bulk of Sinopharm.
PRIMARY_MIXES = {
    (AZ, PFIZER): campaign.AZ_TO_PFIZER_FROM,
    (PFIZER, MODERNA): date(2021, 12, 12),
    (AZ, MODERNA): date(2021, 12, 12),
    (SINOPHARM, HAYAT): date(2021, 9, 10),
    (HAYAT, SINOPHARM): date(2021, 9, 10),
}
# Doses after the series (10225, 10722, and the dispatch of March 2022): mRNA after anything.
FURTHER_MIXES = {
    (SINOPHARM, AZ): date(2021, 12, 17),
    (HAYAT, AZ): date(2021, 12, 17),
    (SINOPHARM, HAYAT): campaign.BOOSTER_START,
    (HAYAT, SINOPHARM): campaign.BOOSTER_START,
    (PFIZER, AZ): date(2022, 3, 1),
    (MODERNA, AZ): date(2022, 3, 1),
}
SECOND_BOOSTER_FROM = date(2022, 6, 23)
ADDITIONAL_WAIT = 28
INDICATION_WAIVED_FROM = date(2021, 12, 17)
AZ_SOONER_FROM, AZ_LONGER = date(2021, 9, 20), 56  # 7820/BYT-DP: before it, eight weeks


def in_order(typed: pl.DataFrame) -> pl.DataFrame:
    """Dated records, by holder and day, with their labels."""
    return (
        _labelled(typed)
        .filter(pl.col("day").is_not_null())
        .with_columns(
            # Of one day: as the labels count, the primary ones first; then as typed in.
            rank=pl.when(pl.col("typed_type") == FLAT)
            .then(0)
            .when(pl.col("typed_type") == NO_LABEL)
            .then(99)
            .otherwise(pl.col("typed_type") * 10)
            + pl.col("typed_no")
        )
        .sort("holder", "day", "rank", "entered", "record")
    )


def _labelled(typed: pl.DataFrame) -> pl.DataFrame:
    """Adds `typed_type` and `typed_no`: a plain "3" says which injection, not of which kind."""
    readable = pl.col("label_state") == fault_sheet.OK
    flat = (pl.col("slot_type") == PRIMARY) & (pl.col("slot_no") > 2)
    return typed.with_columns(
        typed_type=pl.when(~readable).then(NO_LABEL).when(flat).then(FLAT).otherwise("slot_type"),
        typed_no=pl.when(readable).then("slot_no").otherwise(0),
    )


@dataclass
class _Certificates:
    """The state of every person's certificate; one row per person, in the order of the records."""

    series: Ints
    first: Ints
    primaries: Ints = field(init=False)
    complete_on: Ints = field(init=False)
    additional: Ints = field(init=False)
    boosters: Ints = field(init=False)
    primary_seen: Ints = field(init=False)
    additional_seen: Ints = field(init=False)
    booster_seen: Ints = field(init=False)
    last_day: Ints = field(init=False)
    last_product: Ints = field(init=False)

    def __post_init__(self) -> None:
        for name in ("complete_on", "last_day", "last_product"):
            setattr(self, name, np.full(len(self.series), NONE))
        for name in ("primaries", "additional", "boosters"):
            setattr(self, name, np.zeros(len(self.series), dtype=np.int64))
        for name in ("primary_seen", "additional_seen", "booster_seen"):
            setattr(self, name, np.zeros(len(self.series), dtype=np.int64))


@dataclass(frozen=True)
class _Step:
    """The k-th record of those who have one: `who` are their certificates, the rest its columns."""

    who: Ints
    record: Ints
    day: Ints
    product: Ints
    typed_type: Ints
    typed_no: Ints
    component: Ints
    is_indicated: Bools


def series_findings(typed: pl.DataFrame) -> pl.DataFrame:
    """rule_id, record: the SEQ rules by the record they fire on."""
    records = in_order(typed)
    holder = records["holder"].to_numpy()
    starts = np.flatnonzero(np.append(True, holder[1:] != holder[:-1]))
    lengths = np.diff(np.append(starts, len(holder)))
    columns = {
        name: records[name].fill_null(0).to_numpy().astype(np.int64)
        for name in ("record", "day", "product", "typed_type", "typed_no", "component")
    }
    indicated = (records["slot_type"] == ADDITIONAL).to_numpy()
    certificates = _certificates(records)
    found: list[tuple[str, Ints]] = []
    for k in range(int(lengths.max(initial=0))):
        who = np.flatnonzero(lengths > k)
        rows = starts[who] + k
        step = _Step(
            who, **{name: column[rows] for name, column in columns.items()},
            is_indicated=indicated[rows],
        )  # fmt: skip
        found += [(rule, step.record[held]) for rule, held in _enter(certificates, step, k + 1)]
    return pl.concat(
        [
            pl.DataFrame({"record": record.astype(np.int32)}).select(
                pl.lit(rule).alias("rule_id"), "record"
            )
            for rule, record in found
        ]
    )


def earlier_doses_missing(kept: pl.DataFrame) -> pl.DataFrame:
    """MIS-001: rule_id, record. The dose whose label implies more doses than its holder has.

    A second dose implies one before it, a booster or an additional dose the whole series.
    """
    labelled = _labelled(kept)
    known = pl.when(pl.col("product") >= 0).then("product").sort_by("day", nulls_last=True)
    people = labelled.group_by("holder").agg(
        pl.len().alias("known"), known.drop_nulls().first().alias("first")
    )
    needed = pl.Series([product.primary_doses for product in PRODUCTS])
    people = people.with_columns(
        series=needed.gather(people["first"].cast(pl.Int64)).fill_null(DEFAULT_SERIES)
    )
    after = pl.col("typed_type").is_in([ADDITIONAL, BOOSTER])
    return (
        labelled.join(people, on="holder")
        .with_columns(implied=pl.col("typed_no") + pl.when(after).then("series").otherwise(0))
        .filter(pl.col("implied") > pl.col("known"))
        .group_by("holder")
        .agg(pl.col("record").sort_by("implied").last())
        .select(pl.lit("MIS-001").alias("rule_id"), "record")
    )


def _certificates(records: pl.DataFrame) -> _Certificates:
    """Empty ones: the schedule is that of the first product known."""
    known = (
        records.with_columns(known=pl.when(pl.col("product") >= 0).then("product"))
        .group_by("holder", maintain_order=True)
        .agg(pl.col("known").drop_nulls().first())["known"]
        .fill_null(NONE)
        .to_numpy()
        .astype(np.int64)
    )
    needed = np.array([product.primary_doses for product in PRODUCTS])
    series = np.where(known >= 0, needed[np.maximum(known, 0)], DEFAULT_SERIES)
    return _Certificates(series, known)


def _enter(state: _Certificates, step: _Step, position: int) -> list[tuple[str, Bools]]:
    """Enter one record into each certificate; returns which rules it breaks, by row of the step."""
    who = step.who
    slot_type, slot_no = _slot(state, step, position)
    primary = slot_type == PRIMARY
    in_series = primary & (position > 1)
    gap = np.where(state.last_day[who] > NONE, step.day - state.last_day[who], NONE)
    before = state.last_product[who]
    minimum, low, high = _expected(before, step.day)
    # A schedule holds from the licence on: what is dated before it has no interval.
    compared = in_series & (before >= 0) & (gap >= 0) & (step.day >= _licensed(before))
    short = compared & (gap < minimum)
    typed_booster = step.typed_type == BOOSTER
    typed_primary = step.typed_type == PRIMARY
    found = [
        ("SEQ-001", short),
        ("SEQ-002", compared & ~short & ((gap < low) | (gap > high))),
        ("SEQ-003", _may_not_mix(state, step, slot_type, before)),
        ("SEQ-004", (slot_type == NO_SLOT) | (typed_primary & (position > state.series[who]))),
        ("SEQ-005", _falls_back(state, step, slot_type, slot_no, position)),
        ("SEQ-007", ~typed_primary & _too_early(state, step, slot_type, slot_no)),
        ("SEQ-008", typed_booster & (position <= state.series[who])),
        ("SEQ-009", gap == 0),
        ("SEQ-010", primary & (step.product == SPUTNIK) & (step.component > 0)
         & (step.component != slot_no)),
        ("SEQ-011", (slot_type == ADDITIONAL) & ~typed_primary & ~step.is_indicated
         & ~(np.isin(state.first[who], (SINOPHARM, SPUTNIK))
             & (step.day >= day_number(INDICATION_WAIVED_FROM)))),
    ]  # fmt: skip
    _advance(state, step, slot_type)
    return found


def _slot(state: _Certificates, step: _Step, position: int) -> tuple[Ints, Ints]:
    """The slot the record takes: type and number; what comes too early for any takes none."""
    who = step.who
    start = day_number(campaign.BOOSTER_START)
    typed_further = np.isin(step.typed_type, (ADDITIONAL, BOOSTER))
    open_yet = (step.day >= start) | typed_further
    waited = step.day >= _booster_from(state.complete_on[who], step.day)
    kind = np.where(typed_further, step.typed_type, np.where(waited, BOOSTER, ADDITIONAL))
    is_additional = (kind == ADDITIONAL) & (state.additional[who] == 0)
    number = state.boosters[who] + 1
    further = np.where(
        is_additional, ADDITIONAL, np.where(number <= BOOSTER_SLOTS, BOOSTER, NO_SLOT)
    )
    primary = position <= state.series[who]
    slot_type = np.where(primary, PRIMARY, np.where(open_yet, further, NO_SLOT))
    slot_no = np.where(primary, position, np.where(is_additional, 1, number))
    return slot_type, slot_no


def _booster_from(last: Ints, day: Ints) -> Ints:
    """The first day of a booster after a dose: six calendar months, three from 17/12/2021."""
    sooner = day >= day_number(campaign.BOOSTER_THREE_MONTHS_FROM)
    return np.where(sooner, _months_after(last, 3), _months_after(last, 6))


def _months_after(day: Ints, months: int) -> Ints:
    moved = pl.Series(day.astype(np.int32)).cast(pl.Date).dt.offset_by(f"{months}mo")
    return moved.cast(pl.Int32).to_numpy().astype(np.int64)


def _expected(before: Ints, day: Ints) -> tuple[Ints, Ints, Ints]:
    """Hard minimum and expected range of days after a product, as recommended on the later day."""
    known = np.maximum(before, 0)
    minimum = np.array([product.hard_minimum for product in PRODUCTS])[known]
    low = np.array([product.recommended[0] for product in PRODUCTS])[known]
    high = np.array([product.recommended[1] for product in PRODUCTS])[known]
    longer = (before == AZ) & (day < day_number(AZ_SOONER_FROM))
    return minimum, np.where(longer, AZ_LONGER, low), high


def _licensed(product: Ints) -> Ints:
    return np.array([day_number(each.licensed_on) for each in PRODUCTS])[np.maximum(product, 0)]


def _may_not_mix(state: _Certificates, step: _Step, slot_type: Ints, before: Ints) -> Bools:
    primary = slot_type == PRIMARY
    other = np.where(primary, before, state.first[step.who])
    mixed = (other >= 0) & (step.product >= 0) & (other != step.product) & (slot_type != NO_SLOT)
    mixed &= primary | (state.primaries[step.who] > 0)
    allowed = (
        ~primary & np.isin(step.product, MRNA) & (step.day >= day_number(campaign.BOOSTER_START))
    )
    for mixes, kind in ((PRIMARY_MIXES, primary), (FURTHER_MIXES, ~primary)):
        for (first, second), since in mixes.items():
            pair = (other == first) & (step.product == second)
            allowed |= kind & pair & (step.day >= day_number(since))
    return mixed & ~allowed


def _falls_back(
    state: _Certificates, step: _Step, slot_type: Ints, slot_no: Ints, position: int
) -> Bools:
    """A label lower than the place the dose takes, or one that the person has already."""
    number, who = step.typed_no, step.who
    lower = np.isin(step.typed_type, (PRIMARY, FLAT)) & (number < position)
    lower |= (step.typed_type == BOOSTER) & (slot_type == BOOSTER) & (number < slot_no)
    repeated = (step.typed_type == PRIMARY) & (number <= state.primary_seen[who])
    repeated |= (step.typed_type == BOOSTER) & (number <= state.booster_seen[who])
    repeated |= (step.typed_type == ADDITIONAL) & (number <= state.additional_seen[who])
    return lower | repeated


def _too_early(state: _Certificates, step: _Step, slot_type: Ints, slot_no: Ints) -> Bools:
    """Before the dose was offered at all, or before its wait is over."""
    who, day = step.who, step.day
    complete = state.complete_on[who]
    start = day_number(campaign.BOOSTER_START)
    second = slot_no == 2
    opens = np.where((slot_type == BOOSTER) & second, day_number(SECOND_BOOSTER_FROM), start)
    booster = (slot_type == BOOSTER) & (slot_no <= 2)
    since = state.last_day[who]
    due = np.where(second, _months_after(since, 4), _booster_from(since, day))
    early = booster & ((day < opens) | (day < due))
    early |= (step.typed_type == BOOSTER) & (day < start)
    extra = (slot_type == ADDITIONAL) | ((slot_type == NO_SLOT) & (step.typed_type == ADDITIONAL))
    return early | (extra & (complete > NONE) & (day < complete + ADDITIONAL_WAIT))


def _advance(state: _Certificates, step: _Step, slot_type: Ints) -> None:
    who = step.who
    state.primaries[who] += slot_type == PRIMARY
    now_complete = (state.primaries[who] == state.series[who]) & (state.complete_on[who] == NONE)
    state.complete_on[who] = np.where(now_complete, step.day, state.complete_on[who])
    state.additional[who] += slot_type == ADDITIONAL
    state.boosters[who] += slot_type == BOOSTER
    for name, kind in (
        ("primary_seen", PRIMARY),
        ("additional_seen", ADDITIONAL),
        ("booster_seen", BOOSTER),
    ):
        seen = getattr(state, name)
        seen[who] = np.where(
            step.typed_type == kind, np.maximum(seen[who], step.typed_no), seen[who]
        )
    state.last_day[who] = step.day
    state.last_product[who] = step.product
