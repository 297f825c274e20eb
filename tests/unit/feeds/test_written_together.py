"""Small files that are written in one transaction: whose rows they stay, how many, and when one is bad."""

from collections.abc import Sequence
from datetime import date

import pytest
from landing_home import DAY, Home, attestation, csv, ndjson

from vax_pipeline.core.feeds import sizes, writing
from vax_pipeline.core.feeds.reading import FileReading

OTHER_DAY = date(2021, 11, 9)
COMPLAINT = {"received_at": "2021-11-08", "full_name": "A"}


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each transaction wrote."""
    counts: list[int] = []
    write = writing.Writer.write

    def told(
        self: writing.Writer, readings: Sequence[FileReading], replaced: Sequence[str]
    ) -> None:
        counts.append(len(readings))
        write(self, readings, replaced)

    monkeypatch.setattr(writing.Writer, "write", told)
    return counts


def test_files_of_several_deliveries_keep_their_own_days(home: Home, together: list[int]) -> None:
    for day in (DAY, OTHER_DAY):
        nested = {"complaint_id": f"C{day.day}", "doses": [{"claim_no": 1}, {"claim_no": 1}]}
        home.put(ndjson(COMPLAINT | nested, "no object"), "c.ndjson", "complaints", day)
    home.load("complaints", dates=(DAY, OTHER_DAY))
    assert together == [2]
    for table in ("complaints", "complaint_doses", "deliveries", "delivery_fill", "rejects"):
        days = home.rows(
            f"select distinct delivery_date, file from raw.{table} order by delivery_date"
        )
        assert days == [(day, f"complaints/{day}/c.ndjson") for day in (DAY, OTHER_DAY)], table


@pytest.mark.parametrize(("suffix", "groups"), [("", [4]), (".gz", [1, 1, 1, 1])])
def test_they_are_as_many_as_fit_into_memory_unpacked(
    home: Home,
    together: list[int],
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    groups: list[int],
) -> None:
    paths = [home.put(csv(attestation(f"A{n}")), f"{n}.csv{suffix}") for n in range(4)]
    # Four of them as they lie there are less than that, one unpacked is more.
    monkeypatch.setattr(sizes, "TOGETHER_BYTES", 5 * max(path.stat().st_size for path in paths))
    home.load()
    assert together == groups
    assert home.loaded_keys() == ["A0", "A1", "A2", "A3"]


def test_a_file_the_table_will_not_take_does_not_take_others_with_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = writing.Writer.insert

    def picky(self: writing.Writer, table: object, rows: object) -> None:
        insert(self, table, rows)  # type: ignore[arg-type]
        self.connection.execute(
            "select error('no') from raw.attestations where attestation_id = 'BAD'"
        ).fetchall()

    monkeypatch.setattr(writing.Writer, "insert", picky)
    for name in ("A1", "BAD", "C1"):
        home.put(csv(attestation(name)), f"{name}.csv")
    load = home.load()
    assert (home.loaded_keys(), load.files_loaded, load.files_failed) == (["A1", "C1"], 2, 1)
    assert home.rejects() == [(None, "reader_error")]
