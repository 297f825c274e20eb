"""What a decision would change for the people it is about: their doses and findings, before and after.

Both sides are dbt's own models over the mentions of these people alone (`core.what_if`), so figures that
rest on everybody's rows, as a number shared with a stranger, are on neither side. The findings of complaints
follow with the run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.keys import key_sql, key_text_sql
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records
from vax_pipeline.core.what_if import WhatIf

Row = dict[str, Any]
# What a decision reaches, in the order of their making.
_PEOPLE = (
    schemas.INT_PERSON_DECISIONS,
    schemas.INT_MENTIONS_DECIDED,
    schemas.INT_MENTIONS_CLUSTERED,
    schemas.INT_UNLINKED_KEYS,
    schemas.INT_PERSON_MERGES,
    schemas.INT_MENTIONS_LINKED,
    schemas.INT_MENTIONS_VERIFIED,
    schemas.INT_MENTIONS_SHARING_NUMBER,
    schemas.INT_PERSONS,
    schemas.INT_DOSES_LINKED,
    schemas.INT_DOSES_DEDUPLICATED,
    schemas.INT_DOSES_SEQUENCED,
)
# Of the stand-ins of `WhatIf`, not of tables: hence here, and no model of dbt's.
_DOSES_SQL = """
select
    records.record_id, records.citizen_key, records.dose_id, records.duplicate_rule,
    records.injected_on, records.vaccine_code, records.lot_number, records.facility_code,
    not records.is_chosen as is_behind,
    doses.history_position,
    case when doses.has_slot then doses.dose_type end as slot_type,
    case when doses.has_slot then doses.dose_no end as slot_no,
    records.dose_label_typed as typed,
    doses.verdict, doses.verdict_reason
from {deduplicated} as records
left join {doses} as doses on records.dose_id = doses.dose_id
order by records.injected_on, records.record_id
"""
_PEOPLE_SQL = """
select citizen_key, citizen_id is not null as is_registered, verification_status, mentions,
    full_name, birth_on, sex, id_number
from {persons} order by citizen_key
"""
_FINDINGS_SQL = """
select rule_id, severity, subject_type, subject_id
from {findings} as findings
semi join {persons} as persons on findings.citizen_key = {key_text}
order by all
"""
# A lot stays the same whoever it was given to: only whose dose it is differs.
_LOTS_SQL = """
from {built}
union all by name
select findings.* replace ({key_text} as citizen_key)
from {findings} as findings
inner join {deduplicated} as chosen on findings.subject_id = chosen.record_id and chosen.is_chosen
where findings.subject_type = 'dose' and findings.rule_id like 'LOT-%'
"""
_NAMED = ("mention_id", "from_key", "into_key")
_DOSE_FACTS = ("record_id", "injected_on", "vaccine_code", "lot_number", "facility_code")


def effect_of(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> Row:
    """How the people of the decisions that differ between two lists stand under each of them.

    Returns:
        `people` {before, after}: key, status, how many mentions, name, birth date, sex, number; `doses`: one
        row per source record, with key, dose it stands for or behind, duplicate rule, position, slot, typed
        label and verdict `before` and `after`, and whether that `changed`; `findings` {appear, vanish}.
        Holds personal data: whoever shows it masks it.
    """
    said = [*before, *(row for row in after if row not in before)]
    _gather(connection, _related([row for row in said if (row in before) != (row in after)], said))
    sides = {
        name: _side(connection, settings, name, decisions)
        for name, decisions in (("before", before), ("after", after))
    }
    found = {name: _keyed(side["findings"]) for name, side in sides.items()}
    return {
        "people": {name: side["people"] for name, side in sides.items()},
        "doses": _side_by_side(sides["before"]["doses"], sides["after"]["doses"]),
        "findings": {
            "appear": [row for key, row in found["after"].items() if key not in found["before"]],
            "vanish": [row for key, row in found["before"].items() if key not in found["after"]],
        },
    }


def _related(
    changed: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The changed decisions and all others about the same people, as they wait for the next run."""
    related = list(changed)
    about = {row[name] for row in changed for name in _NAMED} - {None}
    while found := [
        row for row in said if row not in related and about & {row[name] for name in _NAMED}
    ]:
        related += found
        about |= {row[name] for row in found for name in _NAMED} - {None}
    return related


def _gather(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Mapping[str, Any]]) -> None:
    """gathered_mentions: all mentions of the people that these decisions are about."""
    mentions = [row["mention_id"] for row in decisions if row["mention_id"]]
    keys = [row[side] for row in decisions for side in ("from_key", "into_key") if row[side]]
    connection.execute(
        f"""
        create or replace temp table gathered_mentions as
        with people as (
            select unnest($keys::uuid[]) as citizen_key
            union
            select {key_sql("citizen_key")} from {schemas.FORMER_CITIZEN_KEYS.sql}
            where former_key = any($keys)
            union
            select citizen_key from {schemas.INT_MENTIONS_LINKED.sql}
            where mention_id = any($mentions::uuid[]) or own_key = any($keys::uuid[])
        )
        select mention_id from {schemas.INT_MENTIONS_LINKED.sql} semi join people using (citizen_key)
        """,
        {"keys": keys, "mentions": mentions},
    )


def _side(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    name: str,
    decisions: Sequence[Mapping[str, Any]],
) -> dict[str, list[Row]]:
    world = WhatIf(connection, settings, name)
    only_theirs = "select * from {} semi join gathered_mentions using (mention_id)"
    for relation in (schemas.INT_MENTIONS, schemas.INT_UNLINKED_KEYS):
        world.suppose(relation, only_theirs.format(relation.sql))
    _suppose_decisions(world, decisions)
    for relation in _PEOPLE:
        world.build(relation)
    _build_findings(world)
    world.build(schemas.FCT_DOSES)
    tables = {
        "deduplicated": world.table(schemas.INT_DOSES_DEDUPLICATED),
        "doses": world.table(schemas.FCT_DOSES),
        "persons": world.table(schemas.INT_PERSONS),
        "findings": world.table(schemas.FINDINGS),
        "key_text": key_text_sql("persons.citizen_key"),
    }
    return {
        "doses": records(connection, _DOSES_SQL.format(**tables)),
        "people": records(connection, _PEOPLE_SQL.format(**tables)),
        "findings": records(connection, _FINDINGS_SQL.format(**tables)),
    }


def _suppose_decisions(world: WhatIf, decisions: Sequence[Mapping[str, Any]]) -> None:
    """As the next run will read them, at the instant the tables stand at."""
    mirror = schemas.PERSON_DECISIONS
    columns = [name for name in mirror.columns if name not in ("decided_at", "revoked_at")]
    lists = ", ".join(f"unnest(${name}::{mirror.columns[name]}[]) as {name}" for name in columns)
    world.suppose(
        mirror,
        f"select said.*, context.as_of as decided_at, null::timestamptz as revoked_at "
        f"from (select {lists}) as said cross join {schemas.RUN_CONTEXT.sql} as context",
        {name: [row[name] for row in decisions] for name in columns},
    )


def _build_findings(world: WhatIf) -> None:
    """Of these people; those that rest on everybody's rows are left out, those of lots are kept."""
    for family in world.read_by(schemas.FINDINGS, "flag_"):
        if family in schemas.FLAGS_OF_PEOPLE:
            world.build(family)
        else:
            world.suppose(family, f"select * from {family.sql} limit 0")
    world.build(schemas.FINDINGS)
    world.suppose(
        schemas.FINDINGS,
        _LOTS_SQL.format(
            built=world.table(schemas.FINDINGS),
            findings=schemas.FINDINGS.sql,
            deduplicated=world.table(schemas.INT_DOSES_DEDUPLICATED),
            key_text=key_text_sql("chosen.citizen_key"),
        ),
    )


def _keyed(found: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row.values()): row for row in found}


def _side_by_side(before: Sequence[Row], after: Sequence[Row]) -> list[Row]:
    """One row per source record, with what is said of it on either side."""
    later = {row["record_id"]: row for row in after}
    return [
        {
            **{name: row[name] for name in _DOSE_FACTS},
            "before": _said(row),
            "after": _said(later[row["record_id"]]),
            "changed": _said(row) != _said(later[row["record_id"]]),
        }
        for row in before
    ]


def _said(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _DOSE_FACTS}
