"""What is asked of bi.duckdb most, each time as somebody who has just opened it would ask.

Cold is a process of its own and the file's pages dropped from the system's cache: opening the file is
counted, starting Python is not. Warm is the same once more in that process, the file opened anew.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.benchmark.apart import apart

ROUNDS = 5
QUERIES = {
    "counts by province and day": f"""
        select province_code, day, doses_injected, doses_valid from {schemas.KPI_PROVINCE_DAILY.sql}
        order by province_code, day
    """,
    "the same, counted from the doses": f"""
        select province_code, injected_on, count(*), count(*) filter (where verdict = 'valid')
        from {schemas.FCT_DOSES.sql} group by all order by all
    """,
    "a citizen's history": f"""
        select * from {schemas.FCT_DOSES.sql} where citizen_key = $citizen order by history_position
    """,
    "a facility's worklist": f"""
        select rules.title_vi, findings.*
        from {schemas.FINDINGS.sql} as findings
        inner join {schemas.RULES.sql} as rules on findings.rule_id = rules.rule_id
        where findings.owner_code = $facility
        order by findings.severity, findings.first_held_at
    """,
    "trend of completeness": f"""
        select day, sum(doses_recorded_cumulative) / sum(doses_administered_cumulative)
        from {schemas.KPI_PROVINCE_DAILY.sql} group by day order by day
    """,
}


@dataclass(frozen=True)
class Asked:
    """Medians of a query, in seconds, and the rows it gave."""

    cold: float
    warm: float
    rows: int

    def as_row(self, name: str) -> dict[str, Any]:
        """As a document of the bench has it."""
        return {
            "name": name,
            "cold_seconds": round(self.cold, 3),
            "warm_seconds": round(self.warm, 3),
            "rows": self.rows,
        }


def ask(bi: Path, rounds: int = ROUNDS) -> dict[str, Asked]:
    """Every query in turn; of the citizen with most doses and the facility with most findings."""
    whose = _longest(bi)
    asked: dict[str, Asked] = {}
    for name, sql in QUERIES.items():
        values = {key: value for key, value in whose.items() if f"${key}" in sql}
        answers = [_in_a_new_process(bi, sql, values) for _ in range(rounds)]
        cold, warm, rows = zip(*answers, strict=True)
        asked[name] = Asked(median(cold), median(warm), rows[0])
    return asked


def _longest(bi: Path) -> dict[str, str]:
    with duckdb.connect(str(bi), read_only=True) as connection:
        [(citizen,)] = connection.execute(
            f"select citizen_key from {schemas.FCT_DOSES.sql} "
            "group by citizen_key order by count(*) desc, citizen_key limit 1"
        ).fetchall()
        [(facility,)] = connection.execute(
            f"select owner_code from {schemas.FINDINGS.sql} semi join {schemas.DIM_FACILITIES.sql} "
            "on owner_code = dim_facilities.facility_code "
            "group by owner_code order by count(*) desc, owner_code limit 1"
        ).fetchall()
    return {"citizen": citizen, "facility": facility}


def _in_a_new_process(bi: Path, sql: str, values: dict[str, str]) -> tuple[float, float, int]:
    _drop_from_cache(bi)
    return apart(_ask_twice, bi, sql, values)


def _ask_twice(bi: Path, sql: str, values: dict[str, str]) -> tuple[float, float, int]:
    cold, rows = _seconds(bi, sql, values)
    warm, _ = _seconds(bi, sql, values)
    return cold, warm, rows


def _seconds(bi: Path, sql: str, values: dict[str, str]) -> tuple[float, int]:
    started = time.perf_counter()
    with duckdb.connect(str(bi), read_only=True) as connection:
        rows = connection.execute(sql, values).fetchall()
    return time.perf_counter() - started, len(rows)


def _drop_from_cache(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())  # what is not yet on disk stays in the cache
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
