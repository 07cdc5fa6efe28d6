"""Spans against a plain set of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import ack
from firmware.wire.spans import Spans

RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def as_set(spans: Spans) -> set[int]:
    return {seq for first, last in spans.ranges for seq in range(first, last + 1)}


@given(RANGES)
def test_adding_ranges_gives_their_union_and_says_what_was_new(ranges):
    spans, model = Spans(), set()
    for first, last in ranges:
        added = set(range(first, last + 1))
        assert spans.add(first, last) == bool(added - model)
        model |= added
    assert as_set(spans) == model
    assert spans.count() == len(model)
    assert all(a[1] + 1 < b[0] for a, b in zip(spans.ranges, spans.ranges[1:], strict=False)), "ranges touch"


@given(RANGES, RANGES)
def test_removing_ranges_leaves_the_rest(added, removed):
    spans, model = Spans(added), {seq for a, b in added for seq in range(a, b + 1)}
    for first, last in removed:
        spans.remove(first, last)
        model -= set(range(first, last + 1))
    assert as_set(spans) == model


@given(RANGES, st.integers(0, 80))
def test_a_number_is_in_the_spans_exactly_if_it_was_added(ranges, seq):
    assert (seq in Spans(ranges)) == any(first <= seq <= last for first, last in ranges)


@given(RANGES)
def test_complete_to_is_the_end_of_the_unbroken_run_from_one(ranges):
    model = {seq for a, b in ranges for seq in range(a, b + 1)}
    complete_to = 0
    while complete_to + 1 in model:
        complete_to += 1
    spans = Spans(ranges)
    assert spans.complete_to() == complete_to
    highest = max(model, default=0)
    missing = {seq for a, b in spans.missing(1000) for seq in range(a, b + 1)}
    assert missing == {seq for seq in range(complete_to + 1, highest) if seq not in model}


@given(RANGES)
def test_spans_survive_their_text(ranges):
    spans = Spans(ranges)
    assert Spans.parse(str(spans)) == spans


@given(RANGES)
def test_an_ack_made_of_spans_can_always_be_sent_and_read(ranges):
    made = ack.of("box-000001", "3fa2b1c0d9e8", Spans(ranges))
    assert ack.decode(ack.encode(made)) == made


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4), (-5, None)])
def test_a_range_that_is_none_is_refused(first, last):
    with pytest.raises(ValueError, match="range"):
        Spans().add(first, last)


def test_a_copy_does_not_follow_its_original():
    spans = Spans([(1, 5)])
    twin = spans.copy()
    spans.add(6)
    assert str(twin) == "1-5"
