"""Link the undecided mentions to the registry and replace `intermediate.mention_links`.

Called by the linking asset with an open connection, between the two dbt groups. What it decides is
a proposal with a probability: a link made here never counts as verified.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity import scoring
from vax_pipeline.core.identity.model import Model, read_model
from vax_pipeline.core.identity.settings import (
    CANDIDATES_KEPT,
    LINK_MARGIN,
    LINK_PROBABILITY,
    MODEL_PATH,
    REVIEW_PROBABILITY,
    comparison_names,
    level_names,
    splink_settings,
)
from vax_pipeline.core.warehouse import count, transaction


@dataclass(frozen=True)
class LinkReport:
    """How many mentions were looked at, and what became of them."""

    mentions: int
    citizens: int
    linked: int
    review: int
    unlinked: int
    model_version: str

    def as_metadata(self) -> dict[str, int | str]:
        """Counts and the model's name: nothing personal."""
        return asdict(self)


def link_undecided(
    connection: duckdb.DuckDBPyConnection,
    model_path: Path = MODEL_PATH,
    on_progress: Callable[[str], None] | None = None,
) -> LinkReport:
    """Decide every mention of int_mentions__undecided; replaces the whole of SPLINK_LINKS.

    Grain of the result: one row per undecided mention, UNLINKED ones included.

    Args:
        connection: a writing connection with nothing uncommitted.
        model_path: the trained model.
        on_progress: told in one line what is going on.

    Raises:
        UntrainedModelError: the model file is incomplete. Nothing is written then.
    """
    model = read_model(model_path)
    mentions = count(connection, schemas.INT_MENTIONS_UNDECIDED)
    citizens = count(connection, schemas.INT_CITIZENS)
    if mentions == 0 or citizens == 0:
        with transaction(connection):
            connection.execute(f"delete from {schemas.SPLINK_LINKS.sql}")
            connection.execute(_insert_unlinked_sql(), [model.version])
        return LinkReport(mentions, citizens, 0, 0, mentions, model.version)

    if on_progress is not None:
        on_progress(f"scoring {mentions:,} undecided mentions against {citizens:,} citizens")
    warehouse = str(connection.sql("select current_database()").fetchall()[0][0])
    with scoring.scratch(connection) as place:
        scoring.prepare(
            place,
            f'"{warehouse}".{schemas.INT_MENTIONS_UNDECIDED.sql}',
            f'"{warehouse}".{schemas.INT_CITIZENS.sql}',
        )
        settings = splink_settings(model.parameters, model.prior(citizens))
        pairs = scoring.score(place, settings, threshold=REVIEW_PROBABILITY)
        place.cursor.execute(
            f"create table decided as {decide_sql(pairs)}",
            {"link": LINK_PROBABILITY, "margin": LINK_MARGIN},
        )
        with transaction(connection):
            connection.execute(f"delete from {schemas.SPLINK_LINKS.sql}")
            connection.execute(
                f"insert into {schemas.SPLINK_LINKS.sql} by name "
                f"select *, ?::varchar as model_version from {place.name}.main.decided",
                [model.version],
            )
            connection.execute(_insert_unlinked_sql(), [model.version])
    return _report(connection, mentions, citizens, model)


def decide_sql(pairs: str) -> str:
    """One row per mention that has a candidate: the best one, and whether it is believed.

    A link needs the probability, a clear distance to the next candidate, and no veto: another sex
    together with another name or birth date; another name and another birth date (a relative's
    number and phone, typed for somebody the registry may not hold); a twin's pattern, that is the
    same birth date, another given name, and a number that is off by more than two digits.
    """
    weights = ", ".join(f"'{name}': round(mw_{name}, 2)" for name in comparison_names())
    name_same = level_names("name").index("same")
    names_of_one_person = ("same", "accents", "middle_letter", "order", "ends")
    given_name_kept = ", ".join(str(level_names("name").index(n)) for n in names_of_one_person)
    birth_same = level_names("birth").index("same")
    name_other = ", ".join(str(level_names("name").index(n)) for n in ("else", "similar"))
    birth_other = ", ".join(str(level_names("birth").index(n)) for n in ("else", "same_year"))
    id_near = level_names("id").index("two_digits")
    return f"""
        with candidates as (
            select *, unique_id_l as mention_id, unique_id_r as citizen_id,
            from {pairs}
        ),
        placed as (
            select
                *,
                row_number() over best as place,
                match_weight - lead(match_weight) over best as margin,
                gamma_sex = 0 and (gamma_name < {name_same} or gamma_birth < {birth_same})
                    as is_sex_conflict,
                gamma_birth = {birth_same} and gamma_id < {id_near}
                    and gamma_name not in ({given_name_kept}, -1) as is_like_a_twin,
                gamma_name in ({name_other}) and gamma_birth in ({birth_other}) as is_somebody_else,
            from candidates
            window best as (partition by mention_id order by match_weight desc, citizen_id)
        )
        select
            mention_id,
            arg_min(citizen_id, place) as citizen_id,
            case
                when bool_or(
                    place = 1 and match_probability >= $link
                    and coalesce(margin, $margin) >= $margin
                    and not (is_sex_conflict or is_somebody_else or is_like_a_twin)
                ) then 'LINKED'
                else 'REVIEW'
            end as decision,
            max(match_probability) as score,
            max(match_weight) as match_weight,
            to_json(list({{
                'citizen_id': citizen_id,
                'match_weight': round(match_weight, 2),
                'weights': {{{weights}}}
            }} order by place) filter (where place <= {CANDIDATES_KEPT}))::varchar as candidates,
        from placed
        group by mention_id
    """


def _insert_unlinked_sql() -> str:
    return f"""
        insert into {schemas.SPLINK_LINKS.sql} by name
        select mention_id, 'UNLINKED' as decision, ?::varchar as model_version
        from {schemas.INT_MENTIONS_UNDECIDED.sql} as undecided
        where not exists (
            from {schemas.SPLINK_LINKS.sql} as done where done.mention_id = undecided.mention_id
        )
    """


def _report(
    connection: duckdb.DuckDBPyConnection, mentions: int, citizens: int, model: Model
) -> LinkReport:
    rows = connection.sql(
        f"select decision, count(*) from {schemas.SPLINK_LINKS.sql} group by decision"
    ).fetchall()
    found = {str(decision): int(number) for decision, number in rows}
    return LinkReport(
        mentions=mentions,
        citizens=citizens,
        linked=found.get("LINKED", 0),
        review=found.get("REVIEW", 0),
        unlinked=found.get("UNLINKED", 0),
        model_version=model.version,
    )
