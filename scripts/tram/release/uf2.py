"""UF2 files: blocks of 512 bytes, each of which says where its 256 bytes go and for which chip.

An RP2040's or RP2350's loader takes them from what is copied onto its drive, in any order, and starts the chip when it
has all that the blocks say there are. What no block names stays as it is.
Source: the UF2 specification (github.com/microsoft/uf2), RP2040 datasheet 2.8.4.2, RP2350 datasheet 5.5.
"""

import struct
from collections.abc import Iterable

BLOCK_BYTES = 512
PAYLOAD_BYTES = 256
FLASH_START = 0x10000000
FAMILIES = {"rp2040": 0xE48BFF56, "rp2350": 0xE48BFF59}
ABSOLUTE = 0xE48BFF57
"""RP2350: a block for the end of the flash, beside the others, that works around its erratum E10."""
_HEAD = struct.Struct("<8I")
_MAGICS = (0x0A324655, 0x9E5D5157)
_END = struct.pack("<I", 0x0AB16F30)
_HAS_FAMILY = 0x2000


class Uf2Error(ValueError):
    """`code` is stable: length, magic, flags, payload, family, address, count, twice, empty."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


def parse(data: bytes, chip: str) -> dict[int, bytes]:
    """-> offset in the flash: 256 bytes. Raises Uf2Error where the chip's loader would not take it whole."""
    if not data or len(data) % BLOCK_BYTES:
        raise Uf2Error("length", str(len(data)))
    found: dict[int, bytes] = {}
    numbers, count = set(), 0
    for at in range(0, len(data), BLOCK_BYTES):
        block = data[at : at + BLOCK_BYTES]
        magic, magic2, flags, address, size, number, of, family = _HEAD.unpack_from(block)
        if (magic, magic2) != _MAGICS or block[-4:] != _END:
            raise Uf2Error("magic", f"block {at // BLOCK_BYTES}")
        if not flags & _HAS_FAMILY or flags & 1:
            raise Uf2Error("flags", f"block {at // BLOCK_BYTES}")
        if family == ABSOLUTE and chip == "rp2350":
            continue
        if family != FAMILIES[chip]:
            raise Uf2Error("family", f"{family:08x}")
        if size != PAYLOAD_BYTES:
            raise Uf2Error("payload", str(size))
        if address % PAYLOAD_BYTES or not FLASH_START <= address < FLASH_START + (1 << 24):
            raise Uf2Error("address", f"{address:08x}")
        if number in numbers or address - FLASH_START in found:
            raise Uf2Error("twice", f"block {number}")
        if count not in (0, of) or number >= of:
            raise Uf2Error("count", f"block {number} of {of}")
        count = of
        numbers.add(number)
        found[address - FLASH_START] = block[_HEAD.size : _HEAD.size + PAYLOAD_BYTES]
    if not found:
        raise Uf2Error("empty")
    if len(numbers) != count:
        raise Uf2Error("count", f"{len(numbers)} of {count}")
    return found


def absolute_blocks(data: bytes) -> bytes:
    """Those blocks of an RP2350's file that are for all families, as they are."""
    blocks = [data[at : at + BLOCK_BYTES] for at in range(0, len(data), BLOCK_BYTES)]
    return b"".join(block for block in blocks if _HEAD.unpack_from(block)[7] == ABSOLUTE)


def pages_of(data: bytes, offset: int) -> dict[int, bytes]:
    """What goes to `offset` in the flash, in pages; its last one is filled up with FF."""
    padded = data + b"\xff" * (-len(data) % PAYLOAD_BYTES)
    return {offset + at: padded[at : at + PAYLOAD_BYTES] for at in range(0, len(padded), PAYLOAD_BYTES)}


def make(pages: dict[int, bytes], chip: str) -> bytes:
    """A file that writes these pages, from the lowest on."""
    return b"".join(_blocks(sorted(pages.items()), FAMILIES[chip]))


def _blocks(pages: list[tuple[int, bytes]], family: int) -> Iterable[bytes]:
    for number, (offset, page) in enumerate(pages):
        head = _HEAD.pack(*_MAGICS, _HAS_FAMILY, FLASH_START + offset, PAYLOAD_BYTES, number, len(pages), family)
        yield head + page + bytes(BLOCK_BYTES - _HEAD.size - PAYLOAD_BYTES - len(_END)) + _END
