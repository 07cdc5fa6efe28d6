"""Pieces of firmware for those who ask: only what is wanted for that box, each box in its turn.

1. A want is answered with the piece, or not at all: a box asks again.
2. It has to name the version that is wanted for that box (`not_wanted`: it will be offered the right one), and a file
   and a place that the manifest knows (`missing`). The box must have its turn (`turn`, turns.py): it will be offered it
   again.
3. Each box has a queue of its own of MOST_WAITING wants; what is beyond is dropped (`pace`), what waits already is not
   taken twice (`waiting`). The queues have their turn one after the other, each `per_s` times a second at most: who
   asks for too much waits, and nobody else.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

from firmware.wire.update import Piece, Want
from gateway.downlink.bundle import BundleError
from gateway.downlink.store import NO_WISHES, Wishes

MOST_WAITING = 8


class Pieces:
    """ask() takes a want; run() is the task that reads and sends."""

    def __init__(
        self,
        send: Callable[[Piece], bool],
        mono_ms: Callable[[], int],
        per_s: float = 64.0,
        has_turn: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._send = send
        self._has_turn = has_turn
        self._mono_ms = mono_ms
        self._every_ms = 1000 / per_s
        self._queues: OrderedDict[str, deque[Want]] = OrderedDict()
        self._next_ms: dict[str, float] = {}
        self._news = asyncio.Event()
        self.wishes: Wishes = NO_WISHES
        self.sent = 0
        self.refused: dict[str, int] = {}

    def ask(self, want: Want) -> None:
        """Never raises, never waits."""
        reason = self._why_not(want)
        if reason is not None:
            self._count(reason)
            return
        self._queues.setdefault(want.box_id, deque()).append(want)
        self._news.set()

    async def run(self) -> None:
        while True:
            box_id = self._whose_turn()
            if box_id is None:
                await self._wait()
                continue
            queue = self._queues[box_id]
            want = queue.popleft()
            self._queues.move_to_end(box_id)
            self._next_ms[box_id] = max(self._next_ms.get(box_id, 0), self._mono_ms()) + self._every_ms
            if not queue:
                del self._queues[box_id]
            await self._serve(want)

    def _why_not(self, want: Want) -> str | None:
        queue = self._queues.get(want.box_id, ())
        if want in queue:
            return "waiting"
        if len(queue) >= MOST_WAITING:
            return "pace"
        if self.wishes.wanted_by(want.box_id) != want.version or want.version not in self.wishes.bundles:
            return "not_wanted"
        lengths = self.wishes.bundles[want.version].lengths
        if not self._has_turn(want.box_id):
            return "turn"
        return None if want.offset < lengths.get(want.path, 0) else "missing"

    def _whose_turn(self) -> str | None:
        now_ms = self._mono_ms()
        return next((box_id for box_id in self._queues if self._next_ms.get(box_id, 0) <= now_ms), None)

    async def _wait(self) -> None:
        self._news.clear()
        now_ms = self._mono_ms()
        self._next_ms = {box_id: next_ms for box_id, next_ms in self._next_ms.items() if next_ms > now_ms}
        next_ms = min([self._next_ms.get(box_id, now_ms) for box_id in self._queues], default=None)
        wait_s = None if next_ms is None else max(next_ms - now_ms, 1) / 1000
        try:
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        except TimeoutError:
            return

    async def _serve(self, want: Want) -> None:
        found = self.wishes.bundles.get(want.version)
        try:
            if found is None:
                raise BundleError("missing", "taken away since it was asked for")
            data = await asyncio.to_thread(found.read, want.path, want.offset, want.length)
        except (BundleError, OSError):
            self._count("missing")
            return
        if data and self._send(Piece(want.box_id, want.version, want.path, want.offset, data)):
            self.sent += 1

    def _count(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1
