"""The geometry of the hours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.panel import chart
from gateway.panel.chart import Hour

COUNTS = st.integers(0, 100_000)
HOURS = st.dictionaries(st.integers(0, 23), st.tuples(COUNTS, COUNTS, COUNTS), max_size=24)


def drawn(hours, first_hour=0, hour_now=None, width=312.0, height=190.0):
    return chart.draw({hour: Hour(hour, *many) for hour, many in hours.items()}, first_hour, hour_now, width, height)


@given(HOURS, st.integers(0, 23), st.none() | st.integers(0, 23))
def test_every_bar_stands_on_the_floor_and_inside_the_picture(hours, first_hour, hour_now):
    made = drawn(hours, first_hour, hour_now)
    for bar in made.bars:
        assert bar.x >= made.left
        assert bar.x + bar.width <= made.width + 0.2
        assert bar.y >= 0
        assert bar.y + bar.height == pytest.approx(made.floor, abs=0.11)
        assert bar.width > 0
        assert bar.height >= 1.5


@given(HOURS, st.integers(0, 23), st.none() | st.integers(0, 23))
def test_every_number_that_is_not_zero_has_a_bar_and_no_other_has(hours, first_hour, hour_now):
    wanted = sum(many > 0 for one in hours.values() for many in one)
    assert len(drawn(hours, first_hour, hour_now).bars) == wanted


@given(COUNTS, COUNTS)
def test_more_people_make_a_higher_bar(one, other):
    bars = {bar.kind: bar for bar in drawn({8: (one, other, 0)}).bars}
    heights = [bars[kind].height if kind in bars else 0 for kind in ("ins", "outs")]
    assert (heights[0] > heights[1] + 1.5) <= (one > other)


@given(st.sets(st.integers(0, 23)), st.integers(0, 23), st.none() | st.integers(0, 23))
def test_the_hours_are_in_the_order_of_the_day_without_gaps(with_scans, first_hour, hour_now):
    shown = chart.shown_hours(with_scans, first_hour, hour_now)
    places = [(hour - first_hour) % 24 for hour in shown]
    assert places == list(range(places[0], places[0] + len(places)))
    assert with_scans <= set(shown)
    assert hour_now is None or hour_now in shown
    assert len(shown) >= chart.LEAST_HOURS


@given(st.integers(0, 10**9))
def test_the_scale_ends_at_a_round_number_above_everything(most):
    top = chart.ceiling(most)
    assert top >= most
    assert top <= max(4, 2 * most)
    assert set(str(top)[1:]) <= {"0"}
    lines = chart.scale(top)
    assert lines[0] == 0
    assert lines[-1] == top
    assert all(isinstance(line, int) for line in lines)
    assert 2 <= len(lines) <= 6


def test_both_ways_have_a_third_bar_only_where_there_are_any():
    assert {bar.kind for bar in drawn({8: (1, 1, 0)}).bars} == {"ins", "outs"}
    three = drawn({8: (1, 1, 1)}).bars
    assert [bar.kind for bar in three] == ["ins", "outs", "both"]
    assert three[0].x < three[1].x < three[2].x


def test_a_day_that_begins_at_night_runs_over_midnight():
    assert chart.shown_hours({22, 1}, 20, 2)[:4] == [22, 23, 0, 1]
