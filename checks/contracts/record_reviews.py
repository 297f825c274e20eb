"""Contract of `record_reviews`: a facility's review of the records it holds."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import INSTANT, one_of


class RecordReviews(FeedRows):
    """One row a review."""

    review_id: str = key()
    facility_code: str = text()
    source_system: str = text()
    source_record_id: str = text()
    reviewed_at: str = text(INSTANT)
    outcome: str = text(one_of("confirmed", "corrected", "removed"))
    reviewer: str = text()


CONTRACT = Contract(model=RecordReviews, names=("review_id",))
