"""A scan belongs to the purpose of the instant at which it was made; where that is not sure, the stricter one wins."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Period
from gateway.place import PlaceError, Purpose
from gateway.place.days import DAY_MS, parse_local

DAY = parse_local("2026-03-02")


def period(day: int, mode: str, basis: str = "") -> Period:
    return Period(since=f"2026-03-{day:02}", mode=mode, basis=basis)


def ms(day: float) -> int:
    return DAY + int((day - 2) * DAY_MS)


SWITCHED = Purpose([period(10, "counts_only"), period(20, "identified")])


@pytest.mark.parametrize("bounds", [(None, None), (None, 5), (5, None), (1, 2), (ms(2), ms(30))])
def test_without_periods_everything_is_identified(bounds):
    assert Purpose().mode_of(*bounds) == "identified"
    assert Purpose([period(4, "identified")]).mode_of(*bounds) == "identified"
    assert Purpose().is_always_identified


@pytest.mark.parametrize(
    "earliest, latest, mode",
    [
        (ms(5), ms(6), "identified"),
        (ms(9.99), ms(10) - 1, "identified"),
        (ms(10) - 1, ms(10) - 1, "identified"),
        (ms(10), ms(10), "counts_only"),
        (ms(12), ms(13), "counts_only"),
        (ms(20) - 1, ms(20) - 1, "counts_only"),
        (ms(20), ms(20), "identified"),
        (ms(25), ms(26), "identified"),
        (ms(10) - 1, ms(10), "counts_only"),
        (ms(20) - 1, ms(20), "counts_only"),
        (ms(5), ms(25), "counts_only"),
        (ms(25), ms(5), "counts_only"),
        (None, ms(5), "identified"),
        (None, ms(10), "counts_only"),
        (None, ms(25), "counts_only"),
        (ms(5), None, "counts_only"),
        (ms(20), None, "identified"),
        (None, None, "counts_only"),
    ],
)
def test_a_switch_and_a_switch_back(earliest, latest, mode):
    assert SWITCHED.mode_of(earliest, latest) == mode


def test_a_period_in_the_future_holds_only_from_then_on_but_wins_where_nothing_is_known():
    purpose = Purpose([period(25, "counts_only")])
    assert purpose.mode_of(ms(3), ms(4)) == "identified"
    assert purpose.mode_of(None, ms(4)) == "identified"
    assert purpose.mode_of(ms(3), None) == "counts_only"
    assert not purpose.is_always_identified


def test_of_two_that_begin_at_once_the_stricter_one_holds():
    for modes in (["identified", "counts_only"], ["counts_only", "identified"]):
        assert Purpose([period(5, mode) for mode in modes]).mode_of(ms(6), ms(6)) == "counts_only"


def test_local_time_is_that_of_the_place():
    purpose = Purpose([Period(since="2026-03-10T06:30:15", mode="counts_only")])
    switch_ms = 1_773_099_015_000  # 2026-03-09 23:30:15 UTC
    assert purpose.mode_of(switch_ms - 1, switch_ms - 1) == "identified"
    assert purpose.mode_of(switch_ms, switch_ms) == "counts_only"


def test_the_legal_basis_is_that_of_the_period():
    purpose = Purpose([period(10, "counts_only", "Luật 91/2025"), period(20, "identified", "Quyết định 5053")])
    assert [purpose.basis_at(ms(day)) for day in (5, 10, 25)] == ["", "Luật 91/2025", "Quyết định 5053"]


@pytest.mark.parametrize("since", ["2026-02-30", "2026-13-01", "0000-01-01", "2026-03-02T25:00", "2026-03-02T23:60"])
def test_a_day_that_does_not_exist_is_refused(since):
    with pytest.raises(PlaceError) as raised:
        Purpose([Period(since=since, mode="identified")])
    assert raised.value.code == "since"


periods = st.lists(st.tuples(st.integers(1, 28), st.sampled_from(["identified", "counts_only"])), max_size=6)
instants = st.integers(ms(1) - DAY_MS, ms(29))


def plainly(listed, at_ms):
    """The mode at one instant, told the long way."""
    begun = [(ms(day), mode == "counts_only") for day, mode in listed if ms(day) <= at_ms]
    return "counts_only" if begun and max(begun)[1] else "identified"


@given(periods, instants, st.randoms())
def test_the_order_in_the_list_does_not_matter(listed, at_ms, draw):
    shuffled = random.Random(draw.random()).sample(listed, len(listed))
    for order in (listed, shuffled):
        assert Purpose([period(*one) for one in order]).mode_of(at_ms, at_ms) == plainly(listed, at_ms)


@given(periods, instants, instants)
def test_within_bounds_it_is_counts_only_if_it_is_at_any_instant(listed, one, other):
    edges = [ms(day) + by for day, _ in listed for by in (0, -1)]
    first, last = min(one, other), max(one, other)
    within = [first, last, *(edge for edge in edges if first <= edge <= last)]
    wanted = "counts_only" if any(plainly(listed, at) == "counts_only" for at in within) else "identified"
    assert Purpose([period(*each) for each in listed]).mode_of(one, other) == wanted


@given(periods, instants, instants, st.booleans(), st.booleans())
def test_knowing_less_never_makes_it_laxer(listed, one, other, lose_first, lose_last):
    purpose = Purpose([period(*each) for each in listed])
    first, last = min(one, other), max(one, other)
    if purpose.mode_of(first, last) == "counts_only":
        assert purpose.mode_of(None if lose_first else first, None if lose_last else last) == "counts_only"
