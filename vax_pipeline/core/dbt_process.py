"""dbt as a process that does not outlive the run it belongs to: `python -m ... <dbt's arguments>`.

A killed run can't stop its dbt, which would go on for as long as its models take and hold the
warehouse against the next run. So dbt looks whether its run still lives.
"""

import os
import threading
import time

RUN_PROCESS = "VAX_RUN_PROCESS"  # environment: the process id of the run
_LOOK_EVERY_SECONDS = 0.2


def die_with(run_process: int) -> None:
    """From now on this process ends, as by kill -9, when its parent is no longer that process."""

    def watch() -> None:
        while os.getppid() == run_process:
            time.sleep(_LOOK_EVERY_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    from dbt.cli.main import cli

    die_with(int(os.environ[RUN_PROCESS]))
    cli()
