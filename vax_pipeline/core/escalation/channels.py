"""How a notice leaves the house: a folder (the default), or any service Apprise knows, by URL.

Which notice leaves by which of them is `routes`; where it lies on disk is `filing`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from vax_pipeline.core.escalation.filing import WORKLIST_FILE


class DeliveryError(RuntimeError):
    """The channel did not take the notice. Its text never holds the URL, which has credentials."""


class PausedError(DeliveryError):
    """The service seems to be down and was not asked: no attempt, the next tick asks again."""


@dataclass(frozen=True)
class Notice:
    """A message ready to leave: `prepared` holds its body and worklist.

    Attributes:
        level: the highest level told in it.
    """

    message_key: str
    recipient_code: str
    email: str | None
    level: str
    subject: str
    body: str
    prepared: Path


class Channel(Protocol):
    """One way out; called from several threads at once."""

    def needs_email(self, recipient_code: str) -> bool:
        """Whether this recipient has no address here unless the register knows its mailbox."""
        ...

    def send(self, notice: Notice) -> None:
        """Hand over the notice.

        Raises:
            DeliveryError: it was not taken.
        """
        ...


class FileChannel:
    """The outbox folder is the recipient's mailbox: filing the notice delivers it."""

    def needs_email(self, recipient_code: str) -> bool:  # noqa: ARG002
        return False

    def send(self, notice: Notice) -> None:
        """Nothing to do: the outbox files every notice that was sent."""


class AppriseChannel:
    """A URL with `{email}`, `{recipient}` and `{message_key}` to fill in, as Apprise spells it.

    For mail, carry the key in a header, so that a resend is seen as one:
    `mailtos://user:pass@host?to={email}&+X-Message-Key={message_key}`. Apprise gives up on a service
    that does not answer after four seconds; `cto` and `rto` in the URL say otherwise.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def needs_email(self, recipient_code: str) -> bool:  # noqa: ARG002
        return "{email}" in self._url

    def send(self, notice: Notice) -> None:
        import apprise

        url = (
            self._url.replace("{email}", quote(notice.email or "", safe="@"))
            .replace("{recipient}", quote(notice.recipient_code, safe=""))
            .replace("{message_key}", notice.message_key)
        )
        asset = apprise.AppriseAsset(async_mode=False, app_id="vax_pipeline")
        service: Any = apprise.Apprise(asset=asset)
        if not service.add(url):
            raise DeliveryError("the channel's URL is none that Apprise knows")
        taken = service.notify(
            title=notice.subject,
            body=notice.body,
            body_format=apprise.NotifyFormat.TEXT,
            attach=[str(notice.prepared / WORKLIST_FILE)],
        )
        if not taken:
            raise DeliveryError("the channel refused the notice or did not answer")
