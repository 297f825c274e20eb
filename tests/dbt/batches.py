"""Generated values in batches: one query judges hundreds."""

from hypothesis import HealthCheck, settings

# A batch is one example; the cost is that of the query, whatever its rows.
in_batches = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
BATCH = 200
