"""From scans to visits: when somebody came and left, and how well that is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.visits.rules import visits
from server.visits.types import (
    AGAIN,
    ASSUMED,
    BOUNDED,
    CLOSING,
    ELSEWHERE,
    MEASURED,
    PASSING,
    SCAN,
    STAY,
    TOUCH,
    PlaceRules,
)
from tests.server.visits.seen import MARKET, MONDAY_MS, at, clock, seen, shown

STATION = PlaceRules(default_stay_min=60, max_stay_min=480)
BAR = PlaceRules(
    opening=tuple((day * 1440 + 1080, day * 1440 + 1560) for day in range(7)),  # 18:00-02:00
    day_begins_min=240,
    max_stay_min=600,
)
MALL = PlaceRules(default_stay_min=60, max_stay_min=240, zones=frozenset({"food", "cinema"}))
TURNSTILE = PlaceRules(default_stay_min=60, max_stay_min=480, toggles=True)
RULES = {"cho": MARKET, "ben": STATION, "bar": BAR, "mall": MALL, "cua": TURNSTILE}


def found(*sightings):
    return visits(sightings, RULES)


@pytest.mark.parametrize(
    "sightings, expected",
    [
        # in and out
        ([seen("08:00"), seen("08:40", "out")], [("08:00", "08:40", MEASURED, SCAN)]),
        ([seen("08:00"), seen("08:00:40", "out", gate="g2")], [("08:00", "08:00", MEASURED, PASSING)]),
        ([seen("17:50"), seen("19:10", "out")], [("17:50", "19:10", MEASURED, SCAN)]),  # later than closing
        ([seen("03:50"), seen("05:00", "out")], [("03:50", "05:00", MEASURED, SCAN)]),  # before it opens
        # nobody saw the way out
        ([seen("08:00")], [("08:00", "08:45", ASSUMED, STAY)]),
        ([seen("16:50")], [("16:50", "17:35", BOUNDED, CLOSING)]),
        ([seen("18:10")], [("18:10", "18:30", BOUNDED, CLOSING)]),
        ([seen("08:00"), seen("12:30")], [("08:00", "08:45", BOUNDED, AGAIN), ("12:30", "13:15", BOUNDED, CLOSING)]),
        ([seen("08:00"), seen("15:00")], [("08:00", "08:45", ASSUMED, STAY), ("15:00", "15:45", BOUNDED, CLOSING)]),
        (
            [seen("08:00"), seen("08:20", place="ben")],
            [("08:00", "08:20", BOUNDED, ELSEWHERE), ("08:20", "09:20", ASSUMED, STAY)],
        ),
        # nobody saw the way in
        ([seen("08:40", "out")], [("07:55", "08:40", BOUNDED, SCAN)]),
        ([seen("23:00", "out", place="ben")], [("22:00", "23:00", ASSUMED, SCAN)]),
        ([seen("08:00"), seen("23:00", "out")], [("08:00", "08:45", ASSUMED, STAY), ("22:15", "23:00", ASSUMED, SCAN)]),
        (  # the next day's way out does not belong to the day before
            [seen("17:00"), seen("08:00", "out", day=1)],
            [("17:00", "17:45", BOUNDED, CLOSING), ("1/07:15", "1/08:00", BOUNDED, SCAN)],
        ),
        (
            [seen("07:20", place="ben"), seen("08:00", "out")],
            [("07:20", "07:40", BOUNDED, ELSEWHERE), ("07:40", "08:00", BOUNDED, SCAN)],
        ),
        # repeated reads
        ([seen("08:00"), seen("08:01:50"), seen("08:40", "out")], [("08:00", "08:40", MEASURED, SCAN)]),
        ([seen("08:00"), seen("08:40", "out"), seen("08:41", "out")], [("08:00", "08:41", MEASURED, SCAN)]),
        ([seen("08:00"), seen("08:40", "out"), seen("08:41", None)], [("08:00", "08:41", MEASURED, SCAN)]),
        (
            [seen("08:00"), seen("08:40", "out"), seen("08:41")],
            [("08:00", "08:40", MEASURED, SCAN), ("08:41", "09:26", ASSUMED, STAY)],
        ),
        # no direction
        ([seen("08:00", None)], [("08:00", "08:45", ASSUMED, STAY)]),
        ([seen("08:00", "both"), seen("08:40", "both")], [("08:00", "08:40", ASSUMED, STAY)]),
        ([seen("08:00", None), seen("08:01", None)], [("08:00", "08:45", ASSUMED, STAY)]),
        ([seen("08:00"), seen("08:40", "both")], [("08:00", "08:40", ASSUMED, STAY)]),
        ([seen("08:00", None), seen("08:40", "out")], [("08:00", "08:40", BOUNDED, SCAN)]),
        ([seen("08:00", None), seen("08:01"), seen("08:40", "out")], [("08:00", "08:40", MEASURED, SCAN)]),
        (
            [seen("08:00", "both"), seen("08:40", "both"), seen("08:41")],
            [("08:00", "08:40", BOUNDED, AGAIN), ("08:41", "09:26", ASSUMED, STAY)],
        ),
        (
            [seen("05:00", None), seen("16:00", None)],
            [("05:00", "05:45", ASSUMED, STAY), ("16:00", "16:45", BOUNDED, CLOSING)],
        ),
        (  # so much later it is rather a second visit
            [seen("08:00", None), seen("10:00", None)],
            [("08:00", "08:45", BOUNDED, AGAIN), ("10:00", "10:45", ASSUMED, STAY)],
        ),
        # a gate at which everybody is scanned both ways
        ([seen("08:00", "both", "cua"), seen("08:40", "both", "cua")], [("08:00", "08:40", MEASURED, SCAN)]),
        ([seen("08:00", "both", "cua"), seen("08:01", "both", "cua")], [("08:00", "09:00", ASSUMED, STAY)]),
        ([seen("08:00", None, "cua"), seen("08:40", None, "cua")], [("08:00", "08:40", ASSUMED, STAY)]),
        (
            [seen("08:00", "both", "cua"), seen("18:00", "both", "cua")],
            [("08:00", "09:00", ASSUMED, STAY), ("18:00", "19:00", ASSUMED, STAY)],
        ),
        # days
        ([seen("23:00", place="bar"), seen("25:30", "out", "bar")], [("23:00", "1/01:30", MEASURED, SCAN)]),
        ([seen("25:30", place="bar")], [("1/01:30", "1/02:30", BOUNDED, CLOSING)]),
        ([seen("23:50", place="ben")], [("23:50", "1/00:50", ASSUMED, STAY)]),
        ([seen("23:50", place="ben"), seen("00:20", "out", "ben", 1)], [("23:50", "1/00:20", MEASURED, SCAN)]),
    ],
)
def test_what_scans_mean(sightings, expected):
    assert [shown(one) for one in found(*sightings)] == expected


def test_a_visit_over_midnight_belongs_to_the_day_of_the_place_on_which_it_began():
    first, second = found(seen("25:30", place="bar"), seen("28:30", place="bar"))
    assert (second.day - first.day, first.day) == (1, (MONDAY_MS + 7 * 3_600_000) // 86_400_000)


def test_clocks_that_may_be_off_widen_the_ends():
    (one,) = found(seen("08:00", off_s=600), seen("09:00", "out", gate="g2", off_s=1200))
    assert [clock(ms) for ms in one[7:13]] == ["07:50", "08:00", "08:10", "08:40", "09:00", "09:20"]
    assert [ms // 60_000 for ms in one.stay_ms] == [30, 60, 90]


def test_ends_that_overlap_give_no_negative_stay():
    (one,) = found(seen("08:00", off_s=1200), seen("08:10", "out", gate="g2", off_s=1200))
    assert one.stay_ms[0] == 0
    assert one.in_low <= one.in_at <= one.in_high <= one.out_high
    assert one.in_low <= one.out_low <= one.out_at <= one.out_high


def test_before_a_touch_at_an_outer_gate_nothing_is_sure():
    (one,) = found(seen("08:00", None), seen("08:40", None, gate="g2"), seen("09:00", "out"))
    assert (clock(one.in_low), clock(one.in_high), clock(one.out_low)) == ("03:30", "08:40", "08:59")
    assert one.stay_ms[0] < 20 * 60_000 < one.stay_ms[1]


@pytest.mark.parametrize("way", ["both", None])
def test_a_first_scan_without_a_direction_may_be_the_way_out_of_who_was_not_seen_to_come(way):
    (one,) = found(seen("08:00", way, "ben"))
    assert (clock(one.in_low), clock(one.in_at), clock(one.in_high)) == ("-1/23:59", "08:00", "08:00")
    (one,) = found(seen("08:00", way))
    assert (clock(one.in_low), one.in_by, one.label) == ("03:30", TOUCH, ASSUMED)
    _, second = found(seen("07:40", "in", "ben"), seen("08:00", way))
    assert (clock(second.in_low), clock(second.in_at)) == ("07:39", "08:00")
    loose = found(seen("08:00", way, off_s=9000))[0]
    assert clock(loose.in_low) == "03:30"


def test_a_way_in_that_was_seen_keeps_its_bounds_though_a_touch_came_first():
    (one,) = found(seen("08:00", None), seen("08:01"), seen("08:40", "out"))
    assert (clock(one.in_low), one.in_by) == ("07:59", SCAN)
    (one,) = found(seen("08:00", "both", "cua"))
    assert (clock(one.in_low), one.in_by) == ("07:59", SCAN)


@pytest.mark.parametrize("off_s", [480, 250])
def test_what_may_have_been_a_repeated_read_by_its_bounds_is_one(off_s):
    wide, narrow = seen("08:00", off_s=off_s), seen("08:06", seq=99_999_999_999, gate="g2")
    (one,) = found(wide, narrow)
    assert (one.reads, one.in_low, one.out_by) == (2, at("08:00") - off_s * 1000, STAY)
    assert one.out_low == one.in_low
    (one,) = found(seen("07:30"), seen("08:00", "out", off_s=off_s), seen("08:06", "out", gate="g2"))
    assert (one.reads, one.out_high, one.label) == (3, max(at("08:06:02"), at("08:06")), MEASURED)
    (one,) = found(seen("07:30"), seen("08:00", "out", off_s=off_s), seen("08:06", None, gate="g2"))
    assert (one.reads, one.label) == (3, MEASURED)


def test_what_was_surely_later_or_later_than_people_usually_stay_is_no_repeated_read():
    assert len(found(seen("08:00", off_s=200), seen("08:06", gate="g2"))) == 2
    assert len(found(seen("08:00", off_s=3600), seen("08:46", gate="g2"))) == 2
    assert len(found(seen("08:00", off_s=3600), seen("08:44", gate="g2"))) == 1


def test_where_everybody_is_scanned_both_ways_wide_bounds_make_no_repeated_read():
    (one,) = found(seen("08:00", "both", "cua", off_s=480), seen("08:06", "both", "cua", gate="g2"))
    assert (one.label, one.out_by) == (MEASURED, SCAN)
    out = [seen("07:30", place="cua"), seen("08:00", "out", "cua", off_s=480)]
    assert len(found(*out, seen("08:06", "both", "cua", gate="g2"))) == 2


def test_a_scan_elsewhere_that_may_have_been_made_before_does_not_bound():
    first, _ = found(seen("08:00", off_s=900), seen("08:10", place="ben", off_s=900))
    assert first.out_high == at("14:15")


def test_a_scan_elsewhere_that_was_surely_made_later_bounds_within_its_own_clock():
    first, _ = found(seen("08:00"), seen("08:30", place="ben", off_s=60))
    assert first.out_high == at("08:31")


def test_one_box_that_numbers_its_scans_settles_their_order_whatever_its_clock_said():
    wide = {"off_s": 3000, "gate": "g1"}
    (one,) = found(seen("08:10", "in", seq=1, **wide), seen("08:00", "out", seq=2, **wide))
    assert (one.label, one.in_low, one.out_high) == (MEASURED, at("07:20"), at("08:50"))


def test_a_box_that_contradicts_itself_keeps_its_bounds():
    first = found(seen("10:00", seq=1), seen("08:00", "out", seq=2))
    assert len(first) == 2


def test_a_scan_of_unknown_time_stands_alone_and_changes_nothing_else():
    known = [seen("08:00"), seen("08:40", "out")]
    odd = seen("09:00", gate="g9", earliest_ms=None, at_ms=None)
    alone = [one for one in found(*known, odd) if one.gate_in == "g9"]
    assert [one for one in found(*known, odd) if one not in alone] == found(*known)
    assert (alone[0].label, alone[0].in_high) == (ASSUMED, odd.latest_ms)
    assert alone[0].in_low <= odd.latest_ms - 30 * 86_400_000


def test_a_way_out_of_unknown_time_is_no_way_out_of_another_visit():
    known, odd = seen("08:00"), seen("09:00", "out", gate="g9", earliest_ms=None, at_ms=None)
    assert [one for one in found(known, odd) if not one.gate_out] == found(known)


def test_a_box_that_knew_the_time_before_bounds_a_later_scan_of_unknown_time():
    (one,) = found(seen("08:00", seq=1), seen("08:50", "out", seq=2, earliest_ms=None, at_ms=None))
    assert (one.label, one.out_low, one.out_high) == (MEASURED, at("07:59:58"), at("08:50:02"))


def test_a_zone_with_gates_of_its_own_has_its_own_visit_within_that_to_the_place():
    outer, inner = found(
        seen("08:00", place="mall"),
        seen("08:20", place="mall", gate="f1", zone="food"),
        seen("08:50", "out", "mall", gate="f1", zone="food"),
        seen("09:30", "out", "mall"),
    )
    assert (shown(outer), outer.is_inner, outer.zone) == (("08:00", "09:30", MEASURED, SCAN), False, "")
    assert (shown(inner), inner.is_inner, inner.zone) == (("08:20", "08:50", MEASURED, SCAN), True, "food")
    assert outer.id != inner.id


def test_going_into_another_zone_or_out_of_the_place_ends_the_visit_to_a_zone():
    rows = found(
        seen("08:00", place="mall"),
        seen("08:20", place="mall", gate="f1", zone="food"),
        seen("08:40", place="mall", gate="c1", zone="cinema"),
        seen("09:10", "out", "mall"),
    )
    assert [(one.zone, clock(one.out_high), one.out_by) for one in rows if one.is_inner] == [
        ("food", "08:40", ELSEWHERE),
        ("cinema", "09:10", ELSEWHERE),
    ]


def test_who_is_seen_in_a_zone_was_in_the_place_though_nobody_saw_the_way_in():
    outer, _ = found(seen("08:20", place="mall", gate="f1", zone="food"), seen("09:00", "out", "mall"))
    assert (outer.is_inner, outer.in_high, outer.out_at, outer.gate_in) == (False, at("08:20:02"), at("09:00"), "")
    assert outer.in_low == at("04:19:58")


def test_who_is_seen_in_a_zone_is_surely_still_inside():
    outer, _ = found(seen("08:00", place="mall"), seen("09:30", place="mall", gate="f1", zone="food"))
    assert outer.out_low == at("09:29:58")


def test_a_zone_that_only_says_where_a_gate_is_makes_no_visit_of_its_own():
    (one,) = found(seen("08:00", zone="north"), seen("08:40", "out", gate="g2", zone="south"))
    assert (shown(one), one.zone, one.gate_in, one.gate_out) == (
        ("08:00", "08:40", MEASURED, SCAN),
        "north",
        "g1",
        "g2",
    )


def test_the_same_visit_by_slip_and_by_scan_is_one_visit_with_both_sources():
    slip = seen("08:15", "in", off_s=900, gate="", box_id="slips", source="slip", has_phone=True)
    for scans in ([seen("08:04")], [seen("08:04"), seen("08:20", "out", gate="g2")]):
        (one,) = found(slip, *scans)
        assert (one.in_at, one.sources, one.has_phone) == (at("08:04"), "box,slip", True)
        assert one.reads == len(scans) + 1


@pytest.mark.parametrize(
    "changes", [{"place": "ben"}, {"way": "out"}, {"day": 1}], ids=["another place", "the other way", "another day"]
)
def test_a_slip_that_says_something_else_is_another_visit(changes):
    values = {"when": "08:15", "off_s": 900, "gate": "", "box_id": "slips", "source": "slip"} | changes
    rows = found(seen(**values), seen("08:04"))
    assert all(one.sources != "box,slip" or one.out_by == SCAN for one in rows)
    assert {source for one in rows for source in one.sources.split(",")} == {"box", "slip"}


def test_a_scan_on_behalf_and_a_phone_mark_the_visit():
    (one,) = found(seen("08:00", on_behalf=True), seen("08:40", "out", has_phone=True))
    assert (one.on_behalf, one.has_phone) == (True, True)


def test_scans_of_nobody_known_make_no_visit():
    assert found(seen("08:00", person=None), seen("08:40", "out", person=None)) == []


def test_nothing_seen_is_no_visit():
    assert found() == []


def test_a_place_that_nobody_registered_has_the_usual_rules():
    (one,) = found(seen("08:00", place="gw-7"))
    assert (one.label, one.out_at - one.in_at, one.out_high - one.in_high) == (ASSUMED, 3_600_000, 12 * 3_600_000)


def test_the_same_scan_twice_counts_once():
    assert found(seen("08:00"), seen("08:00"), seen("08:40", "out")) == found(seen("08:00"), seen("08:40", "out"))


PLACES = st.sampled_from(["cho", "ben", "bar", "mall", "cua"])


@st.composite
def lives(draw):
    """Scans of one person, odd ones among them."""
    scans = []
    for number in range(draw(st.integers(0, 12))):
        place = draw(PLACES)
        scans.append(
            seen(
                MONDAY_MS + draw(st.integers(0, 3 * 1440)) * 60_000,
                draw(st.sampled_from(["in", "out", "both", None])),
                place,
                off_s=draw(st.sampled_from([0, 2, 60, 1800, 9000])),
                seq=number,
                gate=draw(st.sampled_from(["g1", "g2"])),
                zone=draw(st.sampled_from(["", "food"])) if place == "mall" else "",
                source=draw(st.sampled_from(["box", "box", "box", "slip"])),
            )
        )
        if draw(st.integers(0, 9)) == 0:
            scans[-1] = scans[-1]._replace(earliest_ms=None, at_ms=None)
    return scans


@settings(max_examples=300, deadline=None)
@given(lives(), st.randoms(use_true_random=False))
def test_the_result_depends_on_the_set_and_never_on_the_order(scans, random):
    expected = visits(scans, RULES)
    for _ in range(3):
        random.shuffle(scans)
        assert visits(scans, RULES) == expected


@settings(max_examples=300, deadline=None)
@given(lives())
def test_every_end_lies_between_its_bounds_and_every_scan_is_in_one_visit(scans):
    rows = visits(scans, RULES)
    for one in rows:
        assert one.in_low <= one.in_at <= one.in_high
        assert one.out_low <= one.out_at <= one.out_high
        assert one.in_low <= one.out_low
        assert one.in_at <= one.out_at
        assert one.in_high <= one.out_high
        low, best, high = one.stay_ms
        assert 0 <= low <= high
        assert 0 <= best <= high
    assert len({one.id for one in rows}) == len(rows)
    inner = sum(one.zone == "food" or (one.place_id == "mall" and one.source == "slip") for one in scans)
    assert sum(one.reads for one in rows) >= len(scans)
    assert sum(one.reads for one in rows) <= len(scans) + inner


@settings(max_examples=200, deadline=None)
@given(lives())
def test_a_late_scan_changes_nothing_at_the_days_that_it_cannot_touch(scans):
    far = [
        one._replace(
            box_id="far",
            **{
                name: getattr(one, name) + 40 * 86_400_000
                for name in ("earliest_ms", "at_ms", "latest_ms")
                if getattr(one, name) is not None
            },
        )
        for one in scans
        if one.at_ms is not None
    ]
    near = [one for one in visits(scans + far, RULES) if one.out_at < MONDAY_MS + 20 * 86_400_000]
    assert near == visits(scans, RULES)
