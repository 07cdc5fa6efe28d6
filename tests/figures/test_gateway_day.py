"""Instants of a day: as many as the pace says, at random, and the same for the same seed."""

from itertools import pairwise

import pytest

from scripts.figures.gateway_day import Pace, instants


def test_they_rise_and_stay_within_their_hours():
    found = instants([Pace(20, 10), Pace(0, 5), Pace(40, 10)])
    assert found == sorted(found)
    assert not [at_s for at_s in found if 10 <= at_s < 15]
    assert found[0] >= 0
    assert found[-1] < 25


def test_each_hour_has_its_own_pace():
    found = instants([Pace(20, 100), Pace(60, 100)])
    assert sum(at_s < 100 for at_s in found) == pytest.approx(2_000, rel=0.1)
    assert sum(at_s >= 100 for at_s in found) == pytest.approx(6_000, rel=0.1)


def test_people_do_not_come_like_clockwork():
    found = instants([Pace(10, 100)])
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert min(gaps) < 0.01 < 0.3 < max(gaps)


def test_a_seed_is_a_day():
    day = [Pace(10, 20)]
    assert instants(day, seed=3) == instants(day, seed=3) != instants(day, seed=4)


@pytest.mark.parametrize("day", [[], [Pace(0, 10)], [Pace(0, 0)]])
def test_where_nobody_comes_there_is_nothing(day):
    assert instants(day) == []
