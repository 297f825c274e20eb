"""Why a record or a file was not loaded: reason codes, their sentences, the rows they become.

Codes are stable and counted by checks; sentences are for the person who mends the file at its
source, so they say what to do and never quote a value (the record itself is stored beside them).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from vax_pipeline.core.feeds.escapes import verbatim


class Reason(StrEnum):
    """Stable codes of `raw.rejects.reason_code` and `raw.deliveries.reason_code`."""

    # one record
    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    UNTERMINATED_QUOTE = "unterminated_quote"
    MISPLACED_QUOTE = "misplaced_quote"
    INVALID_BYTES = "invalid_bytes"
    NUL_BYTE = "nul_byte"
    EMPTY_KEY = "empty_key"
    REPEATED_HEADER = "repeated_header"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    NOT_AN_ARRAY = "not_an_array"
    DUPLICATE_FIELD = "duplicate_field"
    DUPLICATE_CHILD = "duplicate_child"
    WRONG_PARENT = "wrong_parent"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    ERROR_IN_KEY = "error_in_key"
    # one answer in a worklist that came back
    MIXED_UP_ITEM = "mixed_up_item"
    UNKNOWN_ANSWER = "unknown_answer"
    UNREADABLE_MOMENT = "unreadable_moment"
    INCOMPLETE_ANSWER = "incomplete_answer"
    # a part of a file that is no record
    SHEET_NOT_READ = "sheet_not_read"
    # one file
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    EMPTY_FILE = "empty_file"
    HEADER_ONLY = "header_only"
    NOTHING_ANSWERED = "nothing_answered"
    OTHER_WORKLIST = "other_worklist"
    DUPLICATE_HEADER = "duplicate_header"
    SECOND_HEADER = "second_header"
    MISSING_COLUMN = "missing_column"
    CORRUPT_GZIP = "corrupt_gzip"
    CORRUPT_PARQUET = "corrupt_parquet"
    CORRUPT_WORKBOOK = "corrupt_workbook"
    PROTECTED_WORKBOOK = "protected_workbook"
    INFLATES_TOO_FAR = "inflates_too_far"
    RECORD_TOO_LONG = "record_too_long"
    FILE_VANISHED = "file_vanished"
    FILE_CHANGED = "file_changed"
    UNREADABLE_FILE = "unreadable_file"
    READER_ERROR = "reader_error"
    COUNT_MISMATCH = "count_mismatch"


SENTENCES: dict[Reason, str] = {
    Reason.UNTERMINATED_QUOTE: (
        "A quote opens in this record and never closes properly: close it or remove it."
    ),
    Reason.MISPLACED_QUOTE: (
        'Text follows a closing quote: write a quote inside a quoted field as "".'
    ),
    Reason.INVALID_BYTES: (
        "The record holds bytes that are no text in the encoding of this file: "
        "write it again and save it as UTF-8."
    ),
    Reason.NUL_BYTE: "The record holds a NUL character: remove it.",
    Reason.REPEATED_HEADER: (
        "The header row stands here once more (were files put together?): "
        "nothing is lost, but deliver each file by itself."
    ),
    Reason.MALFORMED_JSON: "The line is not valid JSON: write one complete object on each line.",
    Reason.NOT_AN_OBJECT: (
        "This is JSON but no object: write each record as one object, {...}, on a line of its own."
    ),
    Reason.NOT_AN_ARRAY: "This is no list: write the nested records as a list of objects, [{...}].",
    Reason.DUPLICATE_FIELD: "Two keys of the object mean the same column: keep one of them.",
    Reason.DUPLICATE_CHILD: (
        "The key of this nested record already occurs in the same complaint: give it its own."
    ),
    Reason.WRONG_PARENT: (
        "The nested record names another complaint than the one it is in: move it or correct it."
    ),
    Reason.FORMULA_WITHOUT_VALUE: (
        "A formula was never calculated: open the workbook in Excel, save it and deliver it again."
    ),
    Reason.ERROR_IN_KEY: (
        "An error such as #REF! stands where records are told apart: mend the formula."
    ),
    Reason.MIXED_UP_ITEM: (
        "The row does not belong to its hidden id (was a part of the sheet sorted?): "
        "answer it in a fresh workbook."
    ),
}

REJECT_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "is_child": pl.Boolean(),
    "reason_code": pl.String(),
    "reason": pl.String(),
    "record": pl.String(),
}


class QuarantineError(Exception):
    """The file as a whole can't be loaded: the reason goes to `raw.deliveries` and `raw.rejects`.

    The message names columns of the feed and counts, never a value of the file.
    """

    def __init__(self, code: Reason, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Reject:
    """One record that could not be read.

    Attributes:
        line: physical line where the record starts; row number for parquet and sheets; None for
            what is no record.
        record: the record as delivered; bytes that are no text are shown as escapes.
    """

    line: int | None
    code: Reason
    reason: str
    record: str | None
    is_child: bool = False


def reject(line: int, code: Reason, record: bytes, reason: str | None = None) -> Reject:
    """A rejected text record, kept verbatim."""
    return Reject(line, code, reason or SENTENCES[code], verbatim(record))


def width_reject(line: int, fields: int, width: int, record: bytes) -> Reject:
    """A record with fewer or more fields than the header."""
    code, advice = (
        (Reason.TOO_FEW_FIELDS, "too few. Give each empty field its delimiter")
        if fields < width
        else (Reason.TOO_MANY_FIELDS, "too many. Quote a field that holds the delimiter")
    )
    reason = f"The record has {fields} fields, the header {width}: {advice}."
    return reject(line, code, record, reason)


def empty_key_reason(key: Sequence[str]) -> str:
    """The sentence for a record whose natural key has an empty part."""
    return (
        f"The record can't be told from others: {' and '.join(key)} must not be empty: fill it in."
    )


def reject_frame(rejects: Sequence[Reject]) -> pl.DataFrame:
    """Rejects as rows of `raw.rejects`, without the columns that name the file."""
    rows = [(r.line, r.is_child, str(r.code), r.reason, r.record) for r in rejects]
    return pl.DataFrame(rows, schema=REJECT_SCHEMA, orient="row")
