"""Where boxes stand, as their latest scans said; bounded, and without a guess."""

from gateway.place.telling import MOST_NAMED, Named, held_by_way
from gateway.place.types import Way
from tests.gateway.place.worlds import BOOT, Kept, World


def scan(box_id="b", marks="dir=in,gate=north", received_boot=BOOT, received_mono_ms=5):
    return Kept(box_id, "aabbccddeeff", 1, 1, 1, marks, None, None, received_boot, received_mono_ms)


def named(*scans):
    one = Named(BOOT)
    for each in scans:
        one.scan(each, each.received_boot, each.received_mono_ms)
    return one


def test_a_box_stands_where_its_latest_scan_says():
    found = named(scan(), scan(marks="dir=out,gate=south", received_mono_ms=9)).ways
    assert found == {"b": Way("out", "south", 9)}
    assert named(scan(marks="")).ways == {"b": Way("both", "", 5)}


def test_the_latest_moment_counts_in_whatever_order_they_come():
    assert named(scan(received_mono_ms=9), scan(received_mono_ms=5)).ways["b"].at_ms == 9


def test_the_moment_of_an_earlier_boot_is_not_known_and_takes_nothing_away():
    assert named(scan(received_boot="f" * 12)).ways["b"].at_ms is None
    assert named(scan(), scan(received_boot="f" * 12, received_mono_ms=99)).ways["b"].at_ms == 5


def test_memory_is_bounded():
    found = named(*[scan(box_id=f"b-{n}") for n in range(MOST_NAMED + 5)]).ways
    assert len(found) == MOST_NAMED
    assert "b-0" not in found


def test_what_boxes_hold_goes_to_the_ways_that_they_count():
    ways = named(scan("a"), scan("b", "dir=out")).ways
    assert held_by_way({"a": 2, "b": None, "never spoke": 4}, ways) == {"in": 2, "out": None, "both": 4}


def test_a_restart_of_the_program_keeps_where_boxes_stand():
    world = World()
    world.place.load([scan()])
    assert world.place.ways()["b"][:2] == ("in", "north")
    again = world.new_place(world.place.dump())
    assert again.ways() == {"b": Way("in", "north", None)}
