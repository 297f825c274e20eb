"""Contract of `complaint_attachments`: files sent with a complaint."""

from checks.contracts.rows import Contract, FeedRows, key, text
from checks.contracts.shapes import DATE, SEX, one_of, several_of

TYPES = one_of(
    "certificate", "screening_form", "appointment", "portrait", "id_document", "sms", "other"
)


class ComplaintAttachments(FeedRows):
    """One row an attachment; `cert_` is what the paper says."""

    complaint_id: str = key()
    attachment_id: str = key()
    attachment_type: str = text(TYPES)
    qualities: str = text(several_of("clear", "blurred", "masked", "altered"))
    read_status: str = text(one_of("unread", "read", "unreadable"))
    read_by: str = text(one_of("officer", "ocr"))
    cert_full_name: str = text()
    cert_date_of_birth: str = text(DATE)
    cert_sex: str = text(SEX)


CONTRACT = Contract(
    model=ComplaintAttachments,
    names=(
        "complaint_id",
        "attachment_id",
    ),
    joint="#",
    threshold=0.1,
)
