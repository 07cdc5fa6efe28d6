"""A board's flash chip: it erases sectors to ones, programs ones to zeros, and has its ways of failing.

1. An erase sets whole sectors of 4 KiB to 0xFF; a program can only clear bits.
2. `protected`: both are ignored and nothing complains, as with the block-protect bits of a real one.
3. A bit that is `flipped` reads wrong, whatever is written there.
4. `cut_after` bytes programmed, `on_cut` is called once, in the middle of a write: what came before it is kept.
"""

from collections.abc import Callable

SECTOR = 4096
MANUFACTURER = 0x20  # XMC, as on many boards
BLOCK_PROTECT = 0x3C


class FlashError(Exception):
    """Beyond the end of the chip."""


class CutOff(Exception):
    """The power went in the middle of a write."""


class RomFlash:
    """`data` is what lies in the cells; `read` is what one sees of it."""

    def __init__(self, size: int, data: bytes = b"") -> None:
        if size & (size - 1) or size < 1 << 18:
            raise ValueError(f"{size} bytes are no flash chip: a power of two from 256 KiB")
        self.size = size
        self.data = bytearray(data.ljust(size, b"\xff"))
        self.protected = False
        self.cut_after: int | None = None
        self.on_cut: Callable[[], None] = lambda: None
        self.programmed = 0
        self._flipped: dict[int, int] = {}

    @property
    def jedec_id(self) -> int:
        """As the command 9F answers it, first byte lowest: maker, type, log2 of the size."""
        return MANUFACTURER | 0x40 << 8 | (self.size.bit_length() - 1) << 16

    @property
    def status(self) -> int:
        """Status register 1."""
        return BLOCK_PROTECT if self.protected else 0

    def flip(self, offset: int, mask: int) -> None:
        """From now on these bits of a byte read inverted."""
        self._flipped[offset] = mask

    def read(self, offset: int, size: int) -> bytes:
        """Raises FlashError beyond the end."""
        self._within(offset, size)
        found = self.data[offset : offset + size]
        for at, mask in self._flipped.items():
            if offset <= at < offset + size:
                found[at - offset] ^= mask
        return bytes(found)

    def erase(self, offset: int, size: int) -> None:
        """Every sector that is touched."""
        self._within(offset, size)
        if self.protected or not size:
            return
        begin, end = offset // SECTOR * SECTOR, -(-(offset + size) // SECTOR) * SECTOR
        self.data[begin:end] = b"\xff" * (end - begin)

    def program(self, offset: int, data: bytes) -> None:
        """Raises CutOff when the power goes while this is written."""
        self._within(offset, len(data))
        if self.cut_after is not None and self.programmed + len(data) > self.cut_after:
            data = data[: max(0, self.cut_after - self.programmed)]
            self.cut_after = None
            self._clear(offset, data)
            self.on_cut()
            raise CutOff
        self._clear(offset, data)

    def _clear(self, offset: int, data: bytes) -> None:
        self.programmed += len(data)
        if self.protected or not data:
            return
        end = offset + len(data)
        both = int.from_bytes(self.data[offset:end], "big") & int.from_bytes(data, "big")
        self.data[offset:end] = both.to_bytes(len(data), "big")

    def _within(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            raise FlashError
