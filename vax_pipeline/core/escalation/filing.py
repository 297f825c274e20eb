"""Where notices lie on disk: put together in `.prepared/`, then in `<recipient>/<message_key>/`.

What was sent lies there complete or not at all, whatever the channel: it is also the mark of a
message that went out before a crash could be written down.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

BODY_FILE = "body.txt"
WORKLIST_FILE = "worklist.csv"
CARD_FILE = "message.json"
PREPARED = ".prepared"


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
