"""Contract of `citizens`: the extract of the national population database."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import CITIZEN_ID, DATE, PHONE, PREVIOUS_IDS, SEX, UNIT_CODE, one_of


class Citizens(FeedRows):
    """One row a citizen and delivery. Its key is personal: rows are named by file and line."""

    citizen_id: str = key(CITIZEN_ID)
    previous_ids: str = text(PREVIOUS_IDS)
    full_name: str = text()
    date_of_birth: str = text(DATE)
    sex: str = text(SEX)
    nationality: str = text()
    permanent_unit_code: str = text(UNIT_CODE)
    current_unit_code: str = text(UNIT_CODE)
    hamlet: str = text()
    phone: str = text(PHONE)
    life_status: str = text(one_of("alive", "deceased", "emigrated"))
    deceased_on: str = text(DATE)


CONTRACT = Contract(model=Citizens, threshold=0.01)
