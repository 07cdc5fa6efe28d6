"""No more bytes than `per_s` go out, over all connections together.

1. A bucket holds what may go at once: BURST_S of it. Whoever takes more than there is owes it, and waits.
2. A body goes out in pieces, each taken for itself, so that two who send share the line piece by piece.
"""

import asyncio
from collections.abc import Callable

BURST_S = 1.0
_PIECES_PER_S = 8
LARGEST_PIECE_BYTES = 16_384
SMALLEST_PIECE_BYTES = 512


class Bucket:
    def __init__(self, per_s: int, mono_ms: Callable[[], int]) -> None:
        self.per_s = per_s
        self._mono_ms = mono_ms
        self._free = per_s * BURST_S
        self._at_ms = mono_ms()
        self.piece_bytes = LARGEST_PIECE_BYTES
        if per_s:
            self.piece_bytes = max(SMALLEST_PIECE_BYTES, min(per_s // _PIECES_PER_S, LARGEST_PIECE_BYTES))

    def wait_s(self, size: int) -> float:
        """So long must who takes that many bytes wait before they go; they are taken."""
        if not self.per_s:
            return 0.0
        now_ms = self._mono_ms()
        self._free = min(self.per_s * BURST_S, self._free + (now_ms - self._at_ms) / 1000 * self.per_s)
        self._at_ms = now_ms
        self._free -= size
        return max(0.0, -self._free / self.per_s)

    async def take(self, size: int) -> None:
        wait_s = self.wait_s(size)
        if wait_s:
            await asyncio.sleep(wait_s)

    def time_s(self, size: int) -> float:
        """So long does a body of that size take at least."""
        return size / self.per_s if self.per_s else 0.0
