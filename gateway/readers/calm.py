"""The reader's loop of firmware/scanner, on a machine that has other things to do than to count silence.

1. While nothing comes, it ticks CALM_S apart instead of 20 ms: a reader that is plugged in and idle costs next to
   nothing. Bytes wake it at once, and for CALM_AFTER_MS after them it ticks as on a box.
2. Silence is counted in ticks (firmware/scanner/line.py). So the bytes that end a calm are preceded by a tick: the
   time since the last one was silence, and not a program that was busy. Where that tick is overdue by BUSY_MS the
   program was busy, and nothing hides it.
3. What has not become a frame yet is never waited for calmly.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from firmware.scanner.uart import ReaderLoop

CALM_S = 0.2
CALM_AFTER_MS = 2_000
BUSY_MS = 100
_IDLE_TICK_S = 0.02
_TICK_S = 0.01


class CalmLoop(ReaderLoop):
    """As ReaderLoop; whoever reads for it calls wake() with each read, before it hands the bytes on."""

    def __init__(self, port: Any, clock: Callable[[], int], *more: Any) -> None:
        super().__init__(port, clock, *more)
        self.ticks = 0
        self._calm_clock = clock
        self._woken = asyncio.Event()
        self._woken_ms = self._ticked_ms = clock()
        self._is_calm = False

    def wake(self) -> None:
        """Bytes have come."""
        self._woken_ms = now_ms = self._calm_clock()
        if self._is_calm and now_ms - self._ticked_ms <= 1000 * CALM_S + BUSY_MS:
            self._tick()
        self._is_calm = False
        self._woken.set()

    async def _listen_to_silence(self) -> None:
        while True:
            if await self._pause():
                self._tick()

    async def _pause(self) -> bool:
        """Until the next tick; False: bytes came first, and that tick has been made."""
        if self._is_waiting():
            await asyncio.sleep(_TICK_S)
        elif self._calm_clock() - self._woken_ms < CALM_AFTER_MS:
            await asyncio.sleep(_IDLE_TICK_S)
        else:
            self._is_calm = True
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(CALM_S):
                    await self._woken.wait()
                    return False
        return True

    def _is_waiting(self) -> bool:
        """Something has come that is no frame yet."""
        return self._frames.pending() or (self._search is not None and self._search.listener.pending())

    def _tick(self) -> None:
        self._ticked_ms = now_ms = self._calm_clock()
        self.ticks += 1
        self._beat()
        if self._search:
            self._handle(self._search.tick(now_ms))
        self._handle(self._frames.tick(now_ms))
        self._watch_flood()
