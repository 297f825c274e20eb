"""A tick: what it writes, what it sends, what it leaves alone."""

import csv
import json
from datetime import timedelta

import polars as pl
import pytest

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core import schemas
from vax_pipeline.core.clock import parse_instant
from vax_pipeline.core.escalation.ledger import level_counts, mirrored_rows
from vax_pipeline.core.escalation.release_reader import NoReleaseError
from vax_pipeline.core.escalation.tick import pending_fingerprint, tick


def test_without_a_release_the_error_says_what_to_do(country: Country) -> None:
    with pytest.raises(NoReleaseError, match="vax run"):
        tick(country.settings, after(0))
    with pytest.raises(NoReleaseError):
        pending_fingerprint(country.settings, after(0))


def test_an_incomplete_release_is_refused(country: Country) -> None:
    (country.publish(clock()) / "manifest.json").unlink()
    with pytest.raises(NoReleaseError, match="no complete release"):
        tick(country.settings, after(0))


def test_two_ticks_in_a_row_send_nothing_twice(country: Country) -> None:
    country.publish(clock("C-1"), clock("C-2"))
    first = tick(country.settings, after(36))
    mail = country.mail()
    second = tick(country.settings, after(36))
    assert (first.sending.sent, second.sending.sent) == (2, 0)
    assert second.due.height == 0
    assert country.mail() == mail == {"F-1": 1, "TTYT-1": 1}


def test_each_level_is_told_once_as_the_clock_climbs(country: Country) -> None:
    country.publish(clock())
    for hour in (0, 36, 48, 96, 144, 192):
        tick(country.settings, after(hour))
    assert country.states() == dict.fromkeys("012345", "sent")
    told = [row["kind"] for row in country.ledger("message_lines")]
    assert told.count("to") == 7  # level 2 has two addressees


def test_a_week_of_silence_gives_the_highest_level_and_records_the_jumped(
    country: Country,
) -> None:
    country.publish(clock())
    tick(country.settings, after(1))
    report = tick(country.settings, after(24 * 8))
    assert report.due.select("level", "jumped_levels").rows() == [("5", ["1", "2", "3", "4"])]
    assert country.states() == {"0": "sent"} | dict.fromkeys("1234", "jumped") | {"5": "sent"}
    jumped = [row for row in country.ledger() if row["delivery_state"] == "jumped"]
    assert all(row["escalated_at"] is None and row["message_key"] is None for row in jumped)
    assert tick(country.settings, after(24 * 30)).sending.sent == 0


def test_a_level_that_waits_for_its_letter_is_not_jumped(country: Country) -> None:
    country.publish(clock())
    tick(country.settings, after(73))  # level 3 is due, its letter leaves at 07:30
    assert "3" not in country.states()
    tick(country.settings, parse_instant("2021-12-05 07:30"))
    assert country.states()["3"] == "sent"


def test_a_level_below_one_already_told_is_never_told_after_it(country: Country) -> None:
    country.publish(clock())
    tick(country.settings, after(48))
    between = country.ladder.filter(clock="review", level="1").with_columns(
        level=pl.lit("1b"), after_hours=pl.lit("40")
    )
    country.ladder = pl.concat([country.ladder, between])
    country.publish(clock())
    report = tick(country.settings, after(49))
    assert (report.due.height, report.sending.sent) == (0, 0)
    assert country.states() == {"0": "jumped", "1": "jumped", "1b": "jumped", "2": "sent"}


def test_one_digest_per_recipient_and_cadence_with_a_worklist(country: Country) -> None:
    clocks = [clock(f"C-{n}") for n in range(3)]
    clocks.append(clock("=cmd()", starts_at=after(-12)))
    country.publish(*clocks)
    tick(country.settings, after(36))
    (letter,) = country.mailbox("TTYT-1")
    with (letter / "worklist.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["complaint_id"] for row in rows] == ["'=cmd()", "C-0", "C-1", "C-2"]
    assert [row["kind"] for row in rows] == ["to", "copy", "copy", "copy"]
    assert rows[0]["due_at"] == "2021-12-02 22:00:00"
    assert [row["hours_late"] for row in rows] == ["0.0"] * 4
    assert (letter / "worklist.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    body = (letter / "body.txt").read_text(encoding="utf-8")
    assert "TTYT huyện" in body
    assert "3 phản ánh" in body
    assert letter.name in body
    subject = json.loads((letter / "message.json").read_text(encoding="utf-8"))["subject"]
    assert "4 phản ánh, cao nhất mức 2" in subject


def test_dry_run_writes_and_sends_nothing(country: Country) -> None:
    country.publish(clock())
    report = tick(country.settings, after(36), dry_run=True)
    assert report.as_json()["due"][0]["level"] == "1"
    assert country.ledger() == country.ledger("ticks") == []
    assert country.mail() == {}


def test_json_has_the_shape_of_the_contract(country: Country) -> None:
    country.publish(clock(), as_of=after(30))
    document = json.loads(json.dumps(tick(country.settings, after(36)).as_json()))
    assert document["due"][0] | {"jumped_levels": None} == {
        "complaint_id": "C-1",
        "clock": "review",
        "level": "1",
        "recipient": "F-1",
        "due_at": "2021-12-02T22:00:00+07:00",
        "jumped_levels": None,
    }
    assert document["as_of"] == "2021-12-02T22:00:00+07:00"
    assert document["known_as_of"] == "2021-12-02T16:00:00+07:00"
    assert (document["sent"], document["skipped"], document["dead"]) == (2, 0, 0)
    assert document["levels"] == {"1": 1}


@pytest.mark.parametrize(
    ("met_at", "state"),
    [
        (after(40), "closed"),  # late: the level had fallen due
        (after(36, seconds=1), "closed"),
        (after(36), "retracted"),  # in time, delivered late
        (after(12), "retracted"),
    ],
)
def test_an_outcome_known_after_sending_closes_or_retracts_the_row(
    country: Country, met_at: object, state: str
) -> None:
    country.publish(clock())
    tick(country.settings, after(36))
    country.publish(clock(met_at=met_at))
    report = tick(country.settings, after(60))
    assert country.states() == {"0": "jumped", "1": state}
    assert report.settled[state] == 1
    assert report.sending.sent == 0


def test_a_clock_gone_from_the_release_closes_its_row(country: Country) -> None:
    country.publish(clock("C-1"), clock("C-2"))
    tick(country.settings, after(36))
    country.publish(clock("C-1", has_ladder=False))
    tick(country.settings, after(60))
    assert country.states("C-1")["1"] == country.states("C-2")["1"] == "closed"


def test_an_outcome_taken_back_lets_the_clock_climb_on_without_repeating(
    country: Country,
) -> None:
    country.publish(clock())
    tick(country.settings, after(36))
    country.publish(clock(met_at=after(40)))
    tick(country.settings, after(41))
    country.publish(clock())
    tick(country.settings, after(48))
    assert country.states() == {"0": "jumped", "1": "closed", "2": "sent"}
    assert len(country.mailbox("F-1")) == 2  # level 1, and its copy of level 2


def test_a_reopened_complaint_has_a_ladder_of_its_own(country: Country) -> None:
    country.publish(clock(met_at=after(40)), clock(starts_at=after(100)))
    tick(country.settings, after(100))
    (row,) = country.ledger()
    assert (row["level"], row["delivery_state"]) == ("0", "sent")


def test_acknowledging_stops_the_reminder_but_not_the_clock(country: Country) -> None:
    def reminder(fresh_id: str) -> bool:
        letters = country.mailbox("F-1")
        bodies = {p: (p / "body.txt").read_text(encoding="utf-8") for p in letters}
        lists = {p: (p / "worklist.csv").read_text(encoding="utf-8-sig") for p in letters}
        (body,) = [bodies[p] for p in letters if fresh_id in lists[p]]
        return "Nhắc lại" in body

    country.publish(clock("C-1"))
    tick(country.settings, after(1))
    country.publish(clock("C-1"), clock("C-2", starts_at=after(2)))
    tick(country.settings, after(2))
    assert reminder("C-2")

    known = [
        clock("C-1", acknowledged_at=after(3)),
        clock("C-2", starts_at=after(2), acknowledged_at=after(3)),
    ]
    country.publish(*known, clock("C-3", starts_at=after(4)))
    tick(country.settings, after(4))
    assert not reminder("C-3")
    tick(country.settings, after(36))
    assert country.states("C-1") == {"0": "sent", "1": "sent"}


def test_fingerprint_is_made_of_what_is_due_and_never_of_the_time(country: Country) -> None:
    country.publish(clock())
    settings = country.settings
    assert pending_fingerprint(settings, after(-1)) is None
    fresh = pending_fingerprint(settings, after(36))
    assert fresh is not None
    assert pending_fingerprint(settings, after(40)) == fresh
    assert pending_fingerprint(settings, after(48)) not in (None, fresh)
    tick(settings, after(36))
    assert pending_fingerprint(settings, after(36)) is None
    country.publish(clock(met_at=after(40)))
    assert pending_fingerprint(settings, after(41)) is not None  # a row to close
    tick(settings, after(41))
    assert pending_fingerprint(settings, after(500)) is None


def read_back(country: Country) -> pl.DataFrame:
    return pl.concat(mirrored_rows(country.settings, schemas.ESCALATIONS))


def test_the_ledger_reads_back_as_a_feed(country: Country) -> None:
    assert read_back(country).height == 0
    country.publish(clock())
    tick(country.settings, after(36))
    rows = read_back(country)
    assert rows.columns == list(schemas.ESCALATIONS.columns)
    sent = rows.filter(pl.col("level") == "1").row(0, named=True)
    assert sent["due_at"] == sent["escalated_at"] == after(36)
    assert sent["delivery_state"] == "sent"
    assert level_counts(country.settings) == {"1": 1}
    assert rows.sort("due_at")["level"].to_list() == ["0", "1"]


def test_late_delivery_of_old_complaints_goes_out_the_same_day(country: Country) -> None:
    country.publish()
    tick(country.settings, after(24 * 6))
    country.publish(clock())
    report = tick(country.settings, after(24 * 6) + timedelta(hours=2))
    assert report.due["level"].to_list() == ["4"]
    assert report.sending.sent > 0
