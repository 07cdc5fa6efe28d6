"""What an arrival says: pure, bytes in, values out.

1. A message is a pack (its word says so) or one record. A pack is also the box's statement of its spool.
2. A record that decodes and belongs to the topic's box is good: a scan, or a declaration of loss (note `lost`).
3. A record that does not decode but whose first five fields can be read, and name the topic's box, keeps its
   identity: it is kept with the error's code as its note, answered for, and forwarded. Declarations (seq 0 included)
   likewise.
4. Anything else goes to quarantine with its reason: no identity, or somebody else's (`other_box`).
5. In a pack, a record of another epoch than the pack's is as good as one that came alone: the epoch is part of its
   own identity.
"""

from typing import NamedTuple

from firmware.wire import message, record
from firmware.wire.errors import WireError
from firmware.wire.record import Scan
from gateway.buffer.types import Arrival

LOST = "lost"


class Statement(NamedTuple):
    epoch: str
    first_held: int
    last_seq: int


class Entry(NamedTuple):
    """A record whose identity is known; `last_seq` is above `seq` only for a declaration of loss."""

    epoch: str
    seq: int
    last_seq: int
    note: str | None
    record: bytes
    scan: Scan | None


class Reading(NamedTuple):
    statement: Statement | None
    entries: list[Entry]
    refused: list[tuple[str, bytes]]
    """(reason, bytes) for quarantine."""


def read(arrival: Arrival) -> Reading:
    """Everything that one message says."""
    payload = arrival.payload
    if len(payload) > message.MAX_MESSAGE_BYTES:
        return Reading(None, [], [("too_long", payload)])
    if not message.is_pack(payload):
        return _records(arrival.box_id, None, [payload])
    try:
        pack = message.decode_pack(payload)
    except WireError as err:
        return Reading(None, [], [(err.code, payload)])
    if pack.box_id != arrival.box_id:
        return Reading(None, [], [("other_box", payload)])
    return _records(arrival.box_id, Statement(pack.epoch, pack.first_held, pack.last_seq), pack.records)


def _records(box_id: str, statement: Statement | None, records: list[bytes]) -> Reading:
    reading = Reading(statement, [], [])
    for data in records:
        try:
            found = record.decode(data)
        except WireError as err:
            _keep_unreadable(box_id, data, err.code, reading)
            continue
        if found.box_id != box_id:
            reading.refused.append(("other_box", data))
        elif isinstance(found, Scan):
            reading.entries.append(Entry(found.epoch, found.seq, found.seq, None, data, found))
        else:
            reading.entries.append(Entry(found.epoch, found.seq, last_of(found), LOST, data, None))
    return reading


def last_of(lost: record.Lost) -> int:
    """The last number that a declaration of loss covers."""
    return int(lost.seq if lost.last_seq is None else lost.last_seq)


def last_in(data: bytes, seq: int) -> int:
    """The same of a record; of any other record its own number."""
    try:
        found = record.decode(data)
    except WireError:
        return seq
    return last_of(found) if isinstance(found, record.Lost) else seq


def _keep_unreadable(box_id: str, data: bytes, code: str, reading: Reading) -> None:
    try:
        _, _, owner, epoch, seq = record.identity(data)
    except WireError:
        reading.refused.append((code, data))
        return
    if owner != box_id:
        reading.refused.append(("other_box", data))
    elif len(data) > record.MAX_RECORD_BYTES:
        reading.refused.append(("too_long", data))
    else:
        reading.entries.append(Entry(epoch, seq, seq, code, data, None))
