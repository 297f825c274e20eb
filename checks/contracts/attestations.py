"""Contract of `attestations`: signatures, minutes, certificates issued."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import CITIZEN_ID, INSTANT, one_of

KINDS = one_of("facility_signature", "commune_signature", "minutes", "certificate_issued")


class Attestations(FeedRows):
    """One row an attestation, of a record or of a citizen."""

    attestation_id: str = key()
    source_system: str = text()
    source_record_id: str = text()
    citizen_id: str = text(CITIZEN_ID)
    kind: str = text(KINDS)
    signer_code: str = text()
    signed_at: str = text(INSTANT)
    revoked_at: str = text(INSTANT)


CONTRACT = Contract(model=Attestations, names=("attestation_id",))
