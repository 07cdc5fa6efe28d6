"""When a place closes, when it opened, and which day it has."""

import pytest

from server.visits.clock import closes_ms, day_of, opened_ms
from server.visits.types import PlaceRules
from tests.server.visits.seen import MARKET, MONDAY_MS, at

DAY = range(7)
MORNING = PlaceRules(opening=tuple((day * 1440 + 300, day * 1440 + 660) for day in DAY), grace_min=0)
TWICE = PlaceRules(
    opening=tuple(
        one for day in DAY for one in ((day * 1440 + 300, day * 1440 + 660), (day * 1440 + 780, day * 1440 + 1080))
    ),
    grace_min=0,
)
NIGHT = PlaceRules(opening=tuple((day * 1440 + 1200, day * 1440 + 1560) for day in DAY), grace_min=0)
SUNDAY_NIGHT = PlaceRules(opening=((6 * 1440 + 1320, 7 * 1440 + 120),), grace_min=0)
ALWAYS = PlaceRules(opening=((0, 10_080),))
WHOLE_DAYS = PlaceRules(opening=tuple((day * 1440, (day + 1) * 1440) for day in DAY), grace_min=0)
NEARLY = PlaceRules(opening=tuple((day * 1440 + 20, day * 1440 + 1430) for day in DAY), grace_min=30)


@pytest.mark.parametrize(
    "rules, when, closes",
    [
        (MORNING, at("08:00"), at("11:00")),
        (MORNING, at("11:00"), at("11:00")),
        (MORNING, at("11:00") + 1, at("11:00", 1)),
        (MORNING, at("03:00"), at("11:00")),
        (TWICE, at("12:00"), at("18:00")),
        (TWICE, at("23:00", 6), at("11:00", 7)),
        (NIGHT, at("21:00"), at("02:00", 1)),
        (NIGHT, at("01:00"), at("02:00")),  # that of Sunday night
        (SUNDAY_NIGHT, at("01:00"), at("02:00")),
        (SUNDAY_NIGHT, at("12:00"), at("02:00", 7)),
        (MARKET, at("18:20"), at("18:30")),
        (ALWAYS, at("12:00"), None),
        (WHOLE_DAYS, at("23:59"), None),
        (NEARLY, at("12:00"), None),  # no gap is left
        (PlaceRules(), at("12:00"), None),
        (PlaceRules(opening=()), at("12:00"), None),  # never open: then nothing is known of closing
    ],
)
def test_when_everybody_has_gone(rules, when, closes):
    assert closes_ms(rules, when) == closes


@pytest.mark.parametrize(
    "rules, when, opened",
    [
        (MORNING, at("08:00"), at("05:00")),
        (MORNING, at("05:00") - 1, at("05:00", -1)),
        (MORNING, at("23:00"), at("05:00")),
        (TWICE, at("12:00"), at("05:00")),
        (NIGHT, at("01:00"), at("20:00", -1)),
        (SUNDAY_NIGHT, at("01:00"), at("22:00", -1)),
        (MARKET, at("03:40"), at("03:30")),
        (ALWAYS, at("12:00"), None),
        (PlaceRules(), at("12:00"), None),
    ],
)
def test_when_the_first_people_came(rules, when, opened):
    assert opened_ms(rules, when) == opened


@pytest.mark.parametrize(
    "begins_min, when, days",
    [(0, at("00:00"), 0), (0, at("00:00") - 1, -1), (120, at("01:59"), -1), (120, at("02:00"), 0), (0, at("23:59"), 0)],
)
def test_a_day_of_a_place_begins_when_it_says(begins_min, when, days):
    monday = (MONDAY_MS + 7 * 3_600_000) // 86_400_000
    assert day_of(PlaceRules(day_begins_min=begins_min), when) - monday == days
