"""What new sightings can change is a part of a person's life: made anew alone it gives what making all anew gives."""

import random
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.visits.part import Anew, Range, anew, book, is_vague
from server.visits.rules import visits
from server.visits.stay import identity_of
from server.visits.timing import LOOSE_MS, NEVER_MS
from server.visits.types import HOUR_MS, MINUTE_MS, PlaceRules
from tests.server.visits.market import RULES as TOWN
from tests.server.visits.seen import at, seen

ALWAYS = Range(NEVER_MS, -NEVER_MS)
DAY_MS = 24 * HOUR_MS
RULES = TOWN | {
    "vien": PlaceRules(default_stay_min=120, max_stay_min=1440, zones=frozenset({"a", "b"})),
    "cong": PlaceRules(toggles=True, repeat_s=300, default_stay_min=20, max_stay_min=90),
    "tram": PlaceRules(default_stay_min=5, max_stay_min=60, repeat_s=900),
}
PLACES = [*RULES, "xa"]
GAPS_MIN = [0, 1, 4, 11, 16, 21, 39, 41, 46, 91, 121, 241, 361, 721, 1441]
BOOK = book(RULES)
LONGEST_MS = BOOK.longest_ms


def awkward(draw, count, days, is_tidy):
    """Sightings of one person: several boxes, slips, zones, all directions; bounds from none to as wide as can be told
    from a loose one; `is_tidy`: boxes number them in the order in which they were made."""
    found, numbers = [], {}
    spread = sorted(at("00:00") + draw.randrange(days * 24 * 60) * MINUTE_MS for _ in range(count))
    close = [at("00:00") + one * MINUTE_MS for one in accumulate(draw.choice(GAPS_MIN) for _ in range(count))]
    instants = draw.choice([spread, close])
    for at_ms in [one + draw.choice([0, 0, 20_000]) for one in instants for _ in range(draw.choice([1, 1, 1, 2, 3]))]:
        place = draw.choice(PLACES)
        box = draw.choice([f"box-{place}", f"box-{place}", "carried"])
        numbers[box] = numbers.get(box, 0) + 1
        seq = numbers[box] if is_tidy else draw.randrange(10_000) * 1000 + numbers[box]
        off_s = draw.choice([0, 1, 1, 1, 30, 600, 3_000, LOOSE_MS // 2000])
        zone = draw.choice(["", "", "a", "b"])
        way = draw.choice(["in", "in", "in", "out", "both", None])
        source = draw.choice(["box", "box", "box", "slip", "phone"])
        found.append(
            seen(at_ms, way, place, off_s=off_s, seq=seq, box_id=box, zone=zone, source=source, gate=f"g-{source}")
        )
    return [one._replace(box_id=f"{one.source}-{one.box_id}") for one in found]


def put_in(before, made: Anew):
    """The visits there were, with what was made anew in the place of what it concerns."""
    gone = {identity_of(one.identity, is_inner) for one in made.sightings for is_inner in (False, True)}
    return sorted([one for one in before if one.id not in gone] + made.visits)


def within(scans, fresh, window_ms):
    """What is read of them around what is new, and in which range that is everything."""
    first = min(one.at_ms for one in fresh) - window_ms
    last = max(one.at_ms for one in fresh) + window_ms
    return [one for one in scans if first <= one.at_ms <= last], Range(first + LOOSE_MS, last - LOOSE_MS)


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([1, 3, 8]), st.booleans(), st.sampled_from([0, 14, 30])
)
def test_a_part_made_anew_is_what_the_whole_says_of_it(seed, count, days, is_tidy, window_h):
    draw = random.Random(seed)
    scans = awkward(draw, count, days, is_tidy)
    fresh = draw.sample(scans, min(len(scans), draw.choice([1, 1, 2, 4])))
    old = [one for one in scans if one not in fresh]
    known = (scans, ALWAYS) if not window_h else within(scans, fresh, window_h * HOUR_MS)
    made = anew(known[0], {one.identity for one in fresh}, BOOK, known[1])
    if made is None:
        assert window_h
        return
    assert put_in(visits(old, RULES), made) == sorted(visits(scans, RULES))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40), st.booleans())
def test_scan_by_scan_in_any_order_is_all_at_once(seed, count, is_tidy):
    draw = random.Random(seed)
    scans = awkward(draw, count, 6, is_tidy)
    draw.shuffle(scans)
    there, rows = [], []
    while scans:
        take = draw.choice([1, 2, 5])
        fresh, scans = scans[:take], scans[take:]
        there += fresh
        made = anew(there, {one.identity for one in fresh}, BOOK, ALWAYS)
        rows = put_in(rows, made)
    assert rows == sorted(visits(there, RULES))


@pytest.mark.parametrize("way", ["in", None, "both"])
def test_of_somebody_who_comes_every_day_no_more_than_two_days_are_made_anew(way):
    scans = [seen("08:10", way, day=day) for day in range(14)]
    made = anew(scans, {scans[-1].identity}, BOOK, ALWAYS)
    assert made.sightings == scans[-1:]
    often = [seen(f"{hour:02}:10", way, "vien", day) for day in range(14) for hour in (2, 8, 13, 19)]
    made = anew(often, {often[-1].identity}, BOOK, ALWAYS)
    assert len(made.sightings) <= 3


def test_what_was_not_read_may_have_anything_in_it():
    scan = seen("12:00", "out", "cho")
    assert anew([scan], {scan.identity}, BOOK, Range(at("00:00"), -NEVER_MS)) is None
    far = Range(scan.earliest_ms - LONGEST_MS - 1, -NEVER_MS)
    assert anew([scan], {scan.identity}, BOOK, far).sightings == [scan]
    assert anew([scan], {scan.identity}, BOOK, far._replace(from_ms=far.from_ms + 1)) is None
    late = Range(NEVER_MS, scan.latest_ms + LONGEST_MS)
    assert anew([scan], {scan.identity}, BOOK, late) is None


def test_vague_is_what_may_reach_far():
    assert not is_vague(seen("12:00", off_s=LOOSE_MS // 2000))
    assert is_vague(seen("12:00", off_s=LOOSE_MS // 2000 + 1))
    assert is_vague(seen("12:00", earliest_ms=None, at_ms=None))
    assert is_vague(seen("12:00", earliest_ms=at("13:00")))
