"""What goes wrong with whole deliveries in the last week, in days before the last delivery.

Nothing is lost for good: what is missing on its day comes with the next, and the column renamed is one
that no rule reads. So the truths about records hold, whatever is planted here. `until` is the day of the
last delivery, null in a world without faults.
"""

from datetime import date

import numpy as np
import polars as pl

from vax_pipeline.core.simulation.draws import Ints, day_number

CUT_SHORT = 6  # doses: the export stopped after a fifth of its rows
MISSED = 4  # administered_reports: no file
RENAMED = 3  # doses: one column under a header nobody knows
WIDENED = 2  # complaint_events: one column more than agreed
GARBLED = 1  # complaint_events: many lines that can't be read

CUT_TO = 0.2
RENAMED_COLUMN, NEW_NAME = "priority_group", "Nhóm đối tượng"
ADDED_COLUMN = "Ghi chú nội bộ"
UNKNOWN_HEADERS = (NEW_NAME, ADDED_COLUMN)


def cut_short(delivery: Ints, until: date | None) -> Ints:
    """Delivery days, sorted: of the day cut short, what came after the first fifth comes a day later."""
    if until is None:
        return delivery
    day = day_number(until) - CUT_SHORT
    rows = np.flatnonzero(delivery == day)
    late = rows[int(len(rows) * CUT_TO) :]
    delivered = delivery.copy()
    delivered[late] += 1
    return delivered


def is_missed(day: int, until: date | None) -> bool:
    """Whether this is the day on which reports did not come."""
    return _is_day(day, MISSED, until)


def rename_a_column(doses: pl.DataFrame, day: int, until: date | None) -> pl.DataFrame:
    """The doses of a day as delivered: on one day a column bears another name."""
    if not _is_day(day, RENAMED, until):
        return doses
    return doses.rename({RENAMED_COLUMN: NEW_NAME})


def add_a_column(events: pl.DataFrame, day: int, until: date | None) -> pl.DataFrame:
    """The events of a day as delivered: on one day with a column nobody asked for."""
    if not _is_day(day, WIDENED, until):
        return events
    return events.with_columns(pl.lit("Đã gọi điện").alias(ADDED_COLUMN))


def _is_day(day: int, days_ago: int, until: date | None) -> bool:
    return until is not None and day == day_number(until) - days_ago
