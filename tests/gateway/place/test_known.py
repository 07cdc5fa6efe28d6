"""Who was here is remembered by the day, under that day's key, and no longer than a rule asks."""

import pytest

from gateway.place import known
from gateway.place.known import Known
from gateway.seal import Shelf


def days(shelf: Shelf, numbers: list[int], keep_days: int = 31) -> Known:
    made = Known(shelf)
    for serial, number in enumerate(numbers):
        made.open(number, serial, keep_days)
    return made


def test_visits_of_several_days_add_up():
    made = days(Shelf(None), [1, 2, 5])
    for number in (1, 2, 2, 5, 3, 9):
        made.add_visit(number, b"a")
    made.add_visit(2, b"b")
    assert (made.visits(b"a"), made.visits(b"b"), made.visits(b"c")) == (4, 1, 0)
    assert made.first_number == 1


def test_the_same_person_is_another_number_on_another_day():
    shelf = Shelf(None)
    made = days(shelf, [1])
    one = made.today.hashed(b"a")
    made.open(2, 1, 31)
    assert made.today.hashed(b"a") != one


@pytest.mark.parametrize("keep_days, left", [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3), (31, 3)])
def test_days_that_no_rule_asks_for_go_with_their_keys(keep_days, left):
    shelf = Shelf(None)
    shelf.get("digest-7")
    made = days(shelf, [1, 4, 5])
    for number in (1, 4, 5):
        made.add_visit(number, b"a")
    made.forget(keep_days)
    assert made.visits(b"a") == left
    assert len(shelf.names()) == left + 1


def test_too_many_people_in_all_push_the_oldest_day_out(monkeypatch):
    monkeypatch.setattr(known, "MOST_IN_ALL", 10)
    made = days(Shelf(None), [1])
    for number in range(1, 5):
        made.open(number, number + 10, 31)
        for person in range(4):
            made.add_visit(number, b"%d" % person)
    made.forget(31)
    assert made.visits(b"1") == 2


def test_days_are_renumbered_and_nobody_is_forgotten():
    made = days(Shelf(None), [1, 2])
    made.add_visit(1, b"a")
    made.renumber(20_000)
    made.add_visit(19_999, b"a")
    assert made.visits(b"a") == 2
    made.open(20_001, 9, 2)
    assert made.visits(b"a") == 0


def test_after_a_restart_of_the_program_the_days_are_there_but_those_whose_key_is_gone():
    shelf = Shelf(None)
    made = days(shelf, [1, 2, 3])
    for number in (1, 2, 3):
        made.add_visit(number, b"a")
    dumped = made.dump()
    shelf.destroy("place-1")
    again = Known(shelf)
    assert again.load(dumped)
    assert again.visits(b"a") == 2
    shelf.destroy("place-2")
    assert not Known(shelf).load(dumped)


def test_a_person_has_so_many_visits_at_most():
    made = days(Shelf(None), [1])
    for _ in range(400):
        made.add_visit(1, b"a")
    assert made.visits(b"a") == known.MOST_VISITS


def test_nothing_of_it_is_shown():
    made = days(Shelf(None), [1])
    assert repr(made) == "Known(1 days)"
