"""When to try again: full jitter, as wide as the outage, bounded, polite."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.server import outcome
from gateway.server.backoff import Backoff, retry_after_s
from gateway.server.outcome import Outcome

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
LATER = "Wed, 21 Oct 2026 07:29:30 GMT"
UTC_MS = 1_792_567_680_000

randoms = st.floats(0, 1, exclude_max=True)
codes = st.sampled_from([outcome.UNREACHABLE, outcome.BUSY, outcome.CUT, outcome.FAILED, outcome.REJECTED])


def backoff(random: float) -> Backoff:
    return Backoff(0.5, 600.0, 60.0, lambda: random)


@given(randoms, st.lists(st.tuples(codes, st.integers(0, 10**8)), min_size=1, max_size=40))
def test_a_wait_is_never_longer_than_the_bound_and_never_negative(
    random: float, failures: list[tuple[str, int]]
) -> None:
    rule, now_ms = backoff(random), 0
    for code, later_ms in failures:
        now_ms += later_ms
        assert 0 <= rule.failed(Outcome(code, ""), now_ms) <= 600


@given(st.integers(0, 10**9))
def test_the_jitter_is_as_wide_as_the_outage_up_to_the_bound(outage_ms: int) -> None:
    rule = backoff(0.5)
    rule.failed(Outcome(outcome.UNREACHABLE, ""), 1000)
    rule.failed(Outcome(outcome.UNREACHABLE, ""), 1000 + outage_ms)
    assert rule.window_s(1000 + outage_ms) >= min(600, outage_ms / 1000)


@given(st.integers(1, 60))
def test_the_window_doubles_with_each_failure(failures: int) -> None:
    rule = backoff(0.0)
    for _ in range(failures):
        rule.failed(Outcome(outcome.BUSY, ""), 0)
    assert rule.window_s(0) == min(600.0, 0.5 * 2 ** (failures - 1))


@given(randoms, st.floats(-10, 10**9))
def test_a_retry_after_is_waited_out_but_not_for_ever(random: float, asked_s: float) -> None:
    wait_s = backoff(random).failed(Outcome(outcome.BUSY, "", b"", asked_s), 0)
    assert min(max(asked_s, 0), 600) <= wait_s <= 600 + 0.5


@given(randoms, st.sampled_from([outcome.DENIED, outcome.MISPLACED]))
def test_where_a_person_must_act_the_wait_is_long_at_once(random: float, code: str) -> None:
    assert 30 <= backoff(random).failed(Outcome(code, ""), 0) <= 90


def test_a_success_ends_the_outage() -> None:
    rule = backoff(0.5)
    for now_ms in range(0, 10**6, 10**5):
        rule.failed(Outcome(outcome.UNREACHABLE, ""), now_ms)
    rule.succeeded()
    assert rule.failed(Outcome(outcome.UNREACHABLE, ""), 10**7) == 0.25


def test_a_retry_after_in_seconds() -> None:
    assert retry_after_s("120", None, None) == 120
    assert retry_after_s(" 0 ", None, None) == 0


def test_a_retry_after_that_is_a_date_counts_from_the_servers_own_date() -> None:
    assert retry_after_s(LATER, DATE, 5) == 90
    assert retry_after_s(DATE, LATER, None) == 0


def test_a_date_counts_from_our_clock_only_where_the_server_has_none() -> None:
    assert retry_after_s(LATER, None, UTC_MS) == 90
    assert retry_after_s(LATER, None, None) is None


@given(st.text())
def test_any_other_retry_after_is_none_and_no_error(text: str) -> None:
    wait_s = retry_after_s(text, text, None)
    assert wait_s is None or wait_s >= 0
    assert retry_after_s(None, text, None) is None


def test_a_number_without_end_is_still_a_number() -> None:
    wait_s = retry_after_s("9" * 1000, None, None)
    assert wait_s is not None
    assert wait_s > 600


@given(randoms)
def test_another_address_is_tried_soon_and_makes_the_wait_no_longer(random: float) -> None:
    rule = backoff(random)
    for _ in range(10):
        assert rule.failed(Outcome(outcome.UNREACHABLE, "", elsewhere=True), 1000) <= 2.0
    assert rule.failures == 0


def test_the_outage_is_counted_from_the_first_address_that_failed() -> None:
    rule = backoff(0.5)
    rule.failed(Outcome(outcome.UNREACHABLE, "", elsewhere=True), 0)
    rule.failed(Outcome(outcome.UNREACHABLE, ""), 300_000)
    assert rule.window_s(300_000) == 300


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(30, 28_800))
def test_a_thousand_gateways_that_lost_one_server_do_not_come_back_in_one_second(seed: int, outage_s: int) -> None:
    dice = random.Random(seed)
    back: Counter[int] = Counter()
    for _ in range(1_000):
        rule = Backoff(0.5, 600.0, 60.0, dice.random)
        now_s = dice.random() * 5
        while now_s < outage_s:
            now_s += max(0.01, rule.failed(Outcome(outcome.UNREACHABLE, ""), int(now_s * 1000)))
        back[int(now_s)] += 1
    spread_s = min(600, outage_s)
    assert max(back.values()) <= 1_000 / spread_s * 6 + 12
