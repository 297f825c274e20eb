"""dbt as a process that does not outlive the run it belongs to: `python -m ... <dbt's arguments>`.

A killed run can't stop its dbt, which would go on for as long as its models take and hold the
warehouse against the next run. So dbt looks whether its run still lives.
"""

import os

from vax_pipeline.core.processes import die_with

RUN_PROCESS = "VAX_RUN_PROCESS"  # environment: the process id of the run

if __name__ == "__main__":
    from dbt.cli.main import cli

    die_with(int(os.environ[RUN_PROCESS]))
    cli()
