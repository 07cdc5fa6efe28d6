"""Rows that are not as they were written: a bit that flipped on the card, found when the row is about to be sent.

1. The record is whole (its own checksum): it goes on under its own identity, without the envelope, whose word is
   gone: the gateway boot is `unknown`, so nobody derives an instant from it.
2. The record is broken, the envelope whole: the number is known. It is declared lost, and asked for again with the
   next ack.
3. Both are broken, or the row is gone: nobody knows which record it was, and the file is `damaged`: it is opened anew
   and salvaged.
In the first two cases the broken bytes go to quarantine, and the old id counts as answered: it is never looked at
again.
"""

from contextlib import suppress
from typing import Any

from firmware.wire import record
from firmware.wire.errors import WireError
from gateway.buffer.plan import Replacement, row_check
from gateway.buffer.reading import LOST
from gateway.buffer.streams import Streams

StoredRow = tuple[Any, ...]
"""id, stream, seq, boot, mono_ms, note, check, record: as in the file, whose bits may have flipped."""


def is_whole(row: StoredRow) -> bool:
    _, no, seq, boot_no, mono_ms, note, check, data = row
    # a bit in a row's header turns a number into a text or into nothing
    if not isinstance(data, bytes) or not all(isinstance(value, int) for value in (no, seq, boot_no, mono_ms)):
        return False
    return bool(check == row_check(no, seq, boot_no, mono_ms, note, data))


def replace(row: StoredRow, streams: Streams) -> Replacement | None:
    """What is left of a row; None: nothing with an identity."""
    _, no, seq, _, _, note, _, data = row
    with suppress(WireError, TypeError):
        found = record.decode(data)
        if isinstance(found, record.Scan):
            return Replacement(found.box_id, found.epoch, found.seq, found.seq, None, data)
        last_seq = found.seq if found.last_seq is None else found.last_seq
        return Replacement(found.box_id, found.epoch, found.seq, last_seq, LOST, data)
    if is_whole(row) and note is None and streams.has(no):
        stream = streams.at(no)
        return declare_lost(stream.box_id, stream.epoch, seq, seq)
    return None


def declare_lost(box_id: str, epoch: str, first: int, last: int) -> Replacement:
    lost = record.Lost(box_id, epoch, first, last, "gateway_disk")
    return Replacement(box_id, epoch, first, last, LOST, record.encode_lost(lost))
