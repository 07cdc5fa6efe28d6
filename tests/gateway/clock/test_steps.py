"""A clock that was set is noticed; one that is slewed, or read late, is not."""

import pytest

from gateway.clock import Step, Steps

YEAR_MS = 365 * 86_400_000


@pytest.mark.parametrize("by_ms", [YEAR_MS, -YEAR_MS, 3_600_000, -3_600_000, 1_000, -1_000, 700])
def test_a_step_is_told_once_with_its_size(by_ms):
    steps = Steps()
    assert steps.look(0, 10**12) is None
    assert steps.look(5_000, 10**12 + 5_000) is None
    assert steps.look(10_000, 10**12 + 10_000 + by_ms) == Step(10_000, by_ms)
    assert steps.look(15_000, 10**12 + 15_000 + by_ms) is None
    assert steps.last == Step(10_000, by_ms)
    assert steps.count == 1


@pytest.mark.parametrize("ppm", [500, -500, 100, 0])
def test_slewing_is_no_step_however_long_nobody_looked(ppm):
    steps = Steps()
    for hours in (0, 1, 30, 400):
        mono_ms = hours * 3_600_000
        assert steps.look(mono_ms, 10**12 + mono_ms + mono_ms * ppm // 1_000_000) is None


def test_a_reading_that_took_long_is_no_step():
    steps = Steps()
    steps.look(0, 0)
    assert steps.look(5_000, 5_240) is None
    assert steps.look(7_500, 7_200) is None
    assert steps.look(10_000, 10_000) is None
