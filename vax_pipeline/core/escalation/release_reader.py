"""Finding a release and opening it for reading.

A release is a directory with `bi.duckdb` and `manifest.json`. The symlink `current` is resolved
once, so that one evaluation reads one release even when another is published meanwhile.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from vax_pipeline.core import schemas
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.publishing.release import NoReleaseError
from vax_pipeline.core.settings import Settings
from vax_pipeline.core.warehouse import engine_config, prepare

__all__ = ["NoReleaseError", "Release", "find_release", "open_release", "read_release"]

BI_FILE = "bi.duckdb"
MANIFEST_FILE = "manifest.json"
NEEDED = (
    schemas.COMPLAINT_CLOCKS,
    schemas.DIM_AGENCIES,
    schemas.DIM_FACILITIES,
    schemas.ESCALATION_POLICY,
)


@dataclass(frozen=True)
class Release:
    """One published release: where it lies and what it could know."""

    path: Path
    as_of: datetime
    known_as_of: datetime

    @property
    def name(self) -> str:
        return self.path.name


def find_release(
    settings: Settings, known_as_of: datetime | None = None, name: str | None = None
) -> Release:
    """The current release; or the named one; or the newest that knew no more than `known_as_of`.

    Raises:
        NoReleaseError: nothing is published yet, or nothing that old is kept.
    """
    if name is not None:
        return read_release(settings.published / "releases" / name)
    if not settings.current_release.exists():
        raise NoReleaseError(
            f"nothing is published under {settings.published}: run `vax run` (or `vax demo`) first"
        )
    current = read_release(settings.current_release.resolve())
    if known_as_of is None or current.known_as_of <= known_as_of:
        return current
    older = [
        read_release(path.parent)
        for path in settings.published.glob(f"releases/[!.]*/{MANIFEST_FILE}")
    ]
    fitting = [release for release in older if release.known_as_of <= known_as_of]
    if not fitting:
        raise NoReleaseError(
            f"no kept release knew as little as {known_as_of.isoformat()}: "
            "replay it with `vax run --known-as-of` in another home"
        )
    return max(fitting, key=lambda release: (release.known_as_of, release.name))


def read_release(path: Path) -> Release:
    """The release in a directory, from its manifest.

    Raises:
        NoReleaseError: a part is missing or the manifest can't be read.
    """
    if not (path / BI_FILE).is_file() or not (path / MANIFEST_FILE).is_file():
        raise NoReleaseError(f"{path} is no complete release: publish again with `vax run`")
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
        as_of = parse_instant(manifest["as_of"])
        known_as_of = parse_instant(manifest.get("known_as_of") or manifest["as_of"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoReleaseError(
            f"{path / MANIFEST_FILE} does not say as_of: publish again with `vax run`"
        ) from error
    return Release(path=path, as_of=as_of, known_as_of=known_as_of)


@contextmanager
def open_release(settings: Settings, release: Release) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection whose default catalog is the release, read-only; temporary tables are allowed.

    The release is attached to an engine of its own: two connections with different settings to one
    file would clash with a reader elsewhere in this process.

    Raises:
        NoReleaseError: the release lacks a table that escalation needs.
    """
    connection = duckdb.connect(config={**engine_config(settings)})
    try:
        prepare(connection)
        location = str(release.path / BI_FILE).replace("'", "''")
        connection.execute(f"attach '{location}' as release (read_only)")
        connection.execute("use release")
        present = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'release'"
            " union all select schema_name, view_name from duckdb_views()"
            " where database_name = 'release'"
        ).fetchall()
        missing = [r for r in NEEDED if (r.schema, r.name) not in set(present)]
        if missing:
            raise NoReleaseError(
                f"{release.path} lacks {', '.join(r.dotted for r in missing)}: "
                "publish again with `vax run`"
            )
        yield connection
    finally:
        connection.close()
