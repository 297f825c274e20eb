"""What readers of the marts may rely on: closed vocabularies, invariants, plausible shares."""

from checks.expectations.suite import (
    Suite,
    between,
    greater,
    in_set,
    no_rows,
    not_null,
    unique,
    unique_together,
)

VERIFICATION_STATUSES = (
    "EXEMPT_FOREIGN",
    "NOT_SENT",
    "NO_ID_OR_BAD_FORMAT",
    "MATCH",
    "MISMATCH",
    "PENDING",
)
OUTCOMES = ("APPROVED", "DEFERRED", "REJECTED", "WITHDRAWN")
STATES = ("RECEIVED", "ROUTED", "ASSIGNED", "IN_REVIEW", "ATTACHED", *OUTCOMES)
CLOCKS = ("review", "resolution", "assignment", "deferred", "identity")
DOSE_TYPES = ("primary", "additional", "booster")


def doses(schema: str = "marts", table: str = "fct_doses") -> Suite:
    """Doses after deduplication."""
    return Suite(
        schema,
        table,
        ("dose_id",),
        (
            not_null("dose_id", "a dose can be referred to", blocking=True),
            unique("dose_id", "a dose has one row", blocking=True),
            not_null("citizen_key", "a dose belongs to somebody"),
            not_null("verification_status", "everybody has a verification status"),
            in_set("verification_status", VERIFICATION_STATUSES, "the status is a known one"),
            no_rows(
                "mostly_verified",
                "verification_status not in ('MATCH', 'EXEMPT_FOREIGN')",
                "most doses belong to verified people",
                mostly=0.5,
                severity="warn",
            ),
            between(
                "injected_on",
                "2021-03-08",
                "2024-12-31",
                "doses were given within the campaign",
                mostly=0.97,
                severity="warn",
            ),
            in_set("dose_type", DOSE_TYPES, "the kind of dose is of the closed list"),
            between("dose_no", 1, 4, "no slot beyond the fourth", mostly=0.99, severity="warn"),
            not_null("entered_by_facility_code", "it is signed for", mostly=0.9, severity="warn"),
            not_null("verdict", "every dose has a verdict", mostly=0.9, severity="warn"),
        ),
    )


def complaints(schema: str = "marts", table: str = "fct_complaints") -> Suite:
    """Complaints with their state; received = the sum over all states."""
    return Suite(
        schema,
        table,
        ("complaint_id",),
        (
            unique("complaint_id", "a complaint has one row", blocking=True),
            not_null("received_at", "a complaint was received"),
            not_null("state", "a complaint is in a state: the sums close"),
            in_set("state", STATES, "the state is of the closed list: the sums close"),
            in_set("outcome", OUTCOMES, "the outcome is of the closed list"),
            in_set("route", ("FACILITY", "PORTAL_POOL"), "it goes to a facility or the pool"),
            not_null("route", "a complaint is routed"),
            no_rows(
                "outcome_has_a_time",
                "(outcome is null) <> (outcome_at is null)",
                "an outcome has a time, and a time an outcome",
            ),
            no_rows(
                "decided_state_is_its_outcome",
                "state in ('APPROVED', 'DEFERRED', 'REJECTED', 'WITHDRAWN') "
                "and state is distinct from outcome",
                "a decided complaint shows its decision as outcome",
            ),
            no_rows(
                "outcome_after_receipt",
                "outcome_at < received_at",
                "nothing is decided before it is received",
                mostly=0.98,
                severity="warn",
            ),
            no_rows(
                "rejection_recommended_with_a_reason",
                "recommendation = 'reject' and primary_reason is null",
                "a rejection is recommended for one of the official reasons only",
            ),
            not_null("handler_code", "somebody handles it", mostly=0.9, severity="warn"),
        ),
    )


def complaint_clocks(schema: str = "marts", table: str = "complaint_clocks") -> Suite:
    """Deadlines of complaints."""
    return Suite(
        schema,
        table,
        ("complaint_id",),
        (
            not_null("complaint_id", "a clock belongs to a complaint", blocking=True),
            not_null("due_at", "a clock ends"),
            in_set("clock", CLOCKS, "the clock is known to the ladder"),
            greater("due_at", "starts_at", "a deadline lies after its start"),
            unique_together(
                "one_row_a_start",
                ("complaint_id", "clock", "starts_at"),
                "a clock starts once at one instant: the ledger knows it by that",
                blocking=True,
            ),
            no_rows(
                "review_is_48_hours",
                "clock = 'review' and due_at <> starts_at + interval 48 hours",
                "the review clock runs 48 wall-clock hours",
                rule_id="SLA-002",
            ),
            no_rows(
                "met_after_start",
                # A deferred complaint may well be decided before its review date.
                "met_at < starts_at and clock <> 'deferred'",
                "what meets a clock happens after its start",
                mostly=0.98,
                severity="warn",
            ),
        ),
    )


def citizens(schema: str = "marts", table: str = "dim_citizens") -> Suite:
    """People seen in doses or complaints."""
    return Suite(
        schema,
        table,
        ("citizen_key",),
        (
            not_null("citizen_key", "a person can be referred to", blocking=True),
            unique("citizen_key", "a person has one row", blocking=True),
            not_null("verification_status", "everybody has a verification status"),
            in_set("verification_status", VERIFICATION_STATUSES, "the status is a known one"),
            not_null("verification_basis", "a status says what it rests on"),
            no_rows(
                "mismatch_has_a_reason",
                "verification_status = 'MISMATCH' and verification_reason is null",
                "a mismatch says of what",
            ),
            no_rows(
                "certificate_for_the_verified_only",
                "cert_ready and verification_status not in ('MATCH', 'EXEMPT_FOREIGN')",
                "a certificate is for the verified only",
            ),
            between(
                "doses_recorded",
                0,
                6,
                "hardly anybody has more than six doses",
                mostly=0.999,
                severity="warn",
            ),
        ),
    )


MARTS_SUITES = (doses(), complaints(), complaint_clocks(), citizens())
