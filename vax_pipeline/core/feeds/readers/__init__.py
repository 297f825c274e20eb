"""Files to rows and rejects: one reader per format, in a registry that grows by an entry.

To add a format: teach `detect` its name, write a generator of batches, register it here. A further
encoding is a matter of `encodings` and `transcode`, below all text readers.
"""

from collections.abc import Iterator
from types import MappingProxyType

from vax_pipeline.core.feeds.readers.delimited import read_delimited
from vax_pipeline.core.feeds.readers.detect import SAMPLE_BYTES, detect_format, unsupported
from vax_pipeline.core.feeds.readers.ndjson import read_ndjson
from vax_pipeline.core.feeds.readers.parquet import read_parquet
from vax_pipeline.core.feeds.readers.sheets import read_sheets
from vax_pipeline.core.feeds.readers.source import Batch, Facts, Reader, Source, open_engine

READERS: MappingProxyType[str, Reader] = MappingProxyType(
    {"csv": read_delimited, "ndjson": read_ndjson, "parquet": read_parquet, "xlsx": read_sheets}
)
COUNTED_FORMATS = ("csv", "ndjson", "parquet")  # see `Source.counted`


def read_file(source: Source) -> Iterator[Batch]:
    """Yield the batches of a file, in whatever format it is; `source.facts` says which.

    Raises:
        QuarantineError: the file as a whole can't be loaded, before or after some batches.
        OSError: the file can't be opened or read.
    """
    if source.content is not None:
        head = source.content[:SAMPLE_BYTES]
    else:
        with source.path.open("rb") as stream:
            head = stream.read(SAMPLE_BYTES)
    source.facts = detect_format(source.path, head)
    reader = READERS.get(source.facts.format or "")
    if reader is None:
        raise unsupported(source.facts)
    yield from reader(source)


__all__ = [
    "COUNTED_FORMATS",
    "READERS",
    "Batch",
    "Facts",
    "Reader",
    "Source",
    "open_engine",
    "read_file",
]
