"""Contract of `facilities`: where injections are given."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, EMAIL, PHONE, UNIT_CODE, one_of


class Facilities(FeedRows):
    """One row a facility and delivery."""

    facility_code: str = key()
    facility_name: str = text()
    sector: str = text(one_of("local", "moh_affiliated", "other_ministry", "private"))
    kind: str = text(one_of("hospital", "station", "mobile", "clinic"))
    unit_code: str = text(UNIT_CODE)
    managing_agency_code: str = text()
    email: str = text(EMAIL)
    phone: str = text(PHONE)
    address: str = text()
    opening_hours: str = text()
    active_from: str = text(DATE)
    active_to: str = text(DATE)


CONTRACT = Contract(model=Facilities, names=("facility_code",), threshold=0.01)
