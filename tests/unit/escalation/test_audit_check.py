"""The audit as a check: its verdict, its word to the operator, and that it never raises."""

import json

import pytest
from sqlalchemy import text, update

from tests.unit.escalation.country import Country, after, clock
from vax_pipeline.core.escalation.audit_check import check_escalations
from vax_pipeline.core.escalation.ledger import Ledger
from vax_pipeline.core.escalation.ledger_tables import escalations
from vax_pipeline.core.escalation.operator import OPERATOR
from vax_pipeline.core.escalation.tick import tick


@pytest.fixture
def audited(country: Country) -> Country:
    country.publish(clock("C-1"), clock("C-2"))
    tick(country.settings, after(36))
    return country


def lose_a_row(country: Country) -> None:
    ledger = Ledger(country.settings.ledger_url)
    with ledger.engine.begin() as connection:
        connection.execute(text("delete from message_lines where 1 = 1"))
        connection.execute(text("delete from escalations where complaint_id = 'C-2'"))
    ledger.close()


def test_a_right_ledger_passes_with_its_duration_and_no_word(audited: Country) -> None:
    outcome, seconds = check_escalations(audited.settings)
    assert (outcome.status, outcome.failed) == ("passed", 0)
    assert outcome.evaluated > 0
    assert seconds is not None
    assert audited.mailbox(OPERATOR) == []


def test_a_difference_fails_without_blocking_and_tells_the_operator_once(audited: Country) -> None:
    lose_a_row(audited)
    outcome, _ = check_escalations(audited.settings)
    assert (outcome.status, outcome.blocking) == ("failed", False)
    assert outcome.sample_ids == ("C-2",)
    assert "missing" in outcome.message
    check_escalations(audited.settings)
    (word,) = audited.mailbox(OPERATOR)
    assert "differ from the ladder" in json.loads((word / "message.json").read_text())["subject"]
    assert "C-2" in (word / "worklist.csv").read_text()


def test_a_fault_that_lasts_is_told_once_whatever_ticks_come_between(audited: Country) -> None:
    ledger = Ledger(audited.settings.ledger_url)
    with ledger.engine.begin() as connection:
        connection.execute(
            update(escalations)
            .where(escalations.c.complaint_id == "C-2", escalations.c.level == "1")
            .values(due_at=after(35))
        )
    ledger.close()
    for hours in (36, 48, 72):
        tick(audited.settings, after(hours))
        outcome, _ = check_escalations(audited.settings)
        assert outcome.sample_ids == ("C-2",)
    assert len(audited.mailbox(OPERATOR)) == 1


def test_an_operator_who_cannot_be_told_does_not_hide_the_difference(audited: Country) -> None:
    lose_a_row(audited)
    deaf = audited.settings.model_copy(update={"operator_url": "json://127.0.0.1:9/?cto=0.5"})
    outcome, _ = check_escalations(deaf)
    assert outcome.status == "failed"
    assert "could not be told" in outcome.message
    assert audited.mailbox(OPERATOR) == []
    check_escalations(audited.settings)  # said again as soon as somebody listens
    assert len(audited.mailbox(OPERATOR)) == 1


def test_a_release_no_longer_kept_is_a_broken_check_not_a_crash(audited: Country) -> None:
    for part in (audited.settings.published / "releases" / "r0001").iterdir():
        part.unlink()
    outcome, seconds = check_escalations(audited.settings)
    assert outcome.status == "broken"
    assert seconds is None
