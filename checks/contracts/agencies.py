"""Contract of `agencies`: health, police and government."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import EMAIL, PHONE, UNIT_OR_NATION, one_of

KIND = one_of(
    "commune_station",
    "district_centre",
    "provincial_cdc",
    "provincial_department",
    "peoples_committee",
    "police",
    "ministry",
)


class Agencies(FeedRows):
    """One row an agency and delivery."""

    agency_code: str = key()
    agency_name: str = text()
    branch: str = text(one_of("health", "police", "government"))
    level: str = text(one_of("commune", "district", "province", "ministry"))
    kind: str = text(KIND)
    unit_code: str = text(UNIT_OR_NATION)
    parent_agency_code: str = text()
    email: str = text(EMAIL)
    phone: str = text(PHONE)
    address: str = text()


CONTRACT = Contract(model=Agencies, names=("agency_code",), threshold=0.01)
