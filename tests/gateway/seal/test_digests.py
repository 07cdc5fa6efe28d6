"""A record is known again while the day's key lives, and by nobody without it."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.seal import DIGEST_BYTES, DigestKeys, Shelf
from gateway.seal.digests import DAY_MS

RAW = b"1 scan box-1 ..."


class Clock:
    def __init__(self, now_ms: int = 5) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_the_same_bytes_are_the_same_and_others_are_not(one, other):
    keys = DigestKeys(Shelf(None), Clock())
    digest = keys.digest(one)
    assert len(digest) == DIGEST_BYTES == 9
    assert keys.same(digest, one) is True
    assert keys.same(digest, other) is (one == other)


@pytest.mark.parametrize("after_ms", [0, 1, DAY_MS - 6, DAY_MS - 5, DAY_MS, 2 * DAY_MS - 6])
def test_today_and_tomorrow_a_record_is_known_again(after_ms):
    clock = Clock()
    keys = DigestKeys(Shelf(None), clock)
    digest = keys.digest(RAW)
    clock.now_ms += after_ms
    assert keys.same(digest, RAW) is True
    assert keys.same(digest, RAW + b"x") is False
    assert keys.same(keys.digest(RAW), RAW) is True


@pytest.mark.parametrize("after_ms", [2 * DAY_MS - 5, 2 * DAY_MS, 3 * DAY_MS, 400 * DAY_MS])
def test_the_day_after_that_nobody_knows(after_ms):
    clock = Clock()
    keys = DigestKeys(Shelf(None), clock)
    digest = keys.digest(RAW)
    clock.now_ms += after_ms
    assert keys.same(digest, RAW) is None
    assert keys.same(digest, RAW + b"x") is None


def test_a_key_that_is_over_is_destroyed_although_nothing_comes():
    clock, shelf = Clock(), Shelf(None)
    keys = DigestKeys(shelf, clock)
    keys.digest(RAW)
    (name,) = shelf.names()
    key = shelf.get(name)
    clock.now_ms += DAY_MS
    keys.tend()
    assert name in shelf.names()
    assert len(shelf.names()) == 2
    clock.now_ms += DAY_MS
    keys.tend()
    assert name not in shelf.names()
    assert len(shelf.names()) == 2
    assert bytes(key) == bytes(32)


def test_every_day_has_another_key():
    clock = Clock()
    keys = DigestKeys(Shelf(None), clock)
    digests = []
    for _ in range(5):
        digests.append(keys.digest(RAW))
        clock.now_ms += DAY_MS
    assert len({one[:3] for one in digests}) == len({one[3:] for one in digests}) == 5


def test_a_restart_of_the_program_forgets_nothing(memory_folder):
    clock = Clock()
    digest = DigestKeys(Shelf(memory_folder), clock).digest(RAW)
    keys = DigestKeys(Shelf(memory_folder), clock)
    assert keys.same(digest, RAW) is True
    assert keys.same(digest, b"other") is False
    assert keys.digest(RAW) == digest


def test_after_a_power_cut_nobody_knows_and_nobody_says_conflict(memory_folder):
    digest = DigestKeys(Shelf(memory_folder), Clock()).digest(RAW)
    for path in memory_folder.iterdir():
        path.unlink()
    assert DigestKeys(Shelf(memory_folder), Clock()).same(digest, RAW) is None


def test_other_keys_on_the_shelf_are_let_be():
    clock, shelf = Clock(), Shelf(None)
    shelf.get("place-1")
    keys = DigestKeys(shelf, clock)
    for _ in range(4):
        keys.digest(RAW)
        clock.now_ms += DAY_MS
    assert "place-1" in shelf.names()


def test_a_digest_is_none_that_can_be_made_without_the_key():
    digest = DigestKeys(Shelf(None), Clock()).digest(RAW)
    for size in (6, 8, 32):
        assert blake2b(RAW, digest_size=size).digest()[:6] != digest[3:]


@pytest.mark.parametrize("digest", [b"", b"x", bytes(8), bytes(9), bytes(10), bytes(64)])
def test_what_is_no_digest_says_nothing(digest):
    keys = DigestKeys(Shelf(None), Clock())
    keys.digest(RAW)
    assert keys.same(digest, RAW) is None
