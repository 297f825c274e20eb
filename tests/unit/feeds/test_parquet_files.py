"""Parquet: whatever the types, raw is text; the row number is the line."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from landing_home import Home

COLUMNS: dict[str, Any] = {
    "attestation_id": ["A1", "A2"],
    "kind": ["minutes", "minutes"],
    "signed_at": ["2021-11-07", "2021-11-08"],
}


def put(home: Home, tmp_path: Path, **changed: Any) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({**COLUMNS, **changed}).write_parquet(path)
    home.put(path.read_bytes(), "a.parquet")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([date(2021, 11, 8)], "2021-11-08"),
        ([datetime(2021, 11, 8, 8, 30)], "2021-11-08 08:30:00"),  # noqa: DTZ001
        ([datetime(2021, 11, 8, 1, 30, tzinfo=UTC)], "2021-11-08 08:30:00+07"),
        ([75080000001], "75080000001"),
        ([75080000001.0], "75080000001"),
        ([1.5], "1.5"),
        ([True], "true"),
        ([b"bi\xc3\xaan"], "biên"),
        ([""], None),
        ([None], None),
        ([["a", "b"]], '["a","b"]'),
        ([{"a": 1}], '{"a":1}'),
    ],
)
def test_every_type_becomes_text(
    home: Home, tmp_path: Path, values: list[Any], text: str | None
) -> None:
    one = {name: column[:1] for name, column in COLUMNS.items()}
    put(home, tmp_path, **one, citizen_id=values)
    home.load()
    assert home.rows("select citizen_id from raw.attestations") == [(text,)]


def test_rows_are_numbered_headers_matched_and_the_rest_kept(home: Home, tmp_path: Path) -> None:
    put(home, tmp_path, **{"Citizen ID": ["1", "2"], "nơi ký": ["x", None]})
    home.load()
    assert home.rows(
        "select attestation_id, citizen_id, extra, line from raw.attestations order by 1"
    ) == [
        ("A1", "1", '{"nơi ký":"x"}', 1),
        ("A2", "2", None, 2),
    ]


def test_a_row_without_key_is_rejected_with_its_number(home: Home, tmp_path: Path) -> None:
    put(home, tmp_path, attestation_id=["A1", None])
    load = home.load()
    assert (load.records, load.loaded, load.rejected) == (2, 1, 1)
    assert home.rejects() == [(2, "empty_key")]


def test_a_truncated_file_is_quarantined(home: Home, tmp_path: Path) -> None:
    put(home, tmp_path)
    whole = (tmp_path / "x.parquet").read_bytes()
    for cut in (4, 40, len(whole) - 1):
        home.put(whole[:cut], f"{cut}.parquet")
    home.load()
    assert home.loaded_keys() == ["A1", "A2"]
    assert home.rejects() == [(None, "corrupt_parquet")] * 3


def test_damage_inside_is_quarantined_even_after_rows_were_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.parquet"
    many = {name: [f"{name}{n}" for n in range(20_000)] for name in COLUMNS}
    pl.DataFrame(many).write_parquet(path, row_group_size=2_000)
    content = bytearray(path.read_bytes())
    last = len(content) * 3 // 4  # most row groups are good; nothing of them may stay
    content[last : last + 4_000] = b"\xff" * 4_000
    home.put(bytes(content), "a.parquet")
    for small in (4 << 20, 0):
        monkeypatch.setattr("vax_pipeline.core.feeds.sizes.SMALL_BYTES", small)
        home.load()
        assert home.rejects() == [(None, "corrupt_parquet")]
        assert home.loaded_keys() == []
