# What the drivers of readers with plain text have in common.
#
# 1. Each speed is asked in turn, the last good one first and more often.
# 2. What the reader does not let us read back is written again and again: see the families.

import asyncio

from .text import Text

_SETTLE_S = 0.08
_QUICK_BAUD = 57600
_TRIES_AT_GOOD_SPEED = 3


class TextDriver:
    def __init__(self, port, talk, wanted: dict, handle, count, split, has_tail: bool) -> None:
        self.frames = Text(split, has_tail)
        self.good_baud = None
        self._port = port
        self._talk = talk
        self._wanted = wanted
        self._handle = handle
        self._count = count
        self._applied = 0

    @property
    def model(self) -> str:
        return self.family

    async def probe(self, only: int | None = None) -> bool:
        for baud in (only,) if only else self._bauds():
            self._listen_at(baud)
            await asyncio.sleep(_SETTLE_S)
            for _ in range(_TRIES_AT_GOOD_SPEED if baud == self.good_baud else 1):
                if await self.check() is not None:
                    self._prove(baud)
                    return True
        self.rest()
        return False

    def rest(self) -> None:
        self._listen_at(self.good_baud or self._wanted["baud"] or 115200)

    def restarted(self) -> None:
        self._applied = 0

    def _bauds(self) -> list:
        bauds = []
        for baud in (self.good_baud, 115200, 9600, self._wanted["baud"]):
            if baud and baud not in bauds:
                bauds.append(baud)
        return bauds

    def _listen_at(self, baud: int) -> None:
        if self._port.baud != baud:
            self._handle(self.frames.drop())
            self._port.set_baud(baud)
        self.frames.set_quick(baud >= _QUICK_BAUD)
        self.frames.is_open = baud == self.good_baud

    def _prove(self, baud: int) -> None:
        self.good_baud = baud
        self.frames.is_open = True

    def _impossible(self, names: tuple) -> list:
        # What is wanted, and this reader has no command for.
        impossible = [name for name in names if self._wanted[name]]
        return impossible if self._wanted["setup_codes"] else impossible + ["setup_codes"]
