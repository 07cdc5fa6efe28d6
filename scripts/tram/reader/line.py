"""A serial port as firmware/scanner wants one, on any laptop; the one place where bytes go out to a module.

1. It is read every few milliseconds and never waited for: that works with every port that pyserial knows.
2. A command that could make a module useless does not go out, whoever asks for it: type 05, which erases the firmware
   of a GM65, and zone 00D9 with anything but "wake", unless `may_reset` was set for a person who has agreed.
3. On a module's own USB socket nothing is written to the zone that says where codes go: it would fall silent here.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import serial

POLL_S = 0.003
WRITE_S = 2.0
_HEAD = b"\x7e\x00"
_WRITE, _ERASE = 0x08, 0x05
_OUTPUT, _SPECIAL, _WAKE = 0x000D, 0x00D9, 0x00


class Forbidden(Exception):
    """A command that is never sent."""


class ReaderLine:
    """`withheld`: how many commands were kept back by rule 3; `writes`: how many went out."""

    def __init__(self, port: "serial.Serial", is_own_usb: bool = False) -> None:
        self.is_own_usb = is_own_usb
        self.may_reset = False
        self.withheld = self.writes = 0
        self._port = port
        self._unsent = b""
        with suppress(NotImplementedError):  # a port on the network has none
            port.write_timeout = WRITE_S

    @property
    def baud(self) -> int:
        return int(self._port.baudrate)

    async def read(self, most: int) -> bytes:
        """-> what has come, at least a byte; b"": the port is gone."""
        while True:
            try:
                data = bytes(self._port.read(most))
            except (OSError, TypeError, AttributeError):  # pyserial's own, on a port that was closed or pulled
                return b""
            if data:
                return data
            await asyncio.sleep(POLL_S)

    def write(self, data: bytes) -> None:
        """Raises Forbidden."""
        if data.startswith(_HEAD) and len(data) > 6:
            kind, first, count = data[2], data[4] << 8 | data[5], data[3]
            zones = range(first, first + count)
            if kind == _ERASE:
                raise Forbidden("erase")
            if kind == _WRITE and _SPECIAL in zones and not self.may_reset and data[6:-2] != bytes((_WAKE,)):
                raise Forbidden("special")
            if kind == _WRITE and _OUTPUT in zones and self.is_own_usb:
                self.withheld += 1
                return
        self.writes += 1
        self._unsent += data

    async def drain(self) -> None:
        """Raises OSError: the port is gone, or takes nothing."""
        data, self._unsent = self._unsent, b""
        if data:
            self._port.write(data)

    def set_baud(self, baud: int) -> None:
        with suppress(OSError, ValueError):  # gone, or a speed that it has not: then nobody answers
            self._port.baudrate = baud
