"""Looking for contacts: against counting everybody with everybody, and by hand where the rules choose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.tracing import holes
from server.tracing.asking import MOST_MEETINGS, Search
from server.tracing.overlap import certainty, extended, overlap, trimmed
from server.tracing.rules import BUILT_IN, Rules, RuleSet
from server.tracing.types import CERTAINTIES, Gap, Overlap, PlaceFacts, Question, Window
from tests.server.tracing import town
from tests.server.tracing.town import MARKET, NOON, STATION, WINDOW, Town, loose, market, person, stay

HOUR_MS = 3_600_000
EASY = RuleSet(version=1, min_overlap_min=0, certainty="possible")


def of_person(who=1, degree=1, window=WINDOW, **more):
    return Question("case", window, window.to_ms, degree, tokens=(b"t" * 16,), person=person(who), **more)


def of_place(window, place=MARKET, **more):
    return Question("case", window, WINDOW.to_ms, place_id=place, **more)


async def ask(question, stays, rules=EASY, places=None, **how):
    known = [rules] if isinstance(rules, RuleSet) else rules
    return await Search(question, Rules(known), Town(stays, places or market(), **how)).run()


def people(answer, degree=None):
    return {int.from_bytes(one.person, "big") for one in answer.contacts if degree in (None, one.degree)}


def counted(stays, sources, rules, kinds, window, since_ms=0):
    """Who met any of these within the window, the slow way: everybody with everybody, from `since_ms` on."""
    found = {}
    for source in sources:
        whole = extended(trimmed(source, rules, kinds.get(source.place_id, "")), rules)
        whole = whole._replace(**{name: max(getattr(whole, name), since_ms) for name in ("in_low", "in_at", "in_high")})
        ours = whole._replace(
            **{name: max(getattr(whole, name), window.from_ms) for name in ("in_low", "in_at", "in_high")},
            **{name: min(getattr(whole, name), window.to_ms) for name in ("out_low", "out_at", "out_high")},
        )
        for other in stays:
            if other.person == source.person or other.place_id != source.place_id:
                continue
            theirs = trimmed(other, rules, kinds.get(other.place_id, ""))
            within, in_all = overlap(ours, theirs), overlap(whole, theirs)
            lasted = Overlap(*(by_all if by_part else 0 for by_part, by_all in zip(within, in_all, strict=True)))
            how = certainty(lasted, rules.min_overlap_min)
            if how and CERTAINTIES.index(how) <= CERTAINTIES.index(rules.certainty):
                found.setdefault(other.person, []).append((other.id, lasted))
    return found


RULE_SETS = st.builds(
    lambda **more: RuleSet(version=1, default_stay_min={"market": 40, "": 20}, **more),
    min_overlap_min=st.sampled_from([0, 10, 15]),
    extend_after_min=st.sampled_from([0, 30]),
    max_stay_min=st.sampled_from([30, 720]),
    certainty=st.sampled_from(CERTAINTIES),
)


def run(coroutine):
    """What a coroutine that never waits returns."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


@settings(max_examples=200)
@given(town.stays(), RULE_SETS)
def test_an_answer_is_what_counting_everybody_with_everybody_gives(stays, rules):
    answer = run(ask(of_person(), stays, rules))
    mine = [one for one in stays if one.person == person(1)]
    wanted = counted(stays, mine, rules, {MARKET: "market"}, WINDOW)
    assert {one.person for one in answer.contacts} == set(wanted)
    for one in answer.contacts:
        found = sorted((meeting.stay.id, meeting.overlap) for meeting in one.meetings)
        assert found == sorted(wanted[one.person])


@settings(max_examples=100)
@given(town.stays(), RULE_SETS, st.integers(-30, 300), st.integers(1, 120))
def test_a_part_of_a_day_gives_whom_a_person_met_within_it(stays, rules, from_min, minutes):
    window = Window(NOON + from_min * 60_000, NOON + (from_min + minutes) * 60_000)
    answer = run(ask(of_person(window=window), stays, rules))
    mine = [one for one in stays if one.person == person(1)]
    mine = [one for one in mine if one.in_low < window.to_ms and one.out_high > window.from_ms]
    wanted = counted(stays, mine, rules, {MARKET: "market"}, window)
    assert {one.person: sorted((met.stay.id, met.overlap) for met in one.meetings) for one in answer.contacts} == {
        who: sorted(met) for who, met in wanted.items()
    }


@settings(max_examples=100)
@given(town.stays(), RULE_SETS)
def test_the_second_degree_is_who_met_the_first_from_its_first_meeting_on(stays, rules):
    answer = run(ask(of_person(degree=2), stays, rules))
    kinds = {MARKET: "market"}
    mine = [one for one in stays if one.person == person(1)]
    first = counted(stays, mine, rules, kinds, WINDOW)
    assert {one.person for one in answer.contacts if one.degree == 1} == set(first)
    second = set()
    for one in (one for one in answer.contacts if one.degree == 1):
        theirs = [stay for stay in stays if stay.person == one.person and stay.out_high > one.first_ms]
        second |= set(counted(stays, theirs, rules, kinds, Window(one.first_ms, WINDOW.to_ms), one.first_ms))
    assert {one.person for one in answer.contacts if one.degree == 2} == second - set(first) - {person(1)}


@settings(max_examples=50)
@given(town.stays(), RULE_SETS, st.randoms())
def test_the_order_in_which_stays_came_changes_nothing(stays, rules, random):
    shuffled = list(stays)
    random.shuffle(shuffled)
    assert run(ask(of_person(degree=2), stays, rules)) == run(ask(of_person(degree=2), shuffled, rules, page_rows=2))


@settings(max_examples=100)
@given(town.stays(), st.integers(0, 300), st.integers(1, 120))
def test_a_place_and_a_window_give_who_was_there_then(stays, from_min, minutes):
    window = Window(NOON + from_min * 60_000, NOON + (from_min + minutes) * 60_000)
    answer = run(ask(of_place(window), stays))
    there = {
        one.person
        for one in (trimmed(stay, EASY, "market") for stay in stays if stay.place_id == MARKET)
        if min(one.out_high, window.to_ms) > max(one.in_low, window.from_ms)
    }
    assert {one.person for one in answer.contacts} == there


async def test_nobody_is_their_own_contact_and_nobody_is_there_twice():
    answer = await ask(of_person(degree=2), [stay(1, 0, 60), stay(1, 30, 90, number=9), stay(2, 0, 60)])
    assert people(answer) == {2}
    assert len(answer.contacts[0].meetings) == 2


async def test_who_met_a_contact_before_the_contact_met_the_source_is_no_second_degree():
    stays = [stay(1, 100, 160), stay(2, 90, 200), stay(2, 0, 60, STATION), stay(3, 0, 60, STATION)]
    stays += [stay(2, 300, 360, STATION), stay(4, 300, 360, STATION)]
    answer = await ask(of_person(degree=2), stays)
    assert (people(answer, 1), people(answer, 2)) == ({2}, {4})
    (second,) = [one for one in answer.contacts if one.degree == 2]
    assert second.via == (person(2),)


async def test_the_door_of_a_mall_makes_everybody_a_contact_and_zones_and_gates_do_not():
    stays = [stay(1, 0, 120, gate_in="north", zone="fish")]
    for who in range(2, 102):
        zone, gate, minute = ("fish", "north", 1) if who < 7 else ("cloth", "south", who)
        stays.append(stay(who, minute, 120, gate_in=gate, zone=zone))
    assert len(people(await ask(of_person(), stays))) == 100
    by_zone = RuleSet(version=1, min_overlap_min=0, same_zone=True)
    assert people(await ask(of_person(), stays, by_zone)) == {2, 3, 4, 5, 6}
    by_gate = RuleSet(version=1, min_overlap_min=0, same_gate_window_min=5)
    found = await ask(of_person(), stays, by_gate)
    assert people(found) == {2, 3, 4, 5, 6}
    assert {meeting.where for one in found.contacts for meeting in one.meetings} == {"gate"}


async def test_where_the_zone_is_not_known_nobody_is_excluded_and_the_meeting_says_so():
    stays = [stay(1, 0, 60, zone="fish"), stay(2, 0, 60), stay(3, 0, 60, zone="fish"), stay(4, 0, 60, zone="cloth")]
    answer = await ask(of_person(), stays, RuleSet(version=1, same_zone=True))
    assert {int.from_bytes(one.person, "big"): one.meetings[0].where for one in answer.contacts} == {
        2: "place",
        3: "zone",
    }


async def test_a_zone_with_doors_of_its_own_is_not_counted_twice_and_counts_by_zone():
    stays = []
    for who, zone in ((1, "fish"), (2, "fish"), (3, "cloth")):
        stays.append(stay(who, 0, 120, number=who * 10))
        stays.append(stay(who, 30, 60, number=who * 10 + 1, zone=zone, is_inner=True))
    places = market(has_inner=True)
    whole = await ask(of_person(), stays, places=places)
    assert {one.person: len(one.meetings) for one in whole.contacts} == {person(2): 1, person(3): 1}
    by_zone = await ask(of_person(), stays, RuleSet(version=1, same_zone=True), places)
    assert people(by_zone) == {2}
    assert by_zone.contacts[0].meetings[0].overlap.minutes == (30, 30, 30)
    asked = of_place(Window(NOON, NOON + 7_200_000), zone="cloth")
    assert people(await ask(asked, stays, places=places)) == {3}


async def test_a_question_about_a_gate_is_about_passing_it_in_the_window():
    stays = [
        stay(1, 10, 90, gate_in="north", gate_out="south"),
        stay(2, 0, 20, gate_in="south", gate_out="north"),
        stay(3, 14, 90, gate_in="south"),
        stay(4, 0, 90, gate_in="north"),
        loose(5, 9, 90, in_err_min=5, gate_in="north"),
    ]
    window = Window(NOON + 10 * 60_000, NOON + 30 * 60_000)
    answer = await ask(of_place(window, gate_id="north"), stays)
    assert {int.from_bytes(one.person, "big"): one.meetings[0].certainty for one in answer.contacts} == {
        1: "sure",
        2: "sure",
        5: "possible",
    }


async def test_what_counts_only_by_the_outer_bound_is_left_out_and_counted():
    stays = [stay(1, 0, 60), loose(2, 50, 90, in_err_min=10), stay(3, 0, 60)]
    answer = await ask(of_person(), stays, RuleSet(version=1, min_overlap_min=15))
    assert (people(answer), answer.nearly) == ({3}, 1)


@pytest.mark.parametrize(("certainty", "met"), [("likely", {2}), ("possible", {2, 3})])
async def test_an_assumed_stay_is_looked_around_by_its_guess_and_its_holes_by_its_bounds(certainty, met):
    mine = stay(1, 0, 45, label="assumed", out_by="stay")._replace(out_low=NOON, out_high=NOON + 6 * HOUR_MS)
    known = Town([mine, stay(2, 30, 90), stay(3, 200, 260)], market())
    answer = await Search(of_person(), Rules([RuleSet(version=1, certainty=certainty)]), known).run()
    assert people(answer) == met
    assert known.spans == [(MARKET, Window(NOON, NOON + 6 * HOUR_MS))]


async def test_the_rule_set_of_each_contacts_instant_judges_it():
    day = 86_400_000
    early = RuleSet(version=1, since_ms=0, min_overlap_min=0)
    late = RuleSet(version=2, since_ms=NOON + day, min_overlap_min=15)
    stays = [stay(1, 0, 60), stay(2, 55, 90), stay(1, 2880, 2940), stay(3, 2935, 3000), stay(4, 2880, 2940)]
    answer = await ask(of_person(), stays, [late, early])
    assert {int.from_bytes(one.person, "big"): one.meetings[0].rule_set for one in answer.contacts} == {2: 1, 4: 2}
    assert answer.rule_sets == (1, 2)
    named = Question("case", WINDOW, WINDOW.to_ms, tokens=(b"t",), person=person(1), rule_set=2)
    again = await Search(named, Rules([early, late], 2), Town(stays, market())).run()
    assert people(again) == {4}


async def test_growth_is_bounded_and_the_answer_says_by_what():
    crowd = [stay(1, 0, 60)] + [stay(who, 0, 60) for who in range(2, 40)]
    few = await ask(of_person(), crowd, EASY._replace(most_contacts=10))
    assert (len(few.contacts), few.cut, few.truncated) == (10, ("contacts",), True)
    second = await ask(of_person(degree=2), crowd, EASY._replace(most_expanded=5))
    assert second.cut == ("expanded",)
    often = [stay(1, 0, 5000)] + [stay(2, 10 * n, 10 * n + 5, number=n + 1) for n in range(MOST_MEETINGS + 5)]
    answer = await ask(of_person(), often)
    assert (len(answer.contacts[0].meetings), answer.cut) == (MOST_MEETINGS, ("meetings",))
    assert not (await ask(of_person(), crowd)).truncated


async def test_planted_holes_are_in_the_answer_by_place_box_and_time():
    planted = Gap(holes.SILENT, MARKET, "box-0007", NOON, NOON + 3_600_000)
    answer = await ask(of_person(), [stay(1, 0, 60)], gaps=[planted])
    (hole,) = [one for one in answer.holes if one.code == "silent"]
    assert (hole.place_id, hole.box_id, hole.from_ms, hole.to_ms, hole.most_scans) == (
        MARKET,
        "box-0007",
        NOON,
        NOON + 3_600_000,
        None,
    )
    assert "box-0007" in hole.vi
    assert "box-0007" in hole.en
    assert MARKET in hole.en


async def test_a_person_whom_no_box_saw_gives_no_contacts_and_a_hole():
    answer = await ask(of_person(who=9), [stay(1, 0, 60)])
    assert (answer.contacts, [one.code for one in answer.holes]) == ((), ["person_not_seen"])
    nobody = Question("case", WINDOW, WINDOW.to_ms, tokens=(b"t" * 16,))
    assert [one.code for one in (await ask(nobody, [stay(1, 0, 60)])).holes] == ["person_not_seen"]


async def test_clocks_that_are_worse_than_the_rule_needs_are_a_hole():
    stays = [stay(1, 0, 60), loose(2, 30, 90, in_err_min=10), stay(3, 0, 60)]
    (hole,) = (await ask(of_person(), stays, RuleSet(version=1, min_overlap_min=15))).holes
    assert (hole.code, hole.place_id, hole.most_scans) == ("wide_clock", MARKET, 1)
    assert (await ask(of_person(), stays, RuleSet(version=1, min_overlap_min=30))).holes == ()


async def test_places_outside_the_area_are_not_looked_into_and_are_one_hole():
    stays = [stay(1, 0, 60), stay(2, 0, 60), stay(1, 100, 160, STATION), stay(3, 100, 160, STATION)]
    places = {MARKET: PlaceFacts("market", frozenset({"92"})), STATION: PlaceFacts("bus_station", frozenset({"79"}))}
    inside = Search(of_person(), Rules([EASY]), Town(stays, places), lambda facts: facts is None or "92" in facts.above)
    answer = await inside.run()
    assert people(answer) == {2}
    assert [(one.code, one.from_ms) for one in answer.holes] == [("outside_area", NOON + 100 * 60_000)]


async def test_only_the_window_counts():
    stays = [stay(1, 0, 120), stay(2, 0, 30), stay(3, 70, 120)]
    answer = await ask(of_person(window=Window(NOON + 60 * 60_000, NOON + 600 * 60_000)), stays)
    assert people(answer) == {3}
    assert answer.contacts[0].meetings[0].overlap.minutes == (50, 50, 50)


@pytest.mark.parametrize("extend", [0, 30])
async def test_the_air_reaches_who_came_later_only_where_the_rule_set_says_so(extend):
    stays = [stay(1, 0, 60), stay(2, 70, 120)]
    answer = await ask(of_person(), stays, EASY._replace(extend_after_min=extend))
    assert people(answer) == ({2} if extend else set())


def test_holes_are_bounded_and_the_answer_says_so():
    gaps = [Gap(holes.UNREAD, MARKET, f"box-{number:04}", NOON, NOON + 1, 1, 1) for number in range(600)]
    told, is_cut = holes.told(gaps)
    assert (len(told), is_cut) == (holes.MOST_HOLES, True)
    assert holes.told(gaps[:3] + gaps[:3])[0] == holes.told(gaps[:3])[0]


@pytest.mark.parametrize("code", sorted(holes.WORDS))
def test_every_hole_has_a_sentence_in_both_languages(code):
    ((hole,), _) = holes.told([Gap(code, MARKET, "box-0001", NOON, NOON + 1, None, 7)])
    assert hole.vi.endswith(".") or hole.vi.endswith(").")
    assert hole.en[0].isupper() or hole.en[0].isdigit() or hole.en.startswith(MARKET)
    assert "{" not in hole.vi + hole.en
    assert hole.vi != hole.en


def test_the_built_in_set_holds_before_the_first_and_the_later_of_two_after():
    one, two, three = (RuleSet(version=n, since_ms=since) for n, since in ((1, 10), (2, 10), (3, 20)))
    rules = Rules([three, one, two])
    assert [rules.at(at).version for at in (0, 9, 10, 19, 20, 99)] == [BUILT_IN.version, 0, 2, 2, 3, 3]
    assert [one.version for one in rules.within(5, 15)] == [0, 1, 2]
    assert [one.version for one in rules.within(12, 15)] == [2]
