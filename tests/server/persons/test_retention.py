"""How long what is kept, and what is due when."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.codes.types import CLASSES, CODE, HEALTH, PERSON
from server.persons.retention import DAY_MS, Due, Retention, begins_ms, cutoffs, date_of, day_of, due
from tests.server.rig import NOW_MS

TODAY = day_of(NOW_MS)


@pytest.mark.parametrize(
    "local, expected",
    [
        ("2026-09-21T23:59:59.999", date(2026, 9, 21)),
        ("2026-09-22T00:00:00", date(2026, 9, 22)),
        ("2024-02-29T12:00:00", date(2024, 2, 29)),
        ("1970-01-01T08:00:00", date(1970, 1, 1)),
        ("1975-06-12T23:30:00", date(1975, 6, 12)),
    ],
)
def test_a_day_is_that_of_the_calendar_in_vietnam(local, expected):
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    assert date_of(day_of(int(at.timestamp() * 1000))) == expected


@given(st.integers(0, 253402300799999 - 2 * DAY_MS))
def test_the_short_way_to_a_day_is_the_long_way(at_ms):
    local = datetime.fromtimestamp(at_ms // 1000, ZoneInfo("Asia/Ho_Chi_Minh"))
    assert date_of(day_of(at_ms)) == local.date()
    assert begins_ms(day_of(at_ms)) <= at_ms < begins_ms(day_of(at_ms) + 1)


@pytest.mark.parametrize(
    "age_days, class_, is_due",
    [
        (0, PERSON, False), (21, PERSON, False), (22, PERSON, True), (21, HEALTH, False), (22, HEALTH, True),
        (7, CODE, False), (8, CODE, True), (400, PERSON, True), (-3, CODE, False), (400, "unknown", False),
    ],
)  # fmt: skip
def test_a_day_is_due_when_as_many_whole_days_have_passed_after_it(age_days, class_, is_due):
    assert due([(TODAY - age_days, class_)], Retention(), NOW_MS) == ([Due(TODAY - age_days, class_)] if is_due else [])


@given(st.sets(st.tuples(st.integers(TODAY - 60, TODAY + 3), st.sampled_from(CLASSES))), st.integers(0, 90))
def test_what_is_due_stays_due_and_is_told_in_order(held, days):
    now, later = due(held, Retention(), NOW_MS), due(held, Retention(), NOW_MS + days * DAY_MS)
    assert set(now) <= set(later)
    assert now == sorted(now)


@given(st.integers(1, 366), st.integers(1, 366), st.integers(1, 366))
def test_each_class_has_its_own_clock(person, health, code):
    assert cutoffs(Retention(person, health, code), NOW_MS) == {
        PERSON: TODAY - person, HEALTH: TODAY - health, CODE: TODAY - code,
    }  # fmt: skip
