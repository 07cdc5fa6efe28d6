"""Clocks that come, go and step, and restarts: nobody is forgotten, nothing counts twice."""

import random
from hashlib import blake2b

import pytest

from gateway.place.days import DAY_MS, HOUR_MS
from scripts.sim import people
from tests.gateway.place.worlds import BOOT, MORNING_MS, World

CARD = people.citizen_card(random.Random(1))


# --- clocks


def test_while_utc_is_not_known_it_counts_by_running_time_and_says_so():
    world = World(utc_ms=None, mono_ms=2 * HOUR_MS, capacity=2)
    assert [world.show(code) for code in "abc"] == ["welcome", "welcome", "place_full"]
    day = world.place.today()
    assert day.date is None
    assert day.gates[0].hours["in"][2] == 2
    assert world.inside[1] == 2


def test_without_utc_a_day_ends_after_a_day_of_running():
    world = World(utc_ms=None, quota_visits=1)
    assert world.show("a") == "welcome"
    world.wait(hours=23)
    assert world.show("a") == "quota"
    world.wait(hours=2)
    assert world.inside[1] == 0
    assert world.show("a") == "welcome"
    assert world.counted() == 1


def test_when_utc_becomes_known_nobody_is_forgotten_and_the_hours_are_found():
    world = World(utc_ms=None, quota_visits=1)
    scans = [world.scan("a"), world.scan("b")]
    for scan in scans:
        assert world.judge(scan) == "welcome"
        world.take(scan)
    world.offset_ms = MORNING_MS - world.mono_now_ms
    assert world.place.today().date == "2026-03-02"
    assert (world.counted(), world.unknown()) == (0, 2)
    assert world.place.wants_times
    world.place.load([world.kept(scan) for scan in scans])
    assert (world.counted(), world.unknown()) == (2, 0)
    assert world.inside[1] == 2
    world.wait(minutes=5)
    assert world.show("a") == "quota"


def test_what_was_stored_before_a_power_cut_widens_the_bound_until_utc_is_known():
    world = World(utc_ms=None)
    old = world.scan("a", utc_ms=MORNING_MS - 3 * DAY_MS, bound_ms=100)
    today = world.scan("b", utc_ms=MORNING_MS - 60_000, bound_ms=100)
    world.place.load([world.kept(one, "000000000000") for one in (old, today)])
    assert world.inside == (0, 0, 2)
    assert world.place.day("2026-02-27").gates[0].hours["in"][8] == 1
    world.offset_ms = MORNING_MS - world.mono_now_ms
    world.place.tend()
    world.place.load([world.kept(one, "000000000000") for one in (old, today)])
    assert world.inside == (0, 1, 1)
    assert world.counted() == 1


@pytest.mark.parametrize("step_ms", [-5 * DAY_MS, -DAY_MS, -HOUR_MS, 1_000, HOUR_MS, 400 * DAY_MS])
def test_a_step_of_the_clock_and_back_leaves_the_rules_working(step_ms):
    world = World(quota_visits=1, capacity=3)
    world.show("a")
    world.offset_ms += step_ms
    assert world.show("b") in ("welcome",)
    world.offset_ms -= step_ms
    world.wait(minutes=5)
    assert world.show("b") == "quota"
    assert world.inside[1] in (1, 2)
    assert world.place.today().date == "2026-03-02"


def test_a_clock_that_is_lost_again_goes_on_by_running_time():
    world = World()
    world.show("a")
    world.utc_ms, known = lambda: None, world.utc_ms
    world.place = world.new_place(world.place.dump())
    world.wait(hours=1)
    assert world.place.today().date == "2026-03-02"
    world.wait(hours=16)
    assert world.place.today().date == "2026-03-03"
    assert known() > 0


# --- a restart of the program


def test_a_restart_of_the_program_forgets_nothing():
    world = World(capacity=2, quota_visits=1, quota_days=3)
    world.show("a")
    world.wait(days=1)
    world.show("b")
    world.show("r")
    full = world.show("q")
    before = world.place.today()
    world.place = world.new_place(world.place.dump())
    assert world.place.today() == before
    assert full == "place_full"
    assert world.show("a") == "quota"
    assert world.show("c") == "place_full"
    world.wait(minutes=5)
    world.show("b", "out", "box-2")
    assert world.show("c") == "welcome"


def whole(data: bytes) -> bytes:
    return blake2b(data, digest_size=8).digest() + data


@pytest.mark.parametrize("what", ["nothing", "cut", "noise", "another boot", "another version", "keys gone"])
def test_what_cannot_be_remembered_is_let_go(what):
    world = World(capacity=5)
    world.show("a")
    dumped = world.place.dump()
    if what == "nothing":
        dumped = b""
    elif what == "cut":
        dumped = dumped[:-40]
    elif what == "noise":
        dumped = bytes(range(256))
    elif what == "another boot":
        dumped = whole(dumped[8:].replace(BOOT.encode(), b"ba9876543210"))
    elif what == "another version":
        dumped = whole(dumped[8:].replace(b"\xa1v\x01", b"\xa1v\x02"))
    else:
        for name in world.shelf.names():
            world.shelf.destroy(name)
    world.place = world.new_place(dumped)
    assert world.inside == (0, 0, 0)
    assert world.show("a") == "welcome"
    assert len(world.shelf.names()) == 1


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_memory_is_let_go(seed):
    draw = random.Random(seed)
    world = World(capacity=5, quota_visits=2)
    for code in "abcdef":
        world.show(code)
    dumped = bytearray(world.place.dump())
    for _ in range(draw.randint(1, 4)):
        dumped[draw.randrange(len(dumped))] ^= draw.randint(1, 255)
    world.place = world.new_place(bytes(dumped))
    assert world.inside == (0, 0, 0)
