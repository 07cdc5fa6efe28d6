"""The bounds between uptime and UTC hold, whatever the clocks do within their limits."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import clock

PPM = st.integers(-clock.DRIFT_PPM, clock.DRIFT_PPM)
UPTIME = st.integers(0, 10 * 86_400_000)


def true_utc(boot_utc_ms: int, uptime_ms: int, drift_ppm: int) -> float:
    return boot_utc_ms + uptime_ms + uptime_ms * drift_ppm / 1_000_000


@given(st.lists(st.tuples(UPTIME, st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=6), UPTIME, PPM)
def test_the_true_instant_lies_within_the_bounds(references, uptime_ms, drift_ppm):
    boot_utc_ms = 1_763_771_234_567
    samples = []
    for reference_ms, before_ms, after_ms in references:
        truth = true_utc(boot_utc_ms, reference_ms, drift_ppm)
        samples.append((reference_ms, int(truth) - before_ms, int(truth) + 1 + after_ms))
    earliest_ms, latest_ms = clock.instant(samples, uptime_ms)
    assert earliest_ms <= true_utc(boot_utc_ms, uptime_ms, drift_ppm) <= latest_ms


@given(st.lists(st.tuples(UPTIME, st.integers(1, 10**13), st.integers(0, 10**6)), min_size=1, max_size=6), UPTIME)
def test_more_samples_never_give_an_empty_interval(raw, uptime_ms):
    samples = [(reference_ms, low, low + width) for reference_ms, low, width in raw]
    earliest_ms, latest_ms = clock.instant(samples, uptime_ms)
    assert earliest_ms <= latest_ms


def test_samples_that_contradict_each_other_give_the_span_over_both():
    assert clock.instant([(0, 100, 200), (0, 5000, 5001)], 0) == (100, 5001)


def test_samples_that_agree_narrow_each_other():
    assert clock.instant([(0, 100, 200), (0, 150, 400)], 0) == (150, 200)


def test_without_a_sample_there_is_no_time():
    assert clock.instant([], 5) is None


def test_a_sample_widens_by_its_drift_before_and_behind_its_reference():
    assert clock.widen((1_000_000, 5_000_000, 5_000_010), 3_000_000) == (6_998_999, 7_001_011)
    assert clock.widen((3_000_000, 7_000_000, 7_000_010), 1_000_000) == (4_998_999, 5_001_011)
