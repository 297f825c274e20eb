"""The way of one record, complaint, mention or citizen through the pipeline, read from the warehouse.

Personal values are masked unless `reveal`; codes, dates and decisions are shown as they are.
"""

import json
from typing import Any, cast

import duckdb

from checks.rule_texts import load_texts, sentence
from vax_pipeline.core import schemas
from vax_pipeline.core.keys import key_sql
from vax_pipeline.core.labels import RULE_PACK_DIR
from vax_pipeline.core.link_explanation import explain_link
from vax_pipeline.core.schemas import Relation
from vax_pipeline.core.warehouse import records

PERSONAL = frozenset(
    {
        "full_name",
        "id_number",
        "id_typed",
        "phone",
        "birth_on",
        "birth_typed",
        "citizen_id",
        "candidate_citizen_id",
    }
)
# By field, how it compares and what that weighs: codes and numbers, no values.
_COMPARISONS = frozenset({"compared", "weights"})
_FINDING_COLUMNS = "rule_id, severity, subject_type, subject_id, owner_code, evidence"
_PERSON_COLUMNS = (
    "full_name",
    "birth_typed",
    "birth_on",
    "birth_precision",
    "sex",
    "id_typed",
    "id_number",
    "id_type",
    "phone",
)


class UnknownSubjectError(LookupError):
    """No record, complaint, mention or citizen has this id."""


def explain(
    connection: duckdb.DuckDBPyConnection, subject_id: str, *, reveal: bool = False
) -> dict[str, Any]:
    """One document as in the command's JSON contract.

    Raises:
        UnknownSubjectError: nothing has this id; the message says which ids there are.
    """
    builders = {"dose": _dose, "complaint": _complaint, "mention": _mention, "citizen": _citizen}
    for kind, builder in builders.items():
        document = builder(connection, subject_id)
        if document is not None:
            shown = {"subject": {"kind": kind, "id": document.pop("id")}, **document}
            return shown if reveal else masked(shown)
    raise UnknownSubjectError(
        f"no record, complaint, person or mention has the id '{subject_id}': give a record id like "
        "platform:123, a complaint id, or a citizen_key or mention_id from a published table"
    )


def _dose(connection: duckdb.DuckDBPyConnection, subject_id: str) -> dict[str, Any] | None:
    record = _first(
        connection, schemas.INT_DOSES, "record_id in (?, 'platform:' || ?)", [subject_id] * 2
    )
    if record is None:
        return None
    record_id = record["record_id"]
    chosen = _first(connection, schemas.INT_DOSES_DEDUPLICATED, "record_id = ?", [record_id])
    dose_id = chosen["dose_id"] if chosen else record_id
    return {
        "id": record_id,
        "source": _source(schemas.DOSES_FEED, record),
        "normalized": _normalized(record),
        "link": explain_link(connection, record["mention_id"]),
        "dose": {
            "record": _pick(
                record, "vaccine_code", "lot_number", "injected_on", "facility_code",
                "entered_by_facility_code", "entered_at", "dose_label_typed",
            ),
            "duplicate": _pick(chosen or {}, "dose_id", "is_chosen", "duplicate_rule"),
            "history": _first(connection, schemas.FCT_DOSES, "dose_id = ?", [dose_id]),
        },
        "findings": _findings(connection, [record_id, dose_id, record["mention_id"]]),
        "complaint": None,
        "escalations": [],
    }  # fmt: skip


def _complaint(connection: duckdb.DuckDBPyConnection, subject_id: str) -> dict[str, Any] | None:
    complaint = _first(connection, schemas.INT_COMPLAINTS, "complaint_id = ?", [subject_id])
    if complaint is None:
        return None
    claims = _all(connection, schemas.FCT_COMPLAINT_CLAIMS, "complaint_id = ?", [subject_id])
    claim_ids = [f"{subject_id}#{claim['claim_no']}" for claim in claims]
    return {
        "id": subject_id,
        "source": _source(schemas.COMPLAINTS_FEED, complaint),
        "normalized": _normalized(complaint),
        "link": explain_link(connection, complaint["mention_id"]),
        "dose": None,
        "findings": _findings(connection, [subject_id, complaint["mention_id"], *claim_ids]),
        "complaint": {
            **(_first(connection, schemas.FCT_COMPLAINTS, "complaint_id = ?", [subject_id]) or {}),
            "claims": claims,
            "clocks": _all(
                connection, schemas.COMPLAINT_CLOCK_STATES, "complaint_id = ?", [subject_id]
            ),
        },
        "escalations": _all(connection, schemas.ESCALATIONS, "complaint_id = ?", [subject_id]),
    }


def _mention(connection: duckdb.DuckDBPyConnection, subject_id: str) -> dict[str, Any] | None:
    mention = _first(connection, schemas.INT_MENTIONS, f"mention_id = {key_sql('?')}", [subject_id])
    if mention is None:
        return None
    written = _all(
        connection, schemas.INT_MENTION_RECORDS, f"mention_id = {key_sql('?')}", [subject_id]
    )
    return {
        "id": subject_id,
        "source": None,
        "normalized": _normalized(mention),
        "link": {
            **explain_link(connection, subject_id),
            "records": sorted(row["record_id"] for row in written),
        },
        "dose": None,
        "findings": _findings(connection, [subject_id]),
        "complaint": None,
        "escalations": [],
    }


def _citizen(connection: duckdb.DuckDBPyConnection, subject_id: str) -> dict[str, Any] | None:
    retired = _first(connection, schemas.FORMER_CITIZEN_KEYS, "former_key = ?", [subject_id])
    subject_id = retired["citizen_key"] if retired else subject_id
    citizen = _first(connection, schemas.DIM_CITIZENS, "citizen_key = ?", [subject_id])
    if citizen is None:
        return None
    links = [
        explain_link(connection, row["mention_id"])
        for row in _all(
            connection,
            schemas.INT_MENTIONS_LINKED,
            f"citizen_key = {key_sql('?')} order by mention_id",
            [subject_id],
        )
    ]
    doses = _all(
        connection, schemas.FCT_DOSES, "citizen_key = ? order by injected_on", [subject_id]
    )
    complaints = _all(connection, schemas.FCT_COMPLAINTS, "citizen_key = ?", [subject_id])
    found = records(
        connection,
        f"select {_FINDING_COLUMNS} from {schemas.FINDINGS.sql} where citizen_key = ? order by all",
        [subject_id],
    )
    return {
        "id": subject_id,
        "source": None,
        "normalized": [],
        "link": {
            "citizen": citizen,
            "earlier_numbers": _all(
                connection,
                schemas.INT_CITIZEN_PREVIOUS_IDS,
                "citizen_id = ?",
                [citizen["citizen_id"]],
            ),
            "former_keys": _all(
                connection, schemas.FORMER_CITIZEN_KEYS, "citizen_key = ?", [subject_id]
            ),
            "mentions": links,
        },
        "dose": {"history": doses},
        "findings": [_in_words(row) for row in found],
        "complaint": complaints or None,
        "escalations": [],
    }


def _source(feed: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"feed": feed, **_pick(row, "file", "line", "delivery_date")}


def _normalized(row: dict[str, Any]) -> list[dict[str, Any]]:
    codes: list[str] = row.get("normalizations") or []
    changes: list[dict[str, Any]] = [{"change": code} for code in codes]
    return [*changes, {"person": _pick(row, *_PERSON_COLUMNS)}]


def _findings(
    connection: duckdb.DuckDBPyConnection, subject_ids: list[str]
) -> list[dict[str, Any]]:
    found = records(
        connection,
        f"select {_FINDING_COLUMNS} from {schemas.FINDINGS.sql} "
        "where subject_id in (select unnest(?)) order by all",
        [subject_ids],
    )
    return [_in_words(row) for row in found]


def _in_words(finding: dict[str, Any]) -> dict[str, Any]:
    """The finding with its evidence read, what fired it in a sentence, and how to correct it."""
    rule, evidence = finding["rule_id"], json.loads(finding["evidence"])
    text = load_texts(RULE_PACK_DIR).get(rule)
    return {
        **finding,
        "evidence": evidence,
        "sentence_en": sentence(RULE_PACK_DIR, rule, evidence, "en"),
        "sentence_vi": sentence(RULE_PACK_DIR, rule, evidence, "vi"),
        "correction_en": text.correction_en if text else "",
        "correction_vi": text.correction_vi if text else "",
    }


def _first(
    connection: duckdb.DuckDBPyConnection, relation: Relation, where: str, values: list[Any]
) -> dict[str, Any] | None:
    rows = _all(connection, relation, where, values)
    return rows[0] if rows else None


def _all(
    connection: duckdb.DuckDBPyConnection, relation: Relation, where: str, values: list[Any]
) -> list[dict[str, Any]]:
    return records(connection, f"select * from {relation.sql} where {where}", values)


def _pick(row: dict[str, Any], *columns: str) -> dict[str, Any]:
    return {column: row.get(column) for column in columns}


def masked(value: Any, key: str = "") -> Any:
    """A document without the personal values in it."""
    if key in _COMPARISONS:
        return value
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: masked(inner, name) for name, inner in fields.items()}
    if isinstance(value, list):
        return [masked(item, key) for item in cast("list[Any]", value)]
    if key in PERSONAL and value is not None:
        return mask(str(value))
    return value


def mask(text: str) -> str:
    """The first character of each word and stars: enough to recognize one's own, no more."""
    return " ".join(word[:1] + "*" * (len(word) - 1) for word in text.split())
