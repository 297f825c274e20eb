"""What raw holds is a function of what has landed: not of when, how often or in which order it came."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landing_home import DAY, Home, attestation, csv, ndjson

from vax_pipeline.core import schemas
from vax_pipeline.core.feeds import sizes

DAYS = [DAY + timedelta(days=number) for number in range(3)]


def held(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of raw, but for which load brought it.

    A withdrawn file is remembered only by who saw it: a full load never did.
    """
    tables = home.rows("select table_name from duckdb_tables() where schema_name = 'raw'")
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for (table,) in tables:
        still_there = "where state <> 'withdrawn'" if table == schemas.DELIVERIES.name else ""
        rows[table] = home.rows(
            "select columns(lambda c: c not in ('load_id', 'loaded_at')) "
            f"from raw.{table} {still_there} order by all"
        )
    return rows


def forget(home: Home) -> None:
    for table in held(home):
        home.rows(f"truncate raw.{table}")


def test_a_late_file_for_an_old_day_joins_that_day(home: Home) -> None:
    home.put(csv(attestation("NEW")), day=DAYS[1])
    home.load(dates=[DAYS[1]])
    home.put(csv(attestation("LATE")), "late.csv", day=DAYS[0])
    home.load(dates=[DAYS[0]])
    assert home.rows("select attestation_id, delivery_date from raw.attestations order by all") == [
        ("LATE", DAYS[0]),
        ("NEW", DAYS[1]),
    ]


def test_a_file_under_another_name_is_withdrawn_and_loaded(home: Home) -> None:
    path = home.put(csv(attestation("A1"), "bad"))
    home.load()
    path.rename(path.with_name("b.csv"))
    load = home.load()
    assert (load.files_loaded, load.files_withdrawn) == (1, 1)
    assert (
        home.rows("select file from raw.attestations union all select file from raw.rejects")
        == [("attestations/2021-11-08/b.csv",)] * 2
    )


def test_a_file_moved_to_another_day_leaves_its_old_day(home: Home) -> None:
    path = home.put(csv(attestation("A1")))
    home.load()
    other = path.parents[1] / DAYS[1].isoformat()
    other.mkdir()
    path.rename(other / path.name)
    home.load(dates=DAYS)
    assert home.rows("select delivery_date from raw.attestations") == [(DAYS[1],)]


def test_a_file_corrected_back_to_what_it_was_is_what_it_was(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("A2")))
    home.load()
    home.put(csv(attestation("A1"), attestation("A2", kind="signature")))
    home.load()
    path = home.put(csv(attestation("A1"), attestation("A2")))
    home.load()
    before = held(home)
    forget(home)
    home.load()
    assert path.exists()
    assert held(home) == before


@dataclass(frozen=True)
class Put:
    """A file lands, or is delivered again with other content."""

    feed: str
    name: str
    day: date
    content: bytes


@dataclass(frozen=True)
class Withdraw:
    """A file is gone, and with the last one its folder."""

    feed: str
    name: str
    day: date


@dataclass(frozen=True)
class Load:
    """A run looks at some days of a feed."""

    feed: str
    days: tuple[date, ...]


def complaint(number: int, claims: int) -> dict[str, Any]:
    return {
        "complaint_id": f"C{number}",
        "received_at": "2021-11-08",
        "full_name": "A",
        "doses": [{"claim_no": claim} for claim in range(claims)],
    }


# Good and bad files, small ones and (see `small_is_tiny`) large ones, which go another way.
CONTENTS = {
    "attestations": st.lists(
        st.sampled_from([attestation(f"A{n}") for n in range(4)] + ["too,few", '"never closed']),
        max_size=8,
    ).map(lambda records: csv(*records))
    | st.sampled_from([b"", b"\xff\xfe\x00", b"not,the,header\n1,2,3\n"]),
    "complaints": st.lists(
        st.builds(complaint, st.integers(0, 3), st.integers(0, 3)) | st.just("{broken"), max_size=4
    ).map(lambda records: ndjson(*records)),
    "complaint_doses": st.lists(st.sampled_from(["C1,1", "C1,2", "C9,1", "C1"]), max_size=4).map(
        lambda records: csv(*records, header="complaint_id,claim_no")
    ),
}
ENDINGS = {"attestations": "csv", "complaints": "ndjson", "complaint_doses": "csv"}
places = st.tuples(
    st.sampled_from(list(CONTENTS)), st.sampled_from(["a", "b"]), st.sampled_from(DAYS)
)


@st.composite
def steps(draw: st.DrawFn) -> Put | Withdraw | Load:
    feed, name, day = draw(places)
    kind = draw(st.sampled_from(["put", "put", "withdraw", "load", "load"]))
    if kind == "put":
        ending = draw(st.sampled_from(["", ".gz"]))
        return Put(feed, f"{name}.{ENDINGS[feed]}{ending}", day, draw(CONTENTS[feed]))
    if kind == "withdraw":
        return Withdraw(feed, f"{name}.{ENDINGS[feed]}", day)
    return Load(feed, tuple(draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))))


@pytest.fixture
def small_is_tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files of a few lines count as large: read while they are inserted."""
    monkeypatch.setattr(sizes, "SMALL_BYTES", 180)
    monkeypatch.setattr(sizes, "SMALL_PACKED_BYTES", 120)
    yield


def play(home: Home, history: list[Put | Withdraw | Load]) -> None:
    for step in history:
        match step:
            case Put():
                home.put(step.content, step.name, step.feed, step.day)
            case Withdraw():
                folder = home.settings.landing / step.feed / step.day.isoformat()
                (folder / step.name).unlink(missing_ok=True)
                if folder.exists() and not any(folder.iterdir()):
                    folder.rmdir()
            case Load():
                home.load(step.feed, step.days)


def check_that_any_history_equals_one_full_load(
    home: Home, history: list[Put | Withdraw | Load], last: list[str]
) -> None:
    shutil.rmtree(home.settings.landing)
    home.settings.landing.mkdir()
    forget(home)
    play(home, history)
    for feed in last:
        home.load(feed, DAYS)
    step_by_step = held(home)
    forget(home)
    for feed in CONTENTS:
        home.load(feed, DAYS)
    assert step_by_step == held(home)


histories = st.lists(steps(), max_size=14)
orders = st.permutations(list(CONTENTS))
of_one_home = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)


@settings(of_one_home, max_examples=15)
@given(history=histories, last=orders)
def test_any_history_of_deliveries_leaves_what_one_full_load_does(
    home: Home, small_is_tiny: None, history: list[Put | Withdraw | Load], last: list[str]
) -> None:
    check_that_any_history_equals_one_full_load(home, history, last)


@pytest.mark.slow
@settings(of_one_home, max_examples=1000)
@given(history=histories, last=orders)
def test_a_thousand_histories_of_deliveries_leave_what_one_full_load_does(
    home: Home, small_is_tiny: None, history: list[Put | Withdraw | Load], last: list[str]
) -> None:
    check_that_any_history_equals_one_full_load(home, history, last)
