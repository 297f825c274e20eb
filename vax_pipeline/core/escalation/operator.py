"""Word to whoever runs the pipeline: what a check found wrong with escalation itself.

By the Apprise URL VAX_OPERATOR_URL, and always in the outbox folder, so that it is never lost.
The same word is given once.
"""

import hashlib
import json
from pathlib import Path

from vax_pipeline.core.escalation.channels import AppriseChannel, Notice
from vax_pipeline.core.escalation.filing import (
    BODY_FILE,
    CARD_FILE,
    WORKLIST_FILE,
    file_away,
    prepared_directory,
    sent_directory,
)
from vax_pipeline.core.settings import Settings

OPERATOR = "OPERATOR"


def tell_operator(
    settings: Settings, subject: str, body: str, ids: tuple[str, ...], about: tuple[str, ...] = ()
) -> Path:
    """File a word to the operator, sending it where VAX_OPERATOR_URL says; returns where it lies.

    Args:
        subject, body: without personal data. The body may say when it was looked, and on what.
        ids: complaint ids, listed in the file beside it.
        about: what was found; the same subject, findings and ids are one word, whenever it was looked.

    Raises:
        DeliveryError: the service did not take it; it is given again the next time it is said.
    """
    key = hashlib.sha256("\0".join((subject, *about, *ids)).encode()).hexdigest()[:32]
    final = sent_directory(settings.outbox, OPERATOR, key)
    if final.exists():
        return final
    prepared = prepared_directory(settings.outbox, key)
    (prepared / BODY_FILE).write_text(body, encoding="utf-8")
    (prepared / WORKLIST_FILE).write_text("\n".join(("complaint_id", *ids, "")), encoding="utf-8")
    card = {"message_key": key, "sent_to": OPERATOR, "subject": subject}
    (prepared / CARD_FILE).write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    if settings.operator_url:
        notice = Notice(key, OPERATOR, None, "", subject, body, prepared)
        AppriseChannel(settings.operator_url).send(notice)
    file_away(prepared, final)
    return final
