"""Contract of `complaint_doses`: the doses a complaint speaks of."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, WHOLE_NUMBER, one_of


class ComplaintDoses(FeedRows):
    """One row a claim."""

    complaint_id: str = key()
    claim_no: str = key(WHOLE_NUMBER)
    claim_kind: str = text(one_of("missing", "wrong", "deny", "context"))
    contested_record_id: str = text()
    dose_label: str = text()
    vaccine_name: str = text()
    lot_number: str = text()
    injected_on: str = text(DATE)
    facility_code: str = text()
    facility_name: str = text()
    attachment_id: str = text()
    cert_dose_label: str = text()
    cert_vaccine_name: str = text()
    cert_lot_number: str = text()
    cert_injected_on: str = text(DATE)
    cert_facility_name: str = text()


CONTRACT = Contract(
    model=ComplaintDoses,
    names=(
        "complaint_id",
        "claim_no",
    ),
    joint="#",
    threshold=0.1,
)
