"""A delivery is asked for until a release holds it: at once, after pauses, never for ever, never twice."""

import json
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vax_pipeline.core.feeds.asking import MAX_TRIES, MAX_UNDER_WAY, Decision, Memory, Run, decide

NOW = datetime(2021, 11, 10, 1, tzinfo=UTC)
DAY = date(2021, 11, 8)
LANDED = {DAY: "a" * 64}


class Runs:
    """Runs by request key."""

    def __init__(self) -> None:
        self.by_key: dict[str, Run] = {}

    def decide(
        self, memory: Memory, landed: dict[date, str] = LANDED, now: datetime = NOW
    ) -> Decision:
        """One tick, and the runs it asks for."""
        decision = decide(memory, tuple(sorted(landed)), landed, self.by_key.get, now)
        under_way = {day for day, asked in memory.asked.items() if asked.key in self.unended}
        assert not decision.requests.keys() & under_way
        assert not set(decision.requests.values()) & self.by_key.keys()
        self.by_key |= dict.fromkeys(decision.requests.values(), Run(None))
        return decision

    @property
    def unended(self) -> list[str]:
        return [key for key, run in self.by_key.items() if run.ended_at is None]

    def end(self, at: datetime = NOW, *, well: bool = False) -> None:
        self.by_key |= dict.fromkeys(self.unended, Run(at, has_succeeded=well))


def fresh() -> Memory:
    return Memory.read(None)


def test_the_pause_grows_with_every_run_that_did_not_help_and_then_it_is_given_up() -> None:
    runs, memory, now, pauses = Runs(), fresh(), NOW, []
    for _ in range(MAX_TRIES):
        decision = runs.decide(memory, now=now)
        assert list(decision.requests) == [str(DAY)]
        memory, ended = decision.memory, now
        runs.end(ended)
        while now < ended + timedelta(days=1) and not runs_asked(runs, memory, now):
            now += timedelta(minutes=1)
        pauses.append((now - ended) // timedelta(minutes=1))
    assert pauses == [5, 15, 45, 135, 24 * 60]
    (note,) = runs.decide(memory, now=now).notes
    assert note == (
        "2021-11-08 is given up after 5 runs: mend what they failed on, "
        "then `vax run --date 2021-11-08`"
    )


def runs_asked(runs: Runs, memory: Memory, now: datetime) -> bool:
    """Whether a tick would ask; without the asking."""
    return bool(decide(memory, (DAY,), LANDED, runs.by_key.get, now).requests)


def test_a_pause_is_told_with_its_end_in_vietnam() -> None:
    runs = Runs()
    memory = runs.decide(fresh()).memory
    runs.end()
    assert runs.decide(memory).notes == (
        "2021-11-08 was not loaded by 1 runs: the next is asked for at 08:05 (Vietnam)",
    )


def test_something_new_is_asked_for_at_once_and_counted_anew() -> None:
    runs, memory = Runs(), fresh()
    for tried in range(MAX_TRIES):
        memory = runs.decide(memory, now=NOW + timedelta(days=tried)).memory
        runs.end()
    decision = runs.decide(memory, {DAY: "b" * 64})
    assert list(decision.requests) == [str(DAY)]
    assert decision.memory.asked[str(DAY)].tries == 1


def test_a_long_backlog_is_asked_for_oldest_first_a_few_runs_at_a_time() -> None:
    landed = {DAY + timedelta(days=n): f"{n:064}" for n in range(25)}
    runs, memory, loaded = Runs(), fresh(), []
    while landed:
        decision = runs.decide(memory, landed)
        assert len(runs.unended) == min(MAX_UNDER_WAY, len(landed))
        if len(landed) == 25:
            assert decision.notes == ("15 dates wait until runs have ended",)
        memory = decision.memory
        runs.end(well=True)
        loaded += list(decision.requests)
        for day in decision.requests:
            del landed[date.fromisoformat(day)]
    assert loaded == sorted(loaded)
    assert len(loaded) == 25


def test_the_memory_holds_nothing_of_what_was_loaded() -> None:
    runs, memory = Runs(), fresh()
    for n in range(1000):
        memory = runs.decide(memory, {DAY + timedelta(days=n): f"{n:064}"}).memory
        runs.end(well=True)
    assert (memory.requests, len(memory.asked)) == (1000, 1)
    assert len(memory.written()) < 250


def test_what_was_taken_back_after_its_run_failed_is_asked_for_though_the_release_is_right() -> (
    None
):
    """The failed run may have loaded it, and the next run of another date would publish it."""
    runs = Runs()
    memory = runs.decide(fresh()).memory
    assert runs.decide(memory, {}).requests == {}  # its run goes on
    runs.end()
    decision = runs.decide(memory, {})
    assert decision.requests == {"2021-11-08": "2021-11-08:withdrawn:2"}
    runs.end(well=True)
    assert runs.decide(decision.memory, {}).memory == Memory(2, {})


def test_what_was_taken_back_after_its_run_succeeded_is_left_to_the_release() -> None:
    runs = Runs()
    memory = runs.decide(fresh()).memory
    runs.end(well=True)
    assert runs.decide(memory, {}).memory == Memory(1, {})


def test_a_withdrawn_delivery_is_asked_for_under_a_key_that_says_so() -> None:
    decision = decide(fresh(), (DAY,), {}, lambda _: None, NOW)
    assert decision.requests == {"2021-11-08": "2021-11-08:withdrawn:1"}


def test_a_cursor_of_an_earlier_form_is_forgotten() -> None:
    assert Memory.read(json.dumps({"2021-11-08": ["a" * 64, 3]})) == Memory(0, {})


def test_a_memory_is_read_as_it_was_written() -> None:
    memory = Runs().decide(fresh()).memory
    assert Memory.read(memory.written()) == memory


@given(st.lists(st.tuples(st.sampled_from(["tick", "end", "load", "land"]), st.integers(0, 3))))
def test_no_key_is_used_twice_and_no_date_is_asked_for_while_its_run_goes_on(
    happenings: list[tuple[str, int]],
) -> None:
    """Whatever happens in whatever order; `Runs.decide` holds each tick to it."""
    runs, memory, landed = Runs(), fresh(), dict[date, str]()
    for number, (what, which) in enumerate(happenings):
        day, now = DAY + timedelta(days=which), NOW + timedelta(hours=number)
        if what == "land":
            landed[day] = f"{number % 3:064}"
        elif what == "load":
            landed.pop(day, None)
        elif what == "end":
            runs.end(now, well=which > 0)
        else:
            memory = Memory.read(runs.decide(memory, landed, now).memory.written())
