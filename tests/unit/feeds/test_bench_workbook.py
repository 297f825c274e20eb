"""The workbook that `vax bench ingest` writes: a delivery like any other, and the same each time."""

from pathlib import Path

from landing_home import Home

from vax_pipeline.core.benchmark.sheets import time_bare_read, write_workbook


def test_the_workbook_of_the_bench_loads_whole(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "doses.xlsx"
    write_workbook(path, 40)
    home.put(b"", "a.xlsx", "doses").write_bytes(path.read_bytes())
    load = home.load("doses")
    assert (load.records, load.loaded) == (40, 40)
    assert home.rows(
        "select entered_at, date_of_birth, id_number, priority_group, injected_at, line "
        "from raw.doses where source_record_id in ('DN000000003', 'DN000000004') order by line"
    ) == [
        ("2021-07-01 07:03:00", "1935-01-04", "75080000003", "4", "2021-07-01", 7),
        ("2021-07-01 07:04:00", "1935-01-05", "075080000004", "5", "2021-07-01", 8),
    ]
    assert home.delivery("a.xlsx", "doses")["unknown_columns"] is None
    assert time_bare_read(path) > 0


def test_the_same_workbook_of_the_bench_is_written_again(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, 3)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
