"""What kind of file it is: by its first bytes where they tell, else by its name.

The name alone is not believed: workbooks renamed to .csv arrive every week.
"""

import codecs
import re
from pathlib import Path

from vax_pipeline.core.feeds.readers.source import Facts
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

SAMPLE_BYTES = 65_536
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
ZIP_MAGIC = b"PK\x03\x04"
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
OLE_MAGIC = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx protected by a password
UTF8_BOM = codecs.BOM_UTF8
WIDE_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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
    if head.lstrip(UTF8_BOM + b" \t\r\n").startswith(b"<"):
        return "markup"
    is_binary = not head.startswith(WIDE_BOMS) and min(head, default=0) < ord("\t")
    return "xlsx" if is_binary else "csv"


def check_text(head: bytes) -> str:
    """The encoding of a text file from its first decompressed bytes: `utf-8` or `utf-8-bom`.

    A few stray bytes in otherwise good text are left to the records that hold them.

    Raises:
        QuarantineError: UTF-16 or UTF-32, or an 8-bit encoding.
    """
    if head.startswith(WIDE_BOMS) or _looks_wide(head):
        raise QuarantineError(
            Reason.UNSUPPORTED_ENCODING,
            "The text is UTF-16 or UTF-32, which is not supported yet: save it as UTF-8.",
        )
    if _mostly_invalid(head):
        raise QuarantineError(
            Reason.UNSUPPORTED_ENCODING,
            "The text is not UTF-8 (Windows-1258, TCVN3 or VNI?), which is not supported yet: "
            "save it as UTF-8.",
        )
    if b"\r" in head and b"\n" not in head and re.search(rb"\r[^\n]", head):
        raise QuarantineError(
            Reason.UNSUPPORTED_ENCODING,
            "Lines end in CR alone, which is not supported: save it with LF or CRLF.",
        )
    return "utf-8-bom" if head.startswith(UTF8_BOM) else "utf-8"


def _looks_wide(head: bytes) -> bool:
    # UTF-16 of Latin text has a NUL in every other byte, on one side only.
    even, odd = head[0::2].count(0), head[1::2].count(0)
    most = max(len(head) // 2, 1)
    return len(head) >= 4 and max(even, odd) > most * 0.4 and min(even, odd) < most * 0.1


def _mostly_invalid(head: bytes) -> bool:
    """Whether bad lines are the rule: the header is bad, or most of the accented lines are."""
    if _is_utf8(head):
        return False
    lines = head.split(b"\n")
    # The last line may be cut inside a character.
    lines = lines[:-1] if len(head) >= SAMPLE_BYTES and len(lines) > 1 else lines
    accented = [line for line in lines if not line.isascii()]
    bad = sum(not _is_utf8(line) for line in accented)
    if bad and not _is_utf8(lines[0]):
        return True
    data_lines = max(len([line for line in lines if line.strip()]) - 1, 1)
    # Names have accents: in another encoding most lines are bad, not a stray few.
    return bad * 2 > len(accented) and bad * 4 >= data_lines


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


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
