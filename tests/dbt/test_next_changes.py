"""A model that asks whether an instant has come has to be in next_changes, or a release stands too long."""

import re

from vax_pipeline.core.settings import DBT_PROJECT_DIR

# What comes to count in each of these at an instant within a day is a row of next_changes. Days alone are
# not here: midnight is one of its rows.
WAITED_FOR = {
    "administered_latest", "complaint_clock_states", "fct_complaints", "flag_complaints",
    "int_complaint_claims__caused", "int_complaint_events__current", "int_complaints__current",
    "int_doses__current", "int_identity_answers", "int_identity_requests", "int_mentions__verified",
    "int_person_decisions", "int_record_reviews__current", "kpi_identity_daily", "kpi_open_complaints",
    "record_versions", "wl_facility_complaints",
}  # fmt: skip
OF_ITS_OWN = {"int_unlinked_keys"}  # keys it assigned itself, none after as_of
DELIVERIES_DUE = {"feed_days"}  # by judged_at, the earlier of as_of and known_as_of
GOING_ON = {"kpi_holding_times", "wl_escalations"}  # hours up to as_of
_INSTANT = re.compile(r"\bas_of\b(?!::date)")
_NO_INSTANT = re.compile(
    r"select as_of from|any_value\(run_context\.as_of\)::date|least\(as_of, known_as_of\)::date"
)


def test_every_model_that_compares_instants_with_as_of_is_waited_for() -> None:
    asking = {
        path.stem
        for path in (DBT_PROJECT_DIR / "models").rglob("*.sql")
        if path.stem != "next_changes"
        and _INSTANT.search(_NO_INSTANT.sub("", path.read_text(encoding="utf-8")))
    }

    assert asking == WAITED_FOR | OF_ITS_OWN | DELIVERIES_DUE | GOING_ON
