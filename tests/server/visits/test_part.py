"""What new sightings can change is a part of a person's life: made anew alone it gives what making all anew gives."""

import random
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.visits.part import USUAL_REACH_MS, Anew, Range, anew, book, is_vague, near_ms, reach_ms, span
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
NARROW = {
    "kho": PlaceRules(default_stay_min=40, max_stay_min=50, zones=frozenset({"a"})),
    "tram": PlaceRules(default_stay_min=5, max_stay_min=60, repeat_s=900),
    "cong": PlaceRules(toggles=True, repeat_s=300, default_stay_min=20, max_stay_min=180),
    "vien": PlaceRules(default_stay_min=120, max_stay_min=1440, zones=frozenset({"a", "b"})),
}
NARROW_BOOK = book(NARROW)
EDGES_MS = sorted({0, NARROW_BOOK.longest_ms, *map(near_ms, NARROW.values()), *NARROW_BOOK.reaches.values()})


def on_edges(draw, count):
    """Sightings of one person of which each lies, by its bounds, just as far behind all before it as some rule looks,
    or a little less or more; here and there one that was written down."""
    found, over_ms = [], at("00:00")
    for number in range(count):
        low_ms = over_ms + draw.choice(EDGES_MS) + draw.choice([-1, 0, 0, 1, -600_000, 600_000])
        width_ms = draw.choice([0, 0, 2_000, 1_800_000, LOOSE_MS])
        place, zone = draw.choice(list(NARROW)), draw.choice(["", "", "a"])
        way, source = draw.choice(["in", "in", "out", "both", None]), draw.choice(["box", "box", "box", "slip"])
        box_id, seq = draw.choice(["carried", f"box-{place}"]), draw.choice([number, 1000 - number])
        bounds = {"earliest_ms": low_ms, "at_ms": low_ms + width_ms // 2, "latest_ms": low_ms + width_ms}
        told = {"source": source, "zone": zone, "box_id": f"{source}-{box_id}"}
        found.append(seen(low_ms, way, place, seq=seq * 1000 + number, **told, **bounds))
        over_ms = max(over_ms, low_ms + draw.choice([0, width_ms]))
    return found


def all_in(scans, from_ms, to_ms):
    """What a range holds for sure."""
    return [one for one in scans if from_ms - LOOSE_MS <= one.at_ms <= to_ms + LOOSE_MS], Range(from_ms, to_ms)


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


def is_as_the_whole(draw):
    scans = on_edges(draw, draw.randint(2, 10))
    fresh = draw.sample(scans, draw.choice([1, 1, 1, 2]))
    old = [one for one in scans if one not in fresh]
    far_ms = draw.choice([LONGEST_MS * 9, *EDGES_MS]) + draw.choice([-1, 0, 1, 600_000])
    low, high = min(span(one).from_ms for one in fresh), max(span(one).to_ms for one in fresh)
    some, known = all_in(scans, low - far_ms, high + far_ms)
    made = anew(some, {one.identity for one in fresh}, NARROW_BOOK, known)
    return made is None or put_in(visits(old, NARROW), made) == sorted(visits(scans, NARROW))


@pytest.mark.parametrize("seed", range(40))
def test_what_lies_just_where_a_rule_ends_to_look_is_as_the_whole_says(seed):
    assert all(is_as_the_whole(random.Random(seed * 1000 + at)) for at in range(120))


@pytest.mark.parametrize(("seed", "otherwise"), [(10_002_383, "both ways"), (10_005_037, "out"), (10_033_953, "slip")])
def test_lives_that_come_out_wrong_where_a_rule_of_cuts_is_left_out(seed, otherwise):
    assert is_as_the_whole(random.Random(seed)), otherwise


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


def test_a_span_begins_nowhere_where_nobody_knows_and_is_never_backwards():
    assert span(seen("12:00", earliest_ms=None, at_ms=None)) == (NEVER_MS, at("12:00:02"))
    assert span(seen("12:00", earliest_ms=at("13:00"))) == (at("12:00:02"), at("12:00:02"))
    assert span(seen("12:00")) == (at("11:59:58"), at("12:00:02"))


def test_a_place_looks_as_far_as_its_longest_stay_or_twice_the_usual_one_or_a_repeated_read():
    assert reach_ms(PlaceRules(default_stay_min=40, max_stay_min=50)) == 80 * MINUTE_MS
    assert near_ms(PlaceRules(default_stay_min=5, repeat_s=900)) == 15 * MINUTE_MS
    assert near_ms(PlaceRules(default_stay_min=5)) == 10 * MINUTE_MS
    assert book({"tram": RULES["tram"]}).longest_ms == USUAL_REACH_MS
    assert book({}).reach_of("xa") == USUAL_REACH_MS
