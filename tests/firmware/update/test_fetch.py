"""Which pieces of a file are asked for, and what is taken of what comes."""

import random

import pytest

from firmware.update.fetch import FIRST_WAIT_MS, LONGEST_WAIT_MS, Fetch


def test_a_file_comes_in_pieces_of_which_a_window_is_under_way():
    fetch = Fetch(2500, 1000, 2, 0)
    assert fetch.wants(0) == [(0, 1000), (1000, 1000)]
    assert fetch.wants(0) == []
    assert fetch.take(0, b"a" * 1000, 5) == [b"a" * 1000]
    assert fetch.wants(5) == [(2000, 500)]
    assert fetch.take(1000, b"b" * 1000, 9) == [b"b" * 1000]
    assert not fetch.is_done()
    assert fetch.take(2000, b"c" * 500, 9) == [b"c" * 500]
    assert fetch.is_done()
    assert fetch.wants(10**9) == []


def test_an_empty_file_is_done_before_it_begins():
    fetch = Fetch(0, 1000, 2, 0)
    assert fetch.is_done()
    assert fetch.wants(0) == []


def test_a_piece_that_comes_before_its_turn_waits_for_it():
    fetch = Fetch(3000, 1000, 3, 0)
    fetch.wants(0)
    assert fetch.take(2000, b"c" * 1000, 1) == []
    assert fetch.take(1000, b"b" * 1000, 1) == []
    assert fetch.take(0, b"a" * 1000, 1) == [b"a" * 1000, b"b" * 1000, b"c" * 1000]


@pytest.mark.parametrize(
    ("offset", "length"),
    [(1, 1000), (2000, 500), (0, 999), (0, 1001), (0, 0), (-1000, 1000), (500, 500), (3000, 1000)],
)
def test_what_was_not_asked_for_is_not_taken(offset, length):
    fetch = Fetch(2500, 1000, 2, 0)
    fetch.wants(0)
    assert fetch.take(offset, b"x" * length, 1) is None
    assert fetch.taken == 0


def test_a_piece_is_taken_once():
    fetch = Fetch(2500, 1000, 2, 0)
    fetch.wants(0)
    assert fetch.take(1000, b"b" * 1000, 1) == []
    assert fetch.take(1000, b"b" * 1000, 1) is None
    assert fetch.take(0, b"a" * 1000, 1) is not None
    assert fetch.take(0, b"a" * 1000, 1) is None


def test_what_does_not_come_is_asked_for_again_ever_more_rarely_and_for_ever():
    fetch, now_ms, gaps = Fetch(1500, 1000, 2, 0), 0, []
    fetch.wants(0)
    for _ in range(12):
        wait_ms = fetch.wait_ms(now_ms)
        assert fetch.wants(now_ms + wait_ms - 1) == []
        now_ms += wait_ms
        assert fetch.wants(now_ms) == [(0, 1000), (1000, 500)]
        gaps.append(wait_ms)
    assert gaps[0] == FIRST_WAIT_MS
    assert gaps[-1] == LONGEST_WAIT_MS
    assert gaps == sorted(gaps)


def test_only_what_is_missing_is_asked_for_again_and_what_comes_starts_the_wait_anew():
    fetch = Fetch(3000, 1000, 3, 0)
    fetch.wants(0)
    fetch.take(1000, b"b" * 1000, 100)
    assert fetch.wait_ms(100) == FIRST_WAIT_MS
    assert fetch.wants(100 + FIRST_WAIT_MS) == [(0, 1000), (2000, 1000)]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_lost_doubled_or_late_the_file_comes_out_right(seed):
    draw = random.Random(seed)
    content = draw.randbytes(draw.randrange(1, 9000))
    fetch, got, under_way, now_ms = Fetch(len(content), 512, draw.randrange(1, 5), 0), b"", [], 0
    while not fetch.is_done():
        for offset, length in fetch.wants(now_ms):
            under_way += [(offset, length)] * draw.choice([0, 1, 1, 1, 2])
        draw.shuffle(under_way)
        if under_way:
            offset, length = under_way.pop()
            got += b"".join(fetch.take(offset, content[offset : offset + length], now_ms) or [])
        else:
            now_ms += fetch.wait_ms(now_ms)
    assert got == content
