"""How many records a batch has, and when there is a rest."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.upload.pace import FIRST_SCANS, Pace

events = st.lists(st.one_of(st.floats(0, 100), st.just("halve")), max_size=60)


@given(st.integers(1, 5000), events)
def test_a_batch_has_at_least_one_record_and_at_most_the_setting(most: int, happened: list[float | str]) -> None:
    pace = Pace(most, lambda: 0.5)
    for event in happened:
        if isinstance(event, str):
            pace.halve(pace.scans)
        else:
            pace.answered(pace.scans, event)
        assert 1 <= pace.scans <= most


def test_full_batches_that_are_answered_quickly_double() -> None:
    pace = Pace(2000, lambda: 0.5)
    for _ in range(10):
        pace.answered(pace.scans, 0.1)
    assert pace.scans == 2000


def test_a_batch_that_was_not_full_says_nothing_about_a_larger_one() -> None:
    pace = Pace(2000, lambda: 0.5)
    pace.answered(1, 0.1)
    assert pace.scans == FIRST_SCANS


def test_a_slow_answer_halves() -> None:
    pace = Pace(2000, lambda: 0.5)
    pace.answered(FIRST_SCANS, 20.0)
    assert pace.scans == FIRST_SCANS // 2


def test_refusals_halve_from_what_was_sent() -> None:
    pace = Pace(2000, lambda: 0.5)
    pace.halve(40)
    assert pace.scans == 20


def test_after_an_outage_it_begins_small_again() -> None:
    pace = Pace(2000, lambda: 0.5)
    for _ in range(10):
        pace.answered(pace.scans, 0.1)
    pace.begin_again()
    assert pace.scans == FIRST_SCANS
    pace.halve(40)
    pace.begin_again()
    assert pace.scans == 20


def test_a_full_batch_that_took_long_is_followed_by_a_rest_and_a_quick_or_small_one_is_not() -> None:
    pace = Pace(2000, lambda: 0.5)
    assert pace.answered(pace.scans, 4.0) == 2.0
    assert pace.answered(pace.scans, 100.0) == 5.0
    assert pace.answered(pace.scans, 0.5) == 0.0
    assert pace.answered(1, 4.0) == 0.0
