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
from gateway.buffer import usual
from gateway.buffer.types import Arrival
from gateway.buffer.usual import Run

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


class Reading(NamedTuple):
    statement: Statement | None
    entries: list[Entry]
    refused: list[tuple[str, bytes]]
    """(reason, bytes) for quarantine."""


def usual_run(box_id: str, payload: bytes) -> tuple[Statement | None, Run] | None:
    """What nearly every message says: one run of good scans. None: read() it."""
    if payload.startswith(b"1 scan "):
        run = usual.scan(box_id.encode(), payload)
        return None if run is None else (None, run)
    pack = usual.pack(box_id.encode(), payload)
    return None if pack is None else (Statement(pack.run.epoch, pack.first_held, pack.last_seq), pack.run)


def entries_of(run: Run) -> list[Entry]:
    return [Entry(run.epoch, seq, seq, None, data) for seq, data in enumerate(run.records, run.first_seq)]


def read(arrival: Arrival) -> Reading:
    """Everything that one message says."""
    payload = arrival.payload
    if len(payload) > message.MAX_MESSAGE_BYTES:
        return Reading(None, [], [("too_long", payload)])
    if not message.is_pack(payload):
        entries, refused = _records(arrival.box_id, [payload])
        return Reading(None, entries, refused)
    try:
        pack = message.decode_pack(payload)
    except WireError as err:
        return Reading(None, [], [(err.code, payload)])
    if pack.box_id != arrival.box_id:
        return Reading(None, [], [("other_box", payload)])
    entries, refused = _records(arrival.box_id, pack.records)
    return Reading(Statement(pack.epoch, pack.first_held, pack.last_seq), entries, refused)


def _records(box_id: str, records: list[bytes]) -> tuple[list[Entry], list[tuple[str, bytes]]]:
    entries: list[Entry] = []
    refused: list[tuple[str, bytes]] = []
    decode = record.decode
    owner = box_id.encode()
    for data in records:
        good = usual.scan(owner, data)
        if good is not None:
            entries.append(Entry(good.epoch, good.first_seq, good.first_seq, None, data))
            continue
        try:
            found = decode(data)
        except WireError as err:
            _keep_unreadable(box_id, data, err.code, entries, refused)
            continue
        if found.box_id != box_id:
            refused.append(("other_box", data))
        elif isinstance(found, record.Scan):
            entries.append(Entry(found.epoch, found.seq, found.seq, None, data))
        else:
            last_seq = found.seq if found.last_seq is None else found.last_seq
            entries.append(Entry(found.epoch, found.seq, last_seq, LOST, data))
    return entries, refused


def _keep_unreadable(
    box_id: str, data: bytes, code: str, entries: list[Entry], refused: list[tuple[str, bytes]]
) -> None:
    try:
        _, _, owner, epoch, seq = record.identity(data)
    except WireError:
        refused.append((code, data))
        return
    if owner != box_id:
        refused.append(("other_box", data))
    elif len(data) > record.MAX_RECORD_BYTES:
        refused.append(("too_long", data))
    else:
        entries.append(Entry(epoch, seq, seq, code, data))
