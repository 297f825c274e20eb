"""What an officer writes as a day or a moment, and what is none."""

import pytest

from vax_pipeline.core.feeds.readers.answers import read_day, read_moment


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("08/12/2021 14:30", "2021-12-08 14:30:00"),
        ("8/12/2021  7:05", "2021-12-08 07:05:00"),
        ("08-12-2021 14h30", "2021-12-08 14:30:00"),
        ("8.12.2021 14 giờ 30", None),
        ("14:30 08/12/2021", "2021-12-08 14:30:00"),
        ("2021-12-08T14:30:15", "2021-12-08 14:30:15"),
        ("2021-12-08 14:30:15.500", "2021-12-08 14:30:15"),
        ("31/02/2021 10:00", None),
        ("12/25/2021 10:00", None),
        ("08/12/2012 14:30", None),
        ("08/12/2021", None),
        ("44538.6", None),
    ],
)
def test_a_moment_has_a_day_of_the_campaign_and_a_time(typed: str, read: str | None) -> None:
    assert read_moment(typed) == read


def test_a_day_may_have_a_time_behind_it() -> None:
    assert [read_day(text) for text in ("15/12/2021", "15/12/2021 08:00", "2021-12-15", "mai")] == [
        "2021-12-15", "2021-12-15", "2021-12-15", None,
    ]  # fmt: skip
