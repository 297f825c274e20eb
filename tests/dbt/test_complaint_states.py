"""The state of a complaint is a function of the set of its events, whatever the way they arrive.

Random lives of complaints are told three times, in order, backwards and twice over two deliveries,
and dbt's states are compared with a fold written in plain Python.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from staged import run_dbt

from vax_pipeline.core import schemas, warehouse
from vax_pipeline.core.settings import Settings

ICT = timezone(timedelta(hours=7))
RECEIVED = datetime(2021, 11, 10, 8, tzinfo=ICT)
AS_OF = datetime(2021, 11, 20, 8, tzinfo=ICT)
FINAL = {"approved": "APPROVED", "rejected": "REJECTED", "withdrawn": "WITHDRAWN"}
PUT_OFF = {"deferred", "supplement_requested"}
PROGRESS = {
    "assigned": "ASSIGNED",
    "transferred": "ASSIGNED",
    "review_started": "IN_REVIEW",
    "supplement_received": "IN_REVIEW",
    "reopened": "IN_REVIEW",
}
SILENT = ["acknowledged", "notified"]
TYPES = [*FINAL, *PUT_OFF, *PROGRESS, *SILENT, "reopened", "approved"]
TELLINGS = ("ordered", "backwards", "twice")

Event = tuple[datetime, datetime, int, str]  # recorded, occurred, number within the complaint, type


def draw_lives(count: int) -> list[list[Event]]:
    """Sequences of events as an administration would never write them: anything may follow."""
    rng = random.Random(2021)
    lives: list[list[Event]] = []
    for _ in range(count):
        life: list[Event] = []
        for number in range(rng.randint(0, 9)):
            recorded = RECEIVED + timedelta(hours=rng.choice([1, 20, 47, 49, 80, 120, 239, 300]))
            occurred = recorded - timedelta(hours=rng.choice([0, 0, 1, 30]))
            life.append((recorded, occurred, number, rng.choice(TYPES)))
        lives.append(life)
    return lives


def fold(life: list[Event]) -> tuple[str, int]:
    """State and cycle by walking the events known at AS_OF in their order."""
    state, cycle, is_closed = "RECEIVED", 1, False
    for recorded, _, _, kind in sorted(life):
        if recorded > AS_OF:
            break
        if kind == "reopened" and is_closed:
            state, cycle, is_closed = "IN_REVIEW", cycle + 1, False
        elif kind in FINAL:
            state, is_closed = FINAL[kind], True
        elif not is_closed and kind in PUT_OFF:
            state = "DEFERRED"
        elif not is_closed and kind in PROGRESS:
            state = PROGRESS[kind]
    return state, cycle


LIVES = draw_lives(80)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = Settings(home=Path(tmp_path_factory.mktemp("complaints")))
    with warehouse.writer(settings) as connection:
        warehouse.bootstrap(connection)
        connection.execute(
            f"insert into {schemas.RUN_CONTEXT.sql} "
            "(run_id, as_of, known_as_of, rule_pack, is_full) "
            "values ('test', ?, ?, 'vn_moh', true)",
            [AS_OF, AS_OF],
        )
        for index, life in enumerate(LIVES):
            for telling in TELLINGS:
                tell(connection, f"{index}-{telling}", life, telling)
    build = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    run_dbt(settings, *build, "--select", "+complaint_clocks", "+fct_complaints")
    connection = duckdb.connect(str(settings.warehouse), read_only=True)
    connection.execute("set TimeZone = 'Asia/Ho_Chi_Minh'")
    yield connection
    connection.close()


def tell(
    connection: duckdb.DuckDBPyConnection, complaint_id: str, life: list[Event], telling: str
) -> None:
    connection.execute(
        f"insert into {schemas.raw('complaints').sql} (complaint_id, received_at, full_name, "
        "complaint_type, file, line, delivery_date) values (?, ?, ?, 'WRONG_PHONE', 'c', 2, ?)",
        [complaint_id, RECEIVED.isoformat(), f"Người {complaint_id}", RECEIVED.date()],
    )
    order = {"ordered": sorted(life), "backwards": sorted(life, reverse=True)}.get(telling, life)
    days = [AS_OF.date()] if telling != "twice" else [RECEIVED.date(), AS_OF.date()]
    for day in days:
        for line, (recorded, occurred, number, kind) in enumerate(order, start=2):
            connection.execute(
                f"insert into {schemas.raw('complaint_events').sql} (event_id, complaint_id, "
                "occurred_at, recorded_at, event_type, next_review_on, file, line, delivery_date) "
                "values (?, ?, ?, ?, ?, '2021-11-25', 'e', ?, ?)",
                [
                    f"{complaint_id}-{number}",
                    complaint_id,
                    occurred.isoformat(),
                    recorded.isoformat(),
                    kind,
                    line,
                    day,
                ],
            )


def test_state_and_cycle_follow_the_events_in_order(built: duckdb.DuckDBPyConnection) -> None:
    found = {
        row[0]: (row[1], row[2])
        for row in built.execute(
            f"select complaint_id, state, cycle from {schemas.FCT_COMPLAINTS.sql}"
        ).fetchall()
    }
    expected = {
        f"{index}-{telling}": fold(life) for index, life in enumerate(LIVES) for telling in TELLINGS
    }
    assert found == expected
    assert {state for state, _ in expected.values()} >= {"DEFERRED", "APPROVED", "IN_REVIEW"}


def test_clocks_are_the_same_however_the_events_arrive(built: duckdb.DuckDBPyConnection) -> None:
    told: dict[str, list[tuple[object, ...]]] = {telling: [] for telling in TELLINGS}
    for complaint_id, *clock in built.execute(
        "select complaint_id, clock, starts_at, due_at, met_at "
        f"from {schemas.COMPLAINT_CLOCKS.sql} order by all"
    ).fetchall():
        index, telling = str(complaint_id).split("-")
        told[telling].append((index, *clock))
    assert len(told["ordered"]) > len(LIVES)
    assert told["backwards"] == told["ordered"]
    assert told["twice"] == told["ordered"]


def test_every_cycle_has_one_review_clock_of_48_hours(built: duckdb.DuckDBPyConnection) -> None:
    cycles, clocks, wrong = built.execute(
        f"select (select sum(cycle) from {schemas.FCT_COMPLAINTS.sql}), count(*), "
        "count(*) filter (where due_at <> starts_at + interval 48 hours) "
        f"from {schemas.COMPLAINT_CLOCKS.sql} where clock = 'review'"
    ).fetchall()[0]
    assert (clocks, wrong) == (cycles, 0)
