"""How a home stands, read from its current release and its ledger; the warehouse stays closed."""

from typing import Any

import duckdb

from checks.expectations.feeds import RECENT_DAYS
from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger import message_states
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.summary import accounting, counts
from vax_pipeline.core.warehouse import records


def status(settings: Settings) -> dict[str, Any]:
    """Deliveries, open complaints by clock, the release and dead messages.

    Raises:
        NoReleaseError: nothing has been published yet.
    """
    current = release.current(settings)
    with duckdb.connect(str(current.bi), read_only=True) as bi:
        bi.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
        feeds = records(
            bi,
            "select feed, max(delivery_date) as newest, count(*) as files, "
            "count(*) filter (where state = 'failed') as quarantined "
            f"from {schemas.DELIVERIES.sql} group by feed order by feed",
        )
        return {
            "deliveries": {
                "accounting": accounting(bi).as_json(),
                "feeds": {row.pop("feed"): row for row in feeds},
                "warnings": delivery_warnings(bi, current.manifest["as_of"]),
            },
            "clocks": counts(bi, schemas.COMPLAINT_CLOCK_STATES, "clock_state"),
            "release": {
                "path": str(current.path),
                "as_of": current.manifest["as_of"],
                "released_at": current.manifest["released_at"],
                "checks": current.manifest["checks"],
            },
            "dead_messages": message_states(settings)["dead"],
        }


def delivery_warnings(bi: duckdb.DuckDBPyConnection, as_of: str) -> list[dict[str, Any]]:
    """What is wrong with deliveries, as far back as the checks look, the newest first."""
    return records(
        bi,
        f"""
        select f.rule_id, f.severity, f.subject_id as subject, r.title_en, r.title_vi
        from {schemas.FINDINGS.sql} f
        join {schemas.RULES.sql} r on f.rule_id = r.rule_id
        where f.subject_type = 'delivery'
            and f.first_held_at::date >= ?::timestamptz::date - {RECENT_DAYS}
        order by f.first_held_at desc, f.rule_id, f.subject_id
        """,
        [as_of],
    )
