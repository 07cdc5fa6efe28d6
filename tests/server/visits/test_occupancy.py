"""How many are inside: surely, probably, at most."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.visits.occupancy import Counted, Course, Level, counted_levels, rulings, together
from server.visits.rules import visits
from server.visits.types import PlaceRules
from tests.server.visits.market import RULES, Market
from tests.server.visits.seen import MARKET, MONDAY_MS, at, seen

MINUTE_MS = 60_000


def levels(instants, *rows):
    course = Course(instants)
    for row in rows:
        course.add(row)
    return [tuple(one[1:]) for one in course.levels()]


@pytest.mark.parametrize(
    "instant, expected",
    [
        (99, (0, 0, 0)),
        (100, (0, 0, 1)),
        (110, (0, 1, 1)),
        (119, (0, 1, 1)),
        (120, (1, 1, 1)),
        (199, (1, 1, 1)),
        (200, (0, 1, 1)),
        (210, (0, 0, 1)),
        (220, (0, 0, 1)),
        (221, (0, 0, 0)),
    ],
)
def test_one_visit_counts_as_what_is_known_of_it(instant, expected):
    assert levels([instant], (100, 110, 120, 200, 210, 220)) == [expected]


def test_a_visit_whose_ends_overlap_is_surely_at_no_instant():
    assert all(low == 0 for low, _, _ in levels(range(0, 400, 10), (100, 150, 200, 120, 180, 300)))


def test_instants_have_to_rise():
    with pytest.raises(ValueError):
        Course([2, 1])


ENDS = st.lists(st.integers(0, 60), min_size=6, max_size=6).map(
    lambda v: (lambda a, b: (a[0], a[1], a[2], max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2])))(
        sorted(v[:3]), sorted(v[3:])
    )
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ENDS, max_size=8), st.sets(st.integers(0, 60), min_size=1, max_size=10))
def test_the_course_says_what_counting_at_each_instant_says(rows, instants):
    instants = sorted(instants)
    expected = []
    for t in instants:
        low = sum(one[2] <= t < one[3] for one in rows)
        best = sum(one[1] <= t < one[4] for one in rows)
        expected.append((low, best, sum(one[0] <= t <= one[5] for one in rows)))
    assert levels(instants, *rows) == expected
    assert all(low <= best <= high for low, best, high in expected)


def counted(when, way, off_ms=1_000, day=0):
    at_ms = at(when, day)
    return Counted(way, at_ms - off_ms, at_ms, at_ms + off_ms)


@pytest.mark.parametrize(
    "scans, expected",
    [
        ([], (0, 0, 0)),
        ([counted("08:00", "in")] * 3 + [counted("08:30", "out")], (2, 2, 2)),
        ([counted("06:00", "in")] * 3 + [counted("08:30", "out")], (0, 2, 2)),  # may have gone unseen by now
        ([counted("08:00", "in")] * 3, (0, 3, 3)),  # no way out is counted
        ([counted("05:00", "in")] * 3, (0, 0, 3)),
        ([counted("08:00", "out")], (0, 0, 0)),
        ([counted("08:00", "both")] * 2, (0, 0, 2)),
        ([counted("08:00", None)] * 2, (0, 0, 2)),
        ([counted("23:00", "in", day=-1)] * 2, (0, 0, 0)),  # of the day before
        ([counted("10:00", "in")], (0, 0, 0)),  # still to come
        ([Counted("in", None, None, at("08:00"))], (0, 0, 1)),
        ([Counted("in", at("05:00"), at("07:00"), at("09:00"))], (0, 0, 1)),
        ([Counted("in", None, None, at("08:00", -1))], (0, 0, 0)),
        ([Counted("in", at("01:00", 1), at("03:00", 1), at("05:00", 1))], (0, 0, 0)),
    ],
)
def test_who_is_counted_only_is_counted_as_at_the_gateway(scans, expected):
    (found,) = counted_levels([at("08:40")], scans, MARKET)
    assert tuple(found[1:]) == expected


def test_each_day_is_counted_by_itself():
    instants = [at("12:00"), at("12:00", 1)]
    found = counted_levels(instants, [counted("11:00", "in"), counted("11:30", "both", day=1)], MARKET)
    assert found == [Level(instants[0], 0, 1, 1), Level(instants[1], 0, 0, 1)]


def test_both_kinds_are_added():
    assert together([Level(1, 1, 2, 3)], [Level(1, 10, 20, 30)]) == [Level(1, 11, 22, 33)]


def test_a_scan_of_unknown_time_gets_no_answer():
    odd = seen("08:00", earliest_ms=None, at_ms=None)
    assert rulings([odd], (1, 0, 1), PlaceRules()) == {}


@pytest.mark.parametrize("seed", range(4))
def test_at_a_simulated_market_the_true_number_lies_between_the_bounds(seed):
    market = Market(seed, people=300)
    instants = range(MONDAY_MS + 240 * MINUTE_MS, MONDAY_MS + 1140 * MINUTE_MS, 15 * MINUTE_MS)
    course = Course(instants)
    for scans in market.sightings.values():
        for one in visits(scans, RULES):
            if one.place_id == "cho" and not one.is_inner:
                course.add((one.in_low, one.in_at, one.in_high, one.out_low, one.out_at, one.out_high))
    seen_in = [one for one in market.truths if one.place_id == "cho" and one.way_in >= 0]
    true = [sum(one.in_ms <= t < one.out_ms for one in seen_in) for t in instants]
    found = course.levels()
    good = sum(one.low <= many <= one.high for one, many in zip(found, true))
    error = sum(abs(one.best - many) for one, many in zip(found, true)) / max(1, sum(true))
    print(f"seed {seed}: {good} of {len(true)} instants within the bounds, best guess off by {100 * error:.0f} %")
    assert good / len(true) >= 0.95
