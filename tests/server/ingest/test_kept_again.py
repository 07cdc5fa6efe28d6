"""What comes again when only its count may be kept."""

import pytest

from server.ingest.ledger import Ledger
from server.ingest.meaning import Kept
from server.ingest.receive import receive, with_kept
from server.ingest.settle import settle, spools_of
from tests.server.rig import BOX, EPOCH, GATEWAY, NOW_MS, body, scan
from tests.server.sealing import KEYS, counted

IDENTIFIED, COUNTED_ONLY = b"d" * 16, b""


def verdict(digest, stored):
    """Of scan 1, kept with that digest, beside what is stored."""
    intake = receive(body([scan(1)]), GATEWAY, {BOX}, NOW_MS, KEYS)
    intake = intake._replace(items=with_kept(intake.items, [Kept(counted(scan(1)), digest)]))
    books = {spool: Ledger(*spool) for spool in spools_of(intake)}
    books[BOX, EPOCH].stored.add(1)
    found = settle(intake, books, {(BOX, EPOCH, 1): stored}, lambda item: False)
    return found.verdicts[0].verdict


@pytest.mark.parametrize(
    ("digest", "stored", "wanted"),
    [
        (IDENTIFIED, IDENTIFIED, "duplicate"),
        (COUNTED_ONLY, IDENTIFIED, "duplicate"),
        (IDENTIFIED, counted(scan(1)), "duplicate"),
        (COUNTED_ONLY, counted(scan(1)), "duplicate"),
        (b"e" * 16, IDENTIFIED, "conflict"),
    ],
)
def test_a_scan_that_comes_again_when_only_its_count_may_be_kept_is_no_conflict(digest, stored, wanted):
    assert verdict(digest, stored) == wanted
