"""How long two stays overlap: cases by hand, like those of the German app's OverlapTest, and laws that always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.tracing.overlap import certainty, extended, overlap, trimmed
from server.tracing.rules import RuleSet
from server.tracing.types import MINUTE_MS, Overlap
from tests.server.tracing.town import NOON, loose, stay

EXACT = [
    ("the same stay", (0, 60), (0, 60), 60),
    ("one within the other", (0, 120), (30, 60), 30),
    ("the other way round", (30, 60), (0, 120), 30),
    ("the first ends within", (0, 60), (30, 90), 30),
    ("the first begins within", (30, 90), (0, 60), 30),
    ("both begin together", (0, 30), (0, 90), 30),
    ("both end together", (60, 90), (0, 90), 30),
    ("one leaves as the other comes", (0, 60), (60, 120), 0),
    ("one comes as the other leaves", (60, 120), (0, 60), 0),
    ("long before", (0, 10), (600, 610), 0),
    ("long after", (600, 610), (0, 10), 0),
    ("over midnight", (11 * 60, 13 * 60), (12 * 60, 14 * 60), 60),
    ("over several days", (0, 4320), (1440, 2880), 1440),
    ("half a minute rounds up", (0, 60), (59.5, 90), 1),
    ("less than half a minute rounds down", (0, 60), (59.51, 90), 0),
    ("a minute and a half rounds up", (0, 60), (58.5, 90), 2),
    ("fourteen and a half minutes", (0, 60), (45.5, 90), 15),
    ("no stay at all", (30, 30), (0, 60), 0),
]


@pytest.mark.parametrize(("what", "one", "other", "minutes"), EXACT, ids=[case[0] for case in EXACT])
def test_exact_stays_overlap_exactly(what, one, other, minutes):
    found = overlap(stay(1, *one), stay(2, *other))
    assert found.minutes == (minutes, minutes, minutes)
    assert found.low_ms == found.best_ms == found.high_ms


def test_a_touch_counts_under_no_rule_set_and_a_millisecond_does_where_the_minimum_is_0():
    a, b = stay(1, 0, 60), stay(2, 60, 90)
    assert certainty(overlap(a, b), 0) is None
    assert certainty(overlap(a, b._replace(in_low=b.in_low - 1)), 0) == "possible"
    assert certainty(overlap(a, b._replace(in_low=b.in_low - 1, in_at=b.in_at - 1)), 0) == "likely"
    sure = b._replace(in_low=b.in_low - 1, in_at=b.in_at - 1, in_high=b.in_high - 1)
    assert certainty(overlap(a, sure), 0) == "sure"


@pytest.mark.parametrize(
    ("minutes", "least", "how"), [(15, 15, "sure"), (14.99, 15, None), (10, 10, "sure"), (9.9, 10, None)]
)
def test_the_minimum_is_reached_exactly_and_not_by_rounding(minutes, least, how):
    assert certainty(overlap(stay(1, 0, minutes), stay(2, 0, 60)), least) == how


def test_bounds_say_low_best_and_high():
    found = overlap(stay(1, 0, 60), loose(2, 30, 90, in_err_min=10))
    assert found.minutes == (20, 30, 40)
    assert [certainty(found, least) for least in (20, 30, 40, 41)] == ["sure", "likely", "possible", None]


@pytest.mark.parametrize(
    ("stayed", "extend", "left"), [(60, 30, 90), (10, 30, 20), (30, 30, 60), (60, 0, 60), (0, 30, 0)]
)
def test_the_air_counts_no_longer_than_the_stay_was(stayed, extend, left):
    made = extended(stay(1, 0, stayed), RuleSet(extend_after_min=extend))
    assert (made.out_at - NOON) // MINUTE_MS == left


def test_who_comes_after_the_source_has_left_is_met_only_through_the_air():
    source, later = stay(1, 0, 60), stay(2, 70, 120)
    assert overlap(source, later) == Overlap(0, 0, 0)
    assert overlap(extended(source, RuleSet(extend_after_min=30)), later).minutes == (20, 20, 20)


def test_an_end_that_was_scanned_is_never_cut():
    night = stay(1, 0, 1500)
    assert trimmed(night, RuleSet(max_stay_min=60, default_stay_min={"": 5}), "market") == night


def test_an_assumed_end_is_the_default_of_the_kind_of_place_within_its_bounds():
    made = stay(1, 0, 60, label="assumed", out_by="stay")._replace(out_low=NOON, out_high=NOON + 300 * MINUTE_MS)
    rules = RuleSet(default_stay_min={"market": 90, "": 10}, max_stay_min=240)
    assert (trimmed(made, rules, "market").out_at - NOON) // MINUTE_MS == 90
    assert (trimmed(made, rules, "office").out_at - NOON) // MINUTE_MS == 10
    assert (trimmed(made, rules, "market").out_high - NOON) // MINUTE_MS == 240
    known = made._replace(out_high=NOON + 40 * MINUTE_MS)
    assert (trimmed(known, rules, "market").out_at - NOON) // MINUTE_MS == 40


def test_a_bounded_end_is_cut_at_the_longest_stay():
    made = stay(1, 0, 900, label="bounded", out_by="elsewhere")._replace(out_low=NOON)
    cut = trimmed(made, RuleSet(max_stay_min=120), "market")
    assert [(one - NOON) // MINUTE_MS for one in (cut.out_low, cut.out_at, cut.out_high)] == [0, 120, 120]


MINUTES = st.integers(0, 600)
ERRORS = st.integers(0, 90)


@st.composite
def truths(draw):
    """A stay within bounds, and a truth within them."""
    came = draw(MINUTES)
    left = came + draw(st.integers(0, 300))
    made = loose(1, came, left, draw(ERRORS), draw(ERRORS))
    true_in = draw(st.integers(made.in_low, made.in_high))
    true_out = draw(st.integers(max(made.out_low, true_in), max(made.out_high, true_in)))
    if true_out > made.out_high:
        made = made._replace(out_high=true_out)
    return made, true_in, true_out


@given(truths(), truths())
def test_it_is_the_same_from_both_sides(one, two):
    assert overlap(one[0], two[0]) == overlap(two[0], one[0])


@given(truths(), truths(), st.sampled_from([0, 10, 30]))
def test_the_truth_lies_between_low_and_high_with_and_without_the_air(one, two, extend):
    rules = RuleSet(extend_after_min=extend)
    (source, came, left), (other, came_too, left_too) = one, two
    exact = stay(1, 0, 0)._replace(in_low=came, in_at=came, in_high=came, out_low=left, out_at=left, out_high=left)
    true_end = extended(exact, rules).out_at
    truth = max(0, min(true_end, left_too) - max(came, came_too))
    found = overlap(extended(source, rules), other)
    assert found.low_ms <= truth <= found.high_ms
    low, _, high = found.minutes
    assert low <= (truth + MINUTE_MS // 2) // MINUTE_MS <= high


@given(truths(), truths(), ERRORS)
def test_wider_bounds_never_make_it_more_certain(one, two, wider):
    a, b = one[0], two[0]
    wide = a._replace(
        in_low=a.in_low - wider, in_high=a.in_high + wider, out_low=a.out_low - wider, out_high=a.out_high + wider
    )
    narrow_found, wide_found = overlap(a, b), overlap(wide, b)
    assert wide_found.low_ms <= narrow_found.low_ms
    assert wide_found.high_ms >= narrow_found.high_ms
    assert wide_found.best_ms == narrow_found.best_ms


@given(truths(), truths())
def test_best_lies_between_low_and_high(one, two):
    found = overlap(one[0], two[0])
    assert found.low_ms <= found.best_ms <= found.high_ms


@given(truths(), st.integers(1, 600), st.integers(1, 600), st.sampled_from(["measured", "bounded", "assumed"]))
def test_cutting_keeps_the_ends_in_order_and_never_adds(one, longest, usual, label):
    out_by = "scan" if label == "measured" else "stay"
    before = one[0]._replace(label=label, out_by=out_by)
    after = trimmed(before, RuleSet(max_stay_min=longest, default_stay_min={"": usual}), "market")
    assert after.out_low <= after.out_at <= after.out_high
    assert after.out_high <= before.out_high
    assert after.out_low <= before.out_low


def test_the_ends_of_a_stay_are_those_that_their_names_say():
    made = loose(1, 0, 60, in_err_min=5, out_err_min=10)
    names = ("in_low", "in_at", "in_high", "out_low", "out_at", "out_high")
    assert made.ends == tuple(getattr(made, name) for name in names)
    assert len(set(made.ends)) == 6
    assert made.ending(1, 2, 3) == made._replace(out_low=1, out_at=2, out_high=3)
