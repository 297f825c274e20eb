"""Synthetic provinces with planted errors, and the truth about them.

`simulate` writes `out/landing` (every feed, every format) and `out/truth`. Never imports dbt, the
rules or anything it is used to score; imported only by the command line and the tests.
"""

from vax_pipeline.core.simulation.simulate import EARLIEST, PEOPLE_A_PROVINCE, SimulationSummary
from vax_pipeline.core.simulation.streams import simulate

__all__ = ["EARLIEST", "PEOPLE_A_PROVINCE", "SimulationSummary", "simulate"]
