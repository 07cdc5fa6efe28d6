"""Opening hours: what is read, what is refused, when a place is open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Refused
from server.places.opening import ALWAYS, DAY_MIN, UNKNOWN, WEEK_MIN, Opening, parse, text_of
from server.places.profile import hour_of_week

MONDAY_MS = 1_780_246_800_000  # 2026-06-01 00:00 local
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("", ""),
        ("24/7", "24/7"),
        ("mon-fri 05:00-18:30", "mon-fri 05:00-18:30"),
        ("T2-T6 5h00-18h30; CN nghỉ", "mon-fri 05:00-18:30"),
        ("t7,cn 22:00-02:00", "sat-sun 22:00-02:00"),
        ("mon-sun 00:00-24:00", "mon-sun 00:00-24:00"),
        ("mon 13:00-18:00, 05:00-11:00", "mon 05:00-11:00,13:00-18:00"),
        ("mon-sun closed", "mon-sun closed"),
    ],
)
def test_hours_are_read_and_said_again_the_same(said, canonical):
    found = parse(said)
    assert text_of(found) == canonical
    assert parse(text_of(found)) == found


@pytest.mark.parametrize(
    "said",
    [
        "mon",
        "mon 5-6",
        "mon 25:00-26:00",
        "mon 24:00-02:00",
        "mon 05:60-06:00",
        "fri-mon 05:00-06:00",
        "xyz 05:00-06:00",
        "T1 05:00-06:00",
        "mon 05:00-06:00; mon 07:00-08:00",
        "mon,mon 05:00-06:00",
        "mon 05:00-08:00,07:00-09:00",
        "sun 22:00-03:00; mon 02:00-05:00",
        "mon 22:00-03:00; tue 02:00-05:00",
        "mon 05:00-06:00 x",
        "mon 0５:00-06:00",
        "a" * 401,
        "mon " + ",".join(f"{at:02}:{half:02}-{at:02}:{half + 10:02}" for at in range(20) for half in (0, 20)),
    ],
)
def test_what_is_no_opening_hours_is_refused(said):
    with pytest.raises(Refused) as refused:
        parse(said)
    assert refused.value.code == "place_opening"


def test_a_span_over_midnight_holds_into_the_next_day_and_from_sunday_into_monday():
    found = parse("sat 22:00-02:00; sun 23:00-01:00")
    saturday = MONDAY_MS + 5 * 24 * HOUR_MS
    assert not found.is_open(saturday + 21 * HOUR_MS)
    assert found.is_open(saturday + 23 * HOUR_MS)
    assert found.is_open(saturday + 25 * HOUR_MS)
    assert not found.is_open(saturday + 26 * HOUR_MS)
    assert found.is_open(MONDAY_MS + 30 * 60_000)
    assert found.span_at(MONDAY_MS + 1) == (MONDAY_MS - HOUR_MS, MONDAY_MS + HOUR_MS)


def test_where_nobody_said_when_it_is_open_it_is_open_and_never_closes():
    assert UNKNOWN.is_open(MONDAY_MS)
    assert UNKNOWN.span_at(MONDAY_MS) is None
    assert ALWAYS.is_open(MONDAY_MS) or ALWAYS.span_at(MONDAY_MS) is None
    assert UNKNOWN.share(0) == ALWAYS.share(0) == 1


def test_the_share_of_an_hour_is_the_part_that_is_open():
    found = parse("mon 05:30-07:15; sun 23:30-00:30")
    assert [found.share(at) for at in (4, 5, 6, 7, 8)] == [0, 0.5, 1, 0.25, 0]
    assert found.share(167) == found.share(0) == 0.5


def test_the_hour_of_the_week_begins_on_monday_in_local_time():
    assert hour_of_week(MONDAY_MS) == 0
    assert hour_of_week(MONDAY_MS - 1) == 167


spans = st.lists(st.integers(0, WEEK_MIN // 30 - 1), min_size=2, max_size=14, unique=True).map(sorted)


@given(spans)
def test_any_opening_hours_survive_being_written(points):
    pairs = [(a * 30, b * 30) for a, b in zip(points[::2], points[1::2]) if (b - a) * 30 <= DAY_MIN]
    found = Opening(True, tuple(pairs))
    assert parse(text_of(found)) == found


def test_what_is_open_without_end_is_open_at_every_instant():
    always, market = parse("24/7"), parse("mon-sun 05:00-18:00")
    at = [hour * 3_600_000 for hour in range(168)]
    assert all(always.is_open(one) for one in at)
    assert sum(market.is_open(one) for one in at) == 7 * 13
