"""How many records a batch has."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.upload.pace import FIRST_SCANS, Pace

events = st.lists(st.one_of(st.floats(0, 100), st.just("halve")), max_size=60)


@given(st.integers(1, 5000), events)
def test_a_batch_has_at_least_one_record_and_at_most_the_setting(most: int, happened: list[float | str]) -> None:
    pace = Pace(most)
    for event in happened:
        if isinstance(event, str):
            pace.halve(pace.scans)
        else:
            pace.answered(pace.scans, event)
        assert 1 <= pace.scans <= most


def test_full_batches_that_are_answered_quickly_double() -> None:
    pace = Pace(2000)
    for _ in range(10):
        pace.answered(pace.scans, 0.1)
    assert pace.scans == 2000


def test_a_batch_that_was_not_full_says_nothing_about_a_larger_one() -> None:
    pace = Pace(2000)
    pace.answered(1, 0.1)
    assert pace.scans == FIRST_SCANS


def test_a_slow_answer_halves() -> None:
    pace = Pace(2000)
    pace.answered(FIRST_SCANS, 20.0)
    assert pace.scans == FIRST_SCANS // 2


def test_refusals_halve_from_what_was_sent() -> None:
    pace = Pace(2000)
    pace.halve(40)
    assert pace.scans == 20
