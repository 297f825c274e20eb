"""What every finding must be, whatever rule raised it: attributable, and free of personal data."""

from checks.expectations.suite import Suite, in_set, no_rows, not_null, unique

# `info` rules write counts, not rows.
SEVERITIES = ("error", "warn")
SUBJECTS = (
    "dose",
    "mention",
    "citizen",
    "complaint",
    "claim",
    "facility",
    "lot",
    "province_day",
    "delivery",
)
# A CMND, CCCD or phone standing alone. Record ids (`platform:000012345`) and hashes are no such
# number: the one follows a colon and letters, the other has letters beside the digits. Hardly any evidence
# has nine digits in a row: that is asked first.
PERSONAL_NUMBER = (
    "regexp_matches(evidence::varchar, '[0-9]{9}') and "
    "regexp_matches(regexp_replace(evidence::varchar, '[a-zA-Z_]+:[0-9]+', '', 'g'), "
    "'(^|[^0-9A-Za-z])([0-9]{9}|[0-9]{12}|0[0-9]{9})([^0-9A-Za-z]|$)')"
)


def findings(schema: str = "quality", table: str = "findings") -> Suite:
    """All findings of all families."""
    return Suite(
        schema,
        table,
        ("finding_id",),
        (
            unique("finding_id", "a finding has one row", blocking=True),
            not_null("finding_id", "a finding can be referred to", blocking=True),
            not_null("rule_id", "a finding names its rule", blocking=True),
            no_rows(
                "rule_id_well_formed",
                "not regexp_full_match(rule_id, '[A-Z]{2,4}-[0-9]{3}')",
                "a rule id is family and number",
            ),
            not_null("severity", "a finding's rule is in the catalog"),
            in_set("severity", SEVERITIES, "a finding is an error or a warning"),
            not_null("subject_id", "a finding names its subject"),
            not_null("subject_type", "a subject has a kind"),
            in_set("subject_type", SUBJECTS, "the subject is of a known kind"),
            not_null("first_held_at", "a finding has an age", mostly=0.9, severity="warn"),
            not_null("owner_code", "somebody must act", mostly=0.8, severity="warn"),
            no_rows(
                "evidence_is_json",
                "evidence is not null and not json_valid(evidence::varchar)",
                "evidence can be read by programs",
            ),
            no_rows(
                "evidence_without_personal_numbers",
                PERSONAL_NUMBER,
                "evidence holds no id number and no phone",
                blocking=True,
            ),
        ),
    )


FINDINGS_SUITES = (findings(),)
