"""Fetching a file from far away goes wrong in every way, and nothing is lost or half loaded."""

import pytest
from landing_home import DAY, Home, attestation, csv, landed_marks
from odd_place import FIRST_FILE, PASSWORD, World

from vax_pipeline.core.feeds import remote_places
from vax_pipeline.core.feeds.pending import loaded_marks
from vax_pipeline.core.feeds.places import PlaceError

pytestmark = pytest.mark.usefixtures("no_waiting")


def test_a_file_that_vanishes_before_it_is_fetched_is_quarantined(far: Home, world: World) -> None:
    def vanish(what: str, name: str) -> None:
        if what == "get":
            world.files.pop(name, None)

    world.before = vanish
    assert far.load().files_failed == 1
    assert far.rejects() == [(None, "file_vanished")]


def test_a_file_written_again_while_it_is_fetched_is_left_for_the_next_load(
    far: Home, world: World
) -> None:
    def touch(what: str, name: str) -> None:
        if what == "get":
            world.tells[name] = {"mtime": 1_600_000_002}

    world.before = touch
    far.load()
    assert (far.loaded_keys(), far.rejects()) == ([], [(None, "file_changed")])
    world.before = lambda what, name: None
    far.load()
    assert far.loaded_keys() == ["A1"]


def test_a_file_that_may_not_be_read_is_quarantined(far: Home, world: World) -> None:
    def refuse(what: str, name: str) -> None:
        if what == "get":
            raise PermissionError(f"{PASSWORD} is not allowed")

    world.before = refuse
    assert far.load().files_failed == 1
    assert far.rejects() == [(None, "unreadable_file")]


def test_a_fetch_that_fails_is_tried_three_times(far: Home, world: World) -> None:
    def fail_twice(what: str, name: str) -> None:
        if what == "get" and world.count("get") < 3:
            raise TimeoutError

    world.before = fail_twice
    far.load()
    assert (far.loaded_keys(), world.count("get")) == (["A1"], 3)


def test_a_file_that_comes_short_is_not_loaded(far: Home, world: World) -> None:
    whole = world.files[FIRST_FILE]

    def cut(what: str, name: str) -> None:
        world.files[FIRST_FILE] = whole[:-5] if what == "get" else whole

    world.before = cut
    load = far.load()
    assert (load.out_of_reach, far.loaded_keys(), far.rejects()) == ((FIRST_FILE,), [], [])


def test_what_can_t_be_fetched_stays_as_it_was_and_pending_and_the_others_are_loaded(
    far: Home, world: World
) -> None:
    far.load()
    world.put(FIRST_FILE, csv(attestation("A2")), mtime=1_600_000_001)
    world.put(f"attestations/{DAY}/b.csv", csv(attestation("B1")))

    def fail(what: str, name: str) -> None:
        if (what, name) == ("get", FIRST_FILE):
            raise ConnectionError

    world.before = fail
    load = far.load()
    assert (load.out_of_reach, load.files_failed) == ((FIRST_FILE,), 0)
    assert far.loaded_keys() == ["A1", "B1"]
    assert loaded_marks(far.connection) != landed_marks(far)
    world.before = lambda what, name: None
    far.load()
    assert far.loaded_keys() == ["A2", "B1"]
    assert loaded_marks(far.connection) == landed_marks(far)


def test_three_in_a_row_that_can_t_be_fetched_end_the_load(far: Home, world: World) -> None:
    for number in range(10):
        world.put(f"attestations/{DAY}/{number}.csv", csv(attestation(f"B{number}")))

    def fail(what: str, name: str) -> None:
        if what == "get":
            raise ConnectionError

    world.before = fail
    with pytest.raises(PlaceError, match="can't give"):
        far.load()
    assert world.count("get") == 3 * remote_places.TRIES
