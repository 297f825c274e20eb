"""Wrong input, and what a machine refuses, end in a sentence and an exit code, not in a traceback."""

import sys
from pathlib import Path

import pytest

from vax_pipeline.cli.app import main
from vax_pipeline.cli.output import refused


def said_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> str:
    """What `vax` says when it ends with an error."""
    monkeypatch.setattr(sys, "argv", ["vax", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code
    printed = capsys.readouterr()
    assert printed.out == ""
    return " ".join(printed.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("simulate", "--people", "200", "--out", "{tmp}/x", "--until", "2021-11-20"), "2021-12-02 at least"),
        (("simulate", "--people", "500", "--out", "{tmp}/x", "--provinces", "5"), "200 per province"),
        (("people", "list", "--home", "{tmp}/nowhere"), "nowhere is not there"),
        (("people", "unlink", "r", "--by", "a", "--why", "b", "--home", "{tmp}/no"), "no is not there"),
        (("run", "--landing", "{tmp}/a file", "--home", "{tmp}/home"), "is a file"),
        (("rejects", "--reason", "nope", "--home", "{tmp}"), "'nope' is none of the reasons"),
        (("rules", "--pack", "nope"), "there is no rule pack 'nope'"),
        (("simulate", "--people", "200", "--out", "{tmp}/a file"), "Not a directory"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    (tmp_path / "a file").touch()
    told = [argument.format(tmp=tmp_path) for argument in arguments]
    assert sentence in said_by(monkeypatch, capsys, *told)


def test_a_setting_that_cannot_be_meant_is_named_but_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAX_THREADS", "many")
    told = said_by(monkeypatch, capsys, "rules")
    assert "VAX_THREADS: " in told
    assert "many" not in told


def test_on_demand_it_is_shown_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAX_THREADS", "many")
    monkeypatch.setenv("VAX_TRACEBACK", "1")
    with pytest.raises(ValueError, match="threads"):
        said_by(monkeypatch, capsys, "rules")


def test_a_fault_of_ours_is_no_refusal() -> None:
    assert refused(ValueError("too many values to unpack")) is None
    assert refused(TimeoutError()) is None  # it would say nothing


def test_a_sentence_of_ours_is_said_as_it_is() -> None:
    assert refused(FileNotFoundError("no truth folder")) == "no truth folder"
    assert refused(PermissionError(13, "Permission denied", "/a/ledger.db")) == (
        "/a/ledger.db: Permission denied"
    )
