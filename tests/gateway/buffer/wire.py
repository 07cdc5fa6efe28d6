"""Records, packs and arrivals to put."""

from collections.abc import Callable

from firmware.wire import message, record
from gateway.buffer import Arrival, Held
from gateway.seal import DigestKeys, Mode, Sealer, Shelf
from tests.gateway import sealing

EPOCH = "a1b2c3d4e5f6"
BOOT = "0123456789ab"


def scan(seq: int, box_id: str = "box-1", epoch: str = EPOCH, code: bytes = b"") -> bytes:
    code = code or b"code %d" % seq
    return record.encode_scan(record.Scan(box_id, epoch, seq, 1, 1000 + seq, None, None, "", code))


def lost(first: int, last: int | None, box_id: str = "box-1", epoch: str = EPOCH) -> bytes:
    return record.encode_lost(record.Lost(box_id, epoch, first, last, "flash"))


def pack(
    records: list[bytes], first_held: int = 1, last_seq: int = 1000, box_id: str = "box-1", epoch: str = EPOCH
) -> bytes:
    return message.encode_pack(message.Pack(box_id, epoch, first_held, last_seq, records))


def arrival(payload: bytes, box_id: str = "box-1", mono_ms: int = 5) -> Arrival:
    return Arrival(box_id, f"tram/1/box/{box_id}/scan", payload, BOOT, mono_ms)


def arrivals(*seqs: int, box_id: str = "box-1") -> list[Arrival]:
    return [arrival(scan(seq, box_id), box_id) for seq in seqs]


def sealer(mode: Callable[[], Mode] = lambda: "identified") -> Sealer:
    """The real one, with keys in this process only."""
    return Sealer(sealing.PUBLIC, lambda _scan, _boot, _ms: mode(), DigestKeys(Shelf(None), lambda: 0))


def opened(held: Held) -> bytes:
    """The box's record in what goes up."""
    return sealing.opened(held.record)
