"""The same scans get the same answers at the gateway and at the server."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence.days import Calendar
from presence.inside import REPEAT_S
from presence.replay import Replay, number_of
from presence.ruling import Limits
from server.visits.occupancy import rulings
from server.visits.types import PlaceRules, Sighting
from tests.gateway.place.worlds import MORNING_MS, World

SCANS = st.lists(
    st.tuples(
        st.integers(2, 9),
        st.sampled_from(["in", "in", "out", "both"]),
        st.sampled_from([0, 1, 30, REPEAT_S - 1, REPEAT_S, REPEAT_S + 1, 900, 7_199, 7_201, 30_000]),
    ),
    max_size=60,
)
LIMITS = st.builds(Limits, st.integers(0, 4), st.integers(0, 3), st.integers(1, 3)).filter(lambda one: one[0] or one[1])


def sighting(seq, person, way, at_ms):
    mac = person.to_bytes(8, "big") + bytes(8)
    return Sighting("box-1", "0" * 12, seq, mac, "cho", "", "", way, at_ms, at_ms, at_ms, "other")


def both_sides(limits, day_begins, scans):
    """(what the gateway said, what the server says of the same scans)"""
    world = World(
        capacity=limits.capacity, quota_visits=limits.quota_visits, quota_days=limits.quota_days, day_begins=day_begins
    )
    said, sightings = [], []
    for seq, (person, way, wait_s) in enumerate(scans):
        world.wait(s=wait_s)
        said.append(world.show(f"code of {person}", way))
        sightings.append(sighting(seq, person, way, world.utc_ms()))
    hours, minutes = day_begins.split(":")
    rules = PlaceRules(day_begins_min=int(hours) * 60 + int(minutes))
    found = rulings(reversed(sightings), limits, rules)
    return said, [found[one.identity] for one in sightings]


@settings(max_examples=300, deadline=None)
@given(LIMITS, st.sampled_from(["00:00", "02:00", "04:30"]), SCANS)
def test_a_replay_of_the_same_scans_decides_as_the_gateway_did(limits, day_begins, scans):
    # made at whole seconds, two scans of one second keep the order in which they came
    at_gateway, at_server = both_sides(limits, day_begins, scans)
    assert at_server == at_gateway


@pytest.mark.parametrize(
    "limits, scans, expected",
    [
        (Limits(1), [(1, "in", 0), (2, "in", 60)], ["welcome", "place_full"]),
        (Limits(1), [(1, "in", 0), (1, "out", 600), (2, "in", 60)], ["welcome"] * 3),
        (Limits(1), [(1, "in", 0), (1, "in", 60), (2, "out", 9)], ["welcome"] * 3),
        (
            Limits(1),
            [(1, "in", 0), (2, "in", 60), (2, "out", 9), (1, "out", 9)],
            ["welcome", "place_full"] + ["welcome"] * 2,
        ),
        (Limits(0, 1), [(1, "in", 0), (1, "out", 600), (1, "in", 600)], ["welcome", "welcome", "quota"]),
        (Limits(0, 1), [(1, "in", 0), (1, "in", 90_000)], ["welcome"] * 2),  # the next day
        (Limits(0, 1, 3), [(1, "in", 0), (1, "in", 90_000)], ["welcome", "quota"]),
        (Limits(1, 1), [(1, "in", 0), (2, "in", 60), (2, "in", 60)], ["welcome", "place_full", "place_full"]),
    ],
)
def test_both_sides_refuse_whom_the_rules_refuse(limits, scans, expected):
    assert both_sides(limits, "00:00", scans) == (expected, expected)


def test_a_revoked_card_is_refused_on_the_way_in_and_let_out():
    replay = Replay(Limits(), Calendar())
    assert replay.scan(1, "in", MORNING_MS, lambda: True) == "revoked"
    assert replay.scan(1, "out", MORNING_MS + 1_000, lambda: True) == "welcome"


def test_who_was_refused_has_not_come_in():
    replay = Replay(Limits(1), Calendar())
    for person in (1, 2):
        replay.scan(person, "in", MORNING_MS + person * 1_000)
    assert replay.inside(MORNING_MS + 9_000).best == 1


def test_a_new_day_begins_with_nobody_inside():
    replay = Replay(Limits(1), Calendar("02:00"))
    replay.scan(1, "in", MORNING_MS)
    assert replay.inside(MORNING_MS + 86_400_000).best == 0
    assert replay.scan(2, "in", MORNING_MS + 86_400_000) == "welcome"


def test_a_scan_of_an_earlier_day_counts_for_the_quota_of_that_day_and_for_nothing_else():
    replay = Replay(Limits(0, 1, 2), Calendar())
    replay.scan(2, "in", MORNING_MS)
    replay.scan(2, "in", MORNING_MS + 86_400_000)
    assert replay.scan(1, "in", MORNING_MS) == "welcome"
    assert replay.inside(MORNING_MS + 86_400_000).high == 0
    assert replay.scan(1, "in", MORNING_MS + 86_400_000) == "quota"


def test_nobody_known_is_counted_and_gets_no_answer():
    replay = Replay(Limits(1), Calendar())
    assert replay.scan(None, "in", MORNING_MS) is None
    assert replay.scan(1, "in", MORNING_MS + 1_000) == "place_full"


def test_who_cannot_be_remembered_is_counted():
    replay = Replay(Limits(), Calendar(), most_a_day=1)
    for person in (1, 2, 3):
        replay.scan(person, "in", MORNING_MS)
    assert replay.inside(MORNING_MS).best == 3


def test_a_pseudonym_is_a_number_of_64_bits():
    assert number_of(bytes(7) + b"\x05" + b"\xff" * 8) == 5
