"""dbt as a process of the run: started ahead, it waits on its standard input for what it is to do.

To import dbt and read the project takes some four seconds of one core. The steps before dbt leave a core
idle, so that is done meanwhile (`dbt_ahead`). What it is to do is a line of json: `arguments`, `environment`,
and `standing`, the unique ids of nodes that it need not ask (`untouched`).

It does not outlive the run it belongs to. A killed run can't stop its dbt, which would go on for as long
as its models take and hold the warehouse against the next run. So dbt looks whether its run still lives.

And it leaves out what would be dear beside hundreds of small models and tests. It does not parse: dbt would
read the whole project anew in every new home, for a profile with another path is another profile to it; but
no model says where the warehouse is, and the definitions have refused already a manifest older than the
models. And it writes no line that no log wants. Every statement is told with DBT_LOG_LEVEL_FILE=debug.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Set
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vax_pipeline.core.processes import die_with
from vax_pipeline.core.settings import DBT_PROJECT_DIR

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

RUN_PROCESS = "VAX_RUN_PROCESS"  # environment: the process id of the run

RESULTS = "run_results.json"  # in the target folder, unless dbt could not even begin
PARSED = DBT_PROJECT_DIR / "target" / "partial_parse.msgpack"  # `make setup` writes it


def parsed_project(file: Path = PARSED) -> Manifest | None:
    """What dbt made of the project when it was set up; none if this dbt would not read it as it is."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser import manifest as parser
    from dbt.version import __version__ as dbt_version

    if not file.exists():
        return None
    decoder = cast("Any", parser).extended_mashumuro_decoder
    manifest = Manifest.from_msgpack(file.read_bytes(), decoder=decoder)
    if manifest.metadata.dbt_version != dbt_version:
        return None
    manifest.build_flat_graph()
    return manifest


@cache
def ask_for_the_level_first() -> None:
    """Let dbt's logs ask for an event's level before they make its line: they do it the other way round."""
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager_client import get_event_manager

    levels = list(EventLevel)  # from debug to error
    for log in cast("Any", get_event_manager()).loggers:
        wanted = {level.value for level in levels[levels.index(log.level) :]}
        log.filter = partial(_is_wanted, wanted, log.filter)


def _is_wanted(levels: Set[str], otherwise: Callable[[EventMsg], bool], event: EventMsg) -> bool:
    return event.info.level in levels and otherwise(event)


def _main() -> int | str:
    """The code to end with, or the sentence; whoever started a dbt that is not wanted closes its input."""
    from dbt.cli.main import dbtRunner

    parsed = parsed_project()
    line = sys.stdin.readline()
    if not line:
        return 0
    if parsed is None:
        return f"{PARSED} is missing or another dbt's: run `make setup`"
    order = json.loads(line)
    os.environ.update({"DBT_LOG_LEVEL_FILE": "info"} | os.environ | order["environment"])
    for unique_id in order["standing"]:
        parsed.nodes[unique_id].tags.clear()  # by which it would be selected
    dbt: Any = dbtRunner(parsed, callbacks=[lambda _: ask_for_the_level_first()])
    done = dbt.invoke(order["arguments"])
    if hasattr(done.result, "write"):
        done.result.write(str(Path(os.environ["DBT_TARGET_PATH"]) / RESULTS))
    return str(done.exception) if done.exception is not None else int(not done.success)


if __name__ == "__main__":
    die_with(int(os.environ[RUN_PROCESS]))
    sys.exit(_main())
