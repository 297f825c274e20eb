"""A release: a directory completed beside the others, then made current in one step.

`begin` makes the directory, others fill it, `finish` writes the manifest and moves `current`. What has
no dot in front of its name is complete, at any instant: a killed run leaves a `.building-*` or
`.dropped-*` directory that the next `begin` clears away.
"""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vax_pipeline.core.files import flush_folder, remove_folder
from vax_pipeline.core.settings import Settings

CONTRACT_VERSION = "1.0"
_BUILDING = ".building-"
_DROPPED = ".dropped-"
_FLUSHED_AT_A_TIME = 16


class NoReleaseError(RuntimeError):
    """Nothing has been published yet."""


@dataclass(frozen=True)
class Release:
    """A published directory and what its manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def bi(self) -> Path:
        return self.path / "bi.duckdb"


def building_directory(settings: Settings, run_id: str) -> Path:
    """Where a run assembles its release."""
    return settings.published / "releases" / f"{_BUILDING}{run_id}"


def begin(settings: Settings, run_id: str) -> Path:
    """An empty directory to fill; leftovers of killed runs are removed."""
    releases = settings.published / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    for leftover in (*releases.glob(f"{_BUILDING}*"), *releases.glob(f"{_DROPPED}*")):
        shutil.rmtree(leftover)
    directory = building_directory(settings, run_id)
    directory.mkdir()
    return directory


def finish(
    settings: Settings,
    run_id: str,
    *,
    as_of: datetime,
    released_at: datetime,
    facts: dict[str, Any],
) -> Release:
    """Write the manifest, flush everything to disk, move `current`, drop the oldest releases."""
    building = building_directory(settings, run_id)
    before = current_or_none(settings)
    manifest = {
        "contract_version": CONTRACT_VERSION,
        "run_id": run_id,
        "as_of": as_of.isoformat(),
        "released_at": released_at.isoformat(),
        **facts,
        "files": _hashes(building, before),
    }
    (building / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8"
    )
    _flush(building)
    final = _free_name(settings.published / "releases", released_at)
    building.rename(final)
    flush_folder(final.parent)  # `current` must never reach the disk before what it points to
    _point_current(settings, final)
    _prune(settings)
    return Release(final, manifest)


def current(settings: Settings) -> Release:
    """The current release, by its real path: a later move of `current` does not change it.

    Raises:
        NoReleaseError: nothing has been published.
    """
    if not settings.current_release.exists():
        if not settings.warehouse.exists():
            raise NoReleaseError(f"{settings.root} has no warehouse: run `vax run` first")
        raise NoReleaseError(
            f"{settings.root} has no release yet: run `vax run` and look at its failed checks"
        )
    path = settings.current_release.resolve()
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    return Release(path, manifest)


def current_or_none(settings: Settings) -> Release | None:
    """The current release, if there is one."""
    try:
        return current(settings)
    except NoReleaseError:
        return None


def _free_name(releases: Path, released_at: datetime) -> Path:
    stamp = released_at.strftime("%Y%m%dT%H%M%S%fZ")
    return releases / stamp


def _point_current(settings: Settings, release: Path) -> None:
    link = settings.published / ".current-next"
    link.unlink(missing_ok=True)
    link.symlink_to(release.relative_to(settings.published))
    link.replace(settings.current_release)
    flush_folder(settings.published)


def _prune(settings: Settings) -> None:
    kept = settings.current_release.resolve()
    releases = sorted(p for p in (settings.published / "releases").iterdir() if p.name[0] != ".")
    for old in releases[: -settings.keep_releases]:
        if old != kept:
            remove_folder(old, _DROPPED)


def _hashes(directory: Path, before: Release | None) -> dict[str, dict[str, Any]]:
    """Hash and size of every file; those that are files of the release before are not read again."""
    known: dict[str, dict[str, Any]] = before.manifest["files"] if before else {}
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(p for p in directory.rglob("*") if p.is_file()):
        name = file.relative_to(directory).as_posix()
        earlier = before.path / name if before and name in known else None
        if earlier and earlier.exists() and file.samefile(earlier):
            found[name] = known[name]
            continue
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found[name] = {"sha256": digest, "bytes": file.stat().st_size}
    return found


def _flush(directory: Path) -> None:
    """Bring all of it to disk, many files at a time: the file system writes its journal once for them."""
    paths = sorted(directory.rglob("*"))
    with ThreadPoolExecutor(_FLUSHED_AT_A_TIME) as pool:
        list(pool.map(_flush_file, filter(Path.is_file, paths)))
    for path in filter(Path.is_dir, paths):
        flush_folder(path)
    flush_folder(directory)


def _flush_file(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
