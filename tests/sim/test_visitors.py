"""The plan is repeatable, keeps its pace, and holds what makes gates difficult."""

from itertools import islice

import pytest

from scripts.sim.visitors import RETURN_AFTER_PEOPLE, visits


def plan(seed=7, boxes=3, rate_per_s=4.0, count=3000):
    return list(islice(visits(seed, boxes, rate_per_s), count))


def test_a_seed_gives_the_same_people_again():
    assert plan(seed=5) == plan(seed=5)


def test_another_seed_gives_others():
    assert plan(seed=5) != plan(seed=6)


def test_people_come_in_the_order_of_time():
    times = [visit.at_s for visit in plan()]
    assert times == sorted(times)


@pytest.mark.parametrize("rate_per_s", [0.5, 4, 40])
def test_over_many_people_the_rate_is_the_one_asked_for(rate_per_s):
    assert plan(rate_per_s=rate_per_s)[-1].at_s == pytest.approx(3000 / rate_per_s, rel=0.1)


def test_there_are_rushes_and_quiet_times():
    times = [visit.at_s for visit in plan()]
    spans = sorted(after - before for before, after in zip(times[::20], times[20::20]))
    assert spans[-1] > 2 * spans[0]


def test_every_box_has_visitors():
    assert {visit.box for visit in plan(boxes=5)} == set(range(5))


def test_some_hold_their_code_out_twice_at_the_same_box():
    seen = plan()
    again = [visit for visit in seen if visit.is_again]
    assert 0.03 * len(seen) < len(again) < 0.1 * len(seen)
    for visit in again:
        before = [one for one in seen if one.person == visit.person and not one.is_again and one.at_s < visit.at_s]
        assert any(one.box == visit.box and visit.at_s - one.at_s < 2 for one in before)


def test_some_hold_out_a_wrong_thing():
    shows = [visit.shows for visit in plan()]
    assert {"card", "payment", "place", "too_long"} == set(shows)
    assert shows.count("card") > 0.9 * len(shows)


def test_a_person_always_holds_out_the_same_thing():
    by_person = {}
    for visit in plan():
        assert by_person.setdefault(visit.person, visit.shows) == visit.shows


def test_some_come_back_later_but_not_at_once():
    newest, back = 0, 0
    for visit in plan():
        if visit.person < newest and not visit.is_again:
            back += 1
            assert newest - visit.person >= RETURN_AFTER_PEOPLE
        newest = max(newest, visit.person)
    assert back > 0.04 * 3000
