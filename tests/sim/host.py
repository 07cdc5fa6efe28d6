"""A host on the other end of a simulated reader's pty: what it reads, it keeps."""

import asyncio
import os
import termios
import tty
from pathlib import Path
from typing import Self

SPEEDS = {9600: termios.B9600, 19200: termios.B19200, 57600: termios.B57600, 115200: termios.B115200}
LIMIT_S = 10


class Host:
    def __init__(self, path: Path, baud: int = 9600) -> None:
        self._path = path
        self.baud = baud
        self.data = b""
        self.is_hung_up = False
        self._news = asyncio.Event()

    def __enter__(self) -> Self:
        self._fd = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._fd)
        self.set_baud(self.baud)
        asyncio.get_running_loop().add_reader(self._fd, self._readable)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def set_baud(self, baud: int) -> None:
        attributes = termios.tcgetattr(self._fd)
        attributes[4] = attributes[5] = SPEEDS[baud]
        termios.tcsetattr(self._fd, termios.TCSANOW, attributes)

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)

    async def ask(self, command: bytes, length: int) -> bytes:
        """Send a command, return the next so many bytes."""
        self.data = b""
        self.write(command)
        return await self.read(length)

    async def read(self, length: int) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            while len(self.data) < length and not self.is_hung_up:
                self._news.clear()
                await self._news.wait()
        return self.data

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except OSError:
            data = b""
        if not data:
            self.is_hung_up = True
            asyncio.get_running_loop().remove_reader(self._fd)
        self.data += data
        self._news.set()
