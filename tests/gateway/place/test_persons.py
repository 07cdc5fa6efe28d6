"""The table is a dictionary that takes few bytes a head, and stops where it was told to."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.place.persons import Persons


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 40), st.integers(0, 255)), max_size=800))
def test_it_holds_what_a_dictionary_would(puts):
    table, wanted = Persons(10_000), {}
    for person, visits in puts:
        slot = table.take(person)
        table.visits[slot] = visits
        wanted[person or 1] = visits
    assert len(table) == len(wanted)
    assert {person: table.visits[table.find(person)] for person in wanted} == wanted
    assert table.find(2**63 + 12345) == -1 or 2**63 + 12345 in wanted


@given(st.sets(st.integers(1, 2**64 - 1), max_size=300))
def test_it_comes_back_as_it_was(people):
    table = Persons(1_000)
    for person in people:
        slot = table.take(person)
        table.seen_s[slot], table.state[slot], table.visits[slot] = person % 10**9, person % 5, person % 256
    again = Persons.load(table.dump())
    assert len(again) == len(table)
    for person in people:
        slot = again.find(person)
        assert (again.seen_s[slot], again.state[slot], again.visits[slot]) == (person % 10**9, person % 5, person % 256)


@pytest.mark.parametrize("most", [0, 1, 7, 191, 192, 193, 1000])
def test_when_it_is_full_nobody_new_is_taken_and_nobody_is_lost(most):
    table = Persons(most)
    people = [random.Random(n).getrandbits(64) for n in range(most + 50)]
    slots = [table.take(person) for person in people]
    assert [slot >= 0 for slot in slots] == [n < most for n in range(len(people))]
    assert table.is_full
    assert all(table.find(person) >= 0 for person in people[:most])
    assert [table.find(person) for person in people[most:]] == [-1] * 50


def test_two_hundred_thousand_people_take_less_than_eight_megabytes():
    table, draw = Persons(200_000), random.Random(1)
    for _ in range(200_000):
        table.take(draw.getrandbits(64))
    size = sum(one.itemsize * len(one) for one in (table._keys, table.seen_s, table.state, table.visits))
    assert size < 8_000_000
    assert len(table.dump()) < 8_000_000
