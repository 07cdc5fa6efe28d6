"""What the window of a question does, and does not do, to stays; and that no minute together is counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tracing import notes, told
from server.tracing.rules import RuleSet
from server.tracing.types import Contact, Meeting, Overlap, Window
from tests.server.tracing.test_asking import ask, of_person, of_place, people, run
from tests.server.tracing.town import NOON, STATION, WINDOW, loose, market, person, stay

RULES = RuleSet(version=1, min_overlap_min=15)


def minutes(low, high):
    return Window(NOON + round(low * 60_000), NOON + round(high * 60_000))


async def test_a_window_that_is_shorter_than_the_minimum_asks_for_who_was_there_all_of_it():
    stays = [stay(1, 0, 60), stay(2, -30, 100), stay(3, 13, 60), stay(4, 10, 20), stay(5, 10.01, 20)]
    found = await ask(of_place(minutes(10, 20)), stays, RULES)
    assert people(found) == {1, 2, 4}
    assert {one.certainty for one in found.contacts} == {"sure"}


@pytest.mark.parametrize("seconds", [1, 30, 90])
async def test_a_window_of_seconds_is_a_window(seconds):
    found = await ask(of_place(minutes(10, 10 + seconds / 60)), [stay(1, 0, 60), stay(2, 30, 60)], RULES)
    assert people(found) == {1}


async def test_a_window_as_long_as_the_minimum_or_longer_asks_for_the_minimum():
    stays = [stay(1, 0, 60), stay(2, 10, 25), stay(3, 10, 24.99)]
    for window in (minutes(10, 25), minutes(0, 60)):
        assert people(await ask(of_place(window), stays, RULES)) == {1, 2}


async def test_the_window_says_when_a_person_met_others_and_makes_no_meeting_shorter():
    stays = [stay(1, 0, 60), stay(2, 0, 60), stay(3, 55, 90), stay(4, 0, 29), stay(5, 50, 90)]
    for window in (minutes(50, 55), minutes(55, 56)):
        found = await ask(of_person(window=window), stays, RULES)
        assert {int.from_bytes(one.person, "big"): one.meetings[0].overlap.minutes for one in found.contacts} == {
            2: (60, 60, 60)
        }
    assert people(await ask(of_person(window=minutes(20, 35)), stays, RULES)) == {2, 4}


async def test_who_can_only_have_been_met_outside_of_the_window_is_nobody():
    stays = [stay(1, 0, 120), stay(2, 0, 30), loose(3, 0, 35, out_err_min=10)]
    found = await ask(of_person(window=minutes(40, 100)), stays, RULES._replace(certainty="possible"))
    assert {int.from_bytes(one.person, "big"): one.certainty for one in found.contacts} == {3: "possible"}
    assert found.contacts[0].meetings[0].overlap.minutes == (0, 0, 45)


async def test_the_second_degree_counts_from_the_first_meeting_on_and_is_not_cut_at_its_end():
    stays = [stay(1, 30, 60), stay(2, 20, 60), stay(2, 200, 300, STATION), stay(3, 200, 300, STATION)]
    found = await ask(of_person(degree=2, window=minutes(0, 205)), stays, RULES)
    assert people(found, 2) == {3}
    assert [one.overlap.minutes for one in found.contacts[1].meetings] == [(100, 100, 100)]


def test_that_a_window_is_shorter_than_the_minimum_is_said_in_both_languages():
    (note,) = notes.told(of_place(minutes(0, 10)), [RULES, RULES._replace(min_overlap_min=5)])
    assert note.code == "window_short"
    assert all("10 " in said and "15 " in said for said in (note.vi, note.en))
    assert notes.told(of_place(minutes(0, 15)), [RULES]) == []
    assert notes.told(of_place(minutes(0, 1), gate_id="north"), [RULES]) == []
    assert notes.told(of_person(window=minutes(0, 1)), [RULES]) == []


def met(*spans):
    """A contact with a meeting for each (low, best, high) of (from, to) in minutes."""
    made = []
    for number, three in enumerate(spans):
        lasted = Overlap(*(round((high - low) * 60_000) for low, high in three))
        begins = tuple(NOON + round(low * 60_000) for low, _ in three)
        made.append(Meeting(person(9), stay(2, 0, 60, number=number), lasted, "place", "likely", 1, begins))
    return Contact(person(2), 2, tuple(made))


def test_parallel_meetings_are_one_time_together():
    three = [((20, 30), (10, 54), (0, 60)), ((25, 40), (10, 54), (30, 90)), ((0, 0), (100, 101), (100, 101))]
    assert met(*three).together.minutes == (20, 45, 91)


SPAN = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPAN, min_size=1, max_size=6))
def test_time_together_is_every_minute_once(spans):
    found = met(*((one, one, one) for one in spans)).together
    every = {minute for low, high in spans for minute in range(low, high)}
    assert found.minutes == (len(every),) * 3


def test_in_the_second_degree_nobody_was_met_for_longer_than_they_stayed():
    crowd = [stay(who, 0, 60) for who in (1, 2, 3, 4)]
    stays = [*crowd, *(stay(who, 100, 200, STATION) for who in (2, 3, 4)), stay(5, 120, 164, STATION)]
    found = run(ask(of_person(degree=2), stays, RULES, market()))
    (last,) = [one for one in found.contacts if one.degree == 2]
    assert (len(last.meetings), last.together.minutes) == (3, (44, 44, 44))
    (kept,) = [one for one in told.contacts(found, bytes.hex) if one.person == person(5)]
    assert kept.contact.best_min == 44


def test_a_window_over_everything_changes_nothing():
    stays = [stay(1, 0, 60), stay(2, 30, 90)]
    assert run(ask(of_person(window=WINDOW), stays, RULES)).contacts[0].meetings[0].overlap.minutes == (30, 30, 30)
