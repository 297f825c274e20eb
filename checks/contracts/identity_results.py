"""Contract of `identity_results`: answers of the police to identity requests."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import CITIZEN_ID, DATE, ID_NUMBER, INSTANT, SEX, one_of, several_of


class IdentityResults(FeedRows):
    """One row an answer."""

    result_id: str = key()
    request_id: str = text()
    source_system: str = text()
    source_record_id: str = text()
    complaint_id: str = text()
    id_number: str = text(ID_NUMBER)
    result: str = text(one_of("match", "mismatch", "not_found", "pending"))
    mismatch_fields: str = text(several_of("name", "date_of_birth", "sex", "other"))
    corrected_citizen_id: str = text(CITIZEN_ID)
    corrected_full_name: str = text()
    corrected_date_of_birth: str = text(DATE)
    corrected_sex: str = text(SEX)
    decided_at: str = text(INSTANT)
    agency_code: str = text()


CONTRACT = Contract(model=IdentityResults, names=("result_id",))
