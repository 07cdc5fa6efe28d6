"""What a place counts, shows and holds, however much comes."""

import random

import pytest

from gateway.config import Period
from gateway.place.days import DAY_MS, HOUR_MS, parse_local
from scripts.sim import people
from tests.gateway.place.worlds import MORNING_MS, World

CARD = people.citizen_card(random.Random(1))


# --- what is counted


def test_scans_count_by_hour_and_gate_and_way():
    world = World()
    for hour, code, way, box in (
        (0, "a", "in", "box-1"),
        (0, "b", "in", "box-2"),
        (1, "a", "out", "box-2"),
        (2, "c", "", "box-3"),
    ):
        world.wait(hours=hour)
        world.take(world.scan(code, box=box, marks=f"dir={way},gate=cong-{box[-1]}" if way else ""))
    gates = {gate.box_id: gate for gate in world.place.today().gates}
    assert [gate.gate for gate in gates.values()] == ["cong-1", "cong-2", ""]
    assert gates["box-1"].hours["in"][8] == gates["box-2"].hours["in"][8] == gates["box-2"].hours["out"][9] == 1
    assert gates["box-3"].hours["both"][11] == 1
    assert world.place.today().date == "2026-03-02"


def test_a_day_of_counts_begins_when_it_is_set_to():
    world = World(utc_ms=parse_local("2026-03-02T02:00"), day_begins="03:00")
    world.show("a")
    assert world.place.today().date == "2026-03-01"
    world.wait(hours=2)
    assert world.place.today().date == "2026-03-02"
    assert world.inside == (0, 0, 0)
    world.show("b")
    assert world.place.days() == ["2026-03-02", "2026-03-01"]
    earlier = world.place.day("2026-03-01")
    assert earlier.inside is None
    assert earlier.gates[0].hours["in"][2] == 1
    assert world.place.day("2026-02-01") is None


def test_a_late_backlog_counts_on_its_own_day_and_nobody_of_it_is_inside():
    world = World(utc_ms=MORNING_MS - 12 * HOUR_MS)
    yesterday = world.scan("a")
    world.wait(hours=12)
    world.take(yesterday, is_alone=False)
    assert world.counted() == 0
    assert world.inside == (0, 0, 0)
    assert world.place.day("2026-03-01").gates[0].hours["in"][20] == 1


def test_a_visit_of_yesterday_that_comes_late_counts_for_the_quota():
    world = World(utc_ms=MORNING_MS - DAY_MS, quota_visits=1, quota_days=2)
    world.place.tend()
    yesterday = world.scan(CARD)
    world.wait(days=1)
    world.take(yesterday, is_alone=False)
    assert world.show(CARD) == "quota"


def test_what_nobody_can_time_counts_in_a_bin_of_its_own_and_widens_the_bound():
    world = World()
    world.show("x", "out", "box-2")
    world.take(world.scan("a", boot=99), is_alone=False)
    world.take(world.scan("b", "out", boot=99), is_alone=False)
    assert (world.counted("in"), world.unknown("in"), world.unknown("out")) == (0, 1, 1)
    assert world.inside == (0, 0, 1)


def test_when_its_time_becomes_known_it_moves_to_its_hour():
    world = World()
    scan = world.take(world.scan("a", boot=99), is_alone=False)
    assert world.place.wants_times
    assert world.inside == (0, 0, 1)
    world.place.load([world.kept(scan)])
    assert world.unknown() == 1
    world.place.load([world.kept(scan._replace(boot=1))])
    assert (world.unknown(), world.counted()) == (0, 1)
    assert world.inside == (0, 1, 1)
    assert not world.place.wants_times


def test_a_scan_alone_whose_time_nobody_knows_is_inside_since_it_came():
    world = World(capacity=1)
    assert world.show("a", boot=99) == "welcome"
    assert world.show("b") == "place_full"
    assert (world.counted(), world.unknown()) == (0, 1)
    assert world.inside == (0, 1, 1)


@pytest.mark.parametrize("wide_ms, is_known", [(450_000, True), (450_001, False)])
def test_between_instants_far_apart_nobody_says_in_which_hour(wide_ms, is_known):
    world = World()
    world.take(world.scan("a", utc_ms=MORNING_MS - 600_000, bound_ms=wide_ms), is_alone=False)
    assert world.counted() == is_known
    assert world.unknown() == (not is_known)


def test_after_a_restart_the_counts_come_back_from_what_is_kept():
    world = World()
    scans = [world.take(world.scan(code, way)) for code, way in (("a", "in"), ("b", "in"), ("a", "out"), ("c", ""))]
    before = world.place.today()
    world.place = world.new_place()
    world.place.load([world.kept(scan) for scan in scans])
    world.place.load([world.kept(scan) for scan in scans])
    after = world.place.today()
    assert after.gates == before.gates
    assert world.inside == (0, 1, 2)  # who of them came or went by the gate for both ways, nobody knows any more


def test_someone_who_came_before_a_power_cut_goes_out_after_it():
    world = World()
    scan = world.take(world.scan("a"))
    world.place = world.new_place()
    world.place.load([world.kept(scan)])
    world.wait(minutes=5)
    world.show("a", "out")
    assert world.inside == (0, 0, 0)
    assert world.place.today().inside.unseen_entries == 0


# --- what boxes still hold


@pytest.mark.parametrize(
    "way, held, inside",
    [
        ("in", {"box-1": 3}, (2, 2, 5)),
        ("in", {"box-1": None}, (2, 2, None)),
        ("in", {"box-2": 1}, (1, 2, 2)),
        ("in", {"box-2": None}, (0, 2, 2)),
        ("both", {"box-3": 4}, (0, 2, 6)),
        ("in", {"box-9": None}, (0, 2, None)),
        ("in", {"box-1": 0, "box-2": 0}, (2, 2, 2)),
    ],
)
def test_what_boxes_still_hold_widens_the_bound(way, held, inside):
    world = World()
    world.show("z")
    world.wait(minutes=3)
    world.show("z", "out", "box-2")
    world.show("a")
    world.show("b")
    if way == "both":
        world.place.set_held({})
        scan = world.scan("q", "both", "box-3", boot=1)
        world.take(scan)
        world.wait(minutes=3)
        world.show("q", "both", "box-3")
        inside = (inside[0], inside[1], inside[2] + 1)  # who showed a code twice there may be inside as well
    world.place.set_held(held)
    assert world.inside == inside


# --- what is shown


def test_the_last_scans_are_shown_masked_and_only_so_many():
    world = World(capacity=1)
    world.show("084199000731|334000731|TRẦN THỊ MẪU|05081999|Nữ|Ấp Chợ|20052021")
    world.show("A ticket 12345")
    last = world.place.last()
    assert [(one.who, one.kind, one.outcome) for one in last] == [
        ("", "other", "place_full"),
        ("T.T.M. 1999", "citizen_card_2021", "welcome"),
    ]
    assert last[1].at_ms == MORNING_MS
    for n in range(70):
        world.show(f"{n}")
    assert len(world.place.last()) == 50


def test_where_only_counts_may_be_kept_nobody_is_shown():
    periods = [Period(since="2026-01-01", mode="counts_only"), Period(since="2026-03-02T09:00", mode="identified")]
    world = World(purpose=periods)
    world.take(world.scan(CARD))
    world.wait(hours=2)
    world.take(world.scan(CARD))
    assert [bool(one.who) for one in world.place.last()] == [True, False]
    world.offset_ms = None
    assert world.place.last()[1].kind == "citizen_card_2021"


# --- too much


def test_more_people_than_there_is_room_for_are_counted_without_being_known(monkeypatch):
    monkeypatch.setattr("gateway.place.known.MOST_A_DAY", 100)
    world = World(quota_visits=1)
    assert {world.show(f"code {n}", seq=n + 1) for n in range(300)} == {"welcome"}
    day = world.place.today()
    assert day.is_memory_full
    assert day.inside.best == 300
    world.wait(minutes=5)
    assert world.show("code 5") == "quota"
    assert world.show("code 250") == "welcome"
    for n in range(150):
        world.show(f"code {n + 150}", "out", "box-2")
    assert world.inside[1] == 151


def test_a_box_that_is_days_ahead_pushes_no_day_out():
    world = World()
    world.show("a")
    for day in range(1, 20):
        world.take(world.scan("b", box="box-9", utc_ms=MORNING_MS + day * DAY_MS, bound_ms=5))
    assert world.place.days() == ["2026-03-02"]
    assert (world.counted(), world.unknown()) == (1, 19)


def test_days_that_have_not_come_are_gone_when_utc_is_known():
    world = World(utc_ms=None)
    for day in range(20):
        world.take(world.scan("b", utc_ms=MORNING_MS + day * DAY_MS, bound_ms=5))
    assert len(world.place.days()) == 8
    world.offset_ms = MORNING_MS - world.mono_now_ms
    world.place.tend()
    assert world.place.days() == []
    world.show("a")
    assert world.place.days() == ["2026-03-02"]


def test_boxes_and_streams_without_end_take_a_bounded_amount_of_memory():
    world = World(capacity=10**6)
    for n in range(3_000):
        world.show("a", box=f"box-{n}", epoch=f"{n:012x}")
    assert len(world.place.today().gates) <= 257
    assert sum(sum(gate.hours["in"]) for gate in world.place.today().gates) == 3_000
    assert len(world.place.dump()) < 1_000_000
