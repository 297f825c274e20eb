"""How a home stands, read from its current release and its ledger; the warehouse stays closed."""

from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.escalation.ledger import dead_messages
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
            },
            "clocks": counts(bi, schemas.COMPLAINT_CLOCK_STATES, "clock_state"),
            "release": {
                "path": str(current.path),
                "as_of": current.manifest["as_of"],
                "released_at": current.manifest["released_at"],
                "checks": current.manifest["checks"],
            },
            "dead_messages": dead_messages(settings),
        }
