"""Contract of `vaccine_lots`: lots allocated to provinces."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, PROVINCE_CODE, WHOLE_NUMBER


class VaccineLots(FeedRows):
    """One row a lot, province and allocation round; an empty round means the first."""

    vaccine_name: str = key()
    lot_number: str = key()
    province_code: str = key(PROVINCE_CODE)
    allocation_round: str = text(WHOLE_NUMBER)
    allocated_on: str = text(DATE)
    doses_allocated: str = text(WHOLE_NUMBER)
    doses_transferred_in: str = text(WHOLE_NUMBER)
    doses_transferred_out: str = text(WHOLE_NUMBER)
    doses_discarded: str = text(WHOLE_NUMBER)


CONTRACT = Contract(
    model=VaccineLots,
    names=(
        "vaccine_name",
        "lot_number",
        "province_code",
        "allocation_round",
    ),
    joint="|",
)
