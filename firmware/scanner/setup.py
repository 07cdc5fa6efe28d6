# Finding the reader and bringing it to what is wanted.
#
# 1. The speed is looked for: first the last good one, then what is wanted, then 9600, 57600, 115200. What proves a
#    speed is an answer with the right checksum to a read of the format zone, which at once tells the framing. The last
#    good speed is left only after several questions: while another one is tried, codes are lost.
# 2. A reader that is set to USB hears and cannot answer. After a round without an answer each speed is tried once more
#    with a blind "output to UART" before the question; but not to a reader that has answered before, for the other bits
#    of that zone are not known.
# 3. Everything is read first. What differs is written, then read back: an acknowledgement alone means nothing. What is
#    ignored twice is named, and the reader is used as it is.
# 4. A reader that ignores protocol mode is used in tail mode, and asked again every RETRY_EVERY verifications.
# 5. It is saved only if it is now set otherwise than it was found, and again until the save is acknowledged.
# 6. Reading is stopped while the speed or the framing changes: a code sent at that moment would be garbled, or framed
#    by guess. The reading mode is therefore written last, when the rest has been read back.

import asyncio

from . import gm65
from .line import HOLD
from .settings import different, framing, targets

_TRIES = 2
_TRIES_AT_GOOD_SPEED = 4
_ROUNDS = 5
RETRY_EVERY = 30
_SETTLE_S = 0.08
_UART_OUT = gm65.write(gm65.ZONE_OUTPUT, b"\xa0")


def _quietly(zones: dict, writes: list) -> list:
    # The same writes with the reading stopped first, and not begun again.
    stop = (gm65.ZONE_MODE, zones[gm65.ZONE_MODE] & 0xFC)
    return [stop] + [write for write in writes if write[0] != gm65.ZONE_MODE]


class Setup:
    def __init__(self, port, frames, talk, wanted: dict, handle) -> None:
        self._port = port
        self._frames = frames
        self._talk = talk
        self._wanted = wanted
        self._handle = handle
        self._good_baud = None
        self._framing = None
        self._protocol = wanted["protocol"]
        self._baud_ignored = False
        self._format_ignored = False
        self._dirty = False
        self._applied = 0

    async def probe(self) -> bool:
        # True once the reader answered: the port's speed and the framing are then right.
        for blind in (False,) if self._good_baud else (False, True):
            for baud in self._bauds():
                self._listen_at(baud)
                await asyncio.sleep(_SETTLE_S)
                if blind:
                    await self._talk.blind(_UART_OUT)
                tries = _TRIES_AT_GOOD_SPEED if baud == self._good_baud else _TRIES
                if await self._read_format(tries) is not None:
                    self._good_baud = baud
                    return True
        self._listen_at(self._good_baud or self._wanted["baud"] or 9600)
        return False

    async def apply(self) -> list | None:
        # The names of what the reader does not keep; None: it does not answer.
        if not await self._change_baud():
            return None
        self._applied += 1
        if self._applied % RETRY_EVERY == 0:
            self.restarted()
        found = None
        for attempt in range(_ROUNDS):
            zones = await self._zones()
            if zones is None:
                return None
            found = found or zones
            writes, names = self._differences(zones)
            if attempt and "format" in names:
                self._give_way()
                writes, names = self._differences(zones)
            if not writes or attempt == _ROUNDS - 1:
                break
            if "format" in names:
                writes = _quietly(zones, writes)
            for zone, value in writes:
                await self._write(zone, value)
        self._dirty = self._dirty or zones != found
        if self._dirty and await self._talk.save():
            self._dirty = False
        return names + self._without()

    def restarted(self) -> None:
        # It was away: what it ignored before it may take now.
        self._protocol = self._wanted["protocol"]
        self._baud_ignored = self._format_ignored = False

    def _differences(self, zones: dict) -> tuple:
        goals = targets(self._wanted, self._protocol)
        return different(zones, goals[1:] if self._format_ignored else goals)

    def _give_way(self) -> None:
        # It has ignored the framing that was written.
        if self._protocol:
            self._protocol = False
        else:
            self._format_ignored = True

    def _without(self) -> list:
        names = ["baud"] if self._baud_ignored else []
        if self._format_ignored:
            names.append("format")
        elif self._protocol != self._wanted["protocol"]:
            names.append("protocol")
        return names

    def _bauds(self) -> list:
        bauds = []
        for baud in (self._good_baud, self._wanted["baud"], 9600, 57600, 115200):
            if baud and baud not in bauds:
                bauds.append(baud)
        return bauds

    def _listen_at(self, baud: int) -> None:
        if self._port.baud != baud:
            self._handle(self._frames.drop())
            self._port.set_baud(baud)
        if baud == self._good_baud and self._framing:
            self._handle(self._frames.set_mode(*self._framing))
        elif self._frames.mode != HOLD:
            self._handle(self._frames.set_mode(HOLD))

    async def _read_format(self, tries: int) -> int | None:
        data = await self._talk.read(gm65.BLOCK_FORMAT, tries)
        if data is None:
            return None
        self._framing = framing(data[0])
        self._handle(self._frames.set_mode(*self._framing))
        return data[0]

    async def _zones(self) -> dict | None:
        # The format first: until it is read, bytes may be held.
        value = await self._read_format(_TRIES)
        if value is None:
            return None
        data = await self._talk.read(gm65.BLOCK_SETTINGS, _TRIES)
        if data is None:
            return None
        zones = {gm65.ZONE_FORMAT: value}
        first, count = gm65.BLOCK_SETTINGS
        for at in range(count):
            zones[first + at] = data[at]
        return zones

    async def _write(self, zone: int, value: int) -> None:
        is_format = zone == gm65.ZONE_FORMAT
        if not await self._talk.write(zone, bytes((value,)), is_format) and is_format:
            # Written or not: what comes next may be in either framing.
            self._handle(self._frames.set_mode(HOLD))

    async def _change_baud(self) -> bool:
        baud = self._wanted["baud"]
        if not baud or baud == self._port.baud or self._baud_ignored:
            return True
        zones = await self._zones()
        if zones is None:
            return False
        old_baud = self._port.baud
        await self._talk.write(gm65.ZONE_MODE, bytes((zones[gm65.ZONE_MODE] & 0xFC,)))
        await self._talk.blind(gm65.baud(baud))
        for candidate in (baud, old_baud):
            await asyncio.sleep(_SETTLE_S)
            self._handle(self._frames.drop())
            self._port.set_baud(candidate)
            if await self._talk.read(gm65.BLOCK_BAUD, _TRIES) is not None:
                self._good_baud = candidate
                self._dirty = self._dirty or candidate == baud
                self._baud_ignored = candidate != baud
                return True
        return False
