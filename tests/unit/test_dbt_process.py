"""dbt gets ready ahead of its turn, with the project as it was parsed at setup, whatever the home."""

import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import pytest
from dbt.contracts.graph.manifest import Manifest
from dbt.parser import manifest as parser
from dbt_common.events import event_manager_client
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note

from vax_pipeline.core import dbt_ahead, dbt_process
from vax_pipeline.core.settings import DBT_PROJECT_DIR
from vax_pipeline.defs.transform.project import manifest_path


def test_the_project_is_the_one_that_dagster_shows() -> None:
    parsed = dbt_process.parsed_project()
    assert parsed is not None
    shown = json.loads(manifest_path().read_text("utf-8"))
    assert set(parsed.nodes) == set(shown["nodes"])
    assert set(parsed.flat_graph["nodes"]) == set(shown["nodes"])


def test_what_another_dbt_has_parsed_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "partial_parse.msgpack"
    assert dbt_process.parsed_project(file) is None
    pack = cast("Callable[[Any], bytes]", parser.extended_mashumaro_encoder)
    manifest = Manifest()
    file.write_bytes(pack(manifest.to_dict()))
    assert dbt_process.parsed_project(file) is not None
    manifest.metadata.dbt_version = "1.0.0"
    file.write_bytes(pack(manifest.to_dict()))
    assert dbt_process.parsed_project(file) is None


def test_no_line_is_made_that_no_log_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    manager, made = EventManager(), list[str]()

    def making(line: str) -> str:
        made.append(line)
        return line

    manager.add_logger(LoggerConfig("a log", scrubber=making, level=EventLevel.INFO))
    manager.fire_event(Note(msg="before"), EventLevel.DEBUG)
    monkeypatch.setattr(event_manager_client, "get_event_manager", lambda: manager)
    dbt_process.ask_for_the_level_first.__wrapped__()
    for level in EventLevel:
        manager.fire_event(Note(msg=level.value), level)
    assert made == ["before", "info", "warn", "error"]


def _dbt(
    tmp_path: Path, *arguments: str, standing: Iterable[str] = (), **environment: str
) -> tuple[int, str]:
    """The code and the output of a dbt that was started ahead."""
    process = dbt_ahead.start()
    dbt_ahead.tell(
        process,
        arguments,
        {
            "VAX_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
            "DBT_PROJECT_DIR": str(DBT_PROJECT_DIR),
            "DBT_TARGET_PATH": str(tmp_path),
            "DBT_LOG_PATH": str(tmp_path),
        }
        | environment,
        standing,
    )
    assert process.stdout is not None
    with process.stdout as stdout:
        printed = stdout.read().decode()
    return process.wait(), printed


def test_a_home_never_seen_is_not_parsed_for(tmp_path: Path) -> None:
    code, printed = _dbt(tmp_path, "ls", "--resource-type", "model")
    assert code == 0, printed
    assert "vax_pipeline.marts.fct_doses" in printed
    assert not (tmp_path / dbt_process.PARSED.name).exists()  # which dbt writes when it parses


def test_what_stands_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    """By their tags nodes are selected, and with a model the tests on it."""
    nodes = json.loads(manifest_path().read_text("utf-8"))["nodes"]
    model = "model.vax_pipeline.stg_agencies"
    on_it = {u for u, node in nodes.items() if model in node["depends_on"].get("nodes", [])}
    asked = (
        "ls",
        "--resource-type",
        "model",
        "--resource-type",
        "test",
        "--select",
        "tag:before_linking",
    )

    def listed(standing: Iterable[str]) -> set[str]:
        code, printed = _dbt(tmp_path, *asked, standing=standing)
        assert code == 0, printed
        return set(re.findall(r"vax_pipeline\.[\w.]+", printed))

    stand = [model, *(u for u in on_it if nodes[u]["resource_type"] == "test")]
    assert len(stand) > 1
    left_out = listed([]) - listed(stand)
    assert left_out == {".".join(nodes[unique_id]["fqn"]) for unique_id in stand}


def test_what_dbt_refuses_is_said(tmp_path: Path) -> None:
    code, printed = _dbt(tmp_path, "build", "--no-such-option")
    assert code == 1
    assert "--no-such-option" in printed


def test_a_log_has_the_levels_it_is_to_have(tmp_path: Path) -> None:
    def levels(log: str) -> set[str]:
        return {json.loads(line)["info"]["level"] for line in log.splitlines()}

    _, printed = _dbt(tmp_path, "compile", "--inline", "select 1")
    log = tmp_path / "dbt.log"
    assert levels(printed) == {"info"}
    assert levels(log.read_text("utf-8")) == {"info"}
    log.unlink()
    _dbt(tmp_path, "compile", "--inline", "select 1", DBT_LOG_LEVEL_FILE="debug")
    assert levels(log.read_text("utf-8")) == {"info", "debug"}


def test_without_the_parsed_project_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt_process, "parsed_project", lambda: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"arguments": ["build"]}) + "\n"))
    assert "run `make setup`" in str(dbt_process._main())


def test_a_dbt_that_nobody_wants_ends_without_a_word() -> None:
    process = dbt_ahead.start()
    printed, _ = process.communicate()  # closes its input
    assert (process.returncode, printed) == (0, b"")


def test_a_dbt_that_died_waiting_is_a_dbt_that_failed() -> None:
    process = dbt_ahead.start()
    process.kill()
    process.wait()
    dbt_ahead.tell(process, ["build"], {})
    assert process.wait() != 0
    dbt_ahead.end(process)
