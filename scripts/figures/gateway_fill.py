"""A buffer with many scans in it, made in bulk, and left as a power cut leaves it: `gateway_fill FOLDER ROWS`."""

import asyncio
import os
import sys
import time
from pathlib import Path

from firmware.wire import envelope, message, record, topics
from firmware.wire.envelope import Sealed
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from gateway.buffer import Arrival, Buffer
from gateway.buffer.types import Settings
from scripts.figures.gateway_load import CODE, EPOCH, FIRST_MS
from scripts.figures.gateway_site import PASSWORDS

BOOT = "0123456789ab"
KEY = "0123456789abcdef"
PACK, COMMIT = 125, 2_500
SCAN_MS = 8_640
"""Between two scans of a box: 5,000 of them are half a day."""


class AsIfSealed:
    """Bytes as long as the sealed ones; sealing a million scans would take minutes."""

    def __init__(self) -> None:
        self._bytes = os.urandom(len(CODE) + 80)

    def scan(self, scan: Scan, raw: bytes, received_boot: str, received_mono_ms: int) -> bytes:
        return bytes(envelope.encode_sealed(Sealed(*scan[:8], KEY, self._bytes)))

    def opaque(self, *_: object) -> bytes:
        raise NotImplementedError

    def lost(self, raw: bytes) -> bytes:
        return raw

    def quarantine(self, *_: object) -> bytes:
        raise NotImplementedError

    def digest(self, raw: bytes) -> bytes:
        return raw[-9:]

    def same(self, digest: bytes, raw: bytes) -> bool | None:
        return None


async def fill(folder: Path, rows: int) -> None:
    buffer = await Buffer.open(folder, boot=BOOT, mono_ms=_mono_ms, sealer=AsIfSealed(), settings=Settings())
    boxes = list(PASSWORDS)
    each = rows // len(boxes)
    for first in range(1, each + 1, COMMIT // len(boxes)):
        seqs = range(first, min(first + COMMIT // len(boxes), each + 1))
        await buffer.put([_pack(box_id, seqs) for box_id in boxes])
        await buffer.tend()


def _pack(box_id: str, seqs: range) -> Arrival:
    records = [
        record.encode_scan(Scan(box_id, EPOCH, seq, 1, seq * SCAN_MS, FIRST_MS + seq * SCAN_MS, 50, "dir=in", CODE))
        for seq in seqs
    ]
    payload = message.encode_pack(Pack(box_id, EPOCH, 1, seqs[-1], records))
    return Arrival(box_id, topics.scan(box_id), payload, BOOT, _mono_ms())


def _mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    loop.run_until_complete(fill(Path(sys.argv[1]), int(sys.argv[2])))
    os._exit(os.EX_TEMPFAIL)
