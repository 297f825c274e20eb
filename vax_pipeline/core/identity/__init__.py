"""Probabilistic linking of the mentions that the deterministic tiers (dbt) leave undecided.

`prediction.link_undecided` is all a caller needs; `training` is run by hand when the noise changes.
"""
