"""Gates that fall silent at noon, by habit: how many are found, how soon, and how often without a reason."""

import random

import pytest

from server.places.holes import hole, may_be
from server.places.profile import DAY_MS, HOUR_MS, ZONE_MS, Profile, day_of
from tests.server.places import noons
from tests.server.places.noons import BUSY, JUDGED_DAYS, LEARNED_DAYS, Gate
from tests.server.places.town import FIRST_MS

SEEDS = 6
FLAT = Profile((4.0,) * 168, 1.5, 0.5, 8)


@pytest.mark.parametrize("habit", BUSY)
def test_a_noon_that_kept_sixty_away_is_found_whatever_the_habit(habit):
    late_days, missed = [], []
    for busy in BUSY[habit]:
        for seed in range(SEEDS):
            gate = Gate(habit, busy, seed)
            reads, (first, last), enough = noons.planted(gate, gate.readings())
            if enough is None or enough > LEARNED_DAYS + JUDGED_DAYS - 5:
                continue
            days = [day for day, one in noons.found(reads) if one and one.from_hour < last and first < one.to_hour]
            late_days += [days[0] - enough] if days else []
            missed += [] if days else [(busy, seed, gate.nuisance)]
    late_days.sort()
    middle = late_days[len(late_days) // 2]
    print(f"\n{habit}: {len(late_days)} found, {len(missed)} missed; days after the sixtieth: {middle} in the middle")
    assert len(missed) <= (len(missed) + len(late_days)) / 10
    assert middle <= 3


@pytest.mark.parametrize("habit", BUSY)
def test_a_gate_with_a_habit_that_is_well_is_left_alone(habit):
    alarms = [
        (busy, seed, day, one)
        for busy in BUSY[habit]
        for seed in range(SEEDS)
        for day, one in noons.found(Gate(habit, busy, seed).readings())
        if one is not None
    ]
    assert alarms == []


@pytest.mark.parametrize("seed", range(40))
def test_wherever_there_may_be_no_hole_none_is_found(seed):
    chance = random.Random(seed)
    first, last = sorted(chance.sample(range(1, 23), 2))
    part, gap = chance.choice((0.3, 0.9)), range(first, min(last, first + 5))
    now_ms = FIRST_MS + 40 * DAY_MS + chance.randrange(24) * HOUR_MS
    reads = {
        at: chance.randrange(1, 9)
        for at in range(now_ms - 15 * DAY_MS, now_ms, HOUR_MS)
        if chance.random() < part and ((at + ZONE_MS) // HOUR_MS % 24 not in gap or chance.random() < 0.05)
    }
    holidays = frozenset(day_of(now_ms) - one for one in chance.sample(range(8), chance.choice((0, 0, 4))))
    busy = {}
    for at in reads:
        if at >= now_ms - 6 * DAY_MS:
            busy[day_of(at)] = busy.get(day_of(at), 0) | 1 << (at + ZONE_MS) // HOUR_MS % 24
    assert hole(reads, FLAT, now_ms, holidays) is None or may_be(busy, now_ms, holidays)


def test_a_day_on_which_somebody_came_every_hour_needs_no_more_to_be_read_and_few_days_do():
    today = day_of(FIRST_MS)
    all_day, but_noon = 0b111111111110000, 0b111001111110000
    assert not may_be(dict.fromkeys(range(today - 6, today + 1), all_day), FIRST_MS, frozenset())
    assert not may_be(dict.fromkeys(range(today - 6, today + 1), all_day) | {today: but_noon}, FIRST_MS, frozenset())
    assert may_be({today: but_noon, today - 1: but_noon, today - 2: all_day}, FIRST_MS, frozenset())
    assert may_be({today: all_day, today - 1: all_day}, FIRST_MS, frozenset())
    assert may_be({}, FIRST_MS, frozenset())
    assert may_be(dict.fromkeys(range(today - 6, today + 1), all_day), FIRST_MS, frozenset(range(today - 4, today + 1)))
