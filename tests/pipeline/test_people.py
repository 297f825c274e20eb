"""`vax people`: shown before it is accepted, applied by the next run, taken back without a trace."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.command import vax_json
from tests.pipeline.conftest import Province
from tests.pipeline.stable import Stable
from tests.tables import OF_THE_LEDGER, table_hashes, without
from vax_pipeline.core import warehouse
from vax_pipeline.core.people.decisions import revoke_decision
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import records

STEPS = ("run_context", "dbt_after_linking")
AS_OF = datetime(2021, 12, 8, 1, tzinfo=UTC)
SAID = ("--by", "Lan", "--why", "seen the card")
# A record of a person without a citizen, another such person, and three citizens.
STRAYS_SQL = """
select min(record_id) as record_id, citizen_key
from intermediate.int_doses__linked
where citizen_id is null and vaccine_code is not null
group by citizen_key having count(distinct mention_id) = 1
order by citizen_key limit 2
"""
CITIZENS_SQL = """
select citizen_key from marts.fct_doses where citizen_id is not null and verdict = 'valid'
group by citizen_key having count(*) = 2
order by citizen_key limit 3
"""
# A dose whose lot is in doubt, of a citizen.
OF_A_LOT_SQL = """
select findings.subject_id, findings.rule_id
from quality.findings as findings
inner join intermediate.int_doses__linked as doses on findings.subject_id = doses.record_id
where findings.subject_type = 'dose' and findings.rule_id like 'LOT-%' and doses.citizen_id is not null
order by all limit 1
"""
DOSES_SQL = """
select records.record_id, records.citizen_key, records.dose_id, not records.is_chosen as is_behind,
    records.duplicate_rule, doses.history_position, doses.verdict, doses.verdict_reason
from intermediate.int_doses__deduplicated as records
left join marts.fct_doses as doses on records.dose_id = doses.dose_id
"""


def look(home: Path, sql: str) -> list[dict[str, Any]]:
    with warehouse.reader(Settings(home=home)) as connection:
        return records(connection, sql)


def doses_of(home: Path) -> dict[str, dict[str, Any]]:
    return {row.pop("record_id"): row for row in look(home, DOSES_SQL)}


def test_a_decision_does_what_was_shown_and_taken_back_it_leaves_no_trace(
    province: Province, copy_of_province: Path, stable: Stable
) -> None:
    home = copy_of_province
    shutil.copytree(province.home / "dbt", home / "dbt")  # what the last run compiled
    before = table_hashes(home / "warehouse.duckdb")
    linked, merged = look(home, STRAYS_SQL)
    an, binh, chi = (row["citizen_key"] for row in look(home, CITIZENS_SQL))
    of_home = ("--home", home)

    shown = vax_json("people", "merge", an, binh, *SAID, *of_home)
    assert not shown["accepted"]
    assert vax_json("people", "list", *of_home) == {"decisions": []}
    assert any(dose["changed"] for dose in shown["doses"])
    assert "SEQ-004" in {row["rule_id"] for row in shown["findings"]["appear"]}
    assert all("*" in person["full_name"] for person in shown["people"]["before"])

    [of_a_lot] = look(home, OF_A_LOT_SQL)
    shown = vax_json("people", "unlink", of_a_lot["subject_id"], *SAID, *of_home)
    told = [row for rows in shown["findings"].values() for row in rows]
    assert of_a_lot not in [{name: row[name] for name in of_a_lot} for row in told]

    shown = [
        vax_json("people", *words, *SAID, "--accept", *of_home)
        for words in (
            ("merge", an, binh),
            ("link", linked["record_id"], chi),
            ("merge", chi, merged["citizen_key"]),  # the citizen stays all the same
        )
    ]
    assert stable.start(home, STEPS).status() == 0

    actual = doses_of(home)
    for dose in (dose for effect in (shown[0], shown[2]) for dose in effect["doses"]):
        then = {name: dose["after"][name] for name in next(iter(actual.values()))}
        assert actual[dose["record_id"]] == then
    assert actual[linked["record_id"]]["citizen_key"] == chi
    former = {row["former_key"]: row for row in look(home, "from marts.former_citizen_keys")}
    assert former[an]["citizen_key"] == binh
    assert former[merged["citizen_key"]]["citizen_key"] == chi
    told = vax_json("explain", linked["record_id"], *of_home)["link"]
    assert told["said_by"] == {"who": "officer", "decision_id": 2}

    undone = vax_json("people", "undo", "1", *SAID, "--accept", *of_home)
    assert {dose["after"]["citizen_key"] for dose in undone["doses"]} == {an, binh}
    for number in (2, 3):
        revoke_decision(Settings(home=home), number, revoked_by="Lan", why="no", at=AS_OF)
    assert stable.start(home, STEPS).status() == 0

    after = table_hashes(home / "warehouse.duckdb")
    assert without(after, OF_THE_LEDGER) == without(before, OF_THE_LEDGER)
