"""Who is who, scored: links, verification statuses and histories against a simulation's truth.

Needs the warehouse only as far as int_persons, so that linking can be scored without the rest of the job.
"""

from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity.model import read_model
from vax_pipeline.core.identity.settings import MODEL_PATH
from vax_pipeline.core.truth_files import view_truth
from vax_pipeline.core.warehouse import records

Document = dict[str, Any]

_FIGURES = """
    count(*) as mentions,
    count(*) filter (where decision = 'LINKED' and linked_id is distinct from true_id)
        / nullif(count(*) filter (where decision = 'LINKED'), 0) as false_link_rate,
    count(*) filter (where decision = 'LINKED' and linked_id = true_id)
        / nullif(count(true_id), 0) as recall_linked,
    count(*) filter (where best_id = true_id) / nullif(count(true_id), 0) as recall_with_review,
    count(*) filter (where decision = 'REVIEW') / count(*) as review_rate,
    avg((status = true_status)::int) as status_accuracy
"""


def score_links(connection: duckdb.DuckDBPyConnection, truth_dir: Path) -> Document:
    """False links, recall, merged twins, statuses; overall and by kind of noise. Rates are fractions.

    A mention counts once, however many records carry it. `by_noise` has a mention under each kind it
    suffers from, under `none`, and under `absent` (not in the registry) and `twin` (twins and namesakes).

    Args:
        connection: a warehouse after int_persons; temporary tables are made on it.
        truth_dir: the `truth` folder of the simulation that was loaded, as `evaluate` takes it.

    Raises:
        FileNotFoundError: the truth of the mentions is missing.
    """
    view_truth(connection, truth_dir, "mentions")
    _judge(connection)
    overall = records(connection, f"select {_FIGURES} from judged_mentions")[0]
    by_noise = records(
        connection,
        f"select kind, {_FIGURES} from (select *, unnest(noise) as kind from judged_mentions) "
        "group by kind order by kind",
    )
    limits = read_model(MODEL_PATH).thresholds
    return {
        **overall,
        "person_status_accuracy": _person_status_accuracy(connection),
        "twins_merged": _twins_merged(connection),
        "unlinked": _histories(connection),
        "thresholds": {
            "link_probability": limits.link,
            "margin_bits": limits.margin,
            "review_probability": limits.review,
            "origin": limits.origin,
        },
        "by_noise": {row.pop("kind"): row for row in by_noise},
    }


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """judged_mentions: one row per mention; written_people: one per key and true person it holds."""
    connection.execute(
        f"""
        create or replace temp table judged_mentions as
        select
            links.mention_id,
            any_value(links.citizen_key) as citizen_key,
            any_value(truth.person_id) as person_id,
            any_value(truth.citizen_id) as true_id,
            any_value(links.citizen_id) as linked_id,
            any_value(coalesce(links.citizen_id, links.candidate_citizen_id)) as best_id,
            any_value(links.decision) as decision,
            any_value(verified.verification_status) as status,
            -- Two answers of the police about one mention: which holds is a matter of policy.
            case
                when min(truth.verification_status) = max(truth.verification_status)
                    and count(truth.verification_status) = count(*)
                    then min(truth.verification_status)
            end as true_status,
            list_distinct(list_concat(
                flatten(list(truth.noise)),
                list_filter([
                    case when max(len(truth.noise)) = 0 then 'none' end,
                    case when any_value(truth.citizen_id) is null then 'absent' end,
                    case when bool_or(truth.is_twin) then 'twin' end
                ], lambda kind: kind is not null)
            )) as noise
        from truth_mentions as truth
        inner join {schemas.INT_MENTION_RECORDS.sql} as written using (record_id)
        inner join {schemas.INT_MENTIONS_LINKED.sql} as links using (mention_id)
        inner join {schemas.INT_MENTIONS_VERIFIED.sql} as verified using (mention_id)
        group by links.mention_id
        """
    )


def _person_status_accuracy(connection: duckdb.DuckDBPyConnection) -> float | None:
    """Share of people whose status is the expected one, where it is beyond dispute."""
    return records(
        connection,
        f"""
        with expected as (
            select links.citizen_key, any_value(truth.verification_status) as status
            from truth_mentions as truth
            inner join {schemas.INT_MENTION_RECORDS.sql} as written using (record_id)
            inner join {schemas.INT_MENTIONS_LINKED.sql} as links using (mention_id)
            where truth.subject = 'dose'
            group by links.citizen_key
            having bool_and(truth.status_is_certain)
                and count(distinct truth.verification_status) = 1
        )
        select avg((persons.verification_status = expected.status)::int) as accuracy
        from expected inner join {schemas.INT_PERSONS.sql} as persons using (citizen_key)
        """,
    )[0]["accuracy"]


def _twins_merged(connection: duckdb.DuckDBPyConnection) -> int:
    """Pairs of twins or namesakes one of whom has a record of the other: one key, or the other's link."""
    return records(
        connection,
        """
        with twins as (
            select distinct person_id, twin_id, twin_citizen_id
            from truth_mentions where twin_id is not null
        ),
        pairs as (
            select twins.person_id, twins.twin_id
            from judged_mentions as one
            inner join twins using (person_id)
            inner join judged_mentions as other
                on other.person_id = twins.twin_id and other.citizen_key = one.citizen_key
            union
            select twins.person_id, twins.twin_id
            from judged_mentions as one
            inner join twins using (person_id)
            where one.linked_id = twins.twin_citizen_id
        )
        select count(distinct (least(person_id, twin_id), greatest(person_id, twin_id))) as pairs
        from pairs
        """,
    )[0]["pairs"]


def _histories(connection: duckdb.DuckDBPyConnection) -> Document:
    """Of people the registry does not hold: how many have one history, how many keys hold several."""
    return records(
        connection,
        """
        with people as (
            select person_id, count(*) as mentions, count(distinct citizen_key) as keys
            from judged_mentions where true_id is null
            group by person_id
        ),
        keys as (
            select citizen_key, count(distinct person_id) as people
            from judged_mentions where linked_id is null
            group by citizen_key
        )
        select
            (select count(*) from people) as people,
            (select count(*) from people where mentions > 1) as people_of_several_mentions,
            (select avg((keys = 1)::int) from people where mentions > 1) as in_one_history,
            (select count(*) from keys where people > 1) as keys_of_several_people
        """,
    )[0]
