"""The zip that a workbook is: its parts in pieces, and which part refers to which.

Nothing of it is believed: sizes are watched while inflating, and what no Excel would open is a
quarantine in words for the person who sent it.
"""

import codecs
import errno
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from vax_pipeline.core.feeds.readers.detect import OLE_MAGIC
from vax_pipeline.core.feeds.readers.sheets.xml_parser import damaged, elements
from vax_pipeline.core.feeds.readers.source import Source
from vax_pipeline.core.feeds.rejects import QuarantineError, Reason

PIECE_BYTES = 4 << 20
MAX_SMALL_PART_BYTES = 64 << 20
# Sheets inflate five to thirty times; what goes on growing beyond this was made to fill a disk.
FREELY_INFLATED_BYTES = 64 << 20
MAX_INFLATION = 200
ENCRYPTED_FLAG = 1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class Package:
    """An open package. Parts are named by their path, in lower case and without a leading slash."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = {_part_name(info.filename): info for info in archive.infolist()}

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def read(self, part: str) -> bytes:
        """A part of the kind that is never large."""
        return b"".join(self.pieces(part, most=MAX_SMALL_PART_BYTES))

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and part of what a part refers to, by id; of the package itself for ""."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if listing not in self:
            return {}
        return {
            attributes.get("Id", ""): (
                attributes.get("Type", ""),
                _part_name(posixpath.join("/", folder, attributes.get("Target", ""))),
            )
            for _, name, attributes in elements(self.read(listing))
            if name == "Relationship"
        }

    def pieces(self, part: str, *, most: int | None = None) -> Iterator[bytes]:
        """A part in pieces, as UTF-8. Raises QuarantineError when it is broken or grows too far."""
        decoder: codecs.IncrementalDecoder | None = None
        for number, piece in enumerate(self._inflate(part, most)):
            if number == 0 and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                decoder = codecs.getincrementaldecoder("utf-16")()
            yield piece if decoder is None else _as_utf8(decoder, piece)

    def _inflate(self, part: str, most: int | None) -> Iterator[bytes]:
        info = self._parts.get(part)
        if info is None:
            raise damaged("a part is missing")
        if info.flag_bits & ENCRYPTED_FLAG:
            raise protected()
        if info.compress_type not in METHODS:
            raise damaged("a part is packed in a way that workbooks don't use")
        limit = max(FREELY_INFLATED_BYTES, MAX_INFLATION * info.compress_size)
        limit = min(limit, most) if most else limit
        size = 0
        with _zip_faults():
            stream = self._archive.open(info)
        with stream:
            while True:
                with _zip_faults():
                    piece = stream.read(PIECE_BYTES)
                if not piece:
                    return
                size += len(piece)
                if size > limit:
                    raise QuarantineError(
                        Reason.INFLATES_TOO_FAR,
                        f"A part of the workbook unpacks to more than {limit >> 20} MB: copy the "
                        "records alone into a new workbook, or deliver them as CSV.",
                    )
                yield piece


@contextmanager
def open_package(source: Source) -> Generator[Package]:
    """The package in a file. Raises QuarantineError when it is none."""
    with source.open() as stream:
        if stream.read(len(OLE_MAGIC)) == OLE_MAGIC:
            raise protected() if _holds(stream, ENCRYPTED_STREAM) else _old_workbook()
        stream.seek(0)
        with _zip_faults():
            archive = zipfile.ZipFile(stream)
        with archive:
            yield Package(archive)


def protected() -> QuarantineError:
    """The quarantine of what only its sender can open."""
    return QuarantineError(
        Reason.PROTECTED_WORKBOOK,
        "The workbook is protected by a password: remove the password and deliver it again.",
    )


def _old_workbook() -> QuarantineError:
    return QuarantineError(
        Reason.UNSUPPORTED_FORMAT,
        "Workbooks of Excel 97-2003 (.xls) are not supported: open it in Excel and save it as .xlsx.",
    )


@contextmanager
def _zip_faults() -> Generator[None]:
    """What zipfile raises on broken input, as a quarantine."""
    try:
        yield
    except ZIP_FAULTS as error:
        raise damaged("its zip is cut off or broken") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset before the start of the file
            raise
        raise damaged("its zip is cut off or broken") from error


def _as_utf8(decoder: codecs.IncrementalDecoder, piece: bytes) -> bytes:
    try:
        return decoder.decode(piece).encode()
    except UnicodeDecodeError as error:
        raise damaged("its XML is not the text it says it is") from error


def _part_name(path: str) -> str:
    """Programs differ in case and slashes of part names, and mean the same."""
    return posixpath.normpath(path.replace("\\", "/")).lstrip("/").lower()


def _holds(stream: BinaryIO, text: bytes) -> bool:
    kept = b""
    while piece := stream.read(PIECE_BYTES):
        if text in kept + piece:
            return True
        kept = piece[-len(text) :]
    return False
