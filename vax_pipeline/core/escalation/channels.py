"""Where a notice leaves the house: a folder (the default), or any service Apprise knows, by URL.

What was sent lies in `outbox/<recipient>/<message_key>/`, complete or not at all, whatever the
channel: it is also the mark of a message that went out before a crash could be written down.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from vax_pipeline.core.settings import Settings

BODY_FILE = "body.txt"
WORKLIST_FILE = "worklist.csv"
CARD_FILE = "message.json"
PREPARED = ".prepared"


class DeliveryError(RuntimeError):
    """The channel did not take the notice. Its text never holds the URL, which has credentials."""


@dataclass(frozen=True)
class Notice:
    """A message ready to leave: `prepared` holds its body and worklist."""

    message_key: str
    recipient_code: str
    email: str | None
    subject: str
    body: str
    prepared: Path


class Channel(Protocol):
    """One way out. `needs_email`: a recipient without a mailbox has no address on it."""

    @property
    def needs_email(self) -> bool: ...

    def send(self, notice: Notice) -> None:
        """Hand over the notice.

        Raises:
            DeliveryError: it was not taken.
        """
        ...


class FileChannel:
    """The outbox folder is the recipient's mailbox: filing the notice delivers it."""

    needs_email = False

    def send(self, notice: Notice) -> None:
        """Nothing to do: the outbox files every notice that was sent."""


class AppriseChannel:
    """A URL with `{email}`, `{recipient}` and `{message_key}` to fill in, as Apprise spells it.

    For mail, carry the key in a header, so that a resend is seen as one:
    `mailtos://user:pass@host?to={email}&+X-Message-Key={message_key}`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def needs_email(self) -> bool:
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
            raise DeliveryError("VAX_CHANNEL_URL is no URL that Apprise knows")
        taken = service.notify(
            title=notice.subject,
            body=notice.body,
            body_format=apprise.NotifyFormat.TEXT,
            attach=[str(notice.prepared / WORKLIST_FILE)],
        )
        if not taken:
            raise DeliveryError("the channel refused the notice or did not answer")


def channel_for(settings: Settings) -> Channel:
    """The channel this home sends by."""
    return AppriseChannel(settings.channel_url) if settings.channel_url else FileChannel()


def sent_directory(outbox: Path, recipient_code: str, message_key: str) -> Path:
    """Where a notice lies once it was sent; codes come from feeds and may hold anything."""
    folder = quote(recipient_code, safe="").replace(".", "%2E")
    return outbox / folder / message_key


def prepared_directory(outbox: Path, message_key: str) -> Path:
    """An empty directory to put a notice together in; what a killed run left is cleared."""
    directory = outbox / PREPARED / message_key
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    return directory


def file_away(prepared: Path, final: Path) -> None:
    """Move a notice to where sent ones lie."""
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():  # the same message, sent again after a crash
        shutil.rmtree(prepared)
        return
    prepared.replace(final)


def flush(directories: Iterable[Path]) -> None:
    """Bring filed notices to disk. Together: one journal commit then serves them all."""
    for directory in directories:
        for path in (*directory.iterdir(), directory.parent):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
