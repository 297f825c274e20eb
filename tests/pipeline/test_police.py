"""The round trip with the police: asked once, answered by request, and what an answer changes."""

import csv
import sqlite3
from pathlib import Path
from typing import Any

from tests.pipeline.stable import Stable
from vax_pipeline.core import warehouse
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records

# Asked about, each the only mention of its person.
ASKED_SQL = """
select requests.request_id, requests.mention_id, min(written.record_id) as record_id
from intermediate.int_identity_requests as requests
inner join intermediate.int_mentions__linked as links using (mention_id)
inner join intermediate.int_persons as persons using (citizen_key)
inner join intermediate.int_mention_records as written on written.mention_id = requests.mention_id
where requests.requested_at is not null and requests.answered_at is null and persons.mentions = 1
    and requests.verification_status = 'MISMATCH' and requests.verification_reason = 'NAME'
group by all
order by requests.request_id
limit 3
"""
SOMEBODY_SQL = """
select citizen_id, citizen_key from intermediate.int_citizens__current
where deceased_on is null order by citizen_id limit 1
"""


def look(home: Path, sql: str) -> list[dict[str, Any]]:
    with warehouse.reader(Settings(home=home)) as connection:
        return records(connection, sql)


def requests_in_the_ledger(home: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "ledger.db") as ledger:
        return ledger.execute("select * from identity_requests order by request_id").fetchall()


def answer(home: Path, name: str, *rows: dict[str, str]) -> None:
    folder = home / "landing" / "identity_results" / "2021-12-08"
    folder.mkdir(exist_ok=True)
    columns = (
        "result_id", "request_id", "result", "mismatch_fields", "corrected_citizen_id", "decided_at",
    )  # fmt: skip
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def test_what_is_asked_once_is_answered_by_its_request_and_never_asked_again(
    copy_of_province: Path, stable: Stable
) -> None:
    home = copy_of_province
    asked = look(home, ASKED_SQL)
    agreed, named, disputed = (row["request_id"] for row in asked)
    somebody = look(home, SOMEBODY_SQL)[0]
    before = requests_in_the_ledger(home)
    answers = (
        {"result_id": "A1", "request_id": agreed, "result": "match"},
        {"result_id": "A2", "request_id": named, "result": "mismatch", "mismatch_fields": "name",
         "corrected_citizen_id": somebody["citizen_id"]},
        {"result_id": "A3", "request_id": disputed, "result": "not_found"},
        {"result_id": "A4", "request_id": disputed, "result": "match"},
        {"result_id": "A5", "request_id": "YC-1", "result": "match"},
    )  # fmt: skip
    dated = [{**row, "decided_at": f"2021-12-08 07:0{n}"} for n, row in enumerate(answers)]
    answer(home, "first.csv", *dated)
    answer(home, "again.csv", *reversed(dated))
    (home / "warehouse.duckdb").unlink()  # a new one is built from what has landed, and the ledger

    assert stable.start(home, ()).status() == 0

    assert requests_in_the_ledger(home) == before
    standings = look(
        home,
        "select result_id, tied_by, standing, contradicted_at is not null, is_request_unknown from "
        "intermediate.int_identity_answers where result_id like 'A_' order by result_id",
    )
    assert [tuple(row.values()) for row in standings] == [
        ("A1", "request", "counts", False, False),
        ("A2", "request", "counts", False, False),
        ("A3", "request", "superseded", True, False),
        ("A4", "request", "counts", True, False),
        ("A5", "none", "untied", False, True),
    ]
    statuses = {
        row["mention_id"]: (row["verification_status"], row["method"], row["citizen_key"])
        for row in look(
            home,
            "select mention_id, verification_status, links.method, links.citizen_key from "
            "intermediate.int_mentions__verified inner join intermediate.int_mentions__linked "
            "as links using (mention_id)",
        )
    }
    assert statuses[asked[0]["mention_id"]][0] == "MATCH"
    assert statuses[asked[1]["mention_id"]] == ("MISMATCH", "police", somebody["citizen_key"])
    assert statuses[asked[2]["mention_id"]][0] == "MATCH"
    found = look(home, "select subject_id from quality.findings where rule_id = 'ID-009'")
    assert [row["subject_id"] for row in found] == [asked[2]["mention_id"]]
    listed = {row["request_id"] for row in look(home, "from marts.wl_commune_identity")}
    assert named in listed
    assert not {agreed, disputed} & listed
