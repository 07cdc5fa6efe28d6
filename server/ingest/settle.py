"""What each item of a batch gets: the verdict, and what is to be kept. Pure; the store asks and then does it.

1. A scan that is not stored yet is accepted; the same bytes again are a duplicate, however long ago the first came.
2. Other bytes under a stored identity are a conflict: kept in quarantine, the stored scan untouched.
3. This holds within one batch as it does between batches.
4. A declaration of loss is accepted once, and no conflict with anything: it says of numbers that they are lost, and
   what is stored under those numbers counts all the same.
5. What cannot be read is quarantined, each time it comes; the store keeps the same bytes once.
6. A `counted` scan and a scan with its code under one identity are no conflict: they are the same reading, and which
   came first stays. So it is with two counted ones, and with a scan of which only the count may be kept by the time it
   comes again: nobody asks for its digest. Nor is there one where the digest of the first is gone with what was sealed
   beside it: nobody can tell any more.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from firmware.wire import answer as wire_answer
from firmware.wire.answer import ACCEPTED as ACCEPTED
from firmware.wire.answer import CONFLICT, QUARANTINED
from firmware.wire.answer import DUPLICATE as DUPLICATE
from firmware.wire.answer import Verdict as Verdict
from server.ingest.ledger import Ledger
from server.ingest.receive import BAD, COUNTED, SCAN, Candidate, Intake

KEPT = (SCAN, COUNTED)
_COUNTED = b"1 counted "
Spool = tuple[str, str]
Identity = tuple[str, str, int]


class Settlement(NamedTuple):
    """Verdicts in the order of the items, and what has to be written before they may be said."""

    verdicts: list[Verdict]
    scans: list[Candidate]
    losses: list[Candidate]
    quarantined: list[Candidate]


def spools_of(intake: Intake) -> set[Spool]:
    """Every spool whose ledger this batch may change."""
    spools = {
        (item.box_id, item.epoch)
        for item in intake.items
        if item.box_id is not None and item.epoch is not None and (item.kind != BAD or item.counts)
    }
    return spools | {(box_id, epoch) for box_id, epoch, _, _ in intake.tips}


def already_stored(intake: Intake, ledgers: Mapping[Spool, Ledger]) -> list[Identity]:
    """The identities whose stored bytes have to be looked at before `settle`."""
    asked = []
    for kind, box_id, epoch, seq, *_ in intake.items:
        if kind in KEPT and box_id is not None and epoch is not None and seq is not None:
            stored = ledgers[box_id, epoch].stored
            if stored.ranges and seq <= stored.ranges[-1][1] and seq in stored:
                asked.append((box_id, epoch, seq))
    return asked


def settle(
    intake: Intake,
    ledgers: Mapping[Spool, Ledger],
    stored: Mapping[Identity, bytes],
    lost_before: Callable[[Candidate], bool],
) -> Settlement:
    """Decide every item and bring the ledgers up to date.

    `stored` has the mark of every identity that `already_stored` named (and that the store found);
    `lost_before` says whether the very same declaration is kept already.
    """
    seen: dict[object, bytes] = dict(stored.items())
    found = Settlement([], [], [], [])
    for item in intake.items:
        kind, box_id, epoch, seq, raw = item[:5]
        verdict, code = ACCEPTED, None
        if kind in KEPT:
            identity, mark = (box_id, epoch, seq), item.mark
            before = seen.get(identity)
            if before is None:
                seen[identity] = mark
                found.scans.append(item)
                _ledger(item, ledgers).stored.add(seq or 0)
            elif before == mark or mark.startswith(_COUNTED) or before.startswith(_COUNTED):
                verdict = DUPLICATE
            else:
                verdict = code = CONFLICT
                found.quarantined.append(item._replace(code=CONFLICT))
        elif kind == BAD:
            verdict, code = QUARANTINED, item.code
            _quarantine(item, found, ledgers)
        elif raw in seen or lost_before(item):
            verdict = DUPLICATE
        else:
            seen[raw] = raw
            _lose(item, found, ledgers)
        found.verdicts.append(Verdict(box_id, epoch, seq, verdict, code))
    for box_id, epoch, first_held, last_seq in intake.tips:
        ledgers[box_id, epoch].state(first_held, last_seq)
    return found


def answer(intake: Intake, verdicts: list[Verdict], now_ms: int) -> bytes:
    """What the gateway is told, after the commit (SPEC §9)."""
    return wire_answer.encode(wire_answer.Answer(intake.gateway_id, intake.batch_no, now_ms, verdicts))


def _lose(item: Candidate, found: Settlement, ledgers: Mapping[Spool, Ledger]) -> None:
    found.losses.append(item)
    if item.lost is not None:
        _ledger(item, ledgers).declare_lost(*item.lost)


def _quarantine(item: Candidate, found: Settlement, ledgers: Mapping[Spool, Ledger]) -> None:
    found.quarantined.append(item)
    if item.counts and item.seq is not None:
        _ledger(item, ledgers).quarantined.add(item.seq)


def _ledger(item: Candidate, ledgers: Mapping[Spool, Ledger]) -> Ledger:
    return ledgers[item.box_id or "", item.epoch or ""]
