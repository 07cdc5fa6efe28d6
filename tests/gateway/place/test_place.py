"""What a place says and counts, whatever the clocks, the boxes and the power do."""

import random
from hashlib import blake2b

import pytest

from firmware.wire import record
from firmware.wire.record import Lost
from gateway.config import Period
from gateway.config import Place as Settings
from gateway.place import PlaceError
from gateway.place.days import DAY_MS, HOUR_MS, parse_local
from scripts.sim import people
from tests.gateway.place.worlds import BOOT, MORNING_MS, World, revoked

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
