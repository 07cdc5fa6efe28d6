"""The ledger's rules: every number in one place, whatever comes in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.wire.spans import Spans
from server.ingest.ledger import Ledger, gaps, union

SEQ = st.integers(1, 40)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("stored"), SEQ),
        st.tuples(st.just("quarantined"), SEQ),
        st.tuples(st.just("lost"), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 10))),
        st.tuples(st.just("tip"), SEQ, st.integers(0, 40)),
    ),
    max_size=30,
)


def after(events):
    ledger = Ledger("box-0001", "0123456789ab")
    for kind, *what in events:
        if kind == "stored":
            ledger.stored.add(what[0])
        elif kind == "quarantined":
            ledger.quarantined.add(what[0])
        elif kind == "lost":
            seq, length = what
            ledger.declare_lost(seq, 0 if seq == 0 else None if length is None else seq + length)
        else:
            first_held, last_seq = what
            ledger.state(min(first_held, last_seq + 1), last_seq)
    return ledger


def numbers(spans):
    return {seq for first, last in spans.ranges for seq in range(first, last + 1)}


@given(events=EVENTS)
def test_every_number_that_was_accepted_is_in_exactly_one_place(events):
    account = after(events).account()
    places = account.stored + account.quarantined + account.declared_lost + account.waiting + account.missing
    assert places == account.accepted == account.highest
    assert min(account[:-1]) >= 0


@given(events=EVENTS)
def test_the_account_agrees_with_plain_sets(events):
    ledger = after(events)
    account = ledger.account()
    stored, kept = numbers(ledger.stored), numbers(ledger.stored) | numbers(ledger.quarantined)
    everything = set(range(1, account.highest + 1))
    open_lost = set() if ledger.lost_from is None else set(range(ledger.lost_from, account.highest + 1))
    accounted = kept | numbers(ledger.lost) | open_lost
    holes = everything - accounted
    held = set() if ledger.last_seq is None else set(range(ledger.first_held, ledger.last_seq + 1))
    assert account.stored == len(stored)
    assert account.quarantined == len(kept - stored)
    assert account.declared_lost == len(accounted - kept)
    assert account.waiting == len(holes & held)
    assert account.missing == len(holes - held)
    assert {seq for first, last in account.holes for seq in range(first, last + 1)} == holes
    assert account.complete == (not holes)
    assert account.complete_to == next(seq for seq in range(account.highest + 2) if seq + 1 not in accounted)


@given(events=EVENTS, data=st.data())
def test_order_and_repetition_make_no_difference(events, data):
    shuffled = data.draw(st.permutations(events + events[: len(events) // 2]))
    one, other = after(events), after(shuffled)
    assert one.sets() == other.sets()
    assert one.account() == other.account()


@given(events=EVENTS)
def test_a_ledger_comes_back_from_its_text(events):
    ledger, other = after(events), Ledger("box-0001", "0123456789ab")
    other.take_sets(**ledger.sets())
    assert (other.stored, other.quarantined, other.lost) == (ledger.stored, ledger.quarantined, ledger.lost)


@given(events=EVENTS, seq=SEQ)
def test_storing_never_takes_anything_from_the_stored(events, seq):
    before, later = after(events).account(), after([*events, ("stored", seq)]).account()
    assert before.stored <= later.stored <= before.stored + 1
    assert later.complete_to >= before.complete_to


def test_a_stored_scan_beats_a_declaration_of_loss():
    account = after([("lost", 3, 2), ("stored", 4)]).account()
    assert (account.stored, account.declared_lost) == (1, 2)


def test_a_stored_scan_beats_a_quarantined_record_of_the_same_number():
    account = after([("quarantined", 1), ("stored", 1)]).account()
    assert (account.stored, account.quarantined) == (1, 0)


def test_a_quarantined_record_beats_a_declaration_of_loss():
    account = after([("lost", 1, 0), ("quarantined", 1)]).account()
    assert (account.quarantined, account.declared_lost) == (1, 0)


def test_what_the_box_still_holds_is_waiting_and_the_rest_is_missing():
    account = after([("stored", 1), ("stored", 4), ("tip", 3, 6)]).account()
    assert (account.missing, account.waiting, account.holes) == (1, 3, [(2, 3), (5, 6)])
    assert not account.complete


def test_without_a_statement_every_hole_is_missing():
    account = after([("stored", 5)]).account()
    assert (account.missing, account.waiting, account.complete_to) == (4, 0, 0)


def test_an_older_statement_changes_nothing():
    newer_first = after([("tip", 5, 9), ("tip", 2, 3)])
    assert (newer_first.first_held, newer_first.last_seq) == (5, 9)


def test_a_loss_without_an_end_covers_what_turns_up_nowhere_else_and_says_so():
    ledger = after([("lost", 3, None), ("stored", 1), ("stored", 2), ("stored", 6)])
    account = ledger.account()
    assert ledger.lost_unknown
    assert (account.declared_lost, account.complete, account.accepted) == (3, True, 6)


def test_an_unreadable_earlier_spool_is_said_but_counts_no_number():
    ledger = after([("lost", 0, None)])
    assert ledger.lost_unknown
    assert ledger.account().accepted == 0


def test_an_empty_ledger_is_complete_to_nothing():
    account = after([]).account()
    assert (account.complete, account.complete_to, account.accepted, account.holes) == (True, 0, 0, [])


@given(a=st.sets(st.integers(0, 50)), b=st.sets(st.integers(0, 50)))
def test_union_and_gaps_are_those_of_sets(a, b):
    one, other = Spans([[seq, seq] for seq in a]), Spans([[seq, seq] for seq in b])
    both = union(one, other)
    assert numbers(both) == a | b
    assert all(first[1] + 1 < second[0] for first, second in zip(both.ranges, both.ranges[1:]))
    free = {seq for first, last in gaps(both, 1, 50) for seq in range(first, last + 1)}
    assert free == set(range(1, 51)) - a - b


@pytest.mark.parametrize(("seq", "last_seq"), [(5, 4)])
def test_a_range_that_is_none_is_refused(seq, last_seq):
    with pytest.raises(ValueError):
        Ledger("box-0001", "0123456789ab").declare_lost(seq, last_seq)
