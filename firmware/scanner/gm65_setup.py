# Finding a GM65/GM861, and seeing that it stays as it was set. How it is set: gm65_apply.py.
#
# 1. The speed is looked for: first the last good one, then what is wanted, then 9600, 57600, 115200. What proves a
#    speed is an answer with the right checksum to a read of the format zone, which at once tells the framing. The last
#    good speed is left only after several questions: while another one is tried, codes are lost.
# 2. A reader that is set to USB hears and cannot answer, and one that sleeps does neither until it is woken. After a
#    round without an answer each speed is tried once more with a blind "wake" and "output to UART" before the question.
#    The other bits of that zone are as they were last read; A0, as the GM861 needs it, where they never were.
# 3. All zones that matter are read at each verification. As long as they are what they were when it was set, nothing
#    more is done; else it is set anew, and every RETRY_EVERY verifications too, if it did not take all that is wanted.
# 4. Whether it sleeps cannot be read: it is woken every WAKE_EVERY verifications. Nothing else changes by that.

import asyncio

from firmware.modules import forget

from . import gm65
from .frames import Frames
from .line import HOLD, PROTOCOL, TAIL

TRIES = 2
RETRY_EVERY = 30
WAKE_EVERY = 3
_TRIES_AT_GOOD_SPEED = 4
_BLIND_MS = 100
_SETTLE_S = 0.08
_QUICK_BAUD = 57600
_WAKE = gm65.write(gm65.ZONE_SPECIAL, b"\x00")
_TAILS = (b"\r", b"\r\n", b"\t", b"")


def framing(format_zone: int) -> tuple:
    # (mode, tail) as zone 0060 tells.
    if format_zone & 0x80:
        return PROTOCOL, b""
    return TAIL, _TAILS[format_zone >> 5 & 3] if format_zone & 1 else b""


class Driver:
    family = "gm65"

    def __init__(self, port, talk, wanted: dict, handle, count) -> None:
        self.port = port
        self.talk = talk
        self.wanted = wanted
        self.handle = handle
        self.count = count
        self.frames = Frames()
        self.good_baud = None
        self.settled = None  # its zones when all that can be was right
        self.is_dirty = False  # not saved yet
        self._framing = None
        self._output = 0xA0
        self._applied = 0
        self.restarted()

    def restarted(self) -> None:
        # It was away: what it ignored before it may take now, and it may be another one.
        self.model = "unknown"
        self.protocol = self.wanted["protocol"]
        self.baud_ignored = self.format_ignored = self.has_header = False
        self.names = []
        self.settled = None

    async def probe(self, only: int | None = None) -> bool:
        # True once the reader answered: the port's speed and the framing are then right.
        for blind in (False, True):
            for baud in (only,) if only else self._bauds():
                self.listen_at(baud)
                await asyncio.sleep(_SETTLE_S)
                if blind:
                    for command in (_WAKE, gm65.write(gm65.ZONE_OUTPUT, bytes((self._output,)))):
                        await self.talk.ask(command, gm65.ACK_BYTES, _BLIND_MS)
                tries = _TRIES_AT_GOOD_SPEED if baud == self.good_baud and not blind else 1 + blind
                if await self._read_format(tries) is not None:
                    self.good_baud = baud
                    return True
        self.rest()
        return False

    def rest(self) -> None:
        # Listen to what it may send without being asked.
        self.listen_at(self.good_baud or self.wanted["baud"] or 9600)

    async def apply(self) -> list | None:
        # The names of what the reader does not keep; None: it does not answer.
        zones = await self.zones()
        if zones is None:
            return None
        self._applied += 1
        if self._applied % WAKE_EVERY == 0:
            await self.order(_WAKE)
        is_again = self._applied % RETRY_EVERY == 0 and self.names
        is_slow = self.wanted["baud"] not in (None, self.port.baud) and not self.baud_ignored
        if zones != self.settled or self.is_dirty or is_slow or is_again:
            from . import gm65_apply

            self.settled = await gm65_apply.run(self, zones, is_again)
            forget(gm65_apply.__name__)
            if self.settled is None:
                return None
        return self.names

    async def trigger(self) -> bool:
        # In the reading mode "command": read one code now. The answer comes before the code.
        return await self.order(gm65.trigger())

    async def check(self) -> bytes | None:
        return await self.read(gm65.BLOCK_MODEL)

    async def order(self, command: bytes, hold_after: bool = False) -> bool:
        return await self.talk.ask(command, gm65.ACK_BYTES, hold_after=hold_after) is not None

    async def read(self, block: tuple, tries: int = TRIES) -> bytes | None:
        zone, count = block
        for _ in range(tries):
            data = await self.talk.ask(gm65.read(zone, count), count)
            if data is not None:
                return data
        return None

    async def zones(self) -> dict | None:
        # The format first: until it is read, bytes may be held.
        value = await self._read_format(TRIES)
        if value is None:
            return None
        data = await self.read(gm65.BLOCK_SETTINGS)
        if data is None:
            return None
        zones = {gm65.ZONE_FORMAT: value}
        for zone, value in enumerate(data):
            if zone != gm65.ZONE_TRIGGER:
                zones[zone] = value
        self._output = zones[gm65.ZONE_OUTPUT] & 0xFC
        await self.add_header(zones)
        return zones

    async def add_header(self, zones: dict) -> None:
        # What codes begin with, where the module is one that may have such a zone (gm65_apply.py, 4).
        if self.has_header and zones[gm65.ZONE_FORMAT] & 0x80:
            data = await self.read(gm65.BLOCK_HEADER)
            if data is not None:
                zones[gm65.ZONE_HEADER] = data[0]

    def listen_at(self, baud: int, keeps_mode: bool = False) -> None:
        if self.port.baud != baud:
            self.handle(self.frames.drop())
            self.port.set_baud(baud)
        self.frames.set_quick(baud >= _QUICK_BAUD)
        if keeps_mode:
            return
        if baud == self.good_baud and self._framing:
            self.handle(self.frames.set_mode(*self._framing))
        elif self.frames.mode != HOLD:
            self.handle(self.frames.set_mode(HOLD))

    def _bauds(self) -> list:
        bauds = []
        for baud in (self.good_baud, self.wanted["baud"], 9600, 57600, 115200):
            if baud and baud not in bauds:
                bauds.append(baud)
        return bauds

    async def _read_format(self, tries: int) -> int | None:
        data = await self.read(gm65.BLOCK_FORMAT, tries)
        if data is None:
            return None
        self._framing = framing(data[0])
        self.handle(self.frames.set_mode(*self._framing))
        return data[0]
