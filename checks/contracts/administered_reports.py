"""Contract of `administered_reports`: cumulative doses given, as reported."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, INSTANT, PROVINCE_OR_NATION, UNIT_CODE, WHOLE_NUMBER


class AdministeredReports(FeedRows):
    """One row a day, unit, product and dose; an empty key means all of them."""

    report_date: str = key(DATE)
    province_code: str = key(PROVINCE_OR_NATION)
    unit_code: str = text(UNIT_CODE)
    facility_code: str = text()
    vaccine_name: str = text()
    dose_label: str = text()
    doses_administered: str = text(WHOLE_NUMBER)
    reported_at: str = text(INSTANT)


CONTRACT = Contract(
    model=AdministeredReports,
    names=(
        "report_date",
        "province_code",
        "unit_code",
        "facility_code",
        "vaccine_name",
        "dose_label",
    ),
    joint="|",
)
