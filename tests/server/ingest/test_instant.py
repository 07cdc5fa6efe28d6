"""When a scan was made: narrowed by everything that is known, invented by nothing."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import clock
from firmware.wire.record import Scan
from server.ingest.instant import AHEAD_MS, SAMPLES_KEPT, Instant, ahead_ms, best, instant

TRUE_MS = 1_790_000_000_000
RECEIVED_MS = TRUE_MS + 60_000


def scan(uptime_ms=10_000, utc_ms=None, bound_ms=None):
    return Scan("box-0001", "0123456789ab", 1, 1, uptime_ms, utc_ms, bound_ms, "", b"x")


def test_nothing_known_stays_unknown_but_for_its_arrival():
    assert instant(scan(), None, None, [], RECEIVED_MS) == Instant(None, RECEIVED_MS, None, None)


def test_a_latest_alone_is_a_bound_and_no_time():
    assert instant(scan(), None, TRUE_MS, [], RECEIVED_MS) == Instant(None, TRUE_MS, None, None)


def test_the_envelope_alone_gives_its_middle():
    found = instant(scan(), TRUE_MS - 100, TRUE_MS + 100, [], RECEIVED_MS)
    assert found == Instant(TRUE_MS - 100, TRUE_MS + 100, TRUE_MS, 100)


def test_the_records_own_time_narrows_the_envelope():
    found = instant(scan(utc_ms=TRUE_MS, bound_ms=10), TRUE_MS - 5, TRUE_MS + 1000, [], RECEIVED_MS)
    assert (found.earliest_ms, found.latest_ms) == (TRUE_MS - 5, TRUE_MS + 10)


def test_a_sample_of_the_boot_narrows_it_further():
    found = instant(scan(), TRUE_MS - 1000, TRUE_MS + 1000, [(10_000, TRUE_MS - 1, TRUE_MS + 2)], RECEIVED_MS)
    assert (found.earliest_ms, found.latest_ms, found.bound_ms) == (TRUE_MS - 1, TRUE_MS + 2, 2)


def test_no_scan_is_made_after_it_arrived():
    found = instant(scan(), TRUE_MS - 1000, TRUE_MS + 1000, [], TRUE_MS)
    assert found.latest_ms == TRUE_MS


def test_contradictions_give_the_span_over_everything():
    found = instant(scan(utc_ms=100, bound_ms=50), TRUE_MS, TRUE_MS + 10, [], RECEIVED_MS)
    assert (found.earliest_ms, found.latest_ms) == (50, RECEIVED_MS)


def test_a_gateway_of_1970_and_a_server_that_knows_better_give_the_span():
    found = instant(scan(), 1, 500, [(10_000, TRUE_MS, TRUE_MS + 5)], RECEIVED_MS)
    assert (found.earliest_ms, found.latest_ms) == (1, RECEIVED_MS)


def test_a_contradiction_spans_the_upper_bounds_as_well():
    found = instant(scan(utc_ms=TRUE_MS, bound_ms=5), None, TRUE_MS - 1000, [], RECEIVED_MS)
    assert (found.earliest_ms, found.latest_ms) == (TRUE_MS - 1000, RECEIVED_MS)


def test_a_clock_that_says_long_after_the_arrival_says_nothing():
    ahead = scan(utc_ms=RECEIVED_MS + 10 * 86_400_000, bound_ms=1)
    assert instant(ahead, None, None, [], RECEIVED_MS) == Instant(None, RECEIVED_MS, None, None)
    assert ahead_ms(ahead, None, [], RECEIVED_MS) == 10 * 86_400_000 - 1


def test_an_envelope_stands_beside_a_clock_that_says_long_after_the_arrival():
    ahead = scan(utc_ms=RECEIVED_MS + 3_600_000, bound_ms=1)
    assert instant(ahead, TRUE_MS - 100, TRUE_MS + 100, [], RECEIVED_MS)[:2] == (TRUE_MS - 100, TRUE_MS + 100)


def test_a_gateway_and_samples_that_say_long_after_the_arrival_say_nothing():
    far_ms = RECEIVED_MS + AHEAD_MS + 1
    found = instant(scan(), far_ms, far_ms + 5, [(10_000, far_ms, far_ms + 5)], RECEIVED_MS)
    assert found == Instant(None, RECEIVED_MS, None, None)
    assert ahead_ms(scan(), far_ms, [], RECEIVED_MS) == AHEAD_MS + 1
    assert ahead_ms(scan(), None, [(10_000, far_ms, far_ms + 5)], RECEIVED_MS) == AHEAD_MS + 1


def test_a_clock_that_is_a_little_ahead_may_be_so_by_ten_times_what_it_shows():
    ahead = scan(utc_ms=RECEIVED_MS + 205, bound_ms=5)
    assert instant(ahead, None, None, [], RECEIVED_MS)[:2] == (RECEIVED_MS - 1800, RECEIVED_MS)
    assert ahead_ms(ahead, None, [], RECEIVED_MS) is None
    assert ahead_ms(scan(), None, [], RECEIVED_MS) is None


SAID = st.none() | st.integers(RECEIVED_MS - 10**6, RECEIVED_MS + 10**6)


@given(
    said=st.tuples(SAID, SAID, SAID),
    bound_ms=st.integers(0, 10**6),
    samples=st.lists(st.tuples(st.just(10_000), st.integers(0, 10**6), st.integers(0, 10**5)), max_size=3),
)
def test_whatever_is_said_nothing_was_made_after_it_arrived(said, bound_ms, samples):
    near_ms = [(at, RECEIVED_MS + low - 500_000, RECEIVED_MS + low - 500_000 + more) for at, low, more in samples]
    low, high, at_ms, half_ms = instant(scan(utc_ms=said[0], bound_ms=bound_ms), *said[1:], near_ms, RECEIVED_MS)
    assert high <= RECEIVED_MS
    assert (low is None) == (at_ms is None) == (half_ms is None)
    assert low is None or low <= at_ms <= high


SAMPLE = st.tuples(st.integers(0, 10**7), st.integers(0, 500), st.integers(0, 500))


@given(samples=st.lists(SAMPLE, max_size=40), uptime_ms=st.integers(0, 10**7), drift_ppm=st.integers(-400, 400))
def test_the_true_instant_is_never_outside(samples, uptime_ms, drift_ppm):
    """A box whose crystal strays by less than the wire allows, and samples that are each right."""

    def truth(at_ms):
        return TRUE_MS + at_ms + at_ms * drift_ppm // 1_000_000

    right = [(at_ms, truth(at_ms) - low_ms, truth(at_ms) + high_ms) for at_ms, low_ms, high_ms in samples]
    found = instant(scan(uptime_ms), None, None, best(right), TRUE_MS + 2 * 10**7)
    if samples:
        assert found.earliest_ms - 1 <= truth(uptime_ms) <= found.latest_ms + 1
        assert found.at_ms - found.bound_ms <= found.earliest_ms <= found.latest_ms <= found.at_ms + found.bound_ms
    else:
        assert found.at_ms is None


@given(samples=st.lists(SAMPLE, min_size=1, max_size=60))
def test_only_the_best_samples_are_kept_and_they_stay_the_best(samples):
    given_ms = [(at_ms, at_ms - low_ms, at_ms + high_ms) for at_ms, low_ms, high_ms in samples]
    kept = best(given_ms)
    assert 1 <= len(kept) <= SAMPLES_KEPT
    assert set(kept) <= set(given_ms)
    assert best(kept) == kept
    assert min(high - low for _, low, high in kept) == min(high - low for _, low, high in given_ms)


@given(samples=st.lists(SAMPLE, min_size=1, max_size=10), uptime_ms=st.integers(0, 10**7))
def test_dropping_what_is_implied_loses_next_to_nothing(samples, uptime_ms):
    right = [(at_ms, TRUE_MS + at_ms - low_ms, TRUE_MS + at_ms + high_ms) for at_ms, low_ms, high_ms in samples]
    all_low, all_high = clock.instant(right, uptime_ms)
    low, high = clock.instant(best(right), uptime_ms)
    assert low >= all_low - 2
    assert high <= all_high + 2
