"""Files appear whole, belong to their owner, and a killed writer leaves nothing that stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vax_pipeline.core.files import (
    copy_file,
    link_or_copy,
    private_file,
    require_writable,
    write_whole,
)


def test_what_a_killed_writer_had_begun_is_cleared_and_a_living_one_is_left_alone(
    tmp_path: Path,
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left, busy = (tmp_path / f".clock.{pid}.new" for pid in (dead.pid, os.getppid()))
    left.touch()
    busy.touch()
    write_whole(tmp_path / "clock", "now")
    assert sorted(file.name for file in tmp_path.iterdir()) == [busy.name, "clock"]


def test_a_private_file_has_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "list.csv"
    with private_file(path) as unfinished:
        unfinished.write_text("a", encoding="utf-8")
        assert not path.exists()
        assert unfinished.name.startswith(".")
    assert path.read_text(encoding="utf-8") == "a"
    assert path.stat().st_mode & 0o077 == 0


def test_of_a_private_file_that_fails_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), private_file(tmp_path / "list.csv"):
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_and_a_second_name_hold_the_same_and_take_no_taken_name(tmp_path: Path) -> None:
    source, copy, link = (tmp_path / name for name in ("source", "copy", "link"))
    source.write_bytes(b"rows" * 100_000)
    copy_file(source, copy)
    link_or_copy(source, link)
    assert link.samefile(source)
    assert not copy.samefile(source)
    assert copy.read_bytes() == link.read_bytes() == source.read_bytes()
    for taken in (copy_file, link_or_copy):
        with pytest.raises(FileExistsError):
            taken(source, copy)


def test_where_the_system_copies_nothing_itself_the_bytes_are_read_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(b"rows" * 100_000)
    monkeypatch.setattr(os, "copy_file_range", lambda *_: 0)
    copy_file(tmp_path / "source", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "source").read_bytes()


def test_a_file_that_others_own_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ledger.db"
    require_writable(file)  # not there yet
    file.touch()
    require_writable(file)
    monkeypatch.setattr("os.access", lambda path, _: path != file)  # root may write to anything
    with pytest.raises(PermissionError, match=r"ledger\.db"):
        require_writable(file)
