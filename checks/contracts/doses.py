"""Contract of `doses`: what facilities entered."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import (
    DATE,
    DISTRICT_CODE,
    ID_NUMBER,
    INSTANT,
    PHONE,
    PROVINCE_CODE,
    SEX,
    UNIT_CODE,
    one_of,
)


class Doses(FeedRows):
    """One row a version of a record. Typed by hand in haste: the widest threshold."""

    source_system: str = text()
    source_record_id: str = key()
    action: str = text(one_of("add", "update", "delete"))
    entered_at: str = text(INSTANT)
    entry_mode: str = text(one_of("at_session", "retrospective", "excel_import", "from_complaint"))
    entered_by_facility_code: str = text()
    facility_code: str = text()
    facility_name: str = text()
    administered_in: str = text()
    full_name: str = text()
    date_of_birth: str = text(DATE)
    sex: str = text(SEX)
    id_number: str = text(ID_NUMBER)
    health_insurance_number: str = text()
    phone: str = text(PHONE)
    nationality: str = text()
    occupation: str = text()
    priority_group: str = text()
    indication: str = text()
    province_code: str = text(PROVINCE_CODE)
    district_code: str = text(DISTRICT_CODE)
    unit_code: str = text(UNIT_CODE)
    address: str = text()
    dose_label: str = text()
    vaccine_name: str = text()
    lot_number: str = text()
    injected_at: str = text(INSTANT)
    reaction: str = text()


CONTRACT = Contract(
    model=Doses,
    names=(
        "source_system",
        "source_record_id",
    ),
    threshold=0.1,
)
