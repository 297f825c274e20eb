"""Decisions of officers: refused where they can't be meant, written once, taken back, never lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from vax_pipeline.core.people.decisions import (
    Decision,
    DecisionRefusedError,
    all_decisions,
    current_key,
    plan_link,
    plan_merge,
    plan_unlink,
    revoke_decision,
    standing_decisions,
    write_decision,
)
from vax_pipeline.core.settings import Settings

NOON = datetime(2021, 12, 8, 5, tzinfo=UTC)
AN, BINH, OLD, YOUNG, LONELY, RETIRED, M1, M2, M3 = (f"{number:032x}" for number in range(9))
# Two citizens, three people without one (an old, a young, a lonely one), and a key that retired.
TABLES = f"""
create schema intermediate;
create schema marts;
create table intermediate.int_citizens__current (citizen_id varchar, citizen_key uuid);
insert into intermediate.int_citizens__current values ('075', '{AN}'), ('076', '{BINH}');
create table intermediate.int_persons (citizen_key uuid, mentions bigint);
insert into intermediate.int_persons values ('{AN}', 2), ('{OLD}', 2), ('{YOUNG}', 1), ('{LONELY}', 1);
create table intermediate.int_mention_records (record_id varchar, mention_id uuid);
insert into intermediate.int_mention_records values
    ('platform:1', '{M1}'), ('platform:2', '{M2}'), ('platform:3', '{M3}');
create table intermediate.int_mentions__linked (
    mention_id uuid, citizen_key uuid, citizen_id varchar);
insert into intermediate.int_mentions__linked values
    ('{M1}', '{AN}', '075'), ('{M2}', '{OLD}', null), ('{M3}', '{LONELY}', null);
create table intermediate.int_unlinked_keys (
    citizen_key uuid, assigned_at timestamptz, is_current boolean);
insert into intermediate.int_unlinked_keys values
    ('{OLD}', '2021-11-01 08:00+07', true), ('{YOUNG}', '2021-11-02 08:00+07', true),
    ('{LONELY}', '2021-11-03 08:00+07', true), ('{RETIRED}', '2021-10-01 08:00+07', false);
create table marts.former_citizen_keys (former_key varchar, citizen_key varchar);
insert into marts.former_citizen_keys values ('{RETIRED}', '{AN}');
"""


@pytest.fixture
def built() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def said(**fields: Any) -> dict[str, Any]:
    """A merge that waits for the next run."""
    return {"decision_id": 1, "kind": "merge", **fields}


def test_a_link_is_of_the_mention_behind_the_record_and_of_a_citizen(
    built: duckdb.DuckDBPyConnection,
) -> None:
    assert plan_link(built, "2", BINH) == Decision("link", M2, "platform:2", into_key=BINH)
    assert plan_link(built, "platform:2", RETIRED).into_key == AN
    with pytest.raises(DecisionRefusedError, match=f"vax people merge {OLD} {YOUNG}"):
        plan_link(built, "2", YOUNG)
    with pytest.raises(DecisionRefusedError, match="no current record or complaint has the id '9'"):
        plan_link(built, "9", AN)
    with pytest.raises(DecisionRefusedError, match="nobody has the key 'nobody'"):
        plan_link(built, "2", "nobody")


def test_an_unlink_is_from_whom_the_mention_is_held_to_be(
    built: duckdb.DuckDBPyConnection,
) -> None:
    assert plan_unlink(built, "1") == Decision("unlink", M1, "platform:1", from_key=AN)
    assert plan_unlink(built, "2").from_key == OLD
    with pytest.raises(DecisionRefusedError, match="nothing to take it from"):
        plan_unlink(built, "3")


@pytest.mark.parametrize(
    ("key", "into", "gone", "kept", "is_turned"),
    [
        (YOUNG, OLD, YOUNG, OLD, False),
        (OLD, YOUNG, YOUNG, OLD, True),
        (OLD, AN, OLD, AN, False),
        (AN, OLD, OLD, AN, True),
        (AN, BINH, AN, BINH, False),
        (BINH, AN, BINH, AN, False),
        (BINH, RETIRED, BINH, AN, False),
    ],
)
def test_of_two_people_a_citizen_stays_before_another_and_the_older_before_the_younger(
    built: duckdb.DuckDBPyConnection, key: str, into: str, gone: str, kept: str, is_turned: bool
) -> None:
    merge = plan_merge(built, [], key, into)
    assert (merge.from_key, merge.into_key, merge.is_turned) == (gone, kept, is_turned)


def test_who_is_one_already_is_not_merged_again(built: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(DecisionRefusedError, match=f"are one person already, under {AN}"):
        plan_merge(built, [], RETIRED, AN)


def test_a_merge_that_closes_a_circle_is_refused_though_no_run_has_seen_the_others(
    built: duckdb.DuckDBPyConnection,
) -> None:
    standing = [
        said(decision_id=4, from_key=YOUNG, into_key=OLD),
        said(decision_id=5, from_key=OLD, into_key=RETIRED),
        said(decision_id=6, kind="link", from_key=None, into_key=BINH),
    ]
    with pytest.raises(DecisionRefusedError, match=r"already \(decision 4, 5\): undo that first"):
        plan_merge(built, standing, AN, YOUNG)
    assert plan_merge(built, standing, BINH, YOUNG).into_key == BINH


def test_merges_that_a_run_has_applied_no_longer_join_anybody_else(
    built: duckdb.DuckDBPyConnection,
) -> None:
    """Their keys are the same person by now: the search for a circle must end, and find none."""
    applied = [
        said(decision_id=7, from_key=RETIRED, into_key=AN),
        said(decision_id=8, from_key=AN, into_key=RETIRED),
    ]
    merge = plan_merge(built, applied, YOUNG, AN)
    assert (merge.from_key, merge.into_key) == (YOUNG, AN)


def test_a_key_of_nobody_is_refused_and_a_retired_one_followed(
    built: duckdb.DuckDBPyConnection,
) -> None:
    assert current_key(built, RETIRED) == AN
    with pytest.raises(DecisionRefusedError, match="take a citizen_key from a published table"):
        current_key(built, "")


def test_a_decision_keeps_who_when_and_why_also_when_it_is_taken_back(settings: Settings) -> None:
    decision = Decision("link", M2, "platform:2", into_key=AN)
    number = write_decision(settings, decision, decided_by="Lan", why="seen the card", at=NOON)
    revoke_decision(settings, number, revoked_by="Minh", why="the wrong card", at=NOON)

    [row] = all_decisions(settings)
    assert row == {
        "decision_id": number, "kind": "link", "mention_id": M2, "record_id": "platform:2",
        "from_key": None, "into_key": AN, "decided_by": "Lan", "why": "seen the card",
        "decided_at": NOON, "revoked_at": NOON, "revoked_by": "Minh", "revoked_why": "the wrong card",
    }  # fmt: skip
    assert standing_decisions(settings) == []
    with pytest.raises(DecisionRefusedError, match="was taken back by Minh"):
        revoke_decision(settings, number, revoked_by="Lan", why="again", at=NOON)
    with pytest.raises(DecisionRefusedError, match="there is no decision 9"):
        revoke_decision(settings, 9, revoked_by="Lan", why="none", at=NOON)
