"""One page on what all checkers of a run found, for people: both languages, nothing to fetch, no script.

Rules first, then tables, deliveries and structure; what is not in order stands on top of its part.
"""

from checks.data_page.page import render

__all__ = ["render"]
