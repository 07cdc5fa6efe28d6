"""How many are inside: a best guess, and bounds that hold whatever people forget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.place.persons import Persons
from gateway.place.presence import REPEAT_S, SURE_S, Presence

SECOND = 1_000


def presence(most: int = 1_000) -> Presence:
    return Presence(Persons(most), 0)


def after(moves, most: int = 1_000) -> tuple[Presence, int]:
    """(person, direction, seconds since the one before) …"""
    made, now_ms = presence(most), 0
    for person, direction, wait_s in moves:
        now_ms += wait_s * SECOND
        made.scan(person, direction, now_ms)
    return made, now_ms


@pytest.mark.parametrize(
    "moves, low, best, high",
    [
        ([], 0, 0, 0),
        ([(1, "in", 0), (9, "out", 0)], 0, 1, 1),  # one may be the other, with another code
        ([(1, "in", 0)], 0, 1, 1),  # no way out is counted: who came in of late may have gone
        ([(1, "in", 0), (1, "out", 300)], 0, 0, 0),
        ([(1, "in", 0), (1, "in", 60), (9, "out", 0)], 0, 1, 1),  # read twice
        ([(1, "in", 0), (1, "in", 7200), (9, "out", 0)], 0, 1, 1),  # had forgotten to check out
        ([(1, "in", 0), (9, "out", SURE_S + 120)], 0, 1, 1),  # so long ago: may have forgotten
        ([(1, "in", 0), (1, "out", 10), (1, "out", 60)], 0, 0, 0),
        ([(1, "in", 0), (1, "out", 10), (1, "in", 10)], 1, 1, 1),
        ([(1, "both", 0)], 0, 1, 1),
        ([(1, "both", 0), (1, "both", 60)], 0, 1, 1),  # read twice
        ([(1, "both", 0), (1, "both", 600)], 0, 0, 1),  # went out, or was in a hurry to come in
        ([(1, "both", 0), (1, "both", 600), (1, "both", 600)], 0, 1, 1),
        ([(1, "both", 0), (1, "both", 600), (1, "out", 600)], 0, 0, 0),
        ([(1, "in", 0), (1, "both", 600)], 0, 0, 1),
        ([(1, "out", 0)], 0, 0, 0),
    ],
)
def test_who_is_inside(moves, low, best, high):
    made, now_ms = after(moves)
    assert made.inside(now_ms)[:3] == (low, best, high)


def test_where_no_way_out_is_counted_those_of_the_last_two_hours_are_taken_to_be_inside():
    made, now_ms = after([(1, "in", 0), (2, "in", 3_000), (3, "in", 5_000)])
    assert made.inside(now_ms) == (0, 2, 3, False, 0, 0)


def test_forgotten_exits_and_unseen_entries_are_told():
    made, now_ms = after([(1, "in", 0), (1, "in", 4_000), (2, "out", 0), (3, "out", 0)])
    found = made.inside(now_ms)
    assert (found.forgotten_exits, found.unseen_entries) == (1, 2)


def test_what_comes_late_changes_nothing_of_who_was_seen_since():
    made = presence()
    made.scan(1, "in", 100 * SECOND)
    made.scan(1, "out", 900 * SECOND)
    assert made.scan(1, "in", 500 * SECOND) == "late"
    assert made.inside(1_000 * SECOND)[:3] == (0, 0, 0)


@pytest.mark.parametrize("wait_s, move", [(0, "repeat"), (REPEAT_S, "repeat"), (REPEAT_S + 1, "in")])
def test_a_repeated_read_is_one_within_two_minutes(wait_s, move):
    made = presence()
    made.scan(1, "in", 0)
    assert made.scan(1, "in", wait_s * SECOND) == move


def test_looking_changes_nothing():
    made, now_ms = after([(1, "in", 0), (2, "both", 5)])
    before = made.dump(), made.persons.dump()
    for person in (1, 2, 3):
        for direction in ("in", "out", "both"):
            made.look(person, direction, now_ms + 600 * SECOND)
    assert (made.dump(), made.persons.dump()) == before


moves = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["in", "in", "out", "both"]), st.integers(0, 3_000)), max_size=40
)


@given(moves, st.integers(0, 9_000))
def test_the_bounds_are_in_order_and_what_is_held_only_widens_them(listed, wait_s):
    made, now_ms = after(listed)
    now_ms += wait_s * SECOND
    low, best, high = made.inside(now_ms)[:3]
    assert 0 <= low <= best <= high <= len({person for person, _, _ in listed})
    wider = made.inside(now_ms, {"in": 1, "out": 2, "both": 3})
    assert wider.low <= low
    assert wider.best == best
    assert wider.high >= high
    assert made.inside(now_ms, {"both": None}).high is None


@given(moves)
def test_with_ways_in_and_out_the_guess_is_who_came_last_in(listed):
    listed = [(person, "out" if way == "both" else way, wait_s + REPEAT_S + 1) for person, way, wait_s in listed]
    made, now_ms = after([(99, "out", 0), *listed])
    last = {person: way for person, way, _ in listed}
    assert made.inside(now_ms).best == list(last.values()).count("in")


@given(moves)
def test_the_numbers_are_those_of_the_table(listed):
    made, now_ms = after(listed)
    states = made.persons.states()
    assert made.inside(now_ms).high == states.get(1, 0) + states.get(2, 0) + states.get(4, 0)


@given(moves, moves)
def test_a_restart_changes_nothing(before, later):
    made, now_ms = after(before)
    again = Presence.load(made.dump(), Persons.load(made.persons.dump()))
    for person, direction, wait_s in later:
        now_ms += wait_s * SECOND
        assert made.scan(person, direction, now_ms) == again.scan(person, direction, now_ms)
    assert made.inside(now_ms) == again.inside(now_ms)


@given(moves)
def test_people_beyond_the_table_are_counted_without_being_known(listed):
    made, now_ms = after([(person, "out" if way == "both" else way, 500) for person, way, _ in listed], most=2)
    found = made.inside(now_ms)
    assert 0 <= found.low <= found.best <= found.high <= len(listed)


def test_somebody_unknown_who_goes_out_is_the_one_that_came_first():
    made = presence()
    made.anonymous("out", 0)
    made.anonymous("in", 10 * SECOND)
    made.anonymous("in", 4_000 * SECOND)
    made.anonymous("out", 4_100 * SECOND)
    assert made.inside(4_200 * SECOND) == (0, 1, 1, True, 0, 1)


def test_an_unknown_time_is_taken_back_when_it_is_known():
    made = presence()
    for direction in ("in", "out", "both"):
        made.unknown(direction)
        made.unknown(direction, -1)
    assert made.inside(0)[:3] == (0, 0, 0)
