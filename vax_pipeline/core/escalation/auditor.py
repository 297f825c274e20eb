"""The auditor: from scratch, in one query, what should be in the ledger, against what is there.

Its SQL shares nothing with `policy` but the release and the 07:30 of a daily letter, on purpose: it
is there to catch what policy gets wrong. It looks at the release and instant of the last tick.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation import policy
from vax_pipeline.core.escalation.ledger import opened
from vax_pipeline.core.escalation.policy import last_daily_slot
from vax_pipeline.core.escalation.release_reader import find_release, open_release
from vax_pipeline.core.settings import Settings

# missing: a released level that is in no row. silent: the highest released level was told to
# nobody, and none above it. premature: told before it was due. misdated: another due_at than the
# ladder's. unstruck: still to be sent though the outcome is known.
SAMPLE_SIZE = 10
_AUDIT_SQL = f"""
with

expected as (
    select
        clocks.complaint_id, clocks.clock, clocks.starts_at, ladder.level::varchar as level,
        if(ladder.counted_from = 'due_at', clocks.due_at, clocks.starts_at)
            + to_seconds(ladder.after_hours::double * 3600) as due_at,
        ladder.cadence,
        clocks.met_at is null or clocks.met_at > $horizon as is_open,
        clocks.has_ladder
    from {schemas.COMPLAINT_CLOCKS.sql} as clocks
    inner join {schemas.ESCALATION_POLICY.sql} as ladder
        on clocks.clock = ladder.clock
        and clocks.starts_at::date >= coalesce(try_cast(ladder.valid_from as date), '0001-01-01')
        and clocks.starts_at::date <= coalesce(try_cast(ladder.valid_to as date), '9999-12-31')
),

compared as (
    select
        complaint_id, clock, starts_at, level,
        expected.due_at as expected_at,
        held.due_at as held_at,
        held.delivery_state,
        coalesce(expected.is_open and expected.has_ladder, false) as is_running,
        coalesce(expected.due_at <= if(expected.cadence = 'daily', $daily_through::timestamptz,
            $as_of::timestamptz), false) as is_released,
        held.delivery_state in ('pending', 'sent', 'dead', 'closed', 'retracted') as is_told
    from expected
    full join ledger_rows as held using (complaint_id, clock, starts_at, level)
),

judged as (
    select
        *,
        max(expected_at) filter (where is_running and is_released) over (
            partition by complaint_id, clock, starts_at
        ) as highest_at,
        coalesce(max(held_at) filter (where is_told) over (
            partition by complaint_id, clock, starts_at
        ), '-infinity'::timestamptz) as told_through
    from compared
),

differences as (
    select complaint_id, case
        when is_running and is_released and held_at is null then 'missing'
        when is_told and held_at > $as_of then 'premature'
        when is_running and held_at is distinct from expected_at and held_at is not null
            then 'misdated'
        when is_running and expected_at = highest_at and told_through < highest_at then 'silent'
        when not is_running and delivery_state in ('pending', 'dead') then 'unstruck'
    end as difference
    from judged
)

select
    difference,
    count(*) as rows,
    list(distinct complaint_id order by complaint_id)[:{SAMPLE_SIZE}] as sample_ids,
    (select count(*) from compared) as evaluated
from differences
group by difference
"""


@dataclass(frozen=True)
class AuditReport:
    """What an audit found; null instants when the ledger has seen no tick yet."""

    evaluated_through: datetime | None
    release: str | None
    evaluated: int
    differences: dict[str, int]
    sample_ids: tuple[str, ...]
    duration_seconds: float

    @property
    def failed(self) -> int:
        return sum(self.differences.values())

    def as_json(self) -> dict[str, Any]:
        through = self.evaluated_through
        return {
            "evaluated_through": through.isoformat() if through else None,
            "release": self.release,
            "evaluated": self.evaluated,
            "failed": self.failed,
            "differences": self.differences,
            "sample_ids": list(self.sample_ids),
            "duration_seconds": round(self.duration_seconds, 3),
        }


def audit(settings: Settings) -> AuditReport:
    """Compare the ledger with what its last tick should have made of the release it read.

    Raises:
        NoReleaseError: that release is no longer kept.
    """
    started = time.monotonic()
    with ExitStack() as held:
        ledger = held.enter_context(opened(settings))
        last = ledger.last_tick()
        if last is None:
            return AuditReport(None, None, 0, {}, (), time.monotonic() - started)
        as_of = last.evaluated_through
        release = find_release(settings, name=last.release)
        connection = held.enter_context(open_release(settings, release))
        policy.create_ledger_rows(connection, ledger.all_rows())
        found = connection.execute(
            _AUDIT_SQL,
            {
                "as_of": as_of,
                "horizon": min(as_of, last.known_as_of),
                "daily_through": last_daily_slot(as_of),
            },
        ).fetchall()
    rows = {kind: (count, ids) for kind, count, ids, _ in found if kind is not None}
    return AuditReport(
        evaluated_through=as_of,
        release=last.release,
        evaluated=int(found[0][3]) if found else 0,
        differences={kind: int(count) for kind, (count, _) in sorted(rows.items())},
        sample_ids=tuple(sorted({i for _, ids in rows.values() for i in ids})[:SAMPLE_SIZE]),
        duration_seconds=time.monotonic() - started,
    )
