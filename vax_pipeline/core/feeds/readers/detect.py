"""What kind of file it is: by its first bytes where they tell, else by its name.

The name alone is not believed: workbooks renamed to .csv arrive every week.
"""

import codecs
from pathlib import Path

from vax_pipeline.core.feeds.readers.encodings import byte_order_mark
from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

SAMPLE_BYTES = 64
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
ZIP_MAGIC = b"PK\x03\x04"
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
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
    if head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return "xlsx"
    if suffix in WORKBOOKS:
        return _under_the_name_of_a_workbook(head)
    if head.startswith(PARQUET_MAGIC) or suffix == ".parquet":
        return "parquet"
    if suffix in (".csv", ".tsv"):
        return "csv"
    if suffix in (".ndjson", ".jsonl"):
        return "ndjson"
    return suffix.lstrip(".") or "unknown"


def _under_the_name_of_a_workbook(head: bytes) -> str:
    """Systems write text as .xls because a click then opens it in Excel."""
    if head.lstrip(codecs.BOM_UTF8 + b" \t\r\n").startswith(b"<"):
        return "markup"
    is_binary = byte_order_mark(head) is None and min(head, default=0) < ord("\t")
    return "xlsx" if is_binary else "csv"


def unsupported(facts: Facts) -> QuarantineError:
    """The quarantine of a format that no reader takes."""
    if facts.format == "markup":
        message = (
            "The file is a web page or XML under the name of a workbook: "
            "open it in Excel and save it as .xlsx."
        )
    else:
        message = (
            "Files of this kind are not supported: deliver .csv, .ndjson (or .gz of them), "
            ".parquet or .xlsx."
        )
    return QuarantineError(Reason.UNSUPPORTED_FORMAT, message)
