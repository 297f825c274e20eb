"""Deliveries by which complaints are to be told otherwise although nothing came about them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_UNANSWERED = """
    select claims.complaint_id, claims.claim_no, claims.vaccine_typed, claims.injected_on,
        persons.full_name, persons.phone, persons.sex, year(persons.birth_first_on) as birth_year,
        facilities.facility_code
    from intermediate.int_complaint_claims as claims
    inner join intermediate.int_complaint_persons as persons using (complaint_id)
    cross join (
        select min(facility_code) as facility_code from intermediate.int_facilities__current
    ) as facilities
    where claims.claim_kind = 'missing' and claims.matched_record_id is null
        and claims.vaccine_code is not null and claims.injected_on is not null
        and persons.phone is not null and persons.full_name is not null and persons.birth_first_on is not null
    order by all limit 1
"""
_MOVED_EVENT = """
    select event_id, complaint_id, event_type
    from intermediate.int_complaint_events__current
    where event_type = 'acknowledged'
    order by all limit 1
"""
_SIGNED = """
    select caused.complaint_id, caused.claim_no, caused.judged_record_ids, persons.citizen_id
    from intermediate.int_complaint_claims__caused as caused
    inner join intermediate.int_complaint_persons as persons using (complaint_id)
    where caused.root_cause = 'SIGNED_NOT_ISSUED'
        and not exists (
            from raw.attestations as signed
            where signed.attestation_id = 'KSDN999999999'
                and list_contains(caused.judged_record_ids, 'platform:' || signed.source_record_id)
        )
    order by all limit 1
"""
# Of the oldest dose: what has not been signed for so long will hardly be by a later delivery.
_UNSIGNED = """
    select caused.complaint_id, caused.claim_no, doses.record_id
    from intermediate.int_complaint_claims__caused as caused
    inner join intermediate.int_doses__current as doses on caused.judged_record_ids[1] = doses.record_id
    where caused.root_cause = 'VERIFIED_UNSIGNED'
    order by doses.injected_on, caused.complaint_id, caused.claim_no limit 1
"""
_DENIED = """
    select claims.complaint_id, claims.claim_no, claims.matched_record_id, claims.matched_entered_by
    from intermediate.int_complaint_claims as claims
    inner join intermediate.int_complaint_claims__denied as denied using (complaint_id, claim_no)
    where denied.not_given_because is distinct from 'facility_confirmed'
        and claims.matched_entered_by is not null
    order by all limit 1
"""


@dataclass(frozen=True)
class Thought:
    """What a query for one value is to say when the deliveries are in.

    Attributes:
        is_later: not on that day's first run: it bears a time after it.
    """

    what: str
    query: str
    said: str
    is_later: bool = False

    def came_true(self, home: Path) -> bool:
        with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(self.query).fetchall() == [(self.said,)]


def sign_in_advance(home: Path, day: str) -> tuple[Path, Thought]:
    """A dose is signed by a file that will be withdrawn; returns it, and what is to be thought until then."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        unsigned = _only(connection, _UNSIGNED)
    signature = {
        "attestation_id": "KSDN999999999",
        "source_record_id": unsigned["record_id"].removeprefix("platform:"),
        "citizen_id": "",
        "kind": "facility_signature",
        "signer_code": "75265031",
        "signed_at": f"{day} 06:30:00",
    }
    return _write(home, day, "attestations", [signature]), Thought(
        "the dose is signed",
        f"select root_cause from intermediate.int_complaint_claims__caused {_of(unsigned)}",
        "SIGNED_NOT_ISSUED",
    )


def deliver_second_thoughts(home: Path, day: str) -> list[Thought]:
    """Lay them into the landing folder; returns what they are to lead to.

    An event is of another complaint, what was signed is of another record, a facility takes back a record
    that a citizen denies, and a dose turns up under somebody else.
    """
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        event, signed, denied, unanswered = (
            _only(connection, query) for query in (_MOVED_EVENT, _SIGNED, _DENIED, _UNANSWERED)
        )
        other = _only(
            connection,
            "select min(complaint_id) as complaint_id from intermediate.int_complaints__current "
            f"where complaint_id <> '{event['complaint_id']}'",
        )
        signatures = _rows(
            connection,
            f"""
            select attestation_id, citizen_id, kind, signer_code, signed_at
            from raw.attestations
            where 'platform:' || source_record_id in (select unnest({signed["judged_record_ids"]}))
                or citizen_id = '{signed["citizen_id"]}'
            """,
        )
    now = f"{day} 06:30:00"  # local: before the run of that day
    _write(
        home,
        day,
        "complaint_events",
        [event | other | {"occurred_at": now, "recorded_at": f"{day} 10:00:00"}],
    )
    of_nobody = {"source_record_id": "DN999999998", "citizen_id": ""}
    _write(home, day, "attestations", [signature | of_nobody for signature in signatures])
    _write(
        home,
        day,
        "record_reviews",
        [
            {
                "review_id": "RSDN999999998",
                "facility_code": denied["matched_entered_by"],
                "source_record_id": denied["matched_record_id"].removeprefix("platform:"),
                "reviewed_at": now,
                "outcome": "removed",
            }
        ],
    )
    _write(
        home,
        day,
        "doses",
        [
            {
                "source_record_id": "DN999999999",
                "action": "add",
                "entered_at": now,
                "entry_mode": "retrospective",
                "entered_by_facility_code": unanswered["facility_code"],
                "facility_code": unanswered["facility_code"],
                "full_name": unanswered["full_name"],
                "date_of_birth": f"{unanswered['birth_year'] - 20}-02-03",
                "sex": unanswered["sex"],
                "id_number": "",
                "phone": unanswered["phone"],
                "dose_label": "Mũi 1",
                "vaccine_name": unanswered["vaccine_typed"],
                "lot_number": "",
                "injected_at": f"{unanswered['injected_on']} 09:00:00",
            }
        ],
    )
    return [
        Thought(
            "an event is of another complaint",
            "select complaint_id from intermediate.int_complaint_events__current "
            f"where event_id = '{event['event_id']}'",
            other["complaint_id"],
            is_later=True,
        ),
        Thought(
            "nothing is signed any more",
            f"select root_cause from intermediate.int_complaint_claims__caused {_of(signed)}",
            "VERIFIED_UNSIGNED",
        ),
        Thought(
            "the facility took it back",
            f"select not_given_because from intermediate.int_complaint_claims__denied {_of(denied)}",
            "facility_confirmed",
        ),
        Thought(
            "the dose is somebody else's",
            f"select record_id from intermediate.int_complaint_claims__elsewhere {_of(unanswered)}",
            "platform:DN999999999",
        ),
    ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _only(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    [row] = _rows(connection, query)
    return row


def _of(claim: Mapping[str, Any]) -> str:
    return f"where complaint_id = '{claim['complaint_id']}' and claim_no = {claim['claim_no']}"


def _write(home: Path, day: str, feed: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    file = home / "landing" / feed / day / "second_thoughts.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file
