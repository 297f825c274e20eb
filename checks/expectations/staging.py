"""How much of what arrived can be read: thresholds on staging, by the noise seen in 2021.

Single records that cannot be read are findings; a share of them too large is a broken delivery, a
new form of typing, or a rule of normalization that went wrong. Hence warnings, all but the keys.
"""

from checks.expectations.suite import Suite, between, in_set, no_rows, not_null

ID_TYPES = ("CCCD", "CMND", "PASSPORT")
COMPLAINT_TYPES = (
    "MISSING_DOSE",
    "NO_RECORD",
    "WRONG_PERSON_INFO",
    "WRONG_DOSE_INFO",
    "NOT_MY_DOSE",
    "DUPLICATE_PROFILE",
    "WRONG_PHONE",
    "CERTIFICATE_NOT_ISSUED",
    "OTHER",
)
CHANNELS = ("portal", "app", "hotline", "facility", "other")


def doses(schema: str = "staging", table: str = "stg_doses") -> Suite:
    """Dose records, all versions."""
    return Suite(
        schema,
        table,
        ("record_id",),
        (
            not_null("record_id", "every record has an id", blocking=True),
            not_null("entered_at", "the time of entry can be read", mostly=0.95, severity="warn"),
            not_null(
                "injected_on", "the day of the injection can be read", mostly=0.9, severity="warn"
            ),
            between(
                "injected_on",
                "2020-12-01",
                "2024-12-31",
                "the day of the injection lies within the campaign's years",
                mostly=0.98,
                severity="warn",
            ),
            in_set(
                "id_type",
                ID_TYPES,
                "an id number given has a valid form",
                mostly=0.85,
                severity="warn",
            ),
            not_null("name_key", "the person has a name", mostly=0.95, severity="warn"),
            not_null("birth_first_on", "the birth date can be read", mostly=0.9, severity="warn"),
            not_null("sex", "the sex can be read", mostly=0.95, severity="warn"),
            not_null("vaccine_code", "the vaccine is recognized", mostly=0.9, severity="warn"),
            not_null("dose_type", "the dose label is recognized", mostly=0.9, severity="warn"),
            not_null("lot_number", "the lot is given", mostly=0.85, severity="warn"),
            not_null("unit_code", "the commune is recognized", mostly=0.8, severity="warn"),
            no_rows(
                "place_given",
                "facility_code is null and facility_name is null and administered_in is null",
                "the place of the injection is given, by code or in words",
                mostly=0.9,
                severity="warn",
            ),
        ),
    )


def citizens(schema: str = "staging", table: str = "stg_citizens") -> Suite:
    """The registry's extract: cleaner than anything typed at a session, or it is no registry."""
    return Suite(
        schema,
        table,
        ("file", "line"),
        (
            not_null("citizen_id", "every citizen has a number", blocking=True),
            no_rows(
                "citizen_id_twelve_digits",
                "not regexp_full_match(citizen_id, '[0-9]{12}')",
                "a citizen's number has twelve digits",
                mostly=0.99,
                severity="warn",
            ),
            not_null("name_key", "a citizen has a name", mostly=0.999, severity="warn"),
            not_null("birth_first_on", "the birth date can be read", mostly=0.99, severity="warn"),
            not_null("sex", "the sex can be read", mostly=0.99, severity="warn"),
            not_null(
                "permanent_unit_code", "the permanent commune is given", mostly=0.9, severity="warn"
            ),
        ),
    )


def complaints(schema: str = "staging", table: str = "stg_complaints") -> Suite:
    """Complaints as received."""
    return Suite(
        schema,
        table,
        ("complaint_id",),
        (
            not_null("complaint_id", "every complaint has an id", blocking=True),
            not_null("received_at", "the 48 hours have a start", blocking=True),
            no_rows(
                "received_at_recorded",
                "list_contains(normalizations, 'received_at:delivery')",
                "the receipt was recorded, not taken from the delivery",
                mostly=0.95,
                severity="warn",
            ),
            in_set("channel", CHANNELS, "the channel is known", severity="warn"),
            in_set("complaint_type", COMPLAINT_TYPES, "the type is of the closed list"),
            no_rows(
                "complaint_type_recognized",
                "complaint_type = 'OTHER'",
                "the type was not free text",
                mostly=0.8,
                severity="warn",
            ),
            in_set(
                "id_type",
                ID_TYPES,
                "an id number given has a valid form",
                mostly=0.85,
                severity="warn",
            ),
            not_null("name_key", "the person concerned has a name", mostly=0.95, severity="warn"),
            not_null(
                "province_code", "it can be routed to a province", mostly=0.8, severity="warn"
            ),
        ),
    )


STAGING_SUITES = (doses(), citizens(), complaints())
