"""Silence: what is found, how soon, and how often without a reason, in a town whose faults are known."""

import math
import random
import statistics

import pytest

from server.places import finding
from server.places.counts import log_at_most, log_zero
from server.places.finding import There, reconcile, said
from server.places.holidays import HOLIDAYS
from server.places.holidays import day_of as day_said
from server.places.opening import parse
from server.places.profile import (
    DAY_MS,
    HOUR_MS,
    WEEK_MS,
    Point,
    Profile,
    Sort,
    Ways,
    learn,
    shape,
)
from server.places.silence import CODES, Clock, Finding, People, Watched, judge
from tests.server.places import town
from tests.server.places.town import FIRST_MS

POINT = Point("cho-1", "dong", "box-0001")
FLAT = Profile((12.0,) * 168, 1.5, 0.7, 8)
NOW_MS = FIRST_MS + 70 * DAY_MS + 12 * HOUR_MS
GATES, WEEKS, LEARNED_DAYS = 45, 12, 56


def watched(**how):
    facts = {"point": POINT, "reads": {}, "last_ms": NOW_MS - HOUR_MS} | how
    return Watched(**facts)


def codes(*some, profiles=None, now_ms=NOW_MS, **how):
    return [one.code for one in judge({POINT: FLAT} if profiles is None else profiles, some, now_ms, **how)]


@pytest.fixture(scope="module")
def quiet_town():
    gates = town.gates(GATES, 11)
    return {gate: town.readings(gate, WEEKS, 11) for gate in gates}


def cut(reads, from_ms, to_ms):
    return {at: count for at, count in reads.items() if not from_ms <= at < to_ms}


def gate_months(days=WEEKS * 7 - LEARNED_DAYS):
    return GATES * days / 30


def test_a_town_without_faults_is_left_alone(quiet_town):
    found = town.run(town.Watch(quiet_town), LEARNED_DAYS, WEEKS * 7)
    alarms = sum(len(times) for times in found.values())
    print(f"\nno faults: {alarms} false alarms in {gate_months():.0f} gate-months: {alarms / gate_months():.4f} each")
    assert alarms / gate_months() <= 0.05


def test_planted_faults_are_found_and_nothing_else_is(quiet_town):
    chance = random.Random(5)
    reads = dict(quiet_town)
    gates = list(reads)
    chance.shuffle(gates)
    planted = {}
    begins = {}
    for gate in gates[:8]:
        begins[gate] = FIRST_MS + (LEARNED_DAYS + chance.randrange(4, 9)) * DAY_MS + chance.randrange(24) * HOUR_MS
        reads[gate] = cut(reads[gate], begins[gate], 1 << 60)
        planted[gate] = "dead"
    for gate in gates[8:16]:
        day = FIRST_MS + (LEARNED_DAYS + chance.choice((9, 10, 15, 16))) * DAY_MS
        busiest = max(range(24), key=lambda hour, by=town.KINDS[gate.kind][1]: by.get(hour, 0))
        begins[gate] = day + busiest * HOUR_MS
        reads[gate] = cut(reads[gate], begins[gate], begins[gate] + 30 * HOUR_MS)
        planted[gate] = "silent"
    for gate in [one for one in gates[16:] if one.kind == "bus_station" and one.busy >= 20][:5]:
        begins[gate] = FIRST_MS + (LEARNED_DAYS + 7) * DAY_MS + 11 * HOUR_MS
        for day in range(LEARNED_DAYS + 7, WEEKS * 7):
            noon_ms = FIRST_MS + day * DAY_MS + 11 * HOUR_MS
            reads[gate] = cut(reads[gate], noon_ms, noon_ms + 3 * HOUR_MS)
        planted[gate] = "noon"
    found = town.run(town.Watch(reads), LEARNED_DAYS, WEEKS * 7)
    delays, unexplained = _delays(found, planted, begins)
    for code, some in delays.items():
        hours = [delay / HOUR_MS for delay in some]
        kinds = sum(one == code for one in planted.values())
        middle, most = statistics.median(hours), max(hours)
        print(f"\n{code}: {len(some)} of {kinds} found, after {middle:.0f} h (median), {most:.0f} h (most)")
    print(f"false alarms: {unexplained} in {gate_months():.0f} gate-months: {unexplained / gate_months():.4f} each")
    assert {code: len(some) for code, some in delays.items()} == {
        code: sum(one == code for one in planted.values()) for code in ("dead", "silent", "noon")
    }
    assert statistics.median(delays["silent"]) <= 8 * HOUR_MS
    assert max(delays["noon"]) <= 3 * DAY_MS
    assert unexplained / gate_months() <= 0.1


def _delays(found, planted, begins):
    """({code: how long each took to be raised}, findings that no planted fault explains)"""
    delays = {"dead": [], "silent": [], "noon": []}
    unexplained = 0
    by_point = {gate.point: gate for gate in planted}
    by_place = {}
    for gate in planted:
        by_place.setdefault(gate.point.place_id, []).append(gate)
    seen = {}
    for (code, place_id, gate_id, box_id), times in found.items():
        point = Point(place_id, gate_id, box_id)
        mine = [by_point[point]] if point in by_point else [] if gate_id else by_place.get(place_id, [])
        for raised_ms, _ in times:
            causes = [gate for gate in mine if raised_ms >= begins[gate]]
            unexplained += not causes
            for gate in causes:
                assert code in ("silent", "dead", "noon")
                if (code == "noon") == (planted[gate] == "noon"):
                    seen[gate] = min(seen.get(gate, 1 << 62), raised_ms - begins[gate])
    for gate, delay in seen.items():
        delays[planted[gate]].append(delay)
    return delays, unexplained


def test_a_holiday_is_no_silence_and_the_day_after_it_is():
    gate = next(one for one in town.gates(9, 3) if one.kind == "market" and one.busy >= 20)
    reads = town.readings(gate, 16, 3)
    first = day_said("2026-09-01") - day_said("2026-06-01")
    closed = cut(reads, FIRST_MS + first * DAY_MS, FIRST_MS + (first + 2) * DAY_MS)
    tolerant, strict = town.Watch({gate: closed}), town.Watch({gate: closed}, frozenset())
    assert town.run(tolerant, first - 8, first + 5) == {}
    assert {key[0] for key in town.run(strict, first - 8, first + 5)} == {"silent"}
    gone = cut(reads, FIRST_MS + first * DAY_MS, FIRST_MS + (first + 4) * DAY_MS)
    assert {key[0] for key in town.run(town.Watch({gate: gone}), first - 8, first + 4)} == {"silent"}


def test_while_a_gateway_is_not_heard_its_boxes_are_not_silent():
    assert codes(watched(last_ms=NOW_MS - 9 * HOUR_MS)) == ["silent"]
    assert codes(watched(last_ms=NOW_MS - 9 * HOUR_MS, heard_ms=NOW_MS - 9 * HOUR_MS + 60_000)) == []
    assert codes(watched(last_ms=NOW_MS - 9 * HOUR_MS, heard_ms=NOW_MS + HOUR_MS)) == ["silent"]


def test_closed_hours_expect_nobody():
    closed = parse("mon-sun 13:00-14:00")
    assert codes(watched(last_ms=NOW_MS - 9 * HOUR_MS, opening=closed)) == []


RUSH = Profile(tuple(100.0 * (hour % 24 == 7) for hour in range(168)), 1.5, 0.7, 8)


@pytest.mark.parametrize(("came", "found"), [(100, []), (70, []), (120, []), (20, ["silent"]), (0, ["silent"])])
def test_of_an_hour_in_which_somebody_came_only_the_others_are_missed(came, found):
    begins_ms = FIRST_MS + 70 * DAY_MS + 7 * HOUR_MS
    last_ms, now_ms = begins_ms + 15 * 60_000, begins_ms + 2 * HOUR_MS
    how = {"profiles": {POINT: RUSH}, "now_ms": now_ms}
    assert codes(watched(last_ms=last_ms, reads={begins_ms: came}), **how) == found
    assert codes(watched(last_ms=last_ms, came=came), **how) == found


def test_a_rush_that_does_not_come_at_all_is_missed():
    begins_ms = FIRST_MS + 70 * DAY_MS + 7 * HOUR_MS
    how = {"profiles": {POINT: RUSH}, "now_ms": begins_ms + HOUR_MS}
    assert codes(watched(last_ms=begins_ms - 14 * HOUR_MS, came=100), **how) == ["silent"]


def test_what_was_silent_for_three_days_is_dead():
    assert codes(watched(last_ms=NOW_MS - 2 * DAY_MS)) == ["silent"]
    assert codes(watched(last_ms=NOW_MS - 3 * DAY_MS - HOUR_MS)) == ["dead"]


def test_a_place_of_which_every_point_is_silent_is_one_finding():
    other = Point("cho-1", "tay", "box-0002")
    profiles = {POINT: FLAT, other: FLAT}
    both = [watched(last_ms=NOW_MS - 9 * HOUR_MS), watched(point=other, last_ms=NOW_MS - 8 * HOUR_MS)]
    (one,) = judge(profiles, both, NOW_MS)
    assert (one.key, one.since_ms) == (("silent", "cho-1", "", ""), NOW_MS - 8 * HOUR_MS)
    (one,) = judge(profiles, [both[0], watched(point=other)], NOW_MS)
    assert one.key == ("silent", *POINT)


def test_a_place_whose_kind_is_busy_at_noon_and_that_never_was_is_found():
    shape = tuple(0.15 if hour in (11, 12) else 0.7 / 12 if 6 <= hour < 18 else 0.0 for hour in range(24))
    rates = [60.0 * shape[hour % 24] for hour in range(168)]
    empty = [0.0 if hour % 24 in (11, 12) else rate for hour, rate in enumerate(rates)]
    one = watched(kind="market", last_ms=NOW_MS)
    assert codes(one, profiles={POINT: Profile(tuple(empty), 1, 1, 8)}, shapes={Sort("market"): shape}) == ["noon"]
    assert codes(one, profiles={POINT: Profile(tuple(rates), 1, 1, 8)}, shapes={Sort("market"): shape}) == []
    assert codes(one, profiles={POINT: Profile(tuple(empty), 1, 1, 8)}, shapes={Sort("office"): shape}) == []


DAY = tuple(0.15 if hour in (11, 12) else 0.07 if 6 <= hour < 18 else 0.0 for hour in range(24))
MARKETS = Sort("market")
NO_NOON = tuple(0 if hour == 11 else round(4000 * part) for hour, part in enumerate(DAY))


def learned(by_hour, spread=1.0, quiet=1.0, **how):
    return Profile((0.0,) * 168, spread, quiet, 8, by_hour=tuple(by_hour), **how)


def at_noon(profile, sort=MARKETS, **how):
    one = watched(kind="market", last_ms=NOW_MS, **how)
    return codes(one, profiles={POINT: profile}, shapes={sort: DAY})


def test_a_way_out_is_not_held_against_the_way_in_nor_a_door_within_against_a_gate():
    way_out, hall = learned(NO_NOON, direction="out"), learned(NO_NOON, is_inner=True)
    assert at_noon(way_out, Sort("market", "in")) == at_noon(way_out) == at_noon(hall) == []
    assert at_noon(way_out, Sort("market", "out")) == ["noon"]
    assert at_noon(hall, Sort("market", "both", True)) == ["noon"]


@pytest.mark.parametrize(
    "profile",
    [
        learned([count // 32 for count in NO_NOON]),  # few come at all
        learned(NO_NOON, spread=25.0, quiet=0.1),
        learned(NO_NOON, quiet=0.02),
        learned([count or 13 * (hour == 11) for hour, count in enumerate(NO_NOON)]),
        learned([count if hour > 11 else 0 for hour, count in enumerate(NO_NOON)]),  # nobody before
    ],
)
def test_what_chance_may_have_left_empty_is_no_hole(profile):
    assert at_noon(learned(NO_NOON)) == ["noon"]
    assert at_noon(profile) == []


def test_a_place_that_closes_at_noon_is_not_missed_then():
    assert at_noon(learned(NO_NOON), opening=parse("mon-sun 06:00-11:00,12:00-18:00")) == []
    assert at_noon(learned(NO_NOON), opening=parse("mon-fri 06:00-18:00; sat 06:00-11:00")) == ["noon"]


def test_a_day_is_told_of_enough_points_with_enough_readings_and_of_all_of_them():
    busy, few = learned([801 * part for part in DAY]), learned([799 * part for part in DAY])
    assert shape([busy] * 4) is None
    assert shape([busy] * 4 + [few] * 50) is None
    assert shape([]) is None
    assert shape([busy] * 5 + [few] * 50) == pytest.approx(DAY)
    hours = range(FIRST_MS, FIRST_MS + 3 * WEEK_MS, HOUR_MS)
    seldom = {at: 40 * ((at - FIRST_MS) // WEEK_MS == 1) for at in hours if at % DAY_MS == 0}
    found = learn(seldom, FIRST_MS, FIRST_MS + 3 * WEEK_MS)
    assert (set(found.rates), found.by_hour[7], sum(found.by_hour)) == ({0.0}, 280, 280)
    assert shape([found] * 5) is None  # 280 in three weeks
    assert shape([found._replace(weeks=2)] * 5)[7] == 1.0


@pytest.mark.parametrize(("ins", "outs", "way"), [(90, 10, "in"), (89, 11, "both"), (0, 90, "out"), (0, 0, "both")])
def test_which_way_a_point_goes_is_which_way_nearly_all_went(ins, outs, way):
    assert Ways(100, ins, outs).direction == way
    assert Ways(0, 0, 0).direction == "both"


def test_the_chance_of_so_few_is_that_of_the_distribution():
    assert log_at_most(0, 10, 3) == log_zero(10, 3)
    poisson = sum(math.exp(-10) * 10**count / math.factorial(count) for count in range(5))
    assert log_at_most(4, 10, 1) == pytest.approx(math.log(poisson))
    sizes = [math.comb(4 + count, count) * (1 / 3) ** 5 * (2 / 3) ** count for count in range(5)]  # mean 10, spread 3
    assert log_at_most(4, 10, 3) == pytest.approx(math.log(sum(sizes)))
    assert log_at_most(500, 10, 3) == pytest.approx(0, abs=1e-9)
    assert log_at_most(3, 0, 3) == 0


def test_one_hole_on_one_day_is_not_a_habit():
    day = NOW_MS - NOW_MS % HOUR_MS
    reads = {day - at * HOUR_MS: 9 for at in range(1, 40) if at not in (3, 4)}
    assert codes(watched(reads=reads, last_ms=NOW_MS)) == []
    twice = {at: count for at, count in reads.items() if at not in (day - 27 * HOUR_MS, day - 28 * HOUR_MS)}
    assert codes(watched(reads=twice, last_ms=NOW_MS)) == ["noon"]


@pytest.mark.parametrize(
    ("people", "found"),
    [
        (People(40, 1, 40), ["same_person"]),
        (People(30, 16, 15), ["same_person"]),
        (People(30, 17, 14), []),
        (People(29, 1, 29), []),
        (People(300, 250, 4), []),
        (None, []),
    ],
)
def test_the_same_person_again_and_again_is_found(people, found):
    assert codes(watched(last_ms=NOW_MS, people=people)) == found


@pytest.mark.parametrize(
    ("clock", "found"),
    [
        (Clock(301_000, 5), ["clock"]),
        (Clock(-3_600_000, 50), ["clock"]),
        (Clock(300_000, 50), []),
        (Clock(3_600_000, 4), []),
    ],
)
def test_a_clock_that_is_off_is_found(clock, found):
    assert codes(watched(last_ms=NOW_MS, clock=clock)) == found


def test_a_seat_where_nobody_ever_came_is_found_after_a_week():
    new = {"profiles": {}}
    assert codes(watched(last_ms=None, seated_ms=NOW_MS - 8 * DAY_MS), **new) == ["never"]
    assert codes(watched(last_ms=None, seated_ms=NOW_MS - 6 * DAY_MS), **new) == []
    assert codes(watched(last_ms=None, seated_ms=NOW_MS - 8 * DAY_MS, heard_ms=NOW_MS - 3 * DAY_MS), **new) == []
    assert codes(watched(last_ms=None, seated_ms=None), **new) == []
    assert codes(watched(last_ms=NOW_MS, seated_ms=NOW_MS - 8 * DAY_MS), **new) == []


def test_two_weeks_are_the_least_to_learn_from():
    assert learn({}, NOW_MS - 2 * WEEK_MS + HOUR_MS, NOW_MS) is None
    found = learn({}, NOW_MS - 2 * WEEK_MS, NOW_MS)
    assert found is not None
    assert set(found.rates) == {0.0}


def test_an_outage_and_a_fair_in_a_quarter_of_the_weeks_change_nothing():
    gate = town.gates(3, 1)[1]
    hours = range(FIRST_MS, FIRST_MS + 8 * WEEK_MS, HOUR_MS)
    even = dict.fromkeys(hours, 10)
    odd = dict(even)
    for at in hours:
        week = (at - FIRST_MS) // WEEK_MS
        if week in (2, 3):
            odd[at] = 0 if week == 2 else 500
    to_ms = FIRST_MS + 8 * WEEK_MS
    assert gate.kind
    assert learn(odd, FIRST_MS, to_ms).rates == learn(even, FIRST_MS, to_ms).rates == (10.0,) * 168


def test_more_scatter_makes_an_alarm_harder():
    assert log_zero(10, 1) == -10
    assert log_zero(10, 3) > -10
    assert math.isclose(log_zero(10, 1.0011), -10, rel_tol=1e-2)


def test_a_finding_is_raised_once_and_goes_by_itself():
    one, other = Finding("silent", *POINT, 5, {"expected": 9}), Finding("clock", *POINT, 5, {})
    first = reconcile([], [one, other])
    assert (first.raised, first.again, first.gone) == ([one, other], [], [])
    later = one._replace(since_ms=7, evidence={"expected": 12})
    second = reconcile([There(1, one.key), There(2, other.key)], [later])
    assert (second.raised, second.again, second.gone) == ([], [(1, later)], [2])


@pytest.mark.parametrize("code", CODES)
def test_every_finding_is_said_in_both_languages(code):
    evidence = {"expected": 12.5, "from_hour": 11, "to_hour": 13, "readings": 40, "most": 39, "offset_ms": -600_000}
    english, vietnamese = said(Finding(code, *POINT, NOW_MS, evidence))
    assert english != vietnamese
    assert "{" not in english + vietnamese
    assert set(finding.WORDS) == set(CODES)


def test_the_holidays_are_those_of_viet_nam():
    for day in ("2026-02-17", "2026-02-14", "2026-04-26", "2026-04-30", "2026-09-02", "2030-02-02", "2027-01-01"):
        assert day_said(day) in HOLIDAYS
    for day in ("2026-02-13", "2026-06-01", "2026-12-25", "2030-02-10"):
        assert day_said(day) not in HOLIDAYS
