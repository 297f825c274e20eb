"""Why a mention is linked: each tier in its order, with its outcome and the reason."""

from typing import Any

import duckdb
import pytest

from vax_pipeline.core.link_explanation import TIERS, explain_link

MENTION, OTHER, KEY, EARLIER = (f"{number:032x}" for number in range(4))
TABLES = """
create schema intermediate;
create table intermediate.int_mentions (
    mention_id uuid, id_number varchar, id_type varchar, is_foreign boolean,
    has_no_usable_id boolean);
create table intermediate.int_mentions__linked (
    mention_id uuid, citizen_key uuid, citizen_id varchar, decision varchar, method varchar,
    score double, evidence varchar, model_version varchar, own_key uuid, merged_by bigint);
create table intermediate.int_mentions__id_compared (
    mention_id uuid, citizen_id varchar, name_difference varchar, birth_difference varchar,
    sex_difference varchar, is_previous boolean, is_clear boolean, is_dead_before boolean,
    is_unit_same boolean, is_phone_same boolean);
create table intermediate.int_mentions__candidates (
    mention_id uuid, citizen_id varchar, id_difference varchar, name_difference varchar,
    birth_difference varchar, sex_difference varchar, is_unit_same boolean, is_phone_same boolean);
create table intermediate.mention_links (
    mention_id varchar, decision varchar, score double, margin double, vetoes varchar,
    candidates varchar);
create table intermediate.int_mentions__clustered (
    mention_id uuid, founder_id uuid, clustered_by varchar);
create table intermediate.int_unlinked_keys (
    mention_id uuid, citizen_key uuid, assigned_at timestamptz, is_current boolean);
"""
SPLINK = (
    '[{"citizen_id":"C2","match_weight":9.5,"weights":{"id":-2.0,"name":8.0},"vetoes":["twin"]},'
    '{"citizen_id":"C3","match_weight":1.0,"weights":{"id":-2.0,"name":2.0},"vetoes":[]}]'
)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(
        f"insert into intermediate.{table} ({names}) values ({marks})", list(row.values())
    )


def mention(
    connection: duckdb.DuckDBPyConnection,
    method: str,
    decision: str = "LINKED",
    id_number: str | None = "075",
    is_foreign: bool = False,
    evidence: str | None = None,
) -> None:
    """MENTION, typed with a registered form of number, and what was decided of it."""
    insert(
        connection, "int_mentions", mention_id=MENTION, id_number=id_number, id_type="CCCD",
        is_foreign=is_foreign, has_no_usable_id=id_number is None,
    )  # fmt: skip
    insert(
        connection, "int_mentions__linked", mention_id=MENTION, citizen_key=KEY, decision=decision,
        citizen_id="C1" if decision == "LINKED" else None, method=method, score=1.0,
        evidence=evidence,
    )  # fmt: skip


def holder(connection: duckdb.DuckDBPyConnection, **fields: Any) -> None:
    """C1, who carries the number and agrees in all."""
    row = {
        "mention_id": MENTION, "citizen_id": "C1", "name_difference": "same",
        "birth_difference": "same", "sex_difference": "same", "is_previous": False,
        "is_clear": True, "is_dead_before": False, "is_unit_same": True, "is_phone_same": True,
    }  # fmt: skip
    insert(connection, "int_mentions__id_compared", **{**row, **fields})


def candidate(connection: duckdb.DuckDBPyConnection, citizen_id: str, **fields: Any) -> None:
    row = {
        "mention_id": MENTION, "citizen_id": citizen_id, "id_difference": "other",
        "name_difference": "one_letter", "birth_difference": "same", "sex_difference": "same",
        "is_unit_same": True, "is_phone_same": False,
    }  # fmt: skip
    insert(connection, "int_mentions__candidates", **{**row, **fields})


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    assert tuple(tier["tier"] for tier in told["tiers"]) == TIERS
    return {tier["tier"]: tier["outcome"] for tier in told["tiers"]}


def why(told: dict[str, Any], tier: str) -> str:
    return next(tried["why"] for tried in told["tiers"] if tried["tier"] == tier)


def test_a_mention_that_agrees_is_decided_by_the_first_tier(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    mention(connection, "exact", evidence='{"id":"same","name":"same"}')
    holder(connection)

    told = explain_link(connection, MENTION)

    assert outcomes(told)["exact"] == "linked"
    assert set(list(outcomes(told).values())[1:]) == {"not tried"}
    assert told["candidates"][0]["compared"]["id"] == "same"
    assert "thresholds" not in told


def test_a_slip_passes_the_first_tiers_and_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    mention(connection, "id_one_difference", evidence='{"id":"same","name":"accents"}')
    holder(connection, name_difference="accents")

    told = explain_link(connection, MENTION)

    assert outcomes(told)["id_one_difference"] == "linked"
    assert why(told, "exact") == "the holder of the number differs: name accents"
    assert why(told, "previous_id") == "it is a present one"
    assert why(told, "id_one_difference") == "id same, name accents"


def test_what_splink_weighed_is_shown_with_weights_vetoes_and_thresholds(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    mention(connection, "splink", "REVIEW")
    candidate(connection, "C3")
    candidate(connection, "C2", id_difference="one_edit")
    insert(
        connection, "mention_links", mention_id=MENTION, decision="REVIEW", score=0.998, margin=8.5,
        vetoes='["twin"]', candidates=SPLINK,
    )  # fmt: skip

    told = explain_link(connection, MENTION)

    assert set(list(outcomes(told).values())[:-1]) == {"passed"}
    assert outcomes(told)["splink"] == "review"
    assert "against a link: twin" in why(told, "splink")
    assert [one["citizen_id"] for one in told["candidates"]] == ["C2", "C3"]
    assert told["candidates"][0]["weights"] == {"id": -2.0, "name": 8.0}
    assert told["candidates"][0]["compared"]["name"] == "one_letter"
    assert "origin" in told["thresholds"]


@pytest.mark.parametrize(
    ("fields", "tier", "reason"),
    [
        ({"is_previous": True}, "exact", "the number is a citizen's earlier one"),
        (
            {"is_dead_before": True, "sex_difference": "other"},
            "id_one_difference",
            "the holder of the number was dead before the injection",
        ),
        (
            {"name_difference": "other", "birth_difference": "other"},
            "id_one_difference",
            "the holder of the number differs: name other, birth other: "
            "more than one slip, or a twin or namesake fits",
        ),
        ({}, "no_id_unique", "the number is a citizen's whose name or birth date agrees"),
    ],
)
def test_each_tier_says_why_it_passed(
    connection: duckdb.DuckDBPyConnection, fields: dict[str, Any], tier: str, reason: str
) -> None:
    mention(connection, "none", "UNLINKED")
    holder(connection, **fields)

    assert why(explain_link(connection, MENTION), tier) == reason


def test_two_who_carry_one_number_are_named_as_the_reason(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    mention(connection, "none", "UNLINKED")
    for citizen in ("C1", "C2"):
        holder(connection, citizen_id=citizen, is_clear=False)

    told = explain_link(connection, MENTION)

    assert why(told, "exact") == "2 citizens carry or carried the number and agree alike"


def test_without_a_number_the_tiers_by_number_say_so(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    mention(connection, "no_id_unique", id_number=None, evidence='{"id":"missing"}')
    candidate(connection, "C1", id_difference="missing", name_difference="same")

    told = explain_link(connection, MENTION)

    assert {why(told, tier) for tier in TIERS[:4]} == {"no number was typed"}
    assert outcomes(told)["no_id_unique"] == "linked"


def test_a_foreigner_is_not_compared(connection: duckdb.DuckDBPyConnection) -> None:
    mention(connection, "none", "UNLINKED", is_foreign=True)

    assert set(outcomes(explain_link(connection, MENTION)).values()) == {"not tried"}


def test_an_unregistered_person_has_a_history(connection: duckdb.DuckDBPyConnection) -> None:
    mention(connection, "none", "UNLINKED")
    for name in (MENTION, OTHER):
        insert(
            connection, "int_mentions__clustered", mention_id=name, founder_id=MENTION,
            clustered_by="person",
        )  # fmt: skip
    insert(
        connection, "int_unlinked_keys", mention_id=MENTION, citizen_key=EARLIER, is_current=False
    )

    told = explain_link(connection, MENTION)

    assert told["history"] == {
        "clustered_by": "person", "mentions": 2, "former_keys": [EARLIER],
    }  # fmt: skip
    assert why(told, "splink") == "nobody in the registry comes close"


@pytest.mark.parametrize(
    ("method", "evidence", "said"),
    [
        ("officer", '{"decision_id":7}', {"who": "officer", "decision_id": 7}),
        ("police", '{"result_id":"KQ1"}', {"who": "police", "result_id": "KQ1"}),
    ],
)
def test_a_decision_of_people_is_named_by_its_number(
    connection: duckdb.DuckDBPyConnection, method: str, evidence: str, said: dict[str, Any]
) -> None:
    mention(connection, method, evidence=evidence)
    holder(connection)

    told = explain_link(connection, MENTION)

    assert told["said_by"] == said
    assert {why(told, tier) for tier in TIERS} == {"people have said who it is"}


def test_a_merge_is_named_with_the_key_the_person_had(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    mention(connection, "exact", evidence='{"id":"same"}')
    connection.execute(
        f"update intermediate.int_mentions__linked set merged_by = 3, own_key = '{EARLIER}'"
    )

    told = explain_link(connection, MENTION)

    assert told["merged"] == {"decision_id": 3, "own_key": EARLIER}
    assert outcomes(told)["exact"] == "linked"
