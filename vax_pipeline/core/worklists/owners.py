"""Who has a worklist: codes as they occur in the worklists, and what they are called."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.owner_names import OWNER_NAMES_SQL
from vax_pipeline.core.run_context import read_run_context
from vax_pipeline.core.warehouse import records
from vax_pipeline.core.worklists.catalog import WORKLISTS
from vax_pipeline.core.worklists.spec import Worklist
from vax_pipeline.core.worklists.workbook import Owner

UNKNOWN = "unknown"  # rows of no province
PROVINCE_SQL = f"coalesce(province_code, '{UNKNOWN}')"
_NEAR = 5
_PROVINCES_SQL = f"""
    select province_code as code, province_name as name, true as is_province
    from {schemas.PROVINCES.sql}
    union all
    select '{UNKNOWN}', 'không rõ tỉnh', true
"""
_NAMES_SQL = f"""
    {_PROVINCES_SQL}
    union all
    select code, name, false from {OWNER_NAMES_SQL}
"""


class UnknownOwnerError(LookupError):
    """Nobody has this code, neither in a register nor in a worklist."""


@dataclass(frozen=True)
class Scope:
    """Whose rows are meant.

    Attributes:
        is_province: all of a province, instead of those that one owner must act on.
    """

    owner: Owner
    is_province: bool

    def condition(self, worklist: Worklist) -> tuple[str, list[object]]:
        """SQL for the rows of a worklist, and its values."""
        if not self.is_province:
            return "owner_code = ?", [self.owner.code]
        of_province = f" and {worklist.of_province}" if worklist.of_province else ""
        return f"{PROVINCE_SQL} = ?{of_province}", [self.owner.code]


def find_scope(connection: duckdb.DuckDBPyConnection, code: str) -> Scope:
    """The owner with a code.

    Raises:
        UnknownOwnerError: with the codes that look like it.
    """
    named = records(
        connection, f"from ({_NAMES_SQL}) where code = ? order by is_province desc", [code]
    )
    as_of = read_run_context(connection).as_of
    if named:
        return Scope(Owner(code, named[0]["name"] or "", as_of), named[0]["is_province"])
    listed = _listed_codes(connection)
    if code in listed:
        return Scope(Owner(code, "", as_of), is_province=False)
    known = [row["code"] for row in records(connection, f"select code from ({_NAMES_SQL})")]
    near = difflib.get_close_matches(code.upper(), sorted({*known, *listed}), _NEAR, cutoff=0.6)
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else f"look for it in {schemas.DIM_AGENCIES.name}"
    )
    raise UnknownOwnerError(f"no facility, agency or province has the code '{code}': {hint}")


def provinces_in(connection: duckdb.DuckDBPyConnection, relations: Iterable[str]) -> list[Scope]:
    """Every province that one of the relations has rows of; those of none belong to `unknown`."""
    listed = " union ".join(
        f"select distinct {PROVINCE_SQL} as code from {relation}" for relation in relations
    )
    query = (
        f"select code, name from ({listed}) left join ({_PROVINCES_SQL}) using (code) order by code"
    )
    as_of = read_run_context(connection).as_of
    return [
        Scope(Owner(row["code"], row["name"] or "", as_of), is_province=True)
        for row in records(connection, query)
    ]


def _listed_codes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    listed = " union ".join(
        f"select distinct owner_code from {worklist.relation.sql}" for worklist in WORKLISTS
    )
    rows = connection.execute(f"from ({listed}) where owner_code is not null").fetchall()
    return {str(code) for (code,) in rows}
