"""What the daily reports show: one query per section, over all provinces, split by province here.

Every figure is a sum or a row of a mart; nothing is decided here. Holders are named as the registers
name them; no person is.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb

from vax_pipeline.core import clock, schemas
from vax_pipeline.core.owner_names import OWNER_NAMES_SQL
from vax_pipeline.core.schemas import Relation

COHORT_DAYS = 10
TREND_DAYS = 30
LISTED = 10
# Of fewer stays neither the median nor the ninth of ten says anything about a holder.
MIN_STAYS = 5

SOURCES: tuple[Relation, ...] = (
    schemas.KPI_PROVINCE_DAILY,
    schemas.KPI_OPEN_COMPLAINTS,
    schemas.KPI_COMPLAINT_HANDLERS,
    schemas.KPI_REJECT_REASONS,
    schemas.KPI_HOLDING_TIMES,
    schemas.KPI_IDENTITY_DAILY,
    schemas.DIM_FACILITIES,
    schemas.DIM_AGENCIES,
)

Row = dict[str, Any]

_QUERIES = {
    # Of a day some of whose complaints still have time, those decided sooner would flatter the shares.
    "days": f"""
        select *, day + interval 3 day <= $now as is_over, is_over and complaints_due_48h > 0 as is_due
        from {schemas.KPI_PROVINCE_DAILY.sql}
        where complaints_received > 0 and day > $today::date - {TREND_DAYS} and day <= $today
        order by day""",
    "completeness": f"""
        select province_code, max(day) as day, arg_max(completeness, day) as completeness
        from {schemas.KPI_PROVINCE_DAILY.sql}
        where completeness is not null and day <= $today group by all""",
    "totals": f"""
        select province_code, sum(complaints_received) as received, sum(complaints_refiled) as refiled,
            sum(complaints_due_48h) as due_48h, sum(any_outcome_48h) as any_48h,
            sum(final_outcome_48h) as final_48h, sum(complaints_open) as still_open,
            sum(reviews_at_risk) as at_risk, sum(reviews_breached) as breached
        from {schemas.KPI_COMPLAINT_HANDLERS.sql} group by all""",
    "ages": f"""
        select province_code, age_from_hours, age_to_hours, sum(complaints_open) as still_open,
            sum(complaints_open) filter (where state = 'DEFERRED') as deferred
        from {schemas.KPI_OPEN_COMPLAINTS.sql} group by all order by age_from_hours nulls last""",
    "causes": f"""
        select province_code, title_vi, sum(complaints_open) as still_open
        from {schemas.KPI_OPEN_COMPLAINTS.sql} inner join {schemas.ROOT_CAUSES.sql} using (root_cause)
        group by all order by still_open desc, title_vi""",
    "late": f"""
        select handlers.*, name from {schemas.KPI_COMPLAINT_HANDLERS.sql} as handlers
        left join {OWNER_NAMES_SQL} on code = handler_code
        where reviews_breached > 0
        qualify row_number() over (partition by province_code order by reviews_breached desc,
            longest_hours_overdue desc, handler_code) <= {LISTED}
        order by reviews_breached desc, longest_hours_overdue desc, handler_code""",
    "reasons": f"""
        select province_code, reason_code, reason_vi, sum(complaints_rejected) as rejected
        from {schemas.KPI_REJECT_REASONS.sql}
        left join {schemas.REJECT_REASONS.sql} using (reason_code)
        group by all order by rejected desc, reason_code""",
    "rejecting": f"""
        select province_code, handler_code, any_value(name) as name, sum(complaints_rejected) as told,
            list(struct_pack(reason_code, complaints_rejected)
                order by complaints_rejected desc, reason_code) as reasons
        from {schemas.KPI_REJECT_REASONS.sql} left join {OWNER_NAMES_SQL} on code = handler_code
        group by province_code, handler_code
        qualify row_number() over (partition by province_code order by told desc, handler_code) <= {LISTED}
        order by told desc, handler_code""",
    "states": f"""
        select * from {schemas.KPI_HOLDING_TIMES.sql} where holder_code = '*'
        order by hours_median desc, state""",
    "holders": f"""
        select times.*, name from {schemas.KPI_HOLDING_TIMES.sql} as times
        left join {OWNER_NAMES_SQL} on code = holder_code
        where holder_code <> '*' and stays >= {MIN_STAYS}
        qualify row_number() over (partition by province_code order by hours_p90 desc, holder_code,
            state) <= {LISTED}
        order by hours_p90 desc, holder_code, state""",
    "police": f"""
        select province_code, sum(requests_sent) as sent, sum(answered_before) as before,
            sum(answered_48h) as in_time, sum(answered_late) as late, sum(requests_running) as running,
            sum(requests_overdue) as overdue
        from {schemas.KPI_IDENTITY_DAILY.sql} group by all""",
}


@dataclass(frozen=True)
class Figures:
    """The sections of one province's report: rows by the name of their query.

    Attributes:
        rule_from: the day from which complaints must be reviewed within 48 hours.
    """

    province_code: str
    province_name: str | None
    as_of: datetime
    rule_from: date
    sections: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def rows(self, section: str) -> list[Row]:
        return self.sections.get(section, [])

    def row(self, section: str) -> Row:
        """The only row of a section of one row; empty when the province has none."""
        rows = self.rows(section)
        return rows[0] if rows else {}


def read_figures(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> list[Figures]:
    """Of every province that has anything to report, in order of its code; `unknown` is one."""
    names = dict(
        connection.execute(
            f"select province_code, province_name from {schemas.PROVINCES.sql}"
        ).fetchall()
    )
    [(rule_from,)] = connection.execute(
        f"select applies_to_received_from from {schemas.CLOCK_POLICY.sql} where clock = 'review'"
    ).fetchall()
    found: dict[str, Figures] = {}
    now = as_of.astimezone(clock.ICT).replace(tzinfo=None)
    for section, query in _QUERIES.items():
        for row in _rows(connection, query, {"now": now, "today": now.date()}):
            code = str(row["province_code"])
            figures = found.setdefault(code, Figures(code, names.get(code), as_of, rule_from))
            figures.sections[section].append(row)
    return [found[code] for code in sorted(found)]


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, instants: Mapping[str, object]
) -> list[Row]:
    bound = {name: at for name, at in instants.items() if f"${name}" in query}
    cursor = connection.execute(query, bound)
    columns = [str(column[0]) for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
