"""What may be found in a home at any instant, so after a kill too: whole files, whole releases, no lock."""

import hashlib
import json
from collections import defaultdict
from pathlib import Path

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.home import is_held
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import reader

# By table: how many rows of a file, and a hash of them.
Fingerprint = dict[str, tuple[int, str]]


def assert_nothing_is_half(home: Path, whole: dict[str, Fingerprint]) -> None:
    """A reader sees each file whole or not at all, whole releases, and a home that is free.

    Args:
        whole: the files as an undisturbed run loads them.
    """
    assert not is_held(Settings(home=home))
    seen = files_in_raw(home / "warehouse.duckdb")
    half = {file: found for file, found in seen.items() if found != whole[file]}
    assert half == {}
    releases = home / "published" / "releases"
    for release in releases.glob("[!.]*"):
        assert_release_is_whole(release)
    current = home / "published" / "current"
    if current.is_symlink():
        assert current.resolve().parent == releases.resolve()
        assert_release_is_whole(current.resolve())


def files_in_raw(warehouse: Path) -> dict[str, Fingerprint]:
    """Of each file, what any table of raw holds: rows, nested rows, rejects, account."""
    files: defaultdict[str, Fingerprint] = defaultdict(dict)
    if not warehouse.exists():
        return files
    tables = [schemas.DELIVERIES, schemas.REJECTS, *(feed.raw_table for feed in FEEDS.values())]
    # As the next run does it: a process just killed lets go of its lock when the kernel comes to it.
    with reader(Settings(home=warehouse.parent)) as connection:
        there = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
        for table in tables:
            if (table.name,) not in there:
                continue
            columns = [c for c in table.columns if c not in {"load_id", "loaded_at"}]
            row = ", ".join(f'"{column}"' for column in columns)
            for file, rows, total in connection.execute(
                f"select file, count(*), sum(hash({row})::hugeint)::varchar "
                f"from {table.sql} group by file"
            ).fetchall():
                files[file][table.name] = (rows, total)
    return files


def assert_release_is_whole(release: Path) -> None:
    """The manifest names every file of the release, and their hashes hold."""
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    there = {
        file.relative_to(release).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in release.rglob("*")
        if file.is_file() and file.name != "manifest.json"
    }
    assert there == {name: facts["sha256"] for name, facts in manifest["files"].items()}
    assert "bi.duckdb" in there
