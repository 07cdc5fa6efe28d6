"""A box with far more than a gateway can hold: its records are made when they are sent, and known again by number."""

from hashlib import shake_128

from firmware.wire import record
from firmware.wire.record import Scan
from scripts.sim.fastbox import FastBox


class _Records:
    """record number - 1 -> its bytes"""

    def __init__(self, box: "Hoard") -> None:
        self._box = box

    def __getitem__(self, at: int) -> bytes:
        box = self._box
        return record.encode_scan(Scan(box.box_id, box.epoch, at + 1, 1, at + 1, None, None, "", box.code(at + 1)))


class Hoard(FastBox):
    def __init__(self, box_id: str, password: str, port: int, scans: int, bytes_each: int) -> None:
        super().__init__(box_id, password, port, 0, 1)
        self.last_seq = scans
        self.bytes_each = bytes_each
        self._records = _Records(self)  # type: ignore[assignment]

    def code(self, seq: int) -> bytes:
        """Another for each number; nothing that could be made smaller."""
        return (b"%d " % seq + shake_128(b"%d" % seq).hexdigest(self.bytes_each // 2).encode())[: self.bytes_each]
