"""Moments: exactly those that the calendar has, in the one form that snapshots, reports, bundles and options share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snapshots import data

from passmuster.fleet.cache.cut import HEAD
from passmuster.model.durations import format_moment, parse_moment

MOMENTS = {
    "an ordinary one": ("2026-11-22T10:11:12Z", True),
    "the day that a leap year has": ("2024-02-29T00:00:00Z", True),
    "that of a century that is one": ("2000-02-29T00:00:00Z", True),
    "the same day of another year": ("2026-02-29T00:00:00Z", False),
    "that of a century that is none": ("2100-02-29T00:00:00Z", False),
    "year nought, which has no date": ("0000-02-29T00:00:00Z", False),
    "the first that there is": ("0001-01-01T00:00:00Z", True),
    "the last that there is": ("9999-12-31T23:59:59Z", True),
    "month 99": ("2026-99-99T00:00:00Z", False),
    "month 0": ("2026-00-10T00:00:00Z", False),
    "day 31 of November": ("2026-11-31T00:00:00Z", False),
    "hour 24": ("2026-11-22T24:00:00Z", False),
    "a leap second": ("2016-12-31T23:59:60Z", False),
    "a newline behind it": ("2026-11-22T10:11:12Z\n", False),
    "a blank before it": (" 2026-11-22T10:11:12Z", False),
    "too few digits": ("2026-1-2T3:4:5Z", False),
    "another zone": ("2026-11-22T10:11:12+01:00", False),
    "no zone": ("2026-11-22T10:11:12", False),
    "a fraction": ("2026-11-22T10:11:12.5Z", False),
    "a small letter": ("2026-11-22t10:11:12Z", False),
    "digits of another script": ("\u0662026-11-22T10:11:12Z", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("text", "real"), MOMENTS.values(), ids=MOMENTS)
def test_a_moment_is_read_where_the_calendar_has_it(text: str, real: bool) -> None:  # noqa: FBT001
    if real:
        assert format_moment(parse_moment(text)) == text
    else:
        with pytest.raises(ValueError, match="expected a moment in UTC such as"):
            parse_moment(text)
    assert (HEAD.match(data(collected_at=text)) is not None) is real


@given(st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_every_moment_is_read_as_it_is_written(moment: datetime) -> None:
    assert parse_moment(format_moment(moment)) == moment


@given(st.tuples(*[st.integers(0, most) for most in (9999, 13, 32, 25, 61, 61)]))
def test_the_form_says_the_same_as_the_calendar(numbers: tuple[int, ...]) -> None:
    text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*numbers)
    try:
        moment = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        with pytest.raises(ValueError, match="expected a moment"):
            parse_moment(text)
    else:
        assert parse_moment(text) == moment
