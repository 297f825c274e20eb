"""The auditor finds what a ledger should hold and doesn't, and what it holds and shouldn't."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core.escalation.auditor import audit
from vax_pipeline.core.escalation.ledger import Ledger
from vax_pipeline.core.escalation.tick import tick


def tamper(country: Country, statement: str) -> None:
    ledger = Ledger(country.settings.ledger_url)
    with ledger.engine.begin() as connection:
        connection.execute(text("delete from message_lines where 1 = 1"))
        connection.execute(text(statement))
    ledger.close()


@pytest.fixture
def audited(country: Country) -> Country:
    """Two running complaints at level 1, one with its outcome in time."""
    country.publish(clock("C-1"), clock("C-2"), clock("C-3", met_at=after(20)))
    tick(country.settings, after(36))
    return country


def test_a_ledger_without_ticks_has_nothing_to_audit(country: Country) -> None:
    report = audit(country.settings)
    assert (report.evaluated_through, report.evaluated, report.failed) == (None, 0, 0)


def test_a_right_ledger_passes_with_numbers(audited: Country) -> None:
    report = audit(audited.settings)
    assert report.differences == {}
    assert report.evaluated == 18  # 3 clocks x 6 levels
    assert report.evaluated_through == after(36)
    assert report.duration_seconds > 0


@pytest.mark.parametrize(
    ("statement", "difference", "complaint"),
    [
        ("delete from escalations where complaint_id = 'C-1' and level = '0'", "missing", "C-1"),
        (
            "update escalations set delivery_state = 'struck'"
            " where complaint_id = 'C-2' and level = '1'",
            "silent",
            "C-2",
        ),
        (
            "update escalations set due_at = '2021-12-02T14:59:59.000000+00:00'"
            " where complaint_id = 'C-1' and level = '1'",
            "misdated",
            "C-1",
        ),
        (
            "insert into escalations select 99, complaint_id, clock, starts_at, '2',"
            " recipient_code, '2021-12-03T03:00:00.000000+00:00', 48, escalated_at, message_key,"
            " 'sent', null, is_settled, tick_id from escalations"
            " where complaint_id = 'C-1' and level = '1'",
            "premature",
            "C-1",
        ),
        (
            "update escalations set complaint_id = 'C-3', delivery_state = 'pending'"
            " where complaint_id = 'C-1' and level = '1'",
            "unstruck",
            "C-3",
        ),
    ],
)
def test_each_difference_is_named(
    audited: Country, statement: str, difference: str, complaint: str
) -> None:
    tamper(audited, statement)
    report = audit(audited.settings)
    assert report.differences[difference] == 1
    assert complaint in report.sample_ids


def test_the_audit_judges_by_the_release_and_instant_of_the_last_tick(audited: Country) -> None:
    audited.publish(clock("C-1"), clock("C-9", starts_at=after(-100)))
    report = audit(audited.settings)
    assert (report.release, report.failed) == ("r0001", 0)
    tick(audited.settings, after(36) + timedelta(hours=1))
    report = audit(audited.settings)
    assert (report.release, report.failed) == ("r0002", 0)
