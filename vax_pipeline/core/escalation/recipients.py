"""Who gets what is due: roles of the ladder -> codes of the register -> those with an address.

A role that is vacant, or a code the register does not know, falls to the next one up; a recipient
without an address falls to its parent agency, and the message says so. Called after
`policy.evaluate`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.policy import CHAIN_COLUMNS

NOBODY = "MINISTRY"  # no ministry in the register either: the message ends up dead, for all to see
_HEALTH = (
    "commune_station",
    "district_centre",
    "provincial_cdc",
    "provincial_department",
    "ministry",
)
# Up the health branch, then to the ministry; the police and the government climb within their own.
CLIMB: dict[str, tuple[str, ...]] = {
    "handler": ("handler", *_HEALTH),
    "commune_station": _HEALTH,
    "district_centre": _HEALTH[1:],
    "provincial_cdc": _HEALTH[2:],
    "provincial_department": _HEALTH[3:],
    "peoples_committee": ("peoples_committee", "ministry"),
    "ministry": ("ministry",),
    "commune_police": ("commune_police", "district_police", "provincial_police", "ministry"),
    "district_police": ("district_police", "provincial_police", "ministry"),
    "provincial_police": ("provincial_police", "ministry"),
}
_POSITIONS = {
    column.removeprefix("chain_").removesuffix("_code"): position
    for position, column in enumerate(CHAIN_COLUMNS, start=1)
}


@dataclass(frozen=True)
class Party:
    """An agency or a facility as a recipient."""

    code: str
    name: str
    email: str | None


_DIRECTORY_SQL = f"""
create or replace temp table directory as
select code, any_value(name) as name, any_value(email) as email, any_value(parent) as parent_code,
    bool_or(is_ministry) as is_ministry
from (
    select agency_code as code, agency_name as name, nullif(trim(email), '') as email,
        parent_agency_code as parent, level = 'ministry' and branch = 'health' as is_ministry
    from {schemas.DIM_AGENCIES.sql}
    union all
    select facility_code, facility_name, nullif(trim(email), ''), managing_agency_code, false
    from {schemas.DIM_FACILITIES.sql}
)
group by code
"""

# Twelve steps are more than any chain of agencies; a circle in the register ends there.
_ADDRESSEES_SQL = """
create or replace temp table addressees as
with recursive parties as (
    select code, parent_code, code not in (select unnest($unreachable::varchar[])) as has_address
    from directory
),

climb as (
    select code, code as addressee_code, parent_code, 0 as step, has_address
    from parties
    union all
    select climb.code, parties.code, parties.parent_code, climb.step + 1, parties.has_address
    from climb
    inner join parties on climb.parent_code = parties.code
    where not climb.has_address and climb.step < 12
)

select code, arg_min(addressee_code, step) filter (where has_address) as addressee_code
from climb
group by code
"""

_CLIMB_VALUES = ", ".join(
    f"('{role}', {step}, {_POSITIONS[next_role]})"
    for role, path in CLIMB.items()
    for step, next_role in enumerate(path)
)

# Worked out once per (ladder row, chain), not per complaint: a district has few different chains.
_RECIPIENTS_SQL = f"""
create or replace temp table recipients as
with

climb (role, step, position) as (values {_CLIMB_VALUES}),

used as (select distinct policy_id, chain_key from new_rows),

roles as (
    select policy_id, 'to' as kind, unnest(recipient_roles) as role,
        generate_subscripts(recipient_roles, 1) as ordinal
    from policy
    union all
    select policy_id, 'copy', unnest(copy_roles), generate_subscripts(copy_roles, 1)
    from policy
),

candidates as (
    select used.policy_id, used.chain_key, roles.kind, roles.role, roles.ordinal, climb.step,
        nullif(string_split(used.chain_key, chr(31))[climb.position], '') as code
    from used
    inner join roles using (policy_id)
    inner join climb using (role)
),

ministry as (
    select addressees.addressee_code as code
    from directory
    inner join addressees using (code)
    where directory.is_ministry and addressees.addressee_code is not null
    order by directory.code
    limit 1
),

resolved as (
    select policy_id, chain_key, kind, role, ordinal,
        arg_min(candidates.code, step) filter (where candidates.code is not null) as code,
        arg_min(addressees.addressee_code, step)
            filter (where addressees.addressee_code is not null) as addressee_code
    from candidates
    left join addressees on candidates.code = addressees.code
    group by all
)

select
    policy_id, chain_key, kind, role, ordinal,
    coalesce(resolved.code, ministry.code, '{NOBODY}') as recipient_code,
    coalesce(resolved.addressee_code, ministry.code, resolved.code, '{NOBODY}') as addressee_code
from resolved
left join ministry on true
"""

# A line per new row and addressee: who is both addressed and copied is addressed.
_LINES_SQL = """
create or replace temp table due_lines as
with once as (
    select *
    from recipients
    qualify row_number() over (
        partition by policy_id, chain_key, addressee_code
        order by kind desc, ordinal
    ) = 1
)

select
    new_rows.complaint_id, new_rows.clock, new_rows.starts_at, new_rows.level, new_rows.cadence,
    once.kind, once.recipient_code, once.addressee_code
from new_rows
inner join once using (policy_id, chain_key)
where not new_rows.is_jumped
"""

_DUE_SQL = """
create or replace temp table due as
with

codes as (
    select policy_id, chain_key,
        arg_min(recipient_code, ordinal) filter (where kind = 'to') as recipient_code,
        list(distinct recipient_code order by recipient_code) filter (where kind = 'to')
            as recipient_codes,
        list(distinct recipient_code order by recipient_code) filter (where kind = 'copy')
            as copy_codes
    from recipients
    group by all
),

jumped as (
    select complaint_id, clock, starts_at, list(level order by due_at, after_hours) as levels
    from new_rows
    where is_jumped
    group by all
)

select
    new_rows.complaint_id, new_rows.clock, new_rows.starts_at, new_rows.level,
    codes.recipient_code,
    list_filter(codes.recipient_codes, lambda code: code <> codes.recipient_code) as also_codes,
    coalesce(codes.copy_codes, []) as copy_codes,
    new_rows.due_at, new_rows.cadence, new_rows.after_hours, new_rows.revived_id,
    new_rows.is_jumped,
    case when not new_rows.is_jumped then coalesce(jumped.levels, []) end as jumped_levels
from new_rows
inner join codes using (policy_id, chain_key)
left join jumped using (complaint_id, clock, starts_at)
"""


def create_directory(
    connection: duckdb.DuckDBPyConnection, needs_email: Callable[[str], bool]
) -> None:
    """Fill `directory` and `addressees` (who gets it); grain: agency or facility code.

    Args:
        needs_email: whether a code is reached by its mailbox only (`Channel.needs_email`).
    """
    connection.execute(_DIRECTORY_SQL)
    silent = connection.execute("select code from directory where email is null").fetchall()
    unreachable = [code for (code,) in silent if needs_email(code)]
    connection.execute(_ADDRESSEES_SQL, {"unreachable": unreachable})


def assign_recipients(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `due` (grain: new ledger row) and `due_lines` (grain: new row told x addressee)."""
    connection.execute(_RECIPIENTS_SQL)
    connection.execute(_LINES_SQL)
    connection.execute(_DUE_SQL)


DUE_COLUMNS = {
    "complaint_id": pl.String,
    "clock": pl.String,
    "starts_at": pl.Datetime("us", "Asia/Ho_Chi_Minh"),
    "level": pl.String,
    "recipient_code": pl.String,
    "also_codes": pl.List(pl.String),
    "copy_codes": pl.List(pl.String),
    "due_at": pl.Datetime("us", "Asia/Ho_Chi_Minh"),
    "cadence": pl.String,
    "jumped_levels": pl.List(pl.String),
}


def due_frame(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What is due now, without the jumped rows; grain: (complaint, clock, starts_at)."""
    return connection.sql(
        f"select {', '.join(DUE_COLUMNS)} from due where not is_jumped"
        " order by due_at, complaint_id, clock, starts_at"
    ).pl()


def find_addressees(
    connection: duckdb.DuckDBPyConnection, codes: Sequence[str]
) -> dict[str, Party]:
    """Who gets what is meant for each code today: itself, or the first above with an address.

    A code without anybody is left out.
    """
    rows = connection.execute(
        "select addressees.code, directory.code, directory.name, directory.email from addressees"
        " inner join directory on addressees.addressee_code = directory.code"
        " where addressees.code in (select unnest(?::varchar[]))",
        [list(codes)],
    ).fetchall()
    return {code: Party(*party) for code, *party in rows}
