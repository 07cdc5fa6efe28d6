"""Accept rules, as properties. Examples stand in tests/vectors/gm65/accept.json."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.scanner.accept import HOLD_WINDOWS, KEPT, Accept

WINDOW_MS = 3000
GAPS_MS = st.lists(st.integers(0, 5000), max_size=60)


@given(GAPS_MS)
def test_a_code_counts_again_after_a_window_without_it_and_at_the_latest_after_ten_windows(gaps_ms: list[int]) -> None:
    accept = Accept(WINDOW_MS)
    now_ms = scanned_ms = seen_ms = 0
    assert accept.judge(b"code", 0) == "accepted"
    for gap_ms in gaps_ms:
        now_ms += gap_ms
        is_new = now_ms - seen_ms >= WINDOW_MS or now_ms - scanned_ms >= WINDOW_MS * HOLD_WINDOWS
        assert accept.judge(b"code", now_ms) == ("accepted" if is_new else "repeat")
        seen_ms = now_ms
        scanned_ms = now_ms if is_new else scanned_ms


@given(st.lists(st.binary(min_size=1, max_size=8), unique=True, max_size=60))
def test_a_code_never_shown_before_is_always_accepted(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    assert [accept.judge(code, at) for at, code in enumerate(codes)] == ["accepted"] * len(codes)


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=200))
def test_no_more_is_remembered_than_there_is_room_for(codes: list[bytes]) -> None:
    accept = Accept(WINDOW_MS)
    for code in codes:
        accept.judge(code, 0)
    assert len(accept._recent) <= KEPT


@given(st.binary(min_size=1, max_size=3072))
def test_what_could_not_be_stored_may_be_shown_again_at_once(code: bytes) -> None:
    accept = Accept(WINDOW_MS)
    assert accept.judge(code, 0) == "accepted"
    accept.forget(code)
    assert accept.judge(code, 1) == "accepted"


@pytest.mark.parametrize("window_ms, low, high", [(-1, 1, 9), (3_600_001, 1, 9), (0, 0, 9), (0, 5, 4), (0, 1, 3073)])
def test_limits_that_make_no_sense_are_refused(window_ms: int, low: int, high: int) -> None:
    with pytest.raises(ValueError):
        Accept(window_ms, low, high)
