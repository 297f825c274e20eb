"""Which suites run together, by the name of their step in the graph and of their pages in Data Docs."""

from collections.abc import Mapping
from types import MappingProxyType

from checks.expectations.feeds import FEEDS_SUITES
from checks.expectations.findings import FINDINGS_SUITES
from checks.expectations.marts import MARTS_SUITES
from checks.expectations.staging import STAGING_SUITES
from checks.expectations.suite import Suite

# In the order in which they run: the first before people are resolved, the others before publication.
GROUPS: Mapping[str, tuple[Suite, ...]] = MappingProxyType(
    {
        "staging_expectations": STAGING_SUITES,
        "findings_expectations": (*FINDINGS_SUITES, *FEEDS_SUITES),
        "marts_expectations": MARTS_SUITES,
    }
)
ALL_SUITES = tuple(suite for group in GROUPS.values() for suite in group)
