"""The zones of a module of the GM65 family: read, written, read back, saved.

1. An acknowledgement alone means nothing: what was written is read back, written again once, and named if it is not
   kept.
2. Every read asks for another number of zones than the one before it, so that a late answer cannot be taken for this
   one's.
3. While the framing changes the module does not read codes: they would be framed by guess. The way of reading is
   therefore written last.
4. Written zones are lost with the power until they are saved. A save is acknowledged, and cannot be read back.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from firmware.scanner import gm65
from firmware.scanner.talk import Gone
from scripts.tram import exits
from scripts.tram.reader import table
from scripts.tram.reader.bench import Bench
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

_PIECES = (49, 50, 51, 52, 54)
"""All zones in pieces of different length (rule 2), none of which the firmware's driver asks for."""
_TRIES = 3
_ROUNDS = 2
_STOPPED = 0xFC
_BAUD_SETTLE_S = 0.08
_RESET_S = 1.0


class Zoned:
    """`model`: what hardware/readers knows of it."""

    def __init__(self, bench: Bench, model: table.Model) -> None:
        self.bench = bench
        self.model = model
        self.driver: Any = bench.driver

    async def read_all(self) -> bytes:
        """Its 256 zones. Raises Trouble unanswered, half_answered, gone."""
        try:
            if await self.driver.zones() is None:  # which settles how its codes are framed
                raise self.bench.unanswered()
            zones = b""
            for count in _PIECES:
                piece = await self.driver.read((len(zones), count), _TRIES)
                if piece is None:
                    raise self.bench.unanswered()
                zones += piece
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None
        return zones

    async def write(self, before: bytes, wants: Mapping[int, int]) -> tuple[bytes, list[int]]:
        """Write single zones; not the speed. -> all zones as they are then, and the ones that it did not keep.

        Raises Trouble unanswered, gone; ValueError: a zone that is never written.
        """
        for zone in wants:
            if zone not in self.model.of_zone or self.model.of_zone[zone].fixed or self._is_baud(zone):
                raise ValueError(f"zone {zone:04x}")
        after, wrong = before, _wrong(before, wants)
        for _ in range(_ROUNDS):
            if not wrong:
                break
            await self._write(after, {zone: wants[zone] for zone in wrong}, wants)
            after = await self.read_all()
            wrong = _wrong(after, {gm65.ZONE_MODE: before[gm65.ZONE_MODE], **wants})
            wants = {**wants, **{zone: before[zone] for zone in wrong if zone not in wants}}
        return after, wrong

    async def change_baud(self, baud: int) -> bool:
        """Go over to another speed with it. False: it stays at the old one. Raises Trouble unanswered, gone."""
        old_baud = self.bench.line.baud
        if baud == old_baud:
            return True
        await self._order(gm65.baud(baud))
        for candidate in (baud, old_baud):
            await asyncio.sleep(_BAUD_SETTLE_S)
            self.driver.listen_at(candidate, True)
            if await self._read(gm65.BLOCK_BAUD) is not None:
                self.driver.good_baud = candidate
                return candidate == baud
        raise self.bench.unanswered()

    async def save(self) -> None:
        """Keep what is set now through a power cut. Raises Trouble not_saved, gone."""
        for _ in range(_TRIES):
            if await self._order(gm65.save()):
                return
        raise Trouble("not_saved", exits.NO_ANSWER, WORDS)

    async def reset(self, value: int) -> None:
        """To what it shipped with, by the model's own `value`.

        It may then speak another speed, or not at all on this line: find it anew.
        """
        self.bench.line.may_reset = True
        try:
            await self._order(gm65.write(gm65.ZONE_SPECIAL, bytes((value,))))
        finally:
            self.bench.line.may_reset = False
        await asyncio.sleep(_RESET_S)

    async def _write(self, now: bytes, wrong: Mapping[int, int], wants: Mapping[int, int]) -> None:
        mode = wants.get(gm65.ZONE_MODE, now[gm65.ZONE_MODE])
        writes = [(zone, value) for zone, value in wrong.items() if zone != gm65.ZONE_MODE]
        if gm65.ZONE_FORMAT in wrong:
            writes.insert(0, (gm65.ZONE_MODE, mode & _STOPPED))
            writes.sort(key=lambda write: write[0] == gm65.ZONE_FORMAT)
        if gm65.ZONE_FORMAT in wrong or gm65.ZONE_MODE in wrong:
            writes.append((gm65.ZONE_MODE, mode))
        for zone, value in writes:
            is_format = zone == gm65.ZONE_FORMAT
            await self._order(gm65.write(zone, bytes((value,))), is_format)
            if is_format and await self._read(gm65.BLOCK_FORMAT) is not None:
                await self._zones()

    async def _order(self, command: bytes, hold_after: bool = False) -> bool:
        try:
            return bool(await self.driver.order(command, hold_after))
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None

    async def _read(self, block: tuple[int, int]) -> bytes | None:
        try:
            data: bytes | None = await self.driver.read(block)
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None
        return data

    async def _zones(self) -> None:
        try:
            await self.driver.zones()
        except Gone:
            raise Trouble("gone", exits.CUT, WORDS) from None

    def _is_baud(self, zone: int) -> bool:
        return zone in (gm65.ZONE_BAUD, gm65.ZONE_BAUD + 1)


def _wrong(zones: bytes, wants: Mapping[int, int]) -> list[int]:
    return [zone for zone, value in wants.items() if zones[zone] != value]
