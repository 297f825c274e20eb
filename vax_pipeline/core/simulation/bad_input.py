"""Files and lines that cannot be read, planted where they hurt, and what was planted.

Works on files already written, by appending to them or adding some beside them, so that the records
of the simulation itself stay whole.
"""

import gzip
import json
from pathlib import Path

import polars as pl

from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.feed_faults import GARBLED
from vax_pipeline.core.simulation.files import folder_of
from vax_pipeline.core.simulation.world import World

SCHEMA = {"feed": pl.String, "file": pl.String, "line": pl.Int64, "reason": pl.String}


def plant_bad_input(world: World, landing: Path) -> pl.DataFrame:
    """Plants faults of transport. One row per reject: feed, file, line (null: the file), reason."""
    rows: list[tuple[str, str, int | None, str]] = []
    ndjson = sorted((landing / "doses").glob("*/*.ndjson"))[:2]
    for path in ndjson:
        rows.append(
            _append(
                landing,
                "doses",
                path,
                '{"source_record_id": "DN999", "entered_at": ',
                "malformed_json",
            )
        )
    csv = [
        path
        for path in sorted((landing / "doses").glob("*/*.csv"))
        if path.read_bytes()[:3] != b"\xef\xbb\xbf"
    ]
    for path in csv[-2:]:
        with path.open(encoding="utf-8") as source:
            source.readline()
            example = source.readline().rstrip("\n")
        without_key = "," + example.partition(",")[2]
        rows.append(_append(landing, "doses", path, example + ",thừa,thừa", "too_many_fields"))
        rows.append(_append(landing, "doses", path, without_key, "empty_key"))
    for path in sorted((landing / "complaints").glob("*/*.ndjson"))[3:5]:
        rows.append(
            _append(landing, "complaints", path, '["not", "an", "object"]', "wrong_json_type")
        )
        line = json.dumps(
            {"received_at": "2021-11-20 09:00:00", "full_name": "Không Mã"}, ensure_ascii=False
        )
        rows.append(_append(landing, "complaints", path, line, "empty_key"))
    rows += _garble(landing, world)
    folder = folder_of(day_number(world.until) - 5)
    rows.append(
        _file(
            landing,
            "doses",
            folder,
            "broken.parquet",
            content=b"PAR1" + bytes(64),
            reason="corrupt_file",
        )
    )
    cut = gzip.compress(b"source_record_id,entered_at\n" * 500, mtime=0)[:60]
    rows.append(_file(landing, "doses", folder, "cut.csv.gz", content=cut, reason="corrupt_file"))
    text = b"record_id,whatever\n1,2\n"
    rows.append(
        _file(
            landing, "record_reviews", folder, "headers.csv", content=text, reason="missing_column"
        )
    )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _garble(landing: Path, world: World) -> list[tuple[str, str, int, str]]:
    """A day's events whose writer broke down: every seventh line of the file, and thirty more."""
    rows: list[tuple[str, str, int, str]] = []
    day = folder_of(day_number(world.until) - GARBLED)
    for path in (landing / "complaint_events" / day).glob("*"):
        is_json = path.suffix == ".ndjson"
        line = '{"event_id": "SK' if is_json else "SK,SK"
        reason = "malformed_json" if is_json else "too_few_fields"
        content = path.read_text(encoding="utf-8")
        written = content.count("\n")
        garbled = 30 + written // 6
        path.write_text(content + f"{line}\n" * garbled, encoding="utf-8")
        file = path.relative_to(landing).as_posix()
        rows += [("complaint_events", file, written + n, reason) for n in range(1, garbled + 1)]
    return rows


def _append(
    landing: Path, feed: str, path: Path, line: str, reason: str
) -> tuple[str, str, int, str]:
    """One more line at the end of a text file."""
    content = path.read_text(encoding="utf-8")
    path.write_text(f"{content}{line}\n", encoding="utf-8")
    return feed, path.relative_to(landing).as_posix(), content.count("\n") + 1, reason


def _file(
    landing: Path, feed: str, folder: str, name: str, *, content: bytes, reason: str
) -> tuple[str, str, None, str]:
    path = landing / feed / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return feed, path.relative_to(landing).as_posix(), None, reason
