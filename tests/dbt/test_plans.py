"""How the engine joins what is large: a plan that fits a test's few rows may not fit millions."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.dbt.staged import TIDY, build_staging
from vax_pipeline.core import schemas

ROWS = 30_000


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan["children"]:
        yield from _operators(child)


def _words(conditions: object) -> set[str]:
    return set(re.findall(r"\w+", str(conditions)))


def test_doses_look_up_their_places_and_not_the_other_way_round(tmp_path: Path) -> None:
    """Of rows whose places hardly repeat the engine reckons with more places than rows.

    It would put all doses, as wide as they are, into the hash table of the join: eight gigabytes for six
    million of them.
    """
    home = tmp_path / "home"
    build_staging(home, {"doses": [TIDY]}).close()
    [compiled] = (home / "target" / "compiled").rglob("stg_doses.sql")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            f"""
            insert into {schemas.raw("doses").sql} by name
            select
                (hash(i, 1) % 60)::varchar as province_code, (hash(i, 2) % 200)::varchar as district_code,
                (hash(i, 3) % 300)::varchar as unit_code,
                'f' as file, i as line, date '2021-11-08' as delivery_date
            from range({ROWS}) as rows(i)
            """
        )
        connection.execute("set explain_output = 'optimized_only'")
        [(_, told)] = connection.execute(
            f"explain (format json) {compiled.read_text('utf-8')}"
        ).fetchall()
    [plan] = json.loads(told)
    joins = [
        operator["extra_info"]["Join Type"]
        for operator in _operators(plan)
        if {"province_code", "province_text"} <= _words(operator["extra_info"].get("Conditions"))
    ]
    assert joins == ["LEFT"]
