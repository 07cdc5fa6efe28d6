"""A serial port inside the event loop, as firmware/scanner/uart.py wants one.

1. pyserial opens, locks and sets the line (it knows every speed); the bytes go through the event loop, so that nothing
   here blocks and no thread is needed. `inter_byte_timeout=0` makes pyserial ask for VMIN 1: with VMIN 0 an empty line
   reads as one that is gone.
2. A read that gives b"" means that the line is gone. Then reopen() is asked until it is back; `trouble` says why it is
   not. The path may be a link: it is followed at each opening.
3. A line that never stops is read at RATE bytes a second at most: what does not fit is lost in the kernel, as on a UART
   that nobody reads, and no other reader and no box waits for it.
4. What is not known to be a reader (`is_known` says so) is asked questions, and is sent no setting: a command that
   writes one is left out where the device is a guess, and everything is where it turned out to be something else.
5. A module on its own USB socket (ttyACM) is never told to send to its UART: it would fall silent here for good.
6. What waits to be written is thrown away before the port is closed: a device that takes nothing would else hold the
   close up for half a minute.
"""

import asyncio
import errno
import os
import termios
import time
from collections.abc import Callable
from contextlib import suppress

import serial

from gateway.readers.states import Trouble, trouble_of
from gateway.readers.stranger import Stranger

RATE_BYTES_S = 32_768
LISTEN_S = 1.2
"""So long a device that was only guessed to be a reader is listened to before it is asked anything."""
_BURST_BYTES = 8_192
_FIRST_BAUD = 9600
_GM65_WRITE = b"\x7e\x00\x08"
_GM65_OUTPUT = b"\x7e\x00\x08\x01\x00\x0d"


class SerialPort:
    """Opened by reopen()."""

    def __init__(self, path: str, is_guess: bool, is_known: Callable[[], bool], baud: int = _FIRST_BAUD) -> None:
        self.baud = baud
        self.stranger = Stranger()
        self.trouble: Trouble | None = None
        self.withheld = 0
        """Commands that were not sent: rules 4 and 5."""
        self._path = path
        self._is_guess = is_guess
        self._is_known = is_known
        self._is_own_usb = False
        self._line: serial.Serial | None = None
        self._fd = -1
        self._ahead = b""
        self._unsent = b""
        self._credit = float(_BURST_BYTES)
        self._credited_s = time.monotonic()

    # --- as uart.py wants it

    async def read(self, most: int) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:most], self._ahead[most:]
            return data
        await self._wait_for_credit(most)
        data = await self._read(most)
        self._credit -= len(data)
        if self._is_known():
            self.stranger.answered()
        elif data:
            self.stranger.heard(data)
        return data

    def write(self, data: bytes) -> None:
        if self._fd < 0 or not data:
            return
        is_setting = self._is_guess and data.startswith(_GM65_WRITE)
        is_deadly = self._is_own_usb and data.startswith(_GM65_OUTPUT)
        if is_deadly or (not self._is_known() and (is_setting or self.stranger.what)):
            self.withheld += 1
            return
        self.stranger.said(data)
        self._unsent += data

    async def drain(self) -> None:
        while self._unsent and self._fd >= 0:
            try:
                sent = os.write(self._fd, self._unsent)
            except BlockingIOError:
                await self._ready(writing=True)
                continue
            except OSError:
                self._unsent = b""  # the line is gone: the next read says so
                return
            self._unsent = self._unsent[sent:]

    def set_baud(self, baud: int) -> None:
        self.baud = baud
        if self._line is not None:
            with suppress(OSError, ValueError, termios.error):  # gone, or a speed that it has not: no answer then
                self._line.baudrate = baud

    def reopen(self) -> bool:
        self.close()
        try:
            self._line = serial.Serial(self._path, self.baud, timeout=0, inter_byte_timeout=0, exclusive=True)
        except (OSError, ValueError, termios.error) as error:
            self.trouble = trouble_of(_number_of(error), self._path, "serial")
            return False
        self._fd = self._line.fileno()
        self._is_own_usb = os.path.basename(os.path.realpath(self._path)).startswith("ttyACM")
        self.trouble = None
        self.stranger = Stranger()
        return True

    def close(self) -> None:
        line, self._line, fd, self._fd = self._line, None, self._fd, -1
        self._ahead = self._unsent = b""
        if line is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(fd)
        loop.remove_writer(fd)
        with suppress(termios.error):  # the line is gone
            termios.tcflush(fd, termios.TCOFLUSH)
        line.close()

    # --- the rest

    async def listen(self, for_s: float = LISTEN_S) -> str:
        """Hear what it says unasked, for this long; nothing of it is lost -> what it is taken for."""
        try:
            async with asyncio.timeout(for_s):
                while len(self._ahead) < _BURST_BYTES:
                    data = await self._read(256)
                    if not data:
                        break
                    self._ahead += data
                    self.stranger.heard(data)
        except TimeoutError:
            pass
        return self.stranger.what

    async def _read(self, most: int) -> bytes:
        while self._fd >= 0:
            await self._ready(writing=False)
            try:
                return os.read(self._fd, most)
            except BlockingIOError:
                continue
            except OSError:
                return b""
        return b""

    async def _ready(self, *, writing: bool) -> None:
        loop = asyncio.get_running_loop()
        fd = self._fd
        ready: asyncio.Future[None] = loop.create_future()
        add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
        add(fd, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            if fd == self._fd:
                remove(fd)

    async def _wait_for_credit(self, wanted: int) -> None:
        while True:
            now_s = time.monotonic()
            self._credit = min(_BURST_BYTES, self._credit + (now_s - self._credited_s) * RATE_BYTES_S)
            self._credited_s = now_s
            if self._credit >= wanted:
                return
            await asyncio.sleep((wanted - self._credit) / RATE_BYTES_S)


def _number_of(error: Exception) -> int | None:
    """The error number; pyserial hides it where a terminal's settings cannot be read."""
    number = getattr(error, "errno", None)
    if isinstance(number, int):
        return number
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, termios.error) and cause.args and isinstance(cause.args[0], int):
            return cause.args[0]
        cause = cause.__cause__ or cause.__context__
    return errno.ENOTTY if isinstance(error, serial.SerialException) else None
