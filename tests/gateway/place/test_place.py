"""What a place says of a scan, and that it says it once."""

import random

import pytest

from firmware.wire import record
from firmware.wire.record import Lost
from gateway.config import Period
from gateway.config import Place as Settings
from gateway.place import PlaceError
from scripts.sim import people
from tests.gateway.place.worlds import World, revoked

CARD = people.citizen_card(random.Random(1))


# --- what is said


def test_without_rules_nothing_is_said_and_everything_is_counted():
    world = World()
    assert world.show("a") is None
    assert world.counted() == 1
    assert world.inside == (0, 1, 1)


def test_who_comes_in_is_welcome():
    assert World(capacity=5).show("a") == "welcome"


def test_a_full_place_lets_nobody_in_until_somebody_has_left():
    world = World(capacity=2)
    assert [world.show(code) for code in "abc"] == ["welcome", "welcome", "place_full"]
    assert world.show("a", "out", "box-2") == "welcome"
    assert world.show("c") == "welcome"
    assert world.show("d") == "place_full"
    assert world.place.today().gates[0].refused == {"place_full": 2}


def test_who_is_inside_already_takes_no_room():
    world = World(capacity=1)
    assert world.show("a") == "welcome"
    world.show("x", "out", "box-2")  # there is a way out here, and "a" has forgotten it
    world.wait(hours=3)
    assert world.show("a") == "welcome"
    assert world.place.today().inside.forgotten_exits == 1


@pytest.mark.parametrize("days, visits", [(1, 1), (1, 3), (3, 1), (3, 2)])
def test_a_person_comes_in_as_often_as_is_allowed(days, visits):
    world = World(quota_visits=visits, quota_days=days)
    for _ in range(visits):
        assert world.show(CARD) == "welcome"
        assert world.show(CARD, "out", "box-2") == "welcome"
        world.wait(minutes=5)
    assert world.show(CARD) == "quota"
    assert world.show("somebody else") == "welcome"
    for _ in range(days - 1):
        world.wait(days=1)
        assert world.show(CARD) == "quota"
    world.wait(days=1)
    assert world.show(CARD) == "welcome"


def test_a_quota_moves_on_day_by_day():
    world = World(quota_visits=2, quota_days=3)
    outcomes = []
    for _ in range(7):
        outcomes.append(world.show(CARD))
        world.wait(days=1)
    assert outcomes == ["welcome", "welcome", "quota", "welcome", "welcome", "quota", "welcome"]


def test_both_generations_of_a_card_count_as_one_person():
    world = World(quota_visits=1)
    fields = CARD.split(b"|")
    assert world.show(CARD) == "welcome"
    world.wait(minutes=5)
    spoilt = b"|".join([*fields[:2], "ﾃｪ".encode("cp932", "replace"), *fields[3:]])
    assert world.show(spoilt) == "quota"
    assert world.show(CARD + b"||||") == "quota"


def test_a_card_read_twice_is_one_visit():
    world = World(quota_visits=1)
    assert world.show(CARD) == "welcome"
    world.wait(s=30)
    assert world.show(CARD) == "welcome"
    assert world.place.today().repeats == 1
    assert world.inside[1] == 1


def test_a_revoked_card_is_refused_whenever_it_comes_in():
    world = World(revoked=revoked(b"CARD-17"))
    assert world.show("CARD-17") == "revoked"
    assert world.show("CARD-17\r\n") == "revoked"
    assert world.show("CARD-18") == "welcome"
    assert world.inside[1] == 1


def test_who_leaves_is_never_refused():
    world = World(capacity=1, quota_visits=1, revoked=revoked(b"CARD-17"))
    world.show("a")
    for code in ("CARD-17", "a", "never seen", "a"):
        assert world.show(code, "out", "box-2") == "welcome"


def test_at_a_gate_for_both_ways_who_is_inside_goes_out():
    world = World(capacity=1)
    assert world.show("a", "both") == "welcome"
    assert world.show("b", "") == "place_full"
    world.wait(minutes=3)
    assert world.show("a", "both") == "welcome"
    assert world.show("b", "both") == "welcome"


def test_revoked_comes_before_quota_and_quota_before_a_full_place():
    world = World(capacity=1, quota_visits=1, revoked=revoked(b"X"))
    assert world.show("a") == "welcome"
    world.show("a", "out", "box-2")
    world.wait(minutes=5)
    assert world.show("b") == "welcome"
    assert world.show("a") == "quota"
    assert world.show("c") == "place_full"
    assert world.show("X") == "revoked"


# --- once and no more


def test_the_same_scan_gets_the_same_answer_again_and_counts_once():
    world = World(capacity=1)
    scan = world.scan("a")
    assert [world.judge(scan) for _ in range(3)] == ["welcome"] * 3
    world.take(scan)
    full = world.scan("b")
    assert [world.judge(full) for _ in range(3)] == ["place_full"] * 3
    world.wait(hours=5)
    assert world.judge(full) == "place_full"
    assert world.counted() == 1
    assert world.place.today().gates[0].refused == {"place_full": 1}


def test_what_is_resent_gets_no_ruling_and_counts_by_its_own_time():
    world = World(capacity=5)
    early = world.scan("a")
    world.wait(hours=2)
    world.show("b")
    assert world.judge(early) is None
    world.take(early)
    (gate,) = world.place.today().gates
    assert [hour for hour, many in enumerate(gate.hours["in"]) if many] == [8, 10]


def test_a_scan_of_a_while_ago_gets_no_ruling_although_it_is_new_here():
    world = World(capacity=5)
    old = world.scan("a")
    world.wait(s=60)
    assert world.judge(old) is None
    assert world.judge(world.scan("b")) == "welcome"


def test_after_a_restart_what_was_counted_is_not_judged_again():
    world = World(capacity=5)
    scan = world.scan("a")
    world.place.load([world.kept(scan)])
    assert world.judge(scan) is None
    assert world.counted() == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"1 scan ",
        b"1 scan box-1 aabbccddeeff 1 1 5 - - - 1 00000000\nx\n",
        b"2 scan box-1 aabbccddeeff 1 1 5 - - - 1 00000000\nx\n",
        record.encode_lost(Lost("box-1", "aabbccddeeff", 1, 4, "flash")),
        bytes(range(256)),
    ],
)
def test_what_is_no_scan_gets_no_ruling(payload):
    world = World(capacity=5)
    assert world.place.judge("box-1", payload, world.mono_now_ms) is None
    assert world.counted() == 0


def test_a_scan_in_the_name_of_another_box_gets_no_ruling():
    world = World(capacity=5)
    assert world.place.judge("box-2", record.encode_scan(world.scan("a")), world.mono_now_ms) is None
    assert world.inside[1] == 0


# --- what is set


def test_rules_that_cannot_be_are_refused_and_those_before_stay():
    world = World(capacity=1)
    with pytest.raises(PlaceError):
        world.place.set_rules(Settings(capacity=9, purpose=[Period(since="2026-02-31", mode="identified")]))
    world.show("a")
    assert world.show("b") == "place_full"


def test_new_rules_hold_from_the_next_scan_on():
    world = World()
    assert world.show("a") is None
    world.place.set_rules(Settings(capacity=1))
    assert world.show("b") == "place_full"
    world.place.set_rules(Settings(quota_visits=1, revoked=revoked(b"c")))
    world.wait(minutes=3)
    assert (world.show("a"), world.show("c"), world.show("d")) == ("quota", "revoked", "welcome")


def test_keys_of_days_that_no_rule_asks_for_are_destroyed():
    world = World(quota_visits=1, quota_days=3)
    for _ in range(6):
        world.show("a")
        world.wait(days=1)
    assert len(world.shelf.names()) == 3
    world.place.set_rules(Settings(capacity=4))
    assert len(world.shelf.names()) == 1
