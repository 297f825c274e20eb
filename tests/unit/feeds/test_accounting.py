"""The account must not close when a row is lost, doubled or left behind, whoever did it."""

import pytest
from landing_home import Home, attestation, csv, ndjson

from vax_pipeline.core.feeds.accounting import check_accounting
from vax_pipeline.core.feeds.catalog import FEEDS

COMPLAINT = {
    "complaint_id": "C1",
    "received_at": "2021-11-08",
    "full_name": "A",
    "doses": [{"claim_no": 1}, {"claim_no": 2}, {}],
}


@pytest.fixture
def loaded(home: Home) -> Home:
    home.put(csv(attestation("A1"), attestation("A2"), "bad"))
    home.load()
    home.put(ndjson(COMPLAINT, "bad"), "a.ndjson", "complaints")
    home.load("complaints")
    return home


def test_a_closed_account_carries_its_figures(loaded: Home) -> None:
    account = check_accounting(loaded.connection, FEEDS["complaints"])
    assert account.closed
    assert (account.records, account.loaded, account.rejected) == (2, 1, 1)
    assert (account.children_loaded, account.children_rejected, account.child_rows) == (2, 1, 2)


def test_several_nested_rows_on_a_line_are_no_duplicates(loaded: Home) -> None:
    assert check_accounting(loaded.connection, FEEDS["complaint_doses"]).closed


@pytest.mark.parametrize(
    ("damage", "feed", "problem"),
    [
        ("delete from raw.attestations where line = 2", "attestations", "loaded = rows in raw"),
        ("delete from raw.rejects", "attestations", "rejected = rows in rejects"),
        (
            "update raw.deliveries set records = records + 1",
            "attestations",
            "records = loaded + rejected",
        ),
        ("update raw.attestations set line = 2", "attestations", "rows at the same place = 0"),
        ("delete from raw.deliveries", "attestations", "rows of no loaded file = 0"),
        (
            "delete from raw.complaint_doses where claim_no = '1'",
            "complaints",
            "nested loaded = nested rows in raw",
        ),
        (
            "delete from raw.rejects where is_child",
            "complaints",
            "nested rejected = rows in rejects",
        ),
        (
            "update raw.complaint_doses set claim_no = '1'",
            "complaint_doses",
            "rows at the same place = 0",
        ),
    ],
)
def test_damage_opens_the_account(loaded: Home, damage: str, feed: str, problem: str) -> None:
    loaded.connection.execute(damage).fetchall()
    account = check_accounting(loaded.connection, FEEDS[feed])
    assert not account.closed
    assert any(problem in sentence for sentence in account.problems)
