"""Whether the current release says already what a run now would say: such a run ends before dbt.

It does while nothing it rests on has changed (files, ledger, settings, code) and no instant has come that
its tables wait for (`next_changes`). Numbers that go on by themselves, such as hours overdue, are those of
the release's as_of.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from vax_pipeline.core import changes, schemas, warehouse
from vax_pipeline.core.publishing import release
from vax_pipeline.core.settings import DBT_PROJECT_DIR, PROJECT_ROOT, Settings

_CODE = (PROJECT_ROOT / "vax_pipeline", PROJECT_ROOT / "checks", DBT_PROJECT_DIR)
_LEFTOVERS = frozenset({"__pycache__", "target", "logs", "dbt_packages", ".user.yml"})

# What was loaded, not when. A touched file counts as new though its bytes are the same: the manifest of
# the release has to name it as it lies there now, or the landing sensor asks for it again and again.
_DELIVERED = (
    "feed", "delivery_date", "file", "file_sha256", "file_mtime_ns", "file_version", "state", "reason_code",
    "records", "loaded", "rejected", "children_loaded", "children_rejected",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A finished run, and until when its tables stand if nothing comes in."""

    run_id: str
    as_of: datetime
    stands_until: datetime


def code_of(settings: Settings) -> str:
    """A fingerprint of what makes tables of deliveries: code, seeds, rule pack, key of the pseudonyms."""
    parts = (settings.rule_pack, settings.pseudonym_key.get_secret_value(), code_of_process())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def code_of_process() -> str:
    """A fingerprint of the code as it lay there when this process first asked, which is when a run begins.

    Whoever brings newer code while a run is waiting or loading does not change what that run makes.
    """
    told = hashlib.sha256()
    for path in _code_files():
        told.update(f"{path.relative_to(PROJECT_ROOT)}\0".encode())
        told.update(path.read_bytes())
    return told.hexdigest()


def inputs_of(connection: duckdb.DuckDBPyConnection, code: str) -> str:
    """A fingerprint of all that a run's tables follow from, but its as_of: `code`, and what came in.

    Reads the account of deliveries and the mirrors of the ledger: call it when both are up to date.
    """
    told = hashlib.sha256(code.encode())
    columns = ", ".join(_DELIVERED)
    sources = [f"(select {columns} from {schemas.DELIVERIES.sql})"]
    sources += [mirror.sql for mirror in schemas.LEDGER_MIRRORS]
    for source in sources:
        rows = connection.execute(
            f"select count(*), bit_xor(md5_number_lower(source::varchar)) from {source} as source"
        ).fetchall()
        told.update(repr(rows).encode())
    return told.hexdigest()


def still_standing(
    connection: duckdb.DuckDBPyConnection, settings: Settings, inputs: str, as_of: datetime
) -> Standing | None:
    """The run whose tables and release a run on `inputs` at `as_of` would only make again, if any.

    The tables must be that run's still: one that was stopped on the way has changed them.
    """
    rows = connection.execute(
        f"""
        select standing.run_id, standing.as_of, standing.stands_until
        from {schemas.STANDING.sql} as standing
        semi join {schemas.RUN_CONTEXT.sql} as run_context on standing.run_id = run_context.run_id
        where standing.inputs = $inputs
            and $as_of::timestamptz >= standing.as_of
            and $as_of::timestamptz < standing.stands_until
        """,
        {"inputs": inputs, "as_of": as_of},
    ).fetchall()
    if not rows:
        return None
    standing = Standing(*rows[0])
    try:
        current = release.current(settings)
    except release.NoReleaseError:
        return None
    return standing if current.manifest["run_id"] == standing.run_id else None


def let_stand(connection: duckdb.DuckDBPyConnection, run_id: str) -> Standing | None:
    """Write that the run in ops.run_context is done; null (and no row) for one that can't be repeated.

    A replay stands at an instant whose deliveries it knew in part: it never stands for another run. Nor does
    a run that some other finishes: whoever materializes this step alone does not know how far that one got.
    """
    with warehouse.transaction(connection):
        connection.execute(f"delete from {schemas.STANDING.sql}")
        rows = connection.execute(
            f"""
            insert into {schemas.STANDING.sql} by name
            select
                run_id,
                as_of,
                inputs,
                code,
                (select min(changes_at) from {schemas.NEXT_CHANGES.sql}) as stands_until
            from {schemas.RUN_CONTEXT.sql}
            where inputs is not null and known_as_of = as_of and run_id = $run_id
            returning run_id, as_of, stands_until
            """,
            {"run_id": run_id},
        ).fetchall()
        if rows:
            changes.settle(connection)
        else:
            changes.forget_all(connection)
    return Standing(*rows[0]) if rows else None


def _code_files() -> Iterator[Path]:
    yield from filter(Path.is_file, [PROJECT_ROOT / "uv.lock"])
    for folder in _CODE:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _LEFTOVERS.isdisjoint(path.relative_to(folder).parts):
                yield path
