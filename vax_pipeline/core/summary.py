"""What a run came to, in figures: the machine output of `vax run` and `vax demo`."""

from dataclasses import dataclass
from typing import Any

import duckdb

from vax_pipeline.core import check_results, schemas
from vax_pipeline.core.schemas import Relation


@dataclass(frozen=True)
class Accounting:
    """Physical records over all deliveries; closed when none is missing."""

    records: int
    loaded: int
    rejected: int

    @property
    def closed(self) -> bool:
        return self.records == self.loaded + self.rejected

    def as_json(self) -> dict[str, Any]:
        return {
            "records": self.records,
            "loaded": self.loaded,
            "rejected": self.rejected,
            "closed": self.closed,
        }


def accounting(connection: duckdb.DuckDBPyConnection) -> Accounting:
    """The sum of raw.deliveries."""
    [(records, loaded, rejected)] = connection.execute(
        "select coalesce(sum(records), 0)::bigint, coalesce(sum(loaded), 0)::bigint, "
        f"coalesce(sum(rejected), 0)::bigint from {schemas.DELIVERIES.sql}"
    ).fetchall()
    return Accounting(int(records), int(loaded), int(rejected))


def summarize(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[str, Any]:
    """The counts of one finished run; keys as in the command's JSON contract."""
    return {
        "accounting": accounting(connection).as_json(),
        "people": counts(connection, schemas.DIM_CITIZENS, "verification_status"),
        "findings": counts(connection, schemas.FINDINGS, "rule_id"),
        "complaints": counts(connection, schemas.FCT_COMPLAINTS, "state"),
        "clocks": counts(connection, schemas.COMPLAINT_CLOCK_STATES, "clock_state"),
        "checks": check_results.totals(connection, run_id),
    }


def counts(
    connection: duckdb.DuckDBPyConnection, relation: Relation, column: str
) -> dict[str, int]:
    """Rows by the value of a column; empty when the table has not been built yet."""
    known = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [relation.schema, relation.name],
    ).fetchall()
    if not known:
        return {}
    rows = connection.execute(
        f'select "{column}", count(*) from {relation.sql} group by 1 order by 1'
    ).fetchall()
    return {str(value): int(number) for value, number in rows}
