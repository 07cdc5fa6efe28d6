"""A line may forget, but never say more than it was told."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import clock
from gateway.clock.line import Line

TRUE_OFFSET_MS = 1_000_000
TRUTHFUL = st.tuples(st.integers(0, 10**7), st.integers(0, 500), st.integers(0, 500))


def truthful(reference_ms: int, low: int, high: int) -> tuple[int, int, int]:
    return reference_ms, reference_ms + TRUE_OFFSET_MS - low, reference_ms + TRUE_OFFSET_MS + high


@given(st.lists(TRUTHFUL, max_size=60), st.integers(0, 10**7), st.integers(2, 12))
def test_truthful_samples_give_a_truthful_answer_however_few_are_kept(drawn, asked_ms, most):
    line = Line(most)
    for one in drawn:
        line.add(truthful(*one))
    found = line.at(asked_ms)
    assert len(line.points) <= most
    if not drawn:
        assert found is None
    else:
        assert found is not None
        assert found[0] <= asked_ms + TRUE_OFFSET_MS <= found[1]


@given(st.lists(TRUTHFUL, min_size=1, max_size=10), st.integers(0, 10**7))
def test_with_room_for_all_no_answer_is_wider_than_that_of_all_samples(drawn, asked_ms):
    line = Line(10)
    samples = [truthful(*one) for one in drawn]
    for one in samples:
        line.add(one)
    everything = clock.instant(samples, asked_ms)
    found = line.at(asked_ms)
    assert everything is not None
    assert found is not None
    if len(line.points) <= 6:
        assert found[0] >= everything[0] - 2
        assert found[1] <= everything[1] + 2


@given(st.lists(TRUTHFUL, min_size=1, max_size=60), st.integers(10_000, 10**9), st.integers(0, 59))
def test_one_false_sample_never_hides_the_truth(drawn, wrong_by_ms, at):
    line = Line(12)
    samples = [truthful(*one) for one in drawn]
    reference_ms = samples[0][0]
    lie = reference_ms, reference_ms + TRUE_OFFSET_MS + wrong_by_ms, reference_ms + TRUE_OFFSET_MS + wrong_by_ms + 5
    samples.insert(min(at, len(samples)), lie)
    for one in samples:
        line.add(one)
    for asked_ms in (reference_ms, samples[-1][0]):
        found = line.at(asked_ms)
        assert found is not None
        assert found[0] <= asked_ms + TRUE_OFFSET_MS <= found[1]


def test_a_sample_that_says_nothing_new_is_not_kept():
    line = Line(5)
    assert line.add((1000, 5000, 5010))
    assert not line.add((1000, 5000, 5010))
    assert not line.add((1000, 4000, 6000))
    assert line.add((1000, 5005, 5006))


def test_the_first_and_the_last_sample_stay():
    line = Line(4)
    for reference_ms in range(0, 10**6, 10_000):
        line.add((reference_ms, reference_ms, reference_ms + 1))
    assert line.points[0][0] == 0
    assert line.points[-1][0] == 990_000


def test_worth_saving_is_the_first_a_distant_and_a_much_better_one():
    line = Line(4)
    assert line.is_worth_saving((0, 0, 100))
    assert not line.is_worth_saving((5_000, 5_000, 5_090))
    assert line.is_worth_saving((6_000, 6_000, 6_040))
    assert line.is_worth_saving((4_000_000, 4_000_000, 4_000_100))
