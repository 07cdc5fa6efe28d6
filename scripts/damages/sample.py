"""A folder of several segments as a gateway leaves it, and an oracle that knows where each row's bytes lie.

A row is made of its own bytes and, where it goes on in another page, of the number by which that page is found. It is
intact as long as one copy of it is: in the file, or in the log.
"""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware.wire import envelope, message, record
from gateway.buffer import Arrival, Buffer, Settings, row
from gateway.buffer.segment import PAGE_BYTES
from gateway.seal import DigestKeys, Sealer, Shelf

BOOT, EPOCH = "0123456789ab", "a1b2c3d4e5f6"
BOXES = ("box-1", "box-2", "box-3")
SETTINGS = Settings(segment_bytes=65_536, min_free_bytes=0, ballast_bytes=0)
_SEAL_BYTES = 50
"""What a seal adds: a public key, a tag, the record's own check."""
Name = tuple[str, int]


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_000

    def __call__(self) -> int:
        return self.now_ms


def sealer(public_key: bytes = b"") -> Sealer:
    public = public_key or X25519PrivateKey.generate().public_key().public_bytes_raw()
    return Sealer(public, lambda _scan, _boot, _ms: "identified", DigestKeys(Shelf(None), lambda: 0))


class SeededSealer(Sealer):
    """What it makes only looks sealed and is as long, out of a seed: the same folder each time."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)
        private = X25519PrivateKey.from_private_bytes(self._draw.randbytes(32))
        public = private.public_key().public_bytes_raw()
        super().__init__(public, lambda _scan, _boot, _ms: "identified", DigestKeys(Shelf(None), lambda: 0))

    def scan(self, scan: record.Scan, raw: bytes, received_boot: str, received_mono_ms: int) -> bytes:
        sealed = self._draw.randbytes(_SEAL_BYTES + len(raw) - raw.index(b"\n"))
        return envelope.encode_sealed(envelope.Sealed(*scan[:-1], self.key_id, sealed))

    def digest(self, raw: bytes) -> bytes:
        return bytes(1) + sha256(raw).digest()[:8]


def scan(box_id: str, seq: int, code: bytes) -> bytes:
    return bytes(record.encode_scan(record.Scan(box_id, EPOCH, seq, 1, 1_000 + seq, None, None, "dir=in", code)))


def arrival(box_id: str, records: list[bytes], last_seq: int) -> Arrival:
    payload = records[0]
    if len(records) > 1:
        payload = message.encode_pack(message.Pack(box_id, EPOCH, 1, last_seq, records))
    return Arrival(box_id, f"tram/1/box/{box_id}/scan", payload, BOOT, 5)


class Made(NamedTuple):
    """A folder, and what is in it."""

    folder: Path
    held: dict[Name, bytes]
    """What was not yet delivered: (box, seq) -> its envelope."""
    ids: dict[int, Name]
    """Of all rows."""
    last: Name
    """The scan of the last commit."""


async def make(folder: Path, seals: Sealer, *, is_clean: bool, rows: int = 1_200) -> Made:
    """Scans of three boxes, alone and in packs, short and long; some delivered; then stopped, or cut off."""
    draw = Random(rows)
    clock = Clock()
    live = folder.with_name(folder.name + ".live")
    buffer = await Buffer.open(live, boot=BOOT, mono_ms=clock, sealer=seals, settings=SETTINGS)
    ends = dict.fromkeys(BOXES, 0)
    while sum(ends.values()) < rows:
        box_id = draw.choice(BOXES)
        count = draw.choice((1, 1, 1, 2, 5, 20))
        first = ends[box_id] + 1
        size = draw.choice((20, 40, 110, 110, 110, 600 if count < 3 else 30, 2_500 if count < 2 else 30))
        records = [scan(box_id, seq, draw.randbytes(size)) for seq in range(first, first + count)]
        ends[box_id] += count
        await buffer.put([arrival(box_id, records, ends[box_id])])
        clock.now_ms += 1_000
        await buffer.tend()
        if draw.random() < 0.05:
            keys = [one.key for one in await buffer.claim(40, 1 << 20) if draw.random() < 0.7]
            await buffer.settle(keys, ["accepted"] * len(keys))
    clock.now_ms += 60_000
    await buffer.tend()
    await buffer.tend()
    for seq in range(1, 40):
        box_id = BOXES[seq % 3]
        ends[box_id] += 1
        await buffer.put([arrival(box_id, [scan(box_id, ends[box_id], draw.randbytes(110))], ends[box_id])])
    held = {(one.box_id, one.seq): one.record for one in await buffer.claim(100_000, 1 << 30)}
    ids = {one.key: (one.box_id, one.seq) for one in await buffer.kept(limit=100_000)}
    if is_clean:
        await buffer.close()
        shutil.copytree(live, folder)
    else:
        shutil.copytree(live, folder)
        await buffer.close()
    shutil.rmtree(live)
    return Made(folder, held, ids, ids[max(ids)])


Place = tuple[str, int, int]
"""File, first byte, and the byte behind the last."""


def places(folder: Path) -> dict[int, list[list[Place]]]:
    """Where each row lies: for each of its copies the stretches of bytes that it is made of."""
    found: dict[int, list[list[Place]]] = {}
    for path in sorted(folder.glob("*.seg*")):
        data = path.read_bytes()
        for at, one in _copies(path, data):
            found.setdefault(at, []).append(one)
    return found


def _copies(path: Path, data: bytes) -> Iterator[tuple[int, list[Place]]]:
    """Every whole row in the chunks that can be walked from a page of the table."""
    is_log = path.name.endswith("-wal")
    offsets = range(32 + 24, len(data), PAGE_BYTES + 24) if is_log else range(0, len(data), PAGE_BYTES)
    latest: dict[int, list[int]] = {}
    for n, at in enumerate(offsets, 1):
        latest.setdefault(int.from_bytes(data[at - 24 : at - 20], "big") if is_log else n, []).append(at)
    for at in offsets:
        page = data[at : at + PAGE_BYTES]
        if page[:1] != b"\r":
            continue
        cells = int.from_bytes(page[3:5], "big")
        for n in range(cells):
            start = int.from_bytes(page[8 + 2 * n : 10 + 2 * n], "big")
            yield from _rows_of_cell(path.name, data, at, start, latest)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for _ in range(9):
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            break
    return value, at


def _rows_of_cell(
    name: str, data: bytes, page_at: int, start: int, pages: dict[int, list[int]]
) -> Iterator[tuple[int, list[Place]]]:
    """A chunk's cell: its bytes in order, each with where it lies, taken apart into rows."""
    size, at = _varint(data, page_at + start)
    _, at = _varint(data, at)
    most, least = PAGE_BYTES - 35, (PAGE_BYTES - 12) * 32 // 255 - 23
    local = size
    if size > most:
        local = least + (size - least) % (PAGE_BYTES - 4)
        local = local if local <= most else least
    pieces: list[Place] = [(name, at, at + local)]
    left, pointer = size - local, at + local
    while left > 0:
        to = int.from_bytes(data[pointer : pointer + 4], "big")
        later = [one for one in pages.get(to, ()) if one > page_at] or pages.get(to, [])
        if not later:
            return
        pointer = later[0]
        pieces.append((name, pointer + 4, pointer + 4 + min(left, PAGE_BYTES - 4)))
        left -= PAGE_BYTES - 4
    head, _ = _varint(data, at)
    yield from _rows_of_chunk(data, pieces, head)


def _rows_of_chunk(data: bytes, pieces: list[Place], skip: int) -> Iterator[tuple[int, list[Place]]]:
    whole = b"".join(data[start:end] for _, start, end in pieces)
    at = skip
    for packed in row.split(whole[skip:]):
        made = row.unpack(packed)
        if made is None:
            return
        yield made.id, _stretch(pieces, at, at + len(packed))
        at += len(packed)


def _stretch(pieces: list[Place], first: int, end: int) -> list[Place]:
    """The places of the bytes first…end of a chunk; between two pages the pointer counts, too."""
    found: list[Place] = []
    before = 0
    for n, (name, start, stop) in enumerate(pieces):
        length = stop - start
        low, high = max(first, before), min(end, before + length)
        if low < high:
            reaches_on = end > before + length
            pointer = start - 4 if n else stop
            found.append((name, start + low - before, start + high - before))
            if reaches_on:
                found.append((name, pointer, pointer + 4))
        before += length
    return found
