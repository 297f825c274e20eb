"""Faults of whole deliveries: planted where truth says, and no record is lost by them."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from vax_pipeline.core.simulation import simulate
from vax_pipeline.core.simulation.draws import day_number
from vax_pipeline.core.simulation.feed_faults import UNKNOWN_HEADERS, cut_short
from vax_pipeline.core.simulation.truth_feeds import DAILY_FEEDS, delivery_findings

UNTIL = date(2021, 12, 8)
NO_REJECTS = pl.DataFrame(schema={"feed": pl.String, "file": pl.String, "line": pl.Int64})


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deliveries")
    simulate(1_000, 7, UNTIL, folder)
    return folder


@pytest.fixture(scope="module")
def planted(out: Path) -> dict[str, set[str]]:
    """Subjects by rule, of those on deliveries."""
    findings = pl.read_parquet(out / "truth/findings.parquet")
    deliveries = findings.filter(pl.col("subject_type") == "delivery")
    return {
        rule: set(of["subject_id"])
        for (rule,), of in deliveries.group_by("rule_id", maintain_order=True)
    }


def test_the_reports_of_one_day_come_a_day_late_and_in_full(
    out: Path, planted: dict[str, set[str]]
) -> None:
    reports = out / "landing/administered_reports"
    written = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))["rows"]
    assert "administered_reports/2021-12-04" in planted["FEED-001"]
    assert {path.name for path in (reports / "2021-12-05").iterdir()} == {
        "administered_reports.csv", "late.csv",
    }  # fmt: skip
    lines = sum(path.read_bytes().count(b"\n") - 1 for path in reports.rglob("*.csv"))
    assert lines == written["administered_reports"]


def test_a_missing_day_has_no_folder(out: Path, planted: dict[str, set[str]]) -> None:
    assert not [day for day in planted["FEED-001"] if (out / "landing" / day).exists()]


def test_new_columns_stand_in_the_files_that_truth_names(
    out: Path, planted: dict[str, set[str]]
) -> None:
    days = {name.rsplit("/", 1)[0] for name in planted["FEED-004"]}
    assert days == {"complaint_events/2021-12-06", "doses/2021-12-05"}
    with_new = {
        path.relative_to(out / "landing").as_posix()
        for path in (out / "landing").rglob("*.csv")
        if any(header in path.read_text("utf-8").split("\n")[0] for header in UNKNOWN_HEADERS)
    }
    assert with_new <= planted["FEED-004"]
    assert with_new


def test_garbled_files_and_no_others_have_many_rejects(
    out: Path, planted: dict[str, set[str]]
) -> None:
    rejects = pl.read_parquet(out / "truth/rejects.parquet").drop_nulls("line")
    counts = dict(rejects.group_by("file").len().iter_rows())
    (garbled,) = [file for file in counts if file.startswith("complaint_events/2021-12-07/")]
    assert counts[garbled] > 30
    assert garbled in planted["FEED-003"]
    last = rejects.filter(pl.col("file") == garbled)["line"].max()
    assert (out / "landing" / garbled).read_bytes().count(b"\n") == last


def test_quarantined_files_are_found(planted: dict[str, set[str]]) -> None:
    names = {name.rsplit("/", 1)[1] for name in planted["FEED-007"]}
    assert names == {"broken.parquet", "cut.csv.gz", "headers.csv"}


def test_of_the_day_cut_short_a_fifth_arrives_and_the_rest_the_day_after() -> None:
    day = day_number(UNTIL) - 6
    delivery = np.repeat([day - 1, day, day + 1], [10, 100, 10])
    arrived = cut_short(delivery, UNTIL)
    days, counts = np.unique(arrived, return_counts=True)
    assert dict(zip(days - day, counts, strict=True)) == {-1: 10, 0: 20, 1: 90}
    assert (np.diff(arrived) >= 0).all()


@pytest.mark.parametrize(
    ("usual", "left", "falls"), [(90, 29, True), (90, 30, False), (70, 20, False), (75, 24, True)]
)
def test_a_fall_is_a_fall_where_fifty_are_missing(
    tmp_path: Path, usual: int, left: int, falls: bool
) -> None:
    for feed in DAILY_FEEDS:
        (tmp_path / feed / UNTIL.isoformat()).mkdir(parents=True)
        (tmp_path / feed / UNTIL.isoformat() / "a.csv").touch()
    days = {day_number(UNTIL - timedelta(days=n)): usual for n in range(31)}
    days[day_number(UNTIL) - 6] = left
    found = delivery_findings(tmp_path, UNTIL, NO_REJECTS, days)["rule_id"].to_list()
    assert ("FEED-002" in found) == falls
    assert "FEED-005" in found
