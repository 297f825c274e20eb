"""Which files are read whole, and which of the others share a transaction."""

from collections.abc import Iterator, Sequence

from vax_pipeline.core.feeds.landing import LandingFile
from vax_pipeline.core.feeds.places import Place

# Below this a file is read whole.
SMALL_BYTES = 4 << 20
PACKED_TIMES = 8
SMALL_PACKED_BYTES = SMALL_BYTES // PACKED_TIMES
PACKED = (".gz", ".xlsx", ".xlsm")
TOGETHER_BYTES = 32 << 20  # of small files: they are in memory
TOGETHER_LARGE_BYTES = 256 << 20  # of large ones: what a kill makes to be read again


def is_small(file: LandingFile, place: Place) -> bool:
    """Whether a file is read whole; a gzip of a hundred kilobytes may hold a hundred megabytes."""
    name = file.name.lower()
    if not name.endswith(PACKED):
        return file.size <= SMALL_BYTES
    if file.size > SMALL_PACKED_BYTES:
        return False
    return not name.endswith(".gz") or _unpacked_bytes(file, place) <= TOGETHER_BYTES


def bytes_of(file: LandingFile) -> int:
    """What a file holds, unpacked, as far as its size and name tell."""
    return file.size * (PACKED_TIMES if file.name.lower().endswith(PACKED) else 1)


def grouped(files: Sequence[LandingFile]) -> Iterator[list[LandingFile]]:
    """Large files that share a transaction."""
    group: list[LandingFile] = []
    size = 0
    for file in files:
        group.append(file)
        size += bytes_of(file)
        if size >= TOGETHER_LARGE_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _unpacked_bytes(file: LandingFile, place: Place) -> int:
    """What a gzip says it unpacks to, in its last bytes.

    Not to be trusted, only to choose the way of reading. 0 when the file can't be read: reading it
    will say why. A far one is not fetched for this alone.
    """
    if place.is_far:
        return TOGETHER_BYTES + 1
    try:
        with place.lend(file.name, file.stamp) as path, path.open("rb") as stream:
            stream.seek(max(file.size - 4, 0))
            return int.from_bytes(stream.read(4), "little")
    except OSError:
        return 0
