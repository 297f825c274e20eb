"""dbt's processes begin with the run and end with it, wanted or not."""

import subprocess

import dagster as dg

from vax_pipeline.defs.resources import DbtBesideDagster
from vax_pipeline.defs.transform.project import DBT


def test_a_dbt_that_no_step_wanted_is_gone_after_the_run() -> None:
    with dg.build_resources({DBT: DbtBesideDagster()}) as resources:
        ready: list[subprocess.Popen[bytes]] = [*resources.dbt._ready]
        assert [process.poll() for process in ready] == [None, None]
    assert all(process.poll() is not None for process in ready)
