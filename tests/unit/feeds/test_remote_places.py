"""A landing place by URL: the same deliveries as in a folder, nothing of it written, no password told."""

import os
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from landing_home import DAY, Home, attestation, csv, landed_marks
from odd_place import FIRST_FILE, URL, World

from vax_pipeline.core.feeds.landing import Landing, discover
from vax_pipeline.core.feeds.pending import loaded_marks, look
from vax_pipeline.core.feeds.places import LocalPlace, Place, PlaceError, open_place
from vax_pipeline.core.feeds.settling import Settling
from vax_pipeline.core.settings import Settings

pytestmark = pytest.mark.usefixtures("no_waiting")
OLD = datetime(2021, 1, 1, tzinfo=UTC).timestamp()
LANDED = (
    "doses/2021-11-08/a.csv",
    "doses/2021-11-08/b.csv.part",
    "doses/2021-11-08/.hidden.csv",
    "doses/2021-11-08/inner/c.csv",
    "doses/2021-11-09/d.csv",
    "doses/09-11-2021/e.csv",
    "doses/f.csv",
    "dose/2021-11-08/g.csv",
    "h.csv",
)


def landed_in(folder: Path) -> Path:
    for name in LANDED:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        os.utime(file, (OLD, OLD))
    return folder


def url_of(kind: str, folder: Path) -> str:
    """The same files in another kind of place."""
    if kind == "local":
        return f"local://{folder}"
    if kind == "zip":
        packed = folder.with_suffix(".zip")
        with zipfile.ZipFile(packed, "w") as archive:
            for file in folder.rglob("*"):
                archive.write(file, Path("landing") / file.relative_to(folder))
        return f"zip://landing::{packed}"
    memory = fsspec.filesystem("memory")
    for file in folder.rglob("*.*"):
        if file.is_file():
            memory.pipe(f"/{folder.parent.name}/{file.relative_to(folder)}", b"x")
    return f"memory://{folder.parent.name}"


def seen(place: Place, settings: Settings, dates: list[date] | None = None) -> dict[str, Any]:
    found: Landing = discover(
        place, ("doses", "complaints"), Settling(0, settings.landing_seen), dates
    )
    return {
        "files": [(file.feed, file.delivery_date, file.name, file.size) for file in found.files],
        "waiting": [file.name for file in found.waiting],
        "problems": sorted((problem.name, problem.code) for problem in found.problems),
    }


@pytest.mark.parametrize("kind", ["local", "zip", "memory"])
@pytest.mark.parametrize("days", [None, [8], list(range(1, 29))])
def test_a_place_by_url_holds_what_the_same_folder_holds(
    tmp_path: Path, kind: str, days: list[int] | None
) -> None:
    folder = landed_in(tmp_path / "landing")
    settings = Settings().at(landing=url_of(kind, folder))
    dates = days and [date(2021, 11, day) for day in days]
    far, near = open_place(settings), LocalPlace(folder)
    assert far.is_far
    assert seen(far, settings, dates) == seen(near, settings, dates)
    assert len(seen(near, settings, dates)["files"]) == (1 if days == [8] else 2)


def test_a_file_url_is_a_folder_of_this_machine_read_where_it_lies(tmp_path: Path) -> None:
    place = open_place(Settings().at(landing=f"file://{tmp_path}"))
    assert isinstance(place, LocalPlace)
    assert place.root == tmp_path


def test_what_lands_by_url_is_loaded_as_from_a_folder(far: Home, world: World) -> None:
    before = dict(world.files)
    far.load()
    assert (far.loaded_keys(), far.rejects()) == (["A1"], [(3, "too_few_fields")])
    assert far.delivery()["file_mtime_ns"] == 1_600_000_000 * 10**9
    assert world.files == before


def test_a_place_is_read_in_another_process(tmp_path: Path) -> None:
    """What the daemon's run does: settings from the environment, nothing shared but the URL."""
    folder = tmp_path / "landing"
    (folder / FIRST_FILE).parent.mkdir(parents=True)
    (folder / FIRST_FILE).write_bytes(csv(attestation("A1")))
    program = """
from datetime import UTC, date, datetime
from vax_pipeline.core import warehouse
from vax_pipeline.core.feeds.catalog import FEEDS
from vax_pipeline.core.feeds.loading import load_feed
from vax_pipeline.core.settings import Settings
with warehouse.writer(Settings()) as connection:
    warehouse.bootstrap(connection)
    now = datetime(2021, 11, 8, tzinfo=UTC)
    load = load_feed(connection, Settings(), FEEDS["attestations"], [date(2021, 11, 8)],
                     load_id="x", loaded_at=now)
print(load.files_loaded, load.loaded)
"""
    environment = {**os.environ, "VAX_LANDING": url_of("zip", folder)}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert said.stdout == "1 1\n"


def test_one_file_at_a_time_lies_in_the_home_and_none_afterwards(
    far: Home, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.put(f"attestations/{DAY}/{number}.csv", csv(attestation(f"B{number}")))
    lying: list[int] = []

    def fetched(what: str, name: str) -> None:
        if what == "info" and name.endswith(".csv"):  # looked at again, right after reading
            lying.append(len(list((far.settings.temp / "fetched").iterdir())))

    world.before = fetched
    far.load()
    assert lying == [1] * 6
    assert not (far.settings.temp / "fetched").exists()
    assert len(far.loaded_keys()) == 6


def test_a_leftover_of_a_killed_run_is_removed(far: Home) -> None:
    leftover = far.settings.temp / "fetched" / "half.csv"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("x")
    far.load()
    assert not leftover.exists()


def test_an_unchanged_file_is_not_fetched_again_and_a_changed_one_is(
    far: Home, world: World
) -> None:
    far.load()
    assert far.load().files_unchanged == 1
    assert world.count("get") == 1
    world.put(FIRST_FILE, csv(attestation("A2"), "bad"), mtime=1_600_000_001)
    far.load()
    assert (far.loaded_keys(), world.count("get")) == (["A2"], 2)


def test_the_same_bytes_under_a_new_time_change_nothing_but_the_mark(
    far: Home, world: World
) -> None:
    far.load()
    world.put(FIRST_FILE, world.files[FIRST_FILE], mtime=1_600_000_001)
    assert loaded_marks(far.connection) != landed_marks(far)
    assert far.load().files_unchanged == 1
    assert loaded_marks(far.connection) == landed_marks(far)


def test_without_times_the_checksum_tells_a_changed_file(far: Home, world: World) -> None:
    world.put(FIRST_FILE, csv(attestation("A1")), etag="one")
    far.load()
    version = far.delivery()["file_version"]
    assert (len(version), far.delivery()["file_mtime_ns"]) == (16, None)
    world.put(FIRST_FILE, csv(attestation("A2")), etag="two")
    assert loaded_marks(far.connection) != landed_marks(far)
    far.load()
    assert far.loaded_keys() == ["A2"]


def test_a_file_of_which_only_the_size_is_known_is_always_read(far: Home, world: World) -> None:
    world.put(FIRST_FILE, csv(attestation("A1")), colour="blue")
    far.load()
    world.put(FIRST_FILE, csv(attestation("A2")), colour="blue")
    far.load()
    assert far.loaded_keys() == ["A2"]


def test_without_times_a_file_has_settled_when_two_looks_find_it_the_same(
    far: Home, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(FIRST_FILE, b"a", etag="one")
    settings = far.settings.model_copy(update={"settle_seconds": 30})

    def look_at(second: int) -> tuple[int, int]:
        monkeypatch.setattr("time.time", lambda: float(second))
        pending = look(settings, today=DAY)
        return len(pending.landed), pending.waiting

    assert look_at(0) == (0, 1)
    assert look_at(20) == (0, 1)
    world.put(FIRST_FILE, b"b", etag="two")
    assert look_at(40) == (0, 1)  # changed since: it starts anew
    assert look_at(69) == (0, 1)
    assert look_at(70) == (1, 0)


def test_a_listing_is_never_an_old_one(far: Home, world: World) -> None:
    assert list(landed_marks(far)) == ["2021-11-08"]
    world.put("attestations/2021-11-07/b.csv", b"x")
    assert list(landed_marks(far)) == ["2021-11-07", "2021-11-08"]


def test_a_connection_that_died_is_made_anew(far: Home, world: World) -> None:
    """The daemon lives for months; a server ends a silent connection after minutes."""
    assert list(landed_marks(far)) == ["2021-11-08"]
    for connection in world.connections:
        connection.is_dead = True
    assert list(landed_marks(far)) == ["2021-11-08"]


def test_a_place_that_does_not_answer_is_not_taken_for_an_empty_one(
    far: Home, world: World
) -> None:
    def fail(what: str, name: str) -> None:
        raise ConnectionError

    world.before = fail
    with pytest.raises(PlaceError, match=r"can't be reached \(ConnectionError\)"):
        open_place(far.settings).check()


def test_a_place_that_is_a_file_is_told(far: Home, world: World) -> None:
    settings = far.settings.at(landing=f"{URL}/{FIRST_FILE}")
    with pytest.raises(PlaceError, match="is a file: name a folder"):
        open_place(settings).check()


def test_a_folder_that_fails_to_be_listed_is_an_error_and_no_empty_folder(
    far: Home, world: World
) -> None:
    """fsspec's own walk would leave it out, and all that was loaded from it would be withdrawn."""
    far.load()

    def fail(what: str, name: str) -> None:
        if (what, name) == ("ls", f"attestations/{DAY}"):
            raise OSError("connection reset")

    world.before = fail
    with pytest.raises(PlaceError, match="can't be listed"):
        far.load()
    with pytest.raises(PlaceError, match="can't be listed"):
        look(far.settings, today=DAY)
    assert far.loaded_keys() == ["A1"]


def test_an_emptied_place_withdraws_nothing(far: Home, world: World) -> None:
    far.load()
    world.files.clear()
    with pytest.raises(PlaceError, match="does not exist or is empty"):
        far.load()
    assert far.loaded_keys() == ["A1"]


def test_a_withdrawn_file_is_withdrawn(far: Home, world: World) -> None:
    world.put(f"attestations/{DAY}/b.csv", csv(attestation("B1")))
    far.load()
    del world.files[FIRST_FILE]
    assert far.load().files_withdrawn == 1
    assert far.loaded_keys() == ["B1"]
