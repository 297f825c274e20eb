"""Deliveries over time: the same again, changed, gone, two names; and what is told of them."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from landing_home import DAY, HEADER, NOW, Home, attestation, csv, ndjson

from checks.outcome import CheckOutcome, measured
from vax_pipeline.core.feeds.deliveries import FileResult
from vax_pipeline.core.feeds.pending import loaded_files, loaded_marks, look
from vax_pipeline.core.feeds.places import PlaceError

OTHER_DAY = date(2021, 11, 9)
COMPLAINT = {"complaint_id": "C1", "received_at": "2021-11-08", "full_name": "A"}


def test_the_account_of_a_file_is_complete(home: Home) -> None:
    content = csv(attestation("A1"), "bad")
    path = home.put(content)
    home.load()
    delivery = home.delivery()
    digest, loaded_at = delivery.pop("file_sha256"), delivery.pop("loaded_at")
    assert delivery.pop("file_mtime_ns") == path.stat().st_mtime_ns
    assert (len(digest), loaded_at) == (64, NOW)
    assert delivery == {
        "feed": "attestations",
        "delivery_date": DAY,
        "file": "attestations/2021-11-08/a.csv",
        "file_bytes": len(content),
        "format": "csv",
        "encoding": "utf-8",
        "file_version": None,
        "delimiter": ",",
        "compression": None,
        "sheet": None,
        "header_line": 1,
        "hidden_rows": None,
        "unanswered_rows": None,
        "repaired_values": None,
        "records": 2,
        "loaded": 1,
        "rejected": 1,
        "children_loaded": 0,
        "children_rejected": 0,
        "unknown_columns": None,
        "headers": json.dumps(HEADER.split(",")),
        "state": "loaded",
        "reason_code": None,
        "reason": None,
        "load_id": "load-1",
    }
    assert home.rows("select distinct file, delivery_date, load_id from raw.attestations") == [
        ("attestations/2021-11-08/a.csv", DAY, "load-1")
    ]


def test_the_same_bytes_again_change_nothing(home: Home) -> None:
    home.put(csv(attestation("A1"), "bad"))
    home.put(b"", "empty.csv")
    home.load()
    everything = [
        f"select * from raw.{table} order by all"
        for table in ("attestations", "rejects", "deliveries")
    ]
    before = [home.rows(query) for query in everything]
    again = home.load()
    assert (again.files_unchanged, again.files_loaded, again.files_failed) == (2, 0, 0)
    assert [home.rows(query) for query in everything] == before


def test_what_was_loaded_bears_the_marks_of_what_landed(home: Home) -> None:
    """Touched, broken and withdrawn files included: else every run would look at them again."""
    good, broken, gone = (
        home.put(csv(attestation("A1"))),
        home.put(b"", "b.csv"),
        home.put(b"", "c.csv"),
    )
    home.load()
    assert loaded_marks(home.connection) == landed_marks(home)
    for path in (good, broken):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    gone.unlink()
    assert loaded_marks(home.connection) != landed_marks(home)
    home.load()
    assert loaded_marks(home.connection) == landed_marks(home)


def test_a_delivery_withdrawn_before_any_release_knew_it_is_still_withdrawn(home: Home) -> None:
    """A run is stopped after loading, by a kill or by a check that blocks: only raw knows the day."""
    path = home.put(csv(attestation("A1")))
    home.load()
    shutil.rmtree(path.parent)
    assert look(home.settings, today=DAY).days == ()  # the release knows nothing, nothing landed
    for everything in (False, True):
        found = look(
            home.settings, today=DAY, everything=everything, held=loaded_files(home.connection)
        )
        assert found.days == (DAY,)
    assert home.load().files_withdrawn == 1
    assert look(home.settings, today=DAY, held=loaded_files(home.connection)).days == ()


def landed_marks(home: Home) -> dict[str, str]:
    landed = look(home.settings, today=DAY).landed
    return {day.isoformat(): mark for day, mark in landed.items()}


def test_a_changed_file_replaces_its_rows_and_rejects(home: Home) -> None:
    home.put(csv(attestation("A1"), attestation("A2"), "bad"))
    home.put(csv(attestation("B1")), "b.csv")
    home.load()
    home.put(csv(attestation("A2", kind="signature")))
    assert home.load().files_loaded == 1
    assert (home.loaded_keys(), home.rejects()) == (["A2", "B1"], [])
    assert home.delivery()["load_id"] == "load-2"
    assert home.delivery("b.csv")["load_id"] == "load-1"


def test_a_changed_file_that_is_bad_now_takes_its_rows_with_it_and_can_be_mended(
    home: Home,
) -> None:
    home.put(csv(attestation("A1")))
    home.load()
    home.put(b"")
    assert home.load().files_failed == 1
    assert (home.loaded_keys(), home.rejects()) == ([], [(None, "empty_file")])
    home.put(csv(attestation("A1")))
    home.load()
    assert (home.loaded_keys(), home.rejects()) == (["A1"], [])


def test_a_vanished_file_is_withdrawn_and_may_come_back(home: Home) -> None:
    path = home.put(csv(attestation("A1"), "bad"))
    home.put(csv(attestation("B1")), "b.csv")
    home.load()
    path.unlink()
    assert home.load().files_withdrawn == 1
    assert (home.loaded_keys(), home.rejects()) == (["B1"], [])
    delivery = home.delivery()
    assert (delivery["state"], delivery["records"]) == ("withdrawn", 0)
    assert home.load().files_withdrawn == 0
    home.put(csv(attestation("A1"), "bad"))
    home.load()
    assert home.loaded_keys() == ["A1", "B1"]


def test_only_the_dates_asked_for_are_withdrawn(home: Home) -> None:
    path = home.put(csv(attestation("A1")))
    home.load()
    path.unlink()
    assert home.load(dates=[OTHER_DAY]).files_withdrawn == 0
    assert home.loaded_keys() == ["A1"]


def test_a_file_being_written_again_is_neither_read_nor_withdrawn(home: Home) -> None:
    home.put(csv(attestation("A1")))
    home.load()
    home.settings = home.settings.model_copy(update={"settle_seconds": 3600})
    home.put(csv(attestation("A2")))
    load = home.load()
    assert (load.waiting, load.files, home.loaded_keys()) == (1, (), ["A1"])


def test_a_missing_landing_folder_withdraws_nothing(home: Home) -> None:
    home.put(csv(attestation("A1")))
    home.load()
    home.settings.landing.rename(home.settings.landing.with_name("unmounted"))
    with pytest.raises(PlaceError, match="create or mount it"):
        home.load()
    assert home.loaded_keys() == ["A1"]


def test_an_empty_mount_point_withdraws_nothing(home: Home) -> None:
    home.put(csv(attestation("A1")))
    home.load()
    home.settings.landing.rename(home.settings.landing.with_name("unmounted"))
    home.settings.landing.mkdir()
    with pytest.raises(PlaceError, match="is its disk mounted"):
        home.load()
    assert home.loaded_keys() == ["A1"]


def test_a_delivery_in_a_folder_that_may_not_be_listed_stays_loaded(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.put(csv(attestation("A1")))
    home.load()
    scandir = os.scandir

    def refuse(folder: Path) -> object:
        if str(folder).endswith(DAY.isoformat()):
            raise PermissionError(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    load = home.load()
    assert (load.out_of_reach, load.files_withdrawn) == (("attestations/2021-11-08",), 0)
    assert home.loaded_keys() == ["A1"]


def test_the_same_content_under_two_names_is_two_files(home: Home) -> None:
    home.put(csv(attestation("A1")), "a.csv")
    home.put(csv(attestation("A1")), "b.csv")
    assert home.load().files_loaded == 2
    assert home.loaded_keys() == ["A1", "A1"]


def test_nested_rows_go_with_their_file(home: Home) -> None:
    content = ndjson(COMPLAINT | {"doses": [{"claim_no": 1}, {"claim_no": 2}, 3]})
    path = home.put(content, "a.ndjson", "complaints")
    home.put(b"complaint_id,claim_no\nC1,3\n", "own.csv", "complaint_doses")
    home.load("complaints")
    home.load("complaint_doses")
    home.put(ndjson(COMPLAINT | {"doses": [{"claim_no": 9}]}), "a.ndjson", "complaints")
    home.load("complaints")
    claims = "select claim_no from raw.complaint_doses order by 1"
    assert home.rows(claims) == [("3",), ("9",)]
    path.unlink()
    home.load("complaints")
    assert home.rows(claims) == [("3",)]


def test_each_file_is_told_as_it_is_done(home: Home) -> None:
    home.put(csv(attestation("A1")))
    home.put(b"", "b.csv")
    told: list[FileResult] = []
    home.load(on_file=told.append)
    assert {(file.file[-5:], file.state) for file in told} == {
        ("a.csv", "loaded"),
        ("b.csv", "failed"),
    }


def test_the_contract_sees_what_goes_into_raw_once(home: Home) -> None:
    seen: list[pl.DataFrame] = []

    def contract(feed: str, frame: pl.DataFrame) -> list[CheckOutcome]:
        seen.append(frame)
        name = f"raw_{feed}_contract"
        return [
            measured(
                name, "pandera", ("raw", feed), evaluated=frame.height, failed=1, threshold=0.5
            )
        ]

    home.put(csv(*(attestation(f"A{n}") for n in range(4))))
    load = home.load(contract=contract)
    (frame,) = seen
    assert frame.rows(named=True) == home.connection.sql(
        "select * from raw.attestations order by line"
    ).pl().rows(named=True)
    assert [(o.evaluated, o.failed, o.status) for o in load.outcomes] == [(4, 1, "passed")]
    assert home.load(contract=contract).outcomes == ()


def test_verdicts_on_nested_rows_are_kept_apart(home: Home) -> None:
    def contract(feed: str, frame: pl.DataFrame) -> list[CheckOutcome]:
        return [measured("c", "pandera", ("raw", feed), evaluated=frame.height, failed=0)]

    home.put(ndjson(COMPLAINT | {"doses": [{"claim_no": 1}]}), "a.ndjson", "complaints")
    load = home.load("complaints", contract=contract)
    assert [o.asset_key for o in load.outcomes] == [("raw", "complaints")]
    assert [o.asset_key for o in load.child_outcomes] == [("raw", "complaint_doses")]


def test_a_contract_that_crashes_is_broken_and_the_rows_are_in(home: Home) -> None:
    def contract(feed: str, frame: pl.DataFrame) -> list[CheckOutcome]:
        raise ValueError(frame["citizen_id"][0])

    home.put(csv(attestation("A1")))
    (outcome,) = home.load(contract=contract).outcomes
    assert (outcome.status, home.loaded_keys()) == ("broken", ["A1"])
    assert outcome.message == "The contract could not run: ValueError."


def test_many_batches_of_a_contract_add_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vax_pipeline.core.feeds.contract_run.BATCH_ROWS", 3)

    def contract(feed: str, frame: pl.DataFrame) -> list[CheckOutcome]:
        failed = int(frame["attestation_id"].is_in(["A0", "A1"]).sum())
        return [
            measured(
                "c",
                "pandera",
                ("raw", feed),
                evaluated=frame.height,
                failed=failed,
                threshold=0.25,
                sample_ids=frame["attestation_id"].head(failed),
            )
        ]

    home.put(csv(*(attestation(f"A{n}") for n in range(8))))
    (outcome,) = home.load(contract=contract).outcomes
    assert (outcome.evaluated, outcome.failed, outcome.status) == (8, 2, "passed")
    assert outcome.sample_ids == ("A0", "A1")
