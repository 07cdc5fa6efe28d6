"""Holes of a few hours, day after day: found where they kept enough away, and not where nothing is wrong."""

import math
import random

import pytest

from server.places.holes import hole
from server.places.holidays import HOLIDAYS
from server.places.opening import parse
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Profile, day_of, hour_of_week, learn
from tests.server.places.town import FIRST_MS, chance_count

WEEKS, JUDGED_DAYS = 4, 16
BEGINS_MS = FIRST_MS + WEEKS * 7 * DAY_MS
HOURS = {
    "market": ("mon-sun 04:00-18:00", dict.fromkeys(range(4, 18), 0.4) | {5: 1, 6: 1, 17: 0.8}),
    "station": ("24/7", dict.fromkeys(range(4, 22), 0.4) | {6: 1, 11: 0.9, 12: 1, 17: 1}),
    "office": ("mon-fri 07:00-17:30", dict.fromkeys(range(7, 17), 0.6) | {12: 0.02}),
    "shop": ("", dict.fromkeys(range(7, 21), 1.0)),
}
ORDINARY = ("plain", "groups", "rain", "market_days", "closed_days", "break_at_times", "break_always", "saturdays")


def part(draw, habit, day, hour, rain):
    """Which part of the usual comes in that hour, for the sake of this habit."""
    if habit in ("break_at_times", "break_always") and hour in (11, 12):
        return 0 if habit == "break_always" else draw
    if habit == "saturdays" and day % 14 == 5 and hour >= 11:
        return 0
    return 0.1 if habit == "rain" and hour in rain else 1


def readings(kind, habit, busy, seed, days=WEEKS * 7 + JUDGED_DAYS):
    """{hour: how many}; on market days four times as many come, groups come together."""
    chance = random.Random(f"{kind}/{habit}/{busy}/{seed}")
    opening, by_hour = parse(HOURS[kind][0]), HOURS[kind][1]
    found = {}
    for day in range(days):
        factor = chance.lognormvariate(0, 0.25) * (4 if day % 5 == 0 else 0.5 if habit == "market_days" else 1)
        factor = factor if habit == "market_days" or day % 5 else factor / 4
        factor *= not (habit == "closed_days" and chance.random() < 0.06)
        begins = chance.randrange(5, 16)
        rain = range(begins, begins + chance.randrange(5)) if chance.random() < 0.35 else ()
        takes_break = chance.random() < 0.5
        for hour in range(24):
            at_ms = FIRST_MS + day * DAY_MS + hour * HOUR_MS
            mean = busy * by_hour.get(hour, 0.01) * factor * part(not takes_break, habit, day, hour, rain)
            count = chance_count(chance, mean, 4 if habit == "groups" else 1.4)
            if count and opening.share(hour_of_week(at_ms)):
                found[at_ms] = count
    return found


def first_found(kind, reads, days=JUDGED_DAYS, holidays=HOLIDAYS):
    """(on which day after the weeks that were learned from, what): the evening's judgement, learned anew each night."""
    for day in range(days):
        night_ms = BEGINS_MS + day * DAY_MS
        now_ms = night_ms + 21 * HOUR_MS
        known = {at: count for at, count in reads.items() if at < night_ms}
        profile = learn(known, FIRST_MS, night_ms, parse(HOURS[kind][0]), holidays)
        found = hole({at: count for at, count in reads.items() if at < now_ms}, profile, now_ms, holidays)
        if found is not None:
            return day, found
    return None


def without(reads, from_hour=11, to_hour=14, from_day=0, days=99):
    """The same, and the kept away."""
    from_ms = BEGINS_MS + from_day * DAY_MS
    gone = {
        at: count
        for at, count in reads.items()
        if from_ms <= at < from_ms + days * DAY_MS and from_hour <= (at + ZONE_MS) // HOUR_MS % 24 < to_hour
    }
    return {at: count for at, count in reads.items() if at not in gone}, gone


@pytest.mark.parametrize("kind", HOURS)
@pytest.mark.parametrize("habit", ORDINARY)
def test_where_nothing_is_wrong_nothing_is_found(kind, habit):
    alarms = [
        (busy, found)
        for busy in (1, 3, 8, 30, 120)
        if (found := first_found(kind, readings(kind, habit, busy, 1))) is not None
    ]
    assert alarms == []


@pytest.mark.parametrize("kind", ["market", "station", "shop"])
@pytest.mark.parametrize("busy", [4, 8, 20, 60])
def test_a_hole_that_keeps_sixty_away_within_ten_days_is_found_soon_after_the_sixtieth(kind, busy):
    late_days = []
    for seed in range(5):
        reads, gone = without(readings(kind, "plain", busy, seed))
        days = [day_of(at) - day_of(BEGINS_MS) for at, count in sorted(gone.items()) for _ in range(count)]
        day, found = first_found(kind, reads)
        assert (found.from_hour >= 11, found.to_hour <= 14, found.got) == (True, True, 0)
        late_days.append(day - days[59])
    print(f"\n{kind}, {busy} in the busiest hour: found {sorted(late_days)} days after the sixtieth was kept away")
    assert max(late_days) <= 2


FLAT = Profile(tuple(4.0 if 6 <= at % 24 < 18 else 0.0 for at in range(168)), 1.5, 0.5, 8)
EVEN = {BEGINS_MS + day * DAY_MS + hour * HOUR_MS: 4 for day in range(-15, 30) for hour in range(6, 18)}


def found_after(days, reads, profile=FLAT, holidays=frozenset()):
    now_ms = BEGINS_MS + days * DAY_MS - HOUR_MS
    return hole({at: count for at, count in reads.items() if at < now_ms}, profile, now_ms, holidays)


def test_what_one_day_does_not_show_several_days_do():
    reads, _ = without(EVEN)
    assert found_after(2, reads) is None
    found = found_after(4, reads)
    assert (found.from_hour, found.to_hour, found.days, found.since_ms) == (11, 14, 4, BEGINS_MS + 11 * HOUR_MS)


def test_one_reading_gone_astray_hides_no_hole_and_several_do():
    reads, _ = without(EVEN)
    noon_ms = BEGINS_MS + 12 * HOUR_MS
    assert found_after(6, reads | {noon_ms: 1}).got == 1
    assert (
        found_after(6, reads | {noon_ms + (24 * day + at) * HOUR_MS: 1 for day in range(6) for at in (-1, 0, 1)})
        is None
    )


def test_a_day_on_which_nobody_came_before_or_after_says_nothing():
    reads, _ = without(EVEN)
    afternoons = {at: n for at, n in reads.items() if at < BEGINS_MS or (at + ZONE_MS) // HOUR_MS % 24 >= 14}
    assert found_after(9, afternoons) is None
    one_day, _ = without(reads, 0, 24, from_day=2, days=1)
    assert found_after(5, one_day).days == 4


def test_holidays_are_left_out():
    reads, _ = without(EVEN)
    three = frozenset(day_of(BEGINS_MS) + at for at in range(3))
    assert found_after(4, reads) is not None
    assert found_after(4, reads, holidays=three) is None


def test_a_hole_that_is_over_is_none_any_more():
    reads, _ = without(EVEN, days=6)
    assert found_after(6, reads) is not None
    assert found_after(8, reads) is None


@pytest.mark.parametrize(
    "profile",
    [
        FLAT._replace(rates=tuple(0.0 if 11 <= at % 24 < 14 else rate for at, rate in enumerate(FLAT.rates))),
        FLAT._replace(spread=25.0),
        FLAT._replace(empty=(0.5,) * 24),
        FLAT._replace(rates=tuple(rate / 8 for rate in FLAT.rates)),
    ],
)
def test_where_nobody_is_usual_or_the_usual_is_uncertain_there_is_no_hole(profile):
    reads, _ = without(EVEN)
    assert found_after(4, reads, profile) is None


def test_what_is_usual_is_not_taken_from_the_hole_itself():
    long, _ = without(EVEN, days=7)
    at_ms = BEGINS_MS + 7 * DAY_MS
    before, after = (learn(one, BEGINS_MS - 14 * DAY_MS, at_ms) for one in (EVEN, long))
    assert after.empty[12] == pytest.approx(before.empty[12], abs=0.02)
    now_and_then = {at: n for at, n in EVEN.items() if (at + ZONE_MS) // HOUR_MS % 24 != 12 or day_of(at) % 2}
    assert learn(now_and_then, BEGINS_MS - 14 * DAY_MS, at_ms).empty[12] > 0.3
    assert math.isclose(learn({}, BEGINS_MS - 14 * DAY_MS, at_ms).empty[12], 0.5)
