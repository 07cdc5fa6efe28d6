"""Verdicts: pure rules over a batch, the ledgers, and what is stored already."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ingest.ledger import Ledger
from server.ingest.receive import receive
from server.ingest.settle import already_stored, settle, spools_of
from tests.server.rig import BOX, EPOCH, FOREIGN_BOX, GATEWAY, NOW_MS, body, lost, scan, tip
from tests.server.sealing import KEYS, OTHER_PRIVATE, counted, opaque, sealed

SPOOL = (BOX, EPOCH)


class Kept:
    """A store in memory: what `settle` asked to be kept."""

    def __init__(self):
        self.scans, self.losses, self.quarantined, self.books = {}, set(), [], {}

    def take(self, records=(), tips=()):
        intake = receive(body(records, tips=tips), GATEWAY, {BOX}, NOW_MS, KEYS)
        for spool in spools_of(intake):
            self.books.setdefault(spool, Ledger(*spool))
        stored = {one: self.scans[one] for one in already_stored(intake, self.books)}
        found = settle(intake, self.books, stored, lambda item: item.raw in self.losses)
        for item in found.scans:
            assert (item.box_id, item.epoch, item.seq) not in self.scans
            self.scans[item.box_id, item.epoch, item.seq] = item.raw
        self.losses |= {item.raw for item in found.losses}
        self.quarantined += found.quarantined
        return [(one.seq, one.verdict, one.code) for one in found.verdicts]

    def account(self):
        return self.books[SPOOL].account()


def test_new_scans_are_accepted_and_the_same_again_are_duplicates():
    kept = Kept()
    assert kept.take([scan(1), scan(2)]) == [(1, "accepted", None), (2, "accepted", None)]
    assert kept.take([scan(2), scan(3)]) == [(2, "duplicate", None), (3, "accepted", None)]


def test_duplicates_within_one_batch_are_seen():
    assert Kept().take([scan(1), scan(1)]) == [(1, "accepted", None), (1, "duplicate", None)]


def test_other_bytes_under_a_stored_identity_are_a_conflict_and_change_nothing():
    kept = Kept()
    kept.take([scan(1)])
    assert kept.take([scan(1, code=b"other")]) == [(1, "conflict", "conflict")]
    assert kept.scans[BOX, EPOCH, 1] == scan(1)
    assert kept.account().stored == 1
    assert kept.account().quarantined == 0


def test_a_conflict_within_one_batch_is_seen():
    assert Kept().take([scan(1), scan(1, code=b"other"), scan(1)]) == [
        (1, "accepted", None),
        (1, "conflict", "conflict"),
        (1, "duplicate", None),
    ]


def test_a_loss_is_accepted_once_and_no_conflict_with_a_scan_of_its_number():
    kept = Kept()
    assert kept.take([scan(1), lost(1, 3), lost(1, 3)]) == [
        (1, "accepted", None),
        (1, "accepted", None),
        (1, "duplicate", None),
    ]
    assert kept.take([lost(1, 3), scan(2)]) == [(1, "duplicate", None), (2, "accepted", None)]
    assert (kept.account().stored, kept.account().declared_lost) == (2, 1)


def test_a_wider_loss_from_the_same_number_is_accepted_too():
    kept = Kept()
    kept.take([lost(2, 3)])
    assert kept.take([lost(2, 5)]) == [(2, "accepted", None)]
    assert kept.account().declared_lost == 4


def test_a_broken_record_counts_as_quarantined_until_the_scan_itself_comes():
    kept = Kept()
    broken = scan(1)[:-3] + b"zz\n"
    assert kept.take([broken]) == [(1, "quarantined", "crc")]
    assert kept.account().quarantined == 1
    assert kept.take([scan(1)]) == [(1, "accepted", None)]
    assert (kept.account().stored, kept.account().quarantined) == (1, 0)


def test_a_foreign_box_gets_no_ledger():
    kept = Kept()
    assert kept.take([scan(1, box_id=FOREIGN_BOX)]) == [(1, "quarantined", "box_not_assigned")]
    assert kept.books == {}
    assert len(kept.quarantined) == 1


def test_one_bad_item_among_999_good_ones_gets_exactly_that_verdict():
    records = [scan(seq) for seq in range(1, 1001)]
    records[499] = b"not a record"
    found = Kept().take(records)
    assert Counter(verdict for _, verdict, _ in found) == {"accepted": 999, "quarantined": 1}
    assert found[499] == (None, "quarantined", "header")


def test_a_statement_alone_makes_a_ledger():
    kept = Kept()
    kept.take(tips=[tip(1, 5)])
    assert kept.account().waiting == 5


RECORD = st.one_of(
    st.builds(scan, st.integers(1, 8), code=st.sampled_from([b"one", b"two"])),
    st.builds(lambda seq, more: lost(seq, seq + more), st.integers(1, 8), st.integers(0, 3)),
    st.builds(lambda seq: scan(seq)[:-2] + b"?\n", st.integers(1, 8)),
)


@given(batches=st.lists(st.lists(RECORD, max_size=6), max_size=6))
def test_batches_cut_anywhere_and_sent_twice_keep_the_same(batches):
    together, apart = Kept(), Kept()
    together.take([record for one in batches for record in one])
    for one in batches:
        apart.take(one)
    scans = dict(apart.scans)
    for one in batches:
        verdicts = apart.take(one)
        assert len(verdicts) == len(one)
        assert "accepted" not in [verdict for _, verdict, _ in verdicts]
    assert apart.scans == scans == together.scans
    assert apart.losses == together.losses
    if SPOOL in apart.books:
        assert apart.account() == together.account()


@pytest.mark.parametrize("again", [scan(1), sealed(scan(1)), opaque(scan(1)), counted(scan(1))])
@pytest.mark.parametrize("first", [scan(1), sealed(scan(1)), opaque(scan(1))])
def test_the_same_scan_plain_sealed_and_sealed_again_is_one_scan(first, again):
    kept = Kept()
    assert kept.take([first]) == [(1, "accepted", None)]
    assert kept.take([again, again]) == [(1, "duplicate", None)] * 2
    assert kept.scans == {(BOX, EPOCH, 1): scan(1)}
    assert kept.quarantined == []


@pytest.mark.parametrize("again", [scan(1), sealed(scan(1)), counted(scan(1)), counted(scan(1, marks="dir=in"))])
def test_under_a_counted_scan_nothing_else_comes(again):
    kept = Kept()
    assert kept.take([counted(scan(1)), again]) == [(1, "accepted", None), (1, "duplicate", None)]
    assert kept.take([again]) == [(1, "duplicate", None)]
    assert kept.scans == {(BOX, EPOCH, 1): counted(scan(1))}
    assert kept.account().stored == 1


def test_another_scan_sealed_under_a_stored_identity_is_a_conflict():
    kept = Kept()
    kept.take([sealed(scan(1))])
    assert kept.take([sealed(scan(1, code=b"other"))]) == [(1, "conflict", "conflict")]
    assert [one.raw for one in kept.quarantined] == [scan(1, code=b"other")]


def test_what_stays_closed_stands_for_its_number_until_the_scan_comes():
    kept = Kept()
    closed = sealed(scan(1), OTHER_PRIVATE)
    assert kept.take([closed, opaque(b"odd", seq=2)]) == [
        (1, "quarantined", "sealed_key"),
        (2, "quarantined", "sealed"),
    ]
    assert (kept.account().quarantined, kept.account().missing) == (2, 0)
    assert kept.take([scan(1)]) == [(1, "accepted", None)]
    assert (kept.account().stored, kept.account().quarantined) == (1, 1)
