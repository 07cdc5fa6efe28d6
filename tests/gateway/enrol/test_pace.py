"""So often and no more, each address for itself, and never without a bound."""

from gateway.enrol import pace
from gateway.enrol.pace import Pace


def test_a_burst_and_then_so_many_a_minute():
    it = Pace(60, 3)
    assert [it.allows("a", 0) for _ in range(5)] == [True, True, True, False, False]
    assert not it.allows("a", 999)
    assert it.allows("a", 1999)
    assert not it.allows("a", 1999)


def test_one_address_does_not_slow_another():
    it = Pace(1, 1)
    assert it.allows("a", 0)
    assert not it.allows("a", 0)
    assert it.allows("b", 0)


def test_a_clock_that_jumps_back_gives_nothing_away():
    it = Pace(60, 1)
    assert it.allows("a", 1_000_000)
    assert not it.allows("a", 0)


def test_what_is_remembered_is_bounded_and_full_buckets_are_forgotten(monkeypatch):
    monkeypatch.setattr(pace, "MOST", 10)
    it = Pace(60, 1)
    assert all(it.allows(str(number), 0) for number in range(10))
    assert not it.allows("late", 0)
    assert it.allows("late", 1000)
    assert len(it._left) == 1
