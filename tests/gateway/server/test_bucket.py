"""The rate: never exceeded, shared piece by piece."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.server.bucket import BURST_S, Bucket


@given(st.integers(1, 1_000_000), st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 2_000)), max_size=50))
def test_no_more_goes_than_the_rate_and_what_may_burst(per_s: int, takes: list[tuple[int, int]]) -> None:
    now_ms = 0
    bucket = Bucket(per_s, lambda: now_ms)
    gone, free_at_ms = 0, 0.0
    for size, pause_ms in takes:
        now_ms = int(max(now_ms + pause_ms, free_at_ms)) + 1
        wait_s = bucket.wait_s(size)
        free_at_ms = now_ms + wait_s * 1000
        gone += size
        assert gone <= per_s * (free_at_ms / 1000 + BURST_S) + 1


def test_without_a_limit_nobody_waits() -> None:
    bucket = Bucket(0, lambda: 0)
    assert bucket.wait_s(10**9) == 0
    assert bucket.time_s(10**9) == 0


def test_two_who_send_share_the_line_piece_by_piece() -> None:
    bucket = Bucket(8_000, lambda: 0)
    assert bucket.piece_bytes == 1_000
    for _ in range(8):
        assert bucket.wait_s(1_000) == 0
    assert [bucket.wait_s(1_000) for _ in range(3)] == [0.125, 0.25, 0.375]


def test_a_slow_line_gets_small_pieces_and_a_fast_one_large_ones() -> None:
    assert Bucket(100, lambda: 0).piece_bytes == 512
    assert Bucket(10**9, lambda: 0).piece_bytes == 16_384
