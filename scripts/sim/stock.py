"""The pictures that the visitors of a run hold in their hands: drawn from the seed, a person always has the same one.

What is in a picture is known here before it is drawn; that, and not what anybody reads in it, is what was shown.
"""

import asyncio
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from scripts.sim import people
from scripts.sim.pictures import draw_codes
from scripts.sim.visitors import Visit

BYTES_SHARE = 0.08
LONGEST_BYTES = 2900
KEPT = 500


class Held(NamedTuple):
    """A picture, and the bytes that were drawn into it."""

    code: bytes
    command: dict[str, Any]
    """What makes a reader see it."""


def code_of(seed: int, person: int, shows: str) -> bytes:
    """What stands on this person's card or telephone."""
    draw = random.Random(f"code {seed} {person}")
    if shows in people.WRONG:
        return people.WRONG[shows](draw)
    if draw.random() < BYTES_SHARE:
        # any length is as likely to be of three digits as of one
        return draw.randbytes(round(LONGEST_BYTES ** draw.random()))
    return people.any_code(draw)[1]


class Stock:
    """Draws each picture when it is first asked for, in a thread; the last KEPT stay."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder / "pictures"
        self._folder.mkdir()
        self._seed = seed
        self._drawn: dict[int, Held] = {}
        self._turn = asyncio.Lock()

    async def prepare(self, coming: Iterable[Visit]) -> None:
        """Draw the pictures of who comes first, so that drawing takes no time from what is measured."""
        for visit in coming:
            if len(self._drawn) >= KEPT:
                return
            await self.of(visit)

    async def of(self, visit: Visit) -> Held:
        """The picture that a visitor holds out."""
        async with self._turn:
            held = self._drawn.pop(visit.person, None)
            if held is None:
                held = await asyncio.to_thread(self._draw, visit)
            self._drawn[visit.person] = held  # as the last one used
            while len(self._drawn) > KEPT:
                oldest = self._drawn.pop(next(iter(self._drawn)))
                await asyncio.to_thread(Path(oldest.command["show"]).unlink)
            return held

    def _draw(self, visit: Visit) -> Held:
        code = code_of(self._seed, visit.person, visit.shows)
        path = draw_codes([code], self._folder / f"{visit.person}.png")
        return Held(code, {"show": str(path)})
