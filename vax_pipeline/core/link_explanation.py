"""Why a mention is linked to whom it is: the tiers in order, the candidates, the weights, the decision.

Read from the warehouse as it is, by key. Holds id numbers of candidates under `citizen_id`: whoever shows
it masks them.
"""

import json
from collections.abc import Sequence
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.identity.model import read_model
from vax_pipeline.core.identity.settings import MODEL_PATH
from vax_pipeline.core.keys import key_sql
from vax_pipeline.core.schemas import Relation
from vax_pipeline.core.warehouse import records

Row = dict[str, Any]
PEOPLE = ("officer", "police")  # what people say comes before the tiers
TIERS = ("exact", "previous_id", "id_one_difference", "id_typo", "no_id_unique", "splink")
_COMPARED = ("id", "name", "birth", "sex")


def explain_link(connection: duckdb.DuckDBPyConnection, mention_id: str) -> Row:
    """The decision on one mention, and the way to it.

    Returns:
        mention_id, citizen_key, citizen_id, decision, method, score, model_version; `said_by`, when people
        decided, with the number of the decision or answer; `merged`, when a decision made the person one
        with another; `tiers`, one entry per tier in the order tried with its outcome (linked, review,
        unlinked, passed, not tried) and why; `candidates` with how each field compares, Splink's weight per
        field and the vetoes, best first; `thresholds` where Splink decided; `history` of a person without a
        citizen.
    """
    mention = _one(connection, schemas.INT_MENTIONS, mention_id)
    link = _one(connection, schemas.INT_MENTIONS_LINKED, mention_id)
    holders = _all(connection, schemas.INT_MENTIONS_ID_COMPARED, mention_id)
    pairs = _all(connection, schemas.INT_MENTIONS_CANDIDATES, mention_id)
    scored = _one(connection, schemas.SPLINK_LINKS, mention_id) if _is_scored(link, pairs) else {}
    said: Row = {
        name: link.get(name)
        for name in (
            "mention_id", "citizen_key", "citizen_id", "decision", "method", "score", "model_version",
        )
    }  # fmt: skip
    if link.get("method") in PEOPLE:
        said["said_by"] = {"who": link["method"], **json.loads(link["evidence"] or "{}")}
    if link.get("merged_by") is not None:
        said["merged"] = {"decision_id": link["merged_by"], "own_key": link["own_key"]}
    said["tiers"] = _tiers(mention, link, holders, pairs, scored)
    said["candidates"] = _candidates(holders, pairs, scored)
    if scored:
        said["thresholds"] = _thresholds()
    if link.get("citizen_id") is None:
        said["history"] = _history(connection, mention_id)
    return said


def _is_scored(link: Row, pairs: Sequence[Row]) -> bool:
    """Splink was asked: somebody came close, and no tier before it decided."""
    return bool(pairs) and link.get("method") in ("splink", "none")


def _tiers(
    mention: Row, link: Row, holders: Sequence[Row], pairs: Sequence[Row], scored: Row
) -> list[Row]:
    tried: list[Row] = []
    decided = False
    for tier in TIERS:
        if mention["is_foreign"]:
            why = "a foreigner with a passport is not compared with the population database"
            tried.append({"tier": tier, "outcome": "not tried", "why": why})
        elif link["method"] in PEOPLE:
            tried.append(
                {"tier": tier, "outcome": "not tried", "why": "people have said who it is"}
            )
        elif decided:
            tried.append({"tier": tier, "outcome": "not tried", "why": "decided before"})
        elif tier == "splink":
            tried.append({"tier": tier, **_splink(scored)})
        elif tier == link["method"]:
            decided = True
            tried.append({"tier": tier, "outcome": "linked", "why": _told(link["evidence"])})
        else:
            why = _why_passed(tier, mention, holders, pairs)
            tried.append({"tier": tier, "outcome": "passed", "why": why})
    return tried


def _why_passed(tier: str, mention: Row, holders: Sequence[Row], pairs: Sequence[Row]) -> str:
    if tier in ("exact", "previous_id", "id_one_difference", "id_typo"):
        if mention["id_number"] is None:
            return "no number was typed"
        return _typo(holders, pairs) if tier == "id_typo" else _by_number(tier, mention, holders)
    if not mention["has_no_usable_id"] and not holders and mention["id_type"] != "CMND":
        return "the number is somebody's, though the registry does not know whose"
    if any(_confirms(holder) for holder in holders):
        return "the number is a citizen's whose name or birth date agrees"
    return (
        "not one citizen alone has name, birth date and sex in the commune or under the phone"
        if pairs
        else "no citizen comes close"
    )


def _by_number(tier: str, mention: Row, holders: Sequence[Row]) -> str:
    if mention["has_no_usable_id"]:
        return "the number has no form that can be compared"
    if not holders:
        return "no citizen carries or carried the number"
    wanted = {"exact": (False,), "previous_id": (True,)}.get(tier, (False, True))
    found = [holder for holder in holders if holder["is_previous"] in wanted]
    if not found:
        return "the number is a citizen's earlier one" if tier == "exact" else "it is a present one"
    if not any(holder["is_clear"] for holder in found):
        return f"{len(holders)} citizens carry or carried the number and agree alike"
    holder = next(holder for holder in found if holder["is_clear"])
    if tier == "id_one_difference" and holder["is_dead_before"]:
        return "the holder of the number was dead before the injection"
    reason = (
        "" if tier != "id_one_difference" else ": more than one slip, or a twin or namesake fits"
    )
    return f"the holder of the number differs: {_differences(holder)}{reason}"


def _typo(holders: Sequence[Row], pairs: Sequence[Row]) -> str:
    near = [pair for pair in pairs if pair["id_difference"] == "one_edit"]
    if not near:
        return "nobody who comes close has a number one edit from it"
    if any(_confirms(holder) for holder in holders):
        return "the number as typed is a citizen's whose name or birth date agrees"
    if len(near) > 1:
        return f"{len(near)} citizens have a number one edit from it"
    return f"one edit from the number of a citizen who differs: {_differences(near[0])}"


def _confirms(holder: Row) -> bool:
    return holder["name_difference"] not in ("other", "missing") or holder["birth_difference"] in (
        "same",
        "year_only",
    )


def _splink(scored: Row) -> Row:
    if not scored:
        return {"outcome": "unlinked", "why": "nobody in the registry comes close"}
    vetoes = json.loads(scored["vetoes"] or "[]")
    why = f"the best candidate has probability {scored['score']:.3f}"
    if scored["margin"] is not None:
        why += f", {scored['margin']:.1f} bits before the next"
    if vetoes:
        why += f"; against a link: {', '.join(vetoes)}"
    return {"outcome": str(scored["decision"]).lower(), "why": why}


def _candidates(holders: Sequence[Row], pairs: Sequence[Row], scored: Row) -> list[Row]:
    """Everybody who was compared: holders of the number, and who else came close."""
    weighed: dict[str, Row] = {
        candidate.pop("citizen_id"): candidate
        for candidate in json.loads(scored.get("candidates") or "[]")
    }
    compared = {
        row["citizen_id"]: {"id_difference": "previous" if row["is_previous"] else "same", **row}
        for row in holders
    } | {row["citizen_id"]: row for row in pairs}
    found = [
        {
            "citizen_id": citizen_id,
            "compared": {
                **{field: row[f"{field}_difference"] for field in _COMPARED},
                "commune": "same" if row["is_unit_same"] else "other",
                "phone": "same" if row["is_phone_same"] else "other",
            },
            **weighed.get(citizen_id, {}),
        }
        for citizen_id, row in compared.items()
    ]
    return sorted(found, key=lambda one: (-one.get("match_weight", -1e9), one["citizen_id"]))


def _differences(row: Row) -> str:
    codes = {field: row.get(f"{field}_difference", "same") for field in ("name", "birth", "sex")}
    return (
        ", ".join(f"{field} {code}" for field, code in codes.items() if code != "same") or "nothing"
    )


def _told(evidence: str | None) -> str:
    """The evidence of a tier in words: `name accents, birth same`."""
    fields: dict[str, str] = json.loads(evidence or "{}")
    return ", ".join(f"{field} {code}" for field, code in fields.items())


def _thresholds() -> Row:
    limits = read_model(MODEL_PATH).thresholds
    return {
        "link_probability": limits.link,
        "margin_bits": limits.margin,
        "review_probability": limits.review,
        "origin": limits.origin,
    }


def _history(connection: duckdb.DuckDBPyConnection, mention_id: str) -> Row:
    """What ties the mention to others of the same unregistered person, and former keys."""
    found = records(
        connection,
        f"""
        select
            mine.clustered_by,
            (
                select count(*) from {schemas.INT_MENTIONS_CLUSTERED.sql} as others
                where others.founder_id = mine.founder_id
            ) as mentions,
            (
                select list(citizen_key order by assigned_at) from {schemas.INT_UNLINKED_KEYS.sql}
                where mention_id = mine.mention_id and not is_current
            ) as former_keys
        from {schemas.INT_MENTIONS_CLUSTERED.sql} as mine
        where mine.mention_id = {key_sql("?")}
        """,
        [mention_id],
    )
    return found[0] if found else {}


def _one(connection: duckdb.DuckDBPyConnection, relation: Relation, mention_id: str) -> Row:
    rows = _all(connection, relation, mention_id)
    return rows[0] if rows else {}


def _all(connection: duckdb.DuckDBPyConnection, relation: Relation, mention_id: str) -> list[Row]:
    return records(
        connection,
        f"select * from {relation.sql} where mention_id = {key_sql('?')} order by all",
        [mention_id],
    )
