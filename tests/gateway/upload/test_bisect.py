"""The hunt for the record that breaks its batch, against servers of every kind of malice."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.upload.bisect import Hunt


def run(count: int, poison: set[int], *, other_traffic: bool, most: int = 100_000) -> tuple[set[int], set[int], int]:
    """A hunt to its end -> (condemned, passed, requests)."""
    hunt, condemned, passed, requests = Hunt(), set(), set(), 0
    hunt.begin(list(range(count)))
    while hunt.is_on and requests < most:
        keys = hunt.next()
        if keys is not None:
            requests += 1
            if poison & set(keys):
                hunt.failed()
            else:
                passed |= set(keys)
                hunt.passed()
        if other_traffic:
            hunt.saw_success()
        condemned |= set(hunt.condemned())
        if hunt.is_hopeless:
            hunt.call_off()
    return condemned, passed, requests


@given(st.integers(2, 300), st.data())
def test_exactly_the_poisoned_are_condemned_and_all_others_pass(count: int, data: st.DataObject) -> None:
    poison = data.draw(st.sets(st.integers(0, count - 1), max_size=min(5, count - 1)))
    condemned, passed, _ = run(count, poison, other_traffic=True)
    assert condemned == poison
    assert passed == set(range(count)) - poison


@given(st.integers(2, 4000), st.data())
def test_one_poisoned_record_is_found_in_few_requests(count: int, data: st.DataObject) -> None:
    poison = data.draw(st.integers(0, count - 1))
    condemned, passed, requests = run(count, {poison}, other_traffic=False)
    assert (condemned, len(passed)) == ({poison}, count - 1)
    assert requests <= 2 * count.bit_length() + 2


@given(st.integers(1, 4000))
def test_while_everything_fails_nobody_is_condemned_and_the_hunt_ends_soon(count: int) -> None:
    condemned, passed, requests = run(count, set(range(count)), other_traffic=False)
    assert (condemned, passed) == (set(), set())
    assert requests <= 2 * count.bit_length() + 8


@given(st.integers(1, 50))
def test_where_other_requests_pass_all_of_a_bad_batch_can_be_condemned(count: int) -> None:
    condemned, passed, _ = run(count, set(range(count)), other_traffic=True)
    assert (condemned, passed) == (set(range(count)), set())


@given(st.integers(2, 200), st.integers(0, 10))
def test_a_server_that_fails_a_few_times_and_recovers_gets_nobody_condemned(count: int, failures: int) -> None:
    hunt = Hunt()
    hunt.begin(list(range(count)))
    passed: set[int] = set()
    while hunt.is_on and not hunt.is_hopeless:
        keys = hunt.next()
        assert keys is not None
        if failures > 0 and not (len(keys) == 1 and passed):
            failures -= 1
            hunt.failed()
        else:
            passed |= set(keys)
            hunt.passed()
        assert hunt.condemned() == []


def test_suspects_are_what_is_set_aside() -> None:
    hunt = Hunt()
    hunt.begin([5, 6, 7])
    assert hunt.suspects == {5, 6, 7}
    hunt.passed()
    assert hunt.suspects == {6, 7}
    hunt.call_off()
    assert (hunt.suspects, hunt.is_on) == (set(), False)
