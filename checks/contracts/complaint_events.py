"""Contract of `complaint_events`: what the administration did."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, INSTANT, NUMBERS, REASON_CODES, one_of

EVENTS = one_of(
    "assigned",
    "transferred",
    "acknowledged",
    "review_started",
    "approved",
    "deferred",
    "supplement_requested",
    "supplement_received",
    "rejected",
    "reopened",
    "withdrawn",
    "notified",
)


class ComplaintEvents(FeedRows):
    """One row an event; they arrive late, twice and out of order, which is no matter of shape."""

    event_id: str = key()
    complaint_id: str = text()
    occurred_at: str = text(INSTANT)
    recorded_at: str = text(INSTANT)
    event_type: str = text(EVENTS)
    claim_nos: str = text(NUMBERS)
    actor_code: str = text()
    to_code: str = text()
    assignee: str = text()
    reason_codes: str = text(REASON_CODES)
    next_review_on: str = text(DATE)
    note: str = text()


CONTRACT = Contract(model=ComplaintEvents, names=("event_id",))
