"""In which order the tests are handed to the workers."""

import pytest

from tests.conftest import slow_first


def parts(tests, workers):
    """As xdist's `worksteal` hands them out."""
    left, made = list(tests), []
    for worker in range(workers):
        size = len(left) // (workers - worker)
        made.append(left[:size])
        left = left[size:]
    return made


@pytest.mark.parametrize("workers", [1, 2, 3, 6, 10])
@pytest.mark.parametrize("many", [0, 1, 2, 7, 50, 101])
@pytest.mark.parametrize("each", [1, 2, 7, 1000])
def test_every_test_runs_once_and_in_each_part_the_slow_ones_come_first(workers, many, each):
    ordered = slow_first(list(range(many)), lambda number: number % each == each - 1, workers)
    assert sorted(ordered) == list(range(many))
    if many >= workers * (many // each + 1):
        for part in parts(ordered, workers):
            slow = [number % each == each - 1 for number in part]
            assert slow == sorted(slow, reverse=True)


def test_the_slow_ones_are_spread_over_the_parts():
    ordered = slow_first(list(range(100)), lambda number: number >= 92, 4)
    assert [sum(number >= 92 for number in part) for part in parts(ordered, 4)] == [2, 2, 2, 2]


def test_the_others_stay_in_their_order():
    ordered = slow_first(list(range(100)), lambda number: number % 10 == 3, 3)
    rest = [number for number in ordered if number % 10 != 3]
    assert rest == sorted(rest)
