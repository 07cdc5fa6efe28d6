# Finding a GM65/GM861 and bringing it to what is wanted.
#
# 1. The speed is looked for: first the last good one, then what is wanted, then 9600, 57600, 115200. What proves a
#    speed is an answer with the right checksum to a read of the format zone, which at once tells the framing. The last
#    good speed is left only after several questions: while another one is tried, codes are lost.
# 2. A reader that is set to USB hears and cannot answer, and one that sleeps does neither until it is woken. After a
#    round without an answer each speed is tried once more with a blind "wake" and "output to UART" before the question.
#    The other bits of that zone are as they were last read; A0, as the GM861 needs it, where they never were.
# 3. Everything is read first. What differs is written, then read back: an acknowledgement alone means nothing. What is
#    ignored twice is named, and the reader is used as it is.
# 4. A reader that ignores protocol mode is used in tail mode, and asked again every RETRY_EVERY verifications.
# 5. It is saved only if it is now set otherwise than it was found, and again until the save is acknowledged.
# 6. Reading is stopped while the speed or the framing changes: a code sent at that moment would be garbled, or framed
#    by guess. The reading mode is therefore written last, when the rest has been read back.
# 7. Whether it sleeps cannot be read: it is woken every WAKE_EVERY verifications. Nothing else changes by that.

import asyncio

from firmware.modules import forget

from . import gm65
from .frames import Frames
from .line import HOLD
from .zones import different, framing, targets

_TRIES = 2
_TRIES_AT_GOOD_SPEED = 4
_ROUNDS = 5
RETRY_EVERY = 30
WAKE_EVERY = 3
_SETTLE_S = 0.08
_QUICK_BAUD = 57600
_WAKE = gm65.write(gm65.ZONE_SPECIAL, b"\x00")


def _quietly(zones: dict, writes: list) -> list:
    # The same writes with the reading stopped first, and not begun again.
    stop = (gm65.ZONE_MODE, zones[gm65.ZONE_MODE] & 0xFC)
    return [stop] + [write for write in writes if write[0] != gm65.ZONE_MODE]


class Driver:
    family = "gm65"

    def __init__(self, port, talk, wanted: dict, handle, count) -> None:
        self.frames = Frames()
        self.model = "unknown"
        self.good_baud = None
        self._port = port
        self._talk = talk
        self._wanted = wanted
        self._handle = handle
        self._count = count
        self._framing = None
        self._protocol = wanted["protocol"]
        self._baud_ignored = False
        self._format_ignored = False
        self._output = 0xA0
        self._dirty = False
        self._applied = 0

    async def probe(self, only: int | None = None) -> bool:
        # True once the reader answered: the port's speed and the framing are then right.
        for blind in (False, True):
            for baud in (only,) if only else self._bauds():
                self.listen_at(baud)
                await asyncio.sleep(_SETTLE_S)
                if blind:
                    await self._blind(_WAKE)
                    await self._blind(gm65.write(gm65.ZONE_OUTPUT, bytes((self._output,))))
                tries = _TRIES_AT_GOOD_SPEED if baud == self.good_baud and not blind else _TRIES
                if await self._read_format(tries) is not None:
                    self.good_baud = baud
                    return True
        self.rest()
        return False

    def rest(self) -> None:
        # Listen to what it may send without being asked.
        self.listen_at(self.good_baud or self._wanted["baud"] or 9600)

    async def apply(self) -> list | None:
        # The names of what the reader does not keep; None: it does not answer.
        if not await self._begin():
            return None
        self._applied += 1
        if self._applied % RETRY_EVERY == 0:
            self._protocol = self._wanted["protocol"]
            self._baud_ignored = self._format_ignored = False
        if self._applied % WAKE_EVERY == 0:
            await self._blind(_WAKE)
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
        if self._dirty and await self._save():
            self._dirty = False
        return names + self._without()

    def restarted(self) -> None:
        # It was away: what it ignored before it may take now, and it may be another one.
        self._protocol = self._wanted["protocol"]
        self._baud_ignored = self._format_ignored = False
        self.model = "unknown"

    async def trigger(self) -> bool:
        # In the reading mode "command": read one code now. The answer comes before the code.
        self._count("writes")
        return await self._talk.ask(gm65.trigger(), gm65.ACK_BYTES) is not None

    async def check(self) -> bytes | None:
        return await self._read(gm65.BLOCK_MODEL)

    async def _begin(self) -> bool:
        # What is done once: the model, the speed. False: it does not answer any more.
        baud = self._wanted["baud"] if not self._baud_ignored else None
        is_there = True
        if self.model == "unknown" or baud not in (None, self._port.baud):
            from . import gm65_begin

            self.model = await gm65_begin.model(self._talk)
            if baud not in (None, self._port.baud):
                zones = await self._zones()
                found = zones and await gm65_begin.raise_speed(self._talk, self.listen_at, zones, self._port.baud, baud)
                is_there = bool(found)
                if found:
                    self.good_baud = found
                    self._baud_ignored = found != baud
                    self._dirty = self._dirty or found == baud
            forget(gm65_begin.__name__)
        return is_there

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
        for baud in (self.good_baud, self._wanted["baud"], 9600, 57600, 115200):
            if baud and baud not in bauds:
                bauds.append(baud)
        return bauds

    def listen_at(self, baud: int, keeps_mode: bool = False) -> None:
        if self._port.baud != baud:
            self._handle(self.frames.drop())
            self._port.set_baud(baud)
        self.frames.set_quick(baud >= _QUICK_BAUD)
        if keeps_mode:
            return
        if baud == self.good_baud and self._framing:
            self._handle(self.frames.set_mode(*self._framing))
        elif self.frames.mode != HOLD:
            self._handle(self.frames.set_mode(HOLD))

    async def _read(self, block: tuple, tries: int = 1) -> bytes | None:
        zone, count = block
        for _ in range(tries):
            data = await self._talk.ask(gm65.read(zone, count), count)
            if data is not None:
                return data
        return None

    async def _read_format(self, tries: int) -> int | None:
        data = await self._read(gm65.BLOCK_FORMAT, tries)
        if data is None:
            return None
        self._framing = framing(data[0])
        self._handle(self.frames.set_mode(*self._framing))
        return data[0]

    async def _zones(self) -> dict | None:
        # The format first: until it is read, bytes may be held.
        value = await self._read_format(_TRIES)
        if value is None:
            return None
        data = await self._read(gm65.BLOCK_SETTINGS, _TRIES)
        if data is None:
            return None
        zones = {gm65.ZONE_FORMAT: value}
        first, count = gm65.BLOCK_SETTINGS
        for at in range(count):
            zones[first + at] = data[at]
        self._output = zones[gm65.ZONE_OUTPUT] & 0xFC
        return zones

    async def _write(self, zone: int, value: int) -> None:
        is_format = zone == gm65.ZONE_FORMAT
        self._count("writes")
        ack = await self._talk.ask(gm65.write(zone, bytes((value,))), gm65.ACK_BYTES, hold_after=is_format)
        if is_format and ack is None:
            # Written or not: what comes next may be in either framing.
            self._handle(self.frames.set_mode(HOLD))

    async def _save(self) -> bool:
        self._count("saves")
        return await self._talk.ask(gm65.save(), gm65.ACK_BYTES) is not None

    async def _blind(self, command: bytes) -> None:
        # To a reader that may not be able to answer.
        await self._talk.ask(command, gm65.ACK_BYTES)
