"""How the engine joins what is large: a plan that fits a test's few rows may not fit millions."""

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tests.dbt.staged import TIDY, build_staging
from vax_pipeline.core import schemas

ROWS = 30_000


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan["children"]:
        yield from _operators(child)


def _words(conditions: object) -> set[str]:
    return set(re.findall(r"\w+", str(conditions)))


# What a dose's spelling is looked up by, and where the reading of it stands.
LOOK_UPS = {
    "places": {"province_code", "province_text"},
    "names": {"full_name", "typed"},
    "days of birth": {"date_of_birth", "typed"},
    "days of injection": {"injected_at", "typed"},
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of `stg_doses`, over rows that hardly repeat anything."""
    home = tmp_path_factory.mktemp("plans") / "home"
    build_staging(home, {"doses": [TIDY]}).close()
    [compiled] = (home / "target" / "compiled").rglob("stg_doses.sql")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            f"""
            insert into {schemas.raw("doses").sql} by name
            select
                (hash(i, 1) % 60)::varchar as province_code, (hash(i, 2) % 200)::varchar as district_code,
                (hash(i, 3) % 300)::varchar as unit_code,
                'Lê ' || i as full_name, (hash(i, 4) % 30000)::varchar as date_of_birth,
                (hash(i, 5) % 30000)::varchar as injected_at,
                'f' as file, i as line, date '2021-11-08' as delivery_date
            from range({ROWS}) as rows(i)
            """
        )
        connection.execute("set explain_output = 'optimized_only'")
        [(_, told)] = connection.execute(
            f"explain (format json) {compiled.read_text('utf-8')}"
        ).fetchall()
    [plan] = json.loads(told)
    return plan


@pytest.mark.parametrize("looked_up", LOOK_UPS)
def test_doses_look_up_their_spellings_and_not_the_other_way_round(
    plan: dict[str, Any], looked_up: str
) -> None:
    """Where spellings hardly repeat the engine may reckon with more of them than rows.

    It would put all doses, as wide as they are, into the hash table of the join: eight gigabytes for six
    million of them.
    """
    joins = [
        operator["extra_info"]["Join Type"]
        for operator in _operators(plan)
        if LOOK_UPS[looked_up] <= _words(operator["extra_info"].get("Conditions"))
    ]
    assert joins == ["LEFT"]
