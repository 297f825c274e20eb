"""What came lately, feed by feed and day by day, for the data engineer: alarms, never gates.

A finding on a delivery stays for ever; a check looks back a week, so that it turns green again.
"""

from checks.expectations.suite import Expectation, Suite, no_rows

RECENT_DAYS = 7


def feed_days(schema: str = "quality", table: str = "feed_days") -> Suite:
    """One expectation per rule of the family FEED."""
    return Suite(
        schema,
        table,
        ("feed", "delivery_date"),
        (
            _lately(
                "FEED-001",
                "delivered_when_expected",
                "is_missing",
                "every delivery expected has come",
            ),
            _lately(
                "FEED-002",
                "usual_volume",
                "volume_state in ('LOW', 'HIGH')",
                "as much came as on other days like it",
            ),
            _lately(
                "FEED-003",
                "few_rejects",
                "has_many_rejects or files_with_many_rejects > 0",
                "rejects stay below the feed's threshold",
            ),
            _lately("FEED-004", "no_new_column", "new_columns > 0", "no unknown column is new"),
            _lately(
                "FEED-005",
                "no_emptied_column",
                "emptied_columns > 0",
                "columns are filled as usual",
            ),
            _lately(
                "FEED-006",
                "accounts_closed",
                "files_not_closed > 0",
                "each file's records are loaded or kept as rejects",
            ),
            _lately(
                "FEED-007", "no_file_quarantined", "files_quarantined > 0", "every file was read"
            ),
        ),
    )


def _lately(rule_id: str, name: str, where: str, says: str) -> Expectation:
    return no_rows(
        name,
        f"age_days <= {RECENT_DAYS} and ({where})",
        f"{says}, in the last {RECENT_DAYS} days",
        severity="warn",
        rule_id=rule_id,
    )


FEEDS_SUITES = (feed_days(),)
