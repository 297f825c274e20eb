"""What citizens write and send along: person, claim, attachment, and its reject reasons.

Adds to each case the values claimed, the values the paper shows, and what the 13 reasons of
dispatch 9458 then say. Values are true unless a reason was planted.
"""

from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.campaign import PRODUCTS
from vax_pipeline.core.simulation.complaint_cases import CASE_NAMES, CASES
from vax_pipeline.core.simulation.doses import PRIMARY
from vax_pipeline.core.simulation.draws import (
    Ints,
    chance,
    day_number,
    stream,
    unaccented,
    weighted,
)
from vax_pipeline.core.simulation.world import World

REASONS = tuple(f"R{number:02d}" for number in range(1, 14))
REASON_WEIGHTS = (8, 8, 6, 10, 6, 6, 5, 12, 12, 5, 10, 9, 3)
REASON_SHARE = 0.16
NO_PAPER, CERTIFICATE, SCREENING_FORM, PORTRAIT = range(4)
PAPERS = ("", "certificate", "screening_form", "portrait")
READ, UNREAD, UNREADABLE = range(3)
READ_STATUSES = ("read", "unread", "unreadable")
QUALITIES = ("clear", "masked", "blurred", "altered")
NAMED_BY_CODE, NAMED_EXACTLY, NAMED_VAGUELY, NOT_NAMED = range(4)
# Reasons after which the paper no longer supports a dose nobody recorded.
UNSUPPORTING = tuple(
    REASONS.index(r)
    for r in ("R01", "R02", "R03", "R04", "R06", "R07", "R08", "R09", "R10", "R12", "R13")
)
ANSWERED_WITHOUT_PAPER = ("NOT_GIVEN_TO_THIS_PERSON", "DUPLICATE_PROFILE", "ALREADY_CORRECT")
WAITS_FOR_OTHERS = ("UNDER_OTHER_IDENTITY", "ENTERED_UNVERIFIED", "CANNOT_TELL")
CONTRADICTED = ("R02", "R04", "R05", "R09", "R12")
SIGNING = ("VERIFIED_UNSIGNED", "SIGNED_NOT_ISSUED")


def write_papers(world: World, cases: pl.DataFrame) -> pl.DataFrame:
    """cases, plus what is claimed, shown and expected. One row per complaint.

    Columns added: the person as written (name, birth, is_female, id_value, phone, unit), claim
    (slot_type, slot_no, product, lot, injected, facility, naming), paper (paper, read_status,
    quality, cert_name, cert_birth, cert_is_female, cert_slot_no, cert_product, cert_injected,
    cert_shows), reason (index or -1), reasons, cause, recommendation, is_valid;
    said (the complaint whose words these are), points_at_record.
    """
    rng = stream(world.seed, "papers")
    frame = _claims(world, _people(world, cases, rng), rng)
    frame = _papers(frame, rng)
    frame = _contradictions(world, frame, rng)
    frame = _expected(frame)
    kind = claim_kind()
    frame = frame.with_columns(
        said=pl.col("complaint"),
        points_at_record=(pl.col("record") >= 0)
        & ((kind == "deny") | ((kind == "wrong") & (pl.col("complaint") % 2 == 0))),
    )
    # A complaint filed twice says the same twice.
    source = np.where(frame["duplicate_of"] >= 0, frame["duplicate_of"], frame["complaint"])
    own = frame.select("complaint", "received", "duplicate_of")
    return frame[source].with_columns(*own.get_columns())


def _people(world: World, cases: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    people = world.population[cases["person"].to_numpy()]
    size = len(cases)
    luck = pl.Series(rng.random(size))
    return cases.with_columns(
        name=people["full_name"],
        birth=people["birth"],
        is_female=people["is_female"],
        id_value=pl.DataFrame({"id": people["citizen_id"], "cmnd": people["cmnd"]})
        .select(
            pl.when(luck < 0.05)
            .then(None)
            .when(luck < 0.1)
            .then(pl.coalesce("cmnd", "id"))
            .otherwise("id")
        )
        .to_series(),
        # Whoever files at a counter may leave no number at all.
        phone=people.select(pl.when(pl.Series(luck < 0.985)).then("phone")).to_series(),
        unit=people["unit"],
        in_registry=people["in_registry"],
    )


def _claims(world: World, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The dose as the citizen remembers it: as given; a denied one as recorded; else invented."""
    size = len(frame)
    dose, record = frame["dose"].to_numpy(), frame["record"].to_numpy()
    denied = (frame["case"] == CASE_NAMES.index("denied")).to_numpy()
    invented = (dose < 0) & (record < 0)
    columns: dict[str, pl.Series] = {}
    start = day_number(date(2021, 8, 1))
    made_up = {
        "slot_type": np.full(size, PRIMARY),
        "slot_no": np.ones(size, dtype=np.int64),
        "product": rng.integers(0, 3, size),
        "injected": rng.integers(start, start + 60, size),
        "facility": rng.integers(0, len(world.geography.communes), size),
    }
    made_up["lot"] = world.lots.index[made_up["product"], 7, 0]
    for name, values in made_up.items():
        given = world.doses[name].to_numpy()[np.maximum(dose, 0)]
        recorded = world.records[name].to_numpy()[np.maximum(record, 0)]
        chosen = np.where(invented, values, np.where(denied, recorded, given))
        columns[name] = pl.Series(chosen.astype(np.int32))
    naming = weighted(rng, [0.5, 0.15, 0.22, 0.13], size)
    return frame.with_columns(**columns, naming=pl.Series(naming.astype(np.int8)))


def _papers(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    size = len(frame)
    paper = np.where(chance(rng, 0.92, size), CERTIFICATE, NO_PAPER)
    unfounded = (frame["case"] == CASE_NAMES.index("unfounded")).to_numpy()
    paper[unfounded] = NO_PAPER
    status = weighted(rng, [0.84, 0.13, 0.03], size)
    readable = (paper == CERTIFICATE) & (status == READ)
    reason = np.where(
        readable & chance(rng, REASON_SHARE, size), weighted(rng, REASON_WEIGHTS, size), -1
    )
    # A birth date can contradict the registry only where the registry knows the person; an
    # unaccented name can fall short only of a name with accents.
    unknown = ~frame["in_registry"].to_numpy()
    plain = (frame["name"] == frame.select(unaccented("name")).to_series()).to_numpy()
    # Who denies a dose has no certificate of it: a paper that is none rejects nobody then.
    denied = (frame["case"] == CASE_NAMES.index("denied")).to_numpy()
    reason[np.isin(reason, [REASONS.index("R01"), REASONS.index("R06")]) & denied] = -1
    reason[(reason == REASONS.index("R05")) & unknown] = -1
    reason[(reason == REASONS.index("R11")) & plain] = -1
    return frame.with_columns(
        paper=pl.Series(paper), read_status=pl.Series(status), reason=pl.Series(reason)
    )


def reads_as(*reasons: str) -> pl.Expr:
    return pl.col("reason").is_in([REASONS.index(reason) for reason in reasons])


def _contradictions(world: World, frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Makes the paper say what its reason is: R10 contradicts everything, the others one thing."""
    size = len(frame)
    stranger = world.population[rng.integers(0, len(world.population), size)]
    days_off = pl.lit(pl.Series(rng.integers(5, 25, size).astype(np.int32)))
    partial = pl.Series(chance(rng, 0.3, size))
    name = pl.col("name")
    shorter = name.str.split(" ").list.slice(1).list.join(" ")
    quality = (
        pl.when(reads_as("R07")).then(1).when(reads_as("R08")).then(2).when(reads_as("R13")).then(3)
    )
    return frame.with_columns(
        paper=pl.when(reads_as("R01"))
        .then(SCREENING_FORM)
        .when(reads_as("R03"))
        .then(PORTRAIT)
        .otherwise("paper"),
        quality=quality.otherwise(0),
        cert_name=pl.when(reads_as("R02", "R10")).then(stranger["full_name"]).otherwise("name"),
        cert_birth=pl.when(reads_as("R05", "R10"))
        .then(pl.col("birth") - pl.duration(days=days_off + 400))
        .otherwise("birth"),
        cert_is_female=pl.when(reads_as("R10")).then(~pl.col("is_female")).otherwise("is_female"),
        cert_slot_no=pl.when(reads_as("R04", "R10"))
        .then(pl.col("slot_no") % 2 + 1)
        .otherwise("slot_no"),
        cert_product=pl.when(reads_as("R12", "R10"))
        .then((pl.col("product") + 1) % len(PRODUCTS))
        .otherwise("product"),
        cert_injected=pl.when(reads_as("R09", "R10"))
        .then(pl.col("injected") - days_off)
        .otherwise("injected"),
        cert_shows=pl.when(reads_as("R03"))
        .then(0)
        .when(reads_as("R01"))
        .then(1)
        .when(reads_as("R06"))
        .then(2)
        .otherwise(3),
        name=pl.when(reads_as("R11") & partial)
        .then(shorter)
        .when(reads_as("R11"))
        .then(unaccented("name"))
        .otherwise(name),
    )


def _expected(frame: pl.DataFrame) -> pl.DataFrame:
    """Cause and recommendation a careful officer would reach with what was sent."""
    case = pl.col("case")
    causes = case.replace_strict(
        list(range(len(CASES))), [c[1] for c in CASES], return_dtype=pl.String
    )
    kinds = case.replace_strict(
        list(range(len(CASES))), [c[2] for c in CASES], return_dtype=pl.String
    )
    is_read = (pl.col("paper") != NO_PAPER) & (pl.col("read_status") == READ)
    supported = is_read & ~pl.col("reason").is_in(list(UNSUPPORTING))
    lost = case == CASE_NAMES.index("not_entered")
    rejected = pl.col("reason") >= 0
    frame = frame.with_columns(
        cause=pl.when(lost & ~supported).then(pl.lit("CANNOT_TELL")).otherwise(causes),
        complaint_type=kinds,
        is_valid=~rejected & (case != CASE_NAMES.index("unfounded")),
    )
    cause = pl.col("cause")
    waits = cause.is_in(list(WAITS_FOR_OTHERS)) | (
        cause.is_in(list(SIGNING)) & (pl.col("complaint_type") == "CERTIFICATE_NOT_ISSUED")
    )
    # What came must be read first; what did not come may not be needed.
    unread = (pl.col("paper") != NO_PAPER) & (pl.col("read_status") != READ)
    return frame.with_columns(
        reasons=_all_reasons(),
        recommendation=pl.when(rejected)
        .then(pl.lit("reject"))
        .when(waits | unread | (~is_read & ~cause.is_in(list(ANSWERED_WITHOUT_PAPER))))
        .then(pl.lit("later"))
        .otherwise(pl.lit("approve")),
    )


def claim_kind() -> pl.Expr:
    """missing, wrong or deny, by the case."""
    kinds = [case[3] for case in CASES]
    return pl.col("case").replace_strict(list(range(len(kinds))), kinds, return_dtype=pl.String)


def _all_reasons() -> pl.Expr:
    """All reasons that hold: R10 stands first among those it consists of."""
    parts = [
        pl.when(pl.col("reason") == place).then(pl.lit(reason))
        for place, reason in enumerate(REASONS)
    ]
    whole = [
        pl.when(reads_as("R10") & (pl.col("in_registry") | (reason != "R05"))).then(pl.lit(reason))
        for reason in CONTRADICTED
    ]
    return pl.concat_list(*parts, *whole).list.drop_nulls().list.sort()


def is_named(frame: pl.DataFrame) -> Ints:
    """1 where the facility is known from its name or from the record pointed at, else 0."""
    named = (frame["naming"] <= NAMED_EXACTLY) | frame["points_at_record"]
    return named.to_numpy().astype(np.int64)
