"""Contract of `complaints`: one row each."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import (
    DATE,
    DISTRICT_CODE,
    EMAIL,
    ID_NUMBER,
    INSTANT,
    PHONE,
    PROVINCE_CODE,
    SEX,
    UNIT_CODE,
    one_of,
)


class Complaints(FeedRows):
    """One row a complaint and delivery. Its type may be free text."""

    complaint_id: str = key()
    received_at: str = text(INSTANT)
    channel: str = text(one_of("portal", "app", "hotline", "facility", "other"))
    complaint_type: str = text()
    full_name: str = text()
    date_of_birth: str = text(DATE)
    sex: str = text(SEX)
    id_number: str = text(ID_NUMBER)
    health_insurance_number: str = text()
    phone: str = text(PHONE)
    email: str = text(EMAIL)
    province_code: str = text(PROVINCE_CODE)
    district_code: str = text(DISTRICT_CODE)
    unit_code: str = text(UNIT_CODE)
    address: str = text()
    complainant_name: str = text()
    complainant_phone: str = text(PHONE)
    relation: str = text()
    description: str = text()
    root_complaint_id: str = text()


CONTRACT = Contract(model=Complaints, names=("complaint_id",), threshold=0.1)
