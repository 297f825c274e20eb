"""What kind of file it is: by its first bytes where they tell, else by its name.

The name alone is not believed: workbooks renamed to .csv arrive every week.
"""

from pathlib import Path

from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

SAMPLE_BYTES = 64
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx protected by a password
NO_TEXT = (GZIP_MAGIC, PARQUET_MAGIC, ZIP_MAGIC, OLE_MAGIC)


def detect_format(path: Path, head: bytes) -> Facts:
    """Format and compression from the name and the first bytes as they lie on disk.

    Raises:
        QuarantineError: an empty file, a broken gzip, or a format nobody reads.
    """
    if not head:
        raise QuarantineError(Reason.EMPTY_FILE, "The file is empty: deliver it again.")
    facts = Facts()
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if head.startswith(GZIP_MAGIC):
        facts.compression = "gzip"
        suffixes = suffixes[:-1] if suffixes[-1:] == [".gz"] else suffixes
    elif suffixes[-1:] == [".gz"]:
        raise QuarantineError(
            Reason.CORRUPT_GZIP,
            "The name ends in .gz but the content is no gzip: deliver it again.",
        )
    suffix = suffixes[-1] if suffixes else ""
    facts.format = _format(suffix, head if facts.compression is None else b"")
    return facts


def _format(suffix: str, head: bytes) -> str:
    if head.startswith((ZIP_MAGIC, OLE_MAGIC)) or suffix in (".xlsx", ".xls", ".xlsm"):
        return "xlsx"
    if head.startswith(PARQUET_MAGIC) or suffix == ".parquet":
        return "parquet"
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    return suffix.lstrip(".") or "unknown"


def unsupported(facts: Facts) -> QuarantineError:
    """The quarantine of a format that no reader takes."""
    if facts.format == "xlsx":
        message = "Excel workbooks are not supported yet: save the sheet as CSV UTF-8."
    else:
        message = (
            "Files of this kind are not supported: deliver .csv, .ndjson (or .gz of them) "
            "or .parquet."
        )
    return QuarantineError(Reason.UNSUPPORTED_FORMAT, message)
