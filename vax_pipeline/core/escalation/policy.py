"""What is due: open clocks x the ladder in force + an instant -> levels to escalate. Pure.

Reads a release and the rows the ledger holds (temporary table `ledger_rows`), writes temporary
tables only. Set-based: a million open clocks are one statement each. Who gets it is `recipients`.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import duckdb
import polars as pl

from vax_pipeline.core import schemas
from vax_pipeline.core.clock import ICT

DAILY_AT = time(7, 30)  # 07:30 Asia/Ho_Chi_Minh: the day's letters lie there when offices open
CADENCES = ("hourly", "daily")
COUNTED_FROM = ("starts_at", "due_at")

# The columns of a clock that name whom it may climb to, in the order `chain_key` packs them.
CHAIN_COLUMNS = (
    "handler_code",
    "chain_commune_station",
    "chain_district_centre",
    "chain_provincial_cdc",
    "chain_provincial_department",
    "chain_peoples_committee",
    "chain_ministry",
    "chain_commune_police",
    "chain_district_police",
    "chain_provincial_police",
)


class PolicyError(ValueError):
    """The escalation ladder in the release says something that nobody can follow."""


def last_daily_slot(as_of: datetime) -> datetime:
    """The last 07:30 in Vietnam at or before `as_of`: a daily level due by then may go out."""
    local = as_of.astimezone(ICT)
    slot = datetime.combine(local.date(), DAILY_AT, tzinfo=ICT)
    return slot if slot <= local else slot - timedelta(days=1)


def released_through(cadence: str, as_of: datetime) -> datetime:
    """Levels of this cadence that fell due until this instant may be sent at `as_of`."""
    return last_daily_slot(as_of) if cadence == "daily" else as_of


_POLICY_SQL = f"""
create or replace temp table policy as
select
    row_number() over (order by clock, valid_from, after_hours, level) as policy_id,
    clock,
    level::varchar as level,
    after_hours::double as after_hours,
    counted_from,
    list_filter(string_split(replace(coalesce(recipient_roles, ''), ' ', ''), ';'),
        lambda role: role <> '') as recipient_roles,
    list_filter(string_split(replace(coalesce(copy_roles, ''), ' ', ''), ';'),
        lambda role: role <> '') as copy_roles,
    cadence,
    coalesce(try_cast(valid_from as date), date '0001-01-01') as valid_from,
    coalesce(try_cast(valid_to as date), date '9999-12-31') as valid_to
from {schemas.ESCALATION_POLICY.sql}
"""

_CHAIN_KEY_SQL = " || chr(31) || ".join(f"coalesce(climbing.{name}, '')" for name in CHAIN_COLUMNS)

# The ladder in force is the one of the Vietnamese day on which the clock started: a new ladder
# never reaches back. valid_to is the last day in force.
_DUE_SQL = """
        case policy.counted_from when 'due_at' then clocks.due_at else clocks.starts_at end
            + to_seconds(policy.after_hours * 3600) as due_at
    from clocks
    inner join policy
        on clocks.clock = policy.clock
        and clocks.started_on between policy.valid_from and policy.valid_to
"""

# The two big tables meet on their keys alone; who a clock climbs to is added to the few that are left.
# One winner a clock: the highest released level above all it was ever told. What lies below a level
# told, or below the winner, is jumped. A struck row counts as not told: its outcome was taken back.
_NEW_ROWS_SQL = f"""
create or replace temp table new_rows as
with

clocks as (
    select complaint_id, clock, starts_at, due_at, starts_at::date as started_on
    from {schemas.COMPLAINT_CLOCKS.sql}
    where has_ladder and (met_at is null or met_at > $horizon)
),

levels as (
    select
        clocks.complaint_id, clocks.clock, clocks.starts_at,
        policy.policy_id, policy.level, policy.after_hours, policy.cadence,
        {_DUE_SQL}
),

missing as materialized (
    select
        levels.*,
        ledger_rows.id as revived_id,
        levels.due_at <= case levels.cadence when 'daily' then $daily_through::timestamptz
            else $as_of::timestamptz end as is_released
    from levels
    left join ledger_rows using (complaint_id, clock, starts_at, level)
    where
        levels.due_at <= $as_of
        and (ledger_rows.id is null or ledger_rows.delivery_state = 'struck')
),

told as (
    select complaint_id, clock, starts_at, max(due_at) as told_due_at
    from ledger_rows
    semi join missing using (complaint_id, clock, starts_at)
    where delivery_state not in ('struck', 'jumped')
    group by all
),

contending as (
    select
        missing.*,
        told.told_due_at,
        missing.is_released
            and (told.told_due_at is null or missing.due_at > told.told_due_at) as may_win
    from missing
    left join told using (complaint_id, clock, starts_at)
),

ranked as (
    select
        *,
        may_win and row_number() over (
            partition by complaint_id, clock, starts_at
            order by may_win desc, due_at desc, after_hours desc, level desc
        ) = 1 as is_winner,
        max(due_at) filter (where may_win) over (
            partition by complaint_id, clock, starts_at
        ) as winner_due_at
    from contending
),

fresh as (
    select * from ranked where is_winner or due_at <= greatest(winner_due_at, told_due_at)
)

select
    complaint_id, clock, starts_at, fresh.level, fresh.after_hours, fresh.cadence, fresh.policy_id,
    {_CHAIN_KEY_SQL} as chain_key,
    fresh.due_at,
    fresh.revived_id,
    not fresh.is_winner as is_jumped
from fresh
inner join {schemas.COMPLAINT_CLOCKS.sql} as climbing using (complaint_id, clock, starts_at)
"""


def evaluate(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, horizon: datetime | None = None
) -> None:
    """Fill the temporary tables `policy` and `new_rows`; `ledger_rows` must exist.

    Args:
        as_of: levels due until this instant count.
        horizon: outcomes recorded after it are not known yet; null: the same as `as_of`.

    Raises:
        PolicyError: a row of the ladder has no known cadence, base or role.
    """
    connection.execute(_POLICY_SQL)
    _check_policy(connection)
    connection.execute(
        _NEW_ROWS_SQL,
        {
            "as_of": as_of,
            "horizon": min(as_of, horizon or as_of),
            "daily_through": last_daily_slot(as_of),
        },
    )


def next_change(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> datetime | None:
    """When this release will first ask for something that it doesn't at `as_of`; null: never."""
    return connection.execute(_NEXT_CHANGE_SQL, {"as_of": as_of}).fetchall()[0][0]


def create_ledger_rows(
    connection: duckdb.DuckDBPyConnection, frames: Iterable[pl.DataFrame]
) -> None:
    """Make `ledger_rows` from what the ledger holds (`Ledger.open_rows`); no frames: an empty ledger."""
    connection.execute(
        "create or replace temp table ledger_rows (id bigint, complaint_id varchar, clock varchar,"
        " starts_at timestamptz, level varchar, due_at timestamptz, acknowledged_at timestamptz,"
        " delivery_state varchar)"
    )
    add_ledger_rows(connection, frames)


def add_ledger_rows(connection: duckdb.DuckDBPyConnection, frames: Iterable[pl.DataFrame]) -> None:
    """Append rows to `ledger_rows`, frame by frame; instants arrive as ISO text."""
    for rows in frames:
        connection.register("ledger_feed", rows)
        connection.execute("insert into ledger_rows by name select * from ledger_feed")
        connection.unregister("ledger_feed")


# The first instant at which this release asks for something new: a level falls due (a daily one at
# 07:30 of the connection's zone, Vietnam's), an outcome or a receipt already recorded comes to count.
_NEXT_CHANGE_SQL = f"""
with

clocks as (
    select *, starts_at::date as started_on from {schemas.COMPLAINT_CLOCKS.sql} where has_ladder
),

levels as (
    select
        policy.cadence,
        {_DUE_SQL}
    where clocks.met_at is null or clocks.met_at > $as_of
),

releases as (
    select if(cadence <> 'daily', due_at,
        (date_trunc('day', due_at::timestamp) + interval {DAILY_AT.hour * 60 + DAILY_AT.minute} minute
        + if(due_at::timestamp::time > time '{DAILY_AT}', interval 1 day, interval 0 day)
        )::timestamptz) as changes_at
    from levels
)

select min(changes_at) from (
    select changes_at from releases where changes_at > $as_of
    union all
    select met_at from clocks where met_at > $as_of
    union all
    select acknowledged_at from clocks where acknowledged_at > $as_of
)
"""

# Outcome before the level was due: the level was rightly sent on what was known, yet retracted.
# A clock gone from the release (or attached to a parent: no ladder) is closed likewise.
_SETTLED_SQL = f"""
select
    ledger_rows.id,
    case
        when ledger_rows.delivery_state in ('pending', 'dead') then 'struck'
        when ledger_rows.delivery_state = 'sent' and clocks.met_at <= ledger_rows.due_at
            then 'retracted'
        when ledger_rows.delivery_state = 'sent' then 'closed'
        else ledger_rows.delivery_state
    end as delivery_state
from ledger_rows
left join {schemas.COMPLAINT_CLOCKS.sql} as clocks using (complaint_id, clock, starts_at)
where
    clocks.complaint_id is null
    or not coalesce(clocks.has_ladder, false)
    or clocks.met_at <= $as_of
"""

# Acknowledging covers the levels due by then; the next level is a new reason to act.
_ACKNOWLEDGED_SQL = f"""
select ledger_rows.id, clocks.acknowledged_at
from ledger_rows
inner join {schemas.COMPLAINT_CLOCKS.sql} as clocks using (complaint_id, clock, starts_at)
where
    ledger_rows.acknowledged_at is null
    and clocks.acknowledged_at >= ledger_rows.due_at
    and clocks.acknowledged_at <= $as_of
"""


def settled_rows(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> list[tuple[int, str]]:
    """Ledger rows whose clock has ended by `as_of`: (id, the state they end in)."""
    return connection.execute(_SETTLED_SQL, {"as_of": as_of}).fetchall()


def acknowledged_rows(
    connection: duckdb.DuckDBPyConnection, as_of: datetime
) -> list[tuple[int, datetime]]:
    """Ledger rows whose level was acknowledged by `as_of`: (id, acknowledged_at)."""
    return connection.execute(_ACKNOWLEDGED_SQL, {"as_of": as_of}).fetchall()


def _check_policy(connection: duckdb.DuckDBPyConnection) -> None:
    roles = {column.removeprefix("chain_").removesuffix("_code") for column in CHAIN_COLUMNS}
    rows = connection.execute(
        "select clock, level, cadence, counted_from, recipient_roles, copy_roles from policy"
    ).fetchall()
    for clock, level, cadence, counted_from, recipients, copies in rows:
        unknown = sorted((set(recipients) | set(copies)) - roles)
        if cadence not in CADENCES or counted_from not in COUNTED_FROM:
            problem = f"cadence {cadence!r} or counted_from {counted_from!r} is unknown"
        elif not recipients or unknown:
            problem = f"unknown roles {unknown}" if unknown else "nobody receives it"
        else:
            continue
        raise PolicyError(f"escalation_policy, clock {clock}, level {level}: {problem}")
