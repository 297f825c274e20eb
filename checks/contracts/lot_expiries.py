"""Contract of `lot_expiries`: expiry as known from a date on."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE


class LotExpiries(FeedRows):
    """One row a lot and day of knowledge; an extension is a later row."""

    vaccine_name: str = key()
    lot_number: str = key()
    known_on: str = key(DATE)
    expiry_on: str = text(DATE)


CONTRACT = Contract(
    model=LotExpiries,
    names=(
        "vaccine_name",
        "lot_number",
        "known_on",
    ),
    joint="|",
)
