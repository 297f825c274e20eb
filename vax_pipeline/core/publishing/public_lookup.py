"""What the portal answers a citizen who asks for a complaint, as a file of its own in the release.

A row is found by a keyed hash of the complaint's number and something only its sender knows. The file
names neither the complaint nor a person, and joins with nothing else that is published. The portal has
a key of its own, made from the ministry's: whoever gets hold of it can't make a `citizen_key`.
"""

import hashlib
import hmac
from datetime import date
from pathlib import Path

import duckdb

from vax_pipeline.core import schemas

FILE = Path("portal") / "public_lookup.parquet"


def portal_key(pseudonym_key: bytes) -> str:
    """The portal's key, as text: what `openssl dgst -sha256 -hmac <key>` gives for `portal`."""
    return hmac.new(pseudonym_key, b"portal", hashlib.sha256).hexdigest()


def key_by_phone(portal: str, complaint_id: str, phone: str) -> str:
    """The key of a row for who knows the phone (ten digits from 0) given with the complaint."""
    return _hash(portal, f"phone|{complaint_id}|{phone}")


def key_by_identity(portal: str, complaint_id: str, id_number: str, birth_on: date) -> str:
    """The same for who knows the number (digits and capitals) and the birth date given with it."""
    return _hash(portal, f"identity|{complaint_id}|{id_number}|{birth_on.isoformat()}")


def write_public_lookup(connection: duckdb.DuckDBPyConnection, release: Path) -> int:
    """Write the file, in the order of its keys; returns its rows."""
    file = release / FILE
    file.parent.mkdir()
    [(written,)] = connection.execute(
        f"copy (from {schemas.PUBLIC_LOOKUP.sql} order by lookup_key) to '{file}' "
        "(format parquet, compression zstd)"
    ).fetchall()
    return int(written)


def _hash(portal: str, text: str) -> str:
    return hmac.new(portal.encode(), text.encode(), hashlib.sha256).hexdigest()
