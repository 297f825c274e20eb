"""What the URL of a landing place may be, and what is told of it: never the password."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from landing_home import DAY, Home, attestation, csv
from odd_place import PASSWORD, URL, World

from vax_pipeline.core.feeds.places import PlaceError, open_place, shown
from vax_pipeline.core.feeds.remote_places import stamp_of
from vax_pipeline.core.settings import Settings

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://key:se/c@ret@bucket/landing", "s3://***@bucket/landing"),
        ("sftp://nurse:pw@host:22/landing", "sftp://***@host:22/landing"),
        ("zip::s3://key:secret@bucket/a.zip", "zip::s3://***@bucket/a.zip"),
        ("https://host/landing/?token=secret", "https://host/landing/"),
        ("abfs://box/landing", "abfs://box/landing"),
    ],
)
def test_a_url_is_shown_without_user_password_and_query(url: str, said: str) -> None:
    assert shown(url) == said


@pytest.mark.parametrize("what", ["ls", "info", "get"])
def test_no_error_tells_the_password(far: Home, world: World, what: str) -> None:
    """Not in its text, not in the errors behind it, which a traceback would print."""

    def fail(asked: str, name: str) -> None:
        if asked == what:
            raise ConnectionError(f"can't log in to {URL}")

    for number in range(3):
        world.put(f"attestations/{DAY}/{number}.csv", csv(attestation(f"B{number}")))
    world.before = fail
    with pytest.raises(PlaceError) as caught:
        far.load()
    assert all(PASSWORD not in text for text in told(caught.value))
    assert PASSWORD not in repr(far.settings)


def told(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield repr(error)
        error = error.__cause__ or error.__context__


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(protocol: str) -> None:
        raise ImportError(protocol)

    monkeypatch.setattr(fsspec, "get_filesystem_class", missing)
    with pytest.raises(PlaceError, match="uv pip install s3fs") as caught:
        open_place(Settings().at(landing=f"s3://key:{PASSWORD}@bucket/landing"))
    assert PASSWORD not in str(caught.value)
    with pytest.raises(PlaceError, match="smbprotocol"):
        open_place(Settings().at(landing="smb://host/landing"))


def test_an_unknown_kind_of_place_is_told_with_what_to_give() -> None:
    with pytest.raises(PlaceError, match="no kind of place is called 'nowhere'"):
        open_place(Settings().at(landing="nowhere://host/landing"))


def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="does not exist or is empty"):
        open_place(Settings().at(landing="memory://nothing/here")).check()
    with pytest.raises(PlaceError, match="can't be reached"):
        open_place(Settings().at(landing=f"zip::{tmp_path}/none.zip"))


MOMENT = datetime(2021, 11, 8, 1, 30, tzinfo=UTC)
SECONDS = int(MOMENT.timestamp())


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"mtime": SECONDS + 0.75}, SECONDS),
        ({"LastModified": MOMENT}, SECONDS),
        ({"last_modified": MOMENT.replace(tzinfo=None)}, SECONDS),
        ({"updated": "2021-11-08T01:30:00.123Z"}, SECONDS),
        ({"modify": "20211108013000.5"}, SECONDS),
        ({"modified": "Mon, 08 Nov 2021 01:30:00 GMT"}, SECONDS),
        ({"date_time": (2021, 11, 8, 8, 30, 0)}, SECONDS),
        ({"date_time": (1980, 0, 0, 0, 0, 0)}, None),
        ({"created": 1.0, "mtime": MOMENT}, SECONDS),
        ({"mtime": "yesterday"}, None),
        ({}, None),
    ],
)
def test_a_time_is_read_in_every_form_that_filesystems_tell_it(
    told: dict[str, Any], seconds: int | None
) -> None:
    stamp = stamp_of({"name": "a", "size": 3, **told})
    assert (stamp.size, stamp.version) == (3, None)
    assert stamp.mtime_ns == (None if seconds is None else seconds * 10**9)
