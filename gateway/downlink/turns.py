"""Which boxes take new firmware at the same time.

1. At most `at_once` boxes have their turn. A box that is behind waits in line, first come first; a box in safe mode,
   which does nothing else, goes before the others, and one that already fetches pieces (the gateway was started anew)
   before those.
2. A turn ends when the box is not behind any more: it has what is wished, has refused it, or nothing is wished.
3. A box that makes no progress for HANGS_MS (it fetches no new piece, says nothing new) loses its turn and goes behind
   all that have not had theirs: it does not keep the others waiting. While nobody else waits it keeps its turn.
4. A box that goes away keeps its turn as long as that: it starts anew to try what it has fetched.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

HANGS_MS = 600_000


class Behind(NamedTuple):
    """A box that has not got what is wished."""

    version: int
    is_there: bool
    is_urgent: bool
    seen: object
    """Another value: something new was said."""


class _Turn(NamedTuple):
    version: int
    seen: object
    moved_ms: int


class Turns:
    def __init__(self, hangs_ms: int = HANGS_MS) -> None:
        self._hangs_ms = hangs_ms
        self._turns: dict[str, _Turn] = {}
        self._line: dict[str, None] = {}
        self._asking: set[str] = set()
        self.hanging: set[str] = set()
        """Boxes that lost a turn, and have not moved since."""

    def has(self, box_id: str) -> bool:
        return box_id in self._turns

    def moved(self, box_id: str, now_ms: int) -> None:
        """It asked for a piece."""
        self.hanging.discard(box_id)
        turn = self._turns.get(box_id)
        if turn is not None:
            self._turns[box_id] = turn._replace(moved_ms=now_ms)
        else:
            self._asking.add(box_id)

    def deal(self, behind: Mapping[str, Behind], at_once: int, now_ms: int) -> None:
        """Who has a turn from now on."""
        self._end(behind, now_ms)
        for box_id in self._line.keys() - behind.keys():
            del self._line[box_id]
        self.hanging &= behind.keys()
        for box_id, one in behind.items():
            if one.is_there and box_id not in self._turns:
                self._line.setdefault(box_id)
        free = at_once - len(self._turns)
        for box_id in self._in_order(behind)[: max(0, free)]:
            del self._line[box_id]
            self._turns[box_id] = _Turn(behind[box_id].version, behind[box_id].seen, now_ms)
        self._asking.clear()

    def _end(self, behind: Mapping[str, Behind], now_ms: int) -> None:
        for box_id, turn in list(self._turns.items()):
            one = behind.get(box_id)
            if one is None or one.version != turn.version:
                del self._turns[box_id]
            elif one.seen != turn.seen:
                self._turns[box_id] = turn._replace(seen=one.seen, moved_ms=now_ms)
            elif now_ms - turn.moved_ms >= self._hangs_ms and self._others_wait(behind, box_id):
                del self._turns[box_id]
                self.hanging.add(box_id)
                self._line.pop(box_id, None)

    def _others_wait(self, behind: Mapping[str, Behind], box_id: str) -> bool:
        return any(one.is_there and other != box_id and other not in self._turns for other, one in behind.items())

    def _in_order(self, behind: Mapping[str, Behind]) -> list[str]:
        there: Iterable[str] = [box_id for box_id in self._line if behind[box_id].is_there]
        return sorted(
            there,
            key=lambda box_id: (
                box_id in self.hanging,
                box_id not in self._asking,
                not behind[box_id].is_urgent,
            ),
        )
