"""Days and hours are those of the clock on the wall at the place."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.place import PlaceError
from gateway.place.days import DAY_MS, Calendar, parse_local

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@given(st.datetimes(datetime(1976, 1, 1), datetime(2100, 1, 1)), st.integers(0, 23), st.integers(0, 59))
def test_an_instant_falls_into_the_day_and_hour_of_the_wall(when, hours, minutes):
    utc_ms = int(when.replace(tzinfo=UTC).timestamp() * 1000)
    calendar = Calendar(f"{hours:02}:{minutes:02}")
    local = datetime.fromtimestamp(utc_ms / 1000, ZONE)
    day = calendar.day_of(utc_ms)
    assert calendar.hour_of(utc_ms) == local.hour
    assert calendar.date_of(day) == (local - timedelta(hours=hours, minutes=minutes)).date().isoformat()
    assert calendar.begins_ms(day) <= utc_ms < calendar.begins_ms(day + 1) == calendar.begins_ms(day) + DAY_MS


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02T04:05", "2026-03-02T04:05:06", "2024-02-29"])
def test_local_time_is_read(text):
    assert parse_local(text) == datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000


@pytest.mark.parametrize("text", ["", "2025-02-29", "2026-00-01", "2026-03-32", "tomorrow", "2026-03-02T24:01"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(PlaceError) as raised:
        parse_local(text)
    assert raised.value.code == "since"


@pytest.mark.parametrize("text", ["", "24:00", "12:60", "noon", "1:2:3", "-1:00", "12"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(PlaceError) as raised:
        Calendar(text)
    assert raised.value.code == "day_begins"


def test_before_1970_there_are_days_too():
    assert Calendar().day_of(-DAY_MS * 2) == -2
