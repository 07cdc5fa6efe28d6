"""A keyboard device of Linux inside the event loop.

Why not the package `evdev`: PyPI has it as source only, so that each Pi would need a compiler and the kernel's headers
(apt's `python3-evdev` does not reach into a virtual environment). What is needed of it is a struct and two ioctls.

1. The device is ours alone while it is open (EVIOCGRAB): what is shown to a reader must not be typed into a console.
2. Its events carry CLOCK_MONOTONIC (EVIOCSCLOCKID): pauses are told from the kernel's own times, however late this
   program comes to read them.
3. `seize` holds the two ioctls, and is all of this room that the tests cannot run: there is no keyboard device there,
   and a pipe that speaks the same events takes no ioctl.
"""

import asyncio
import fcntl
import os
import struct
import time
from collections.abc import Callable

from gateway.readers.states import Trouble, trouble_of

_EVIOCGRAB = 0x40044590
_EVIOCSCLOCKID = 0x400445A0
_READ_EVENTS = 64


def seize(fd: int) -> None:
    fcntl.ioctl(fd, _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
    fcntl.ioctl(fd, _EVIOCGRAB, 1)


class EventDevice:
    """open(), then read() until it gives b""; `trouble` says why it could not be opened."""

    def __init__(self, path: str, event_bytes: int, seize: Callable[[int], None] = seize) -> None:
        self.trouble: Trouble | None = None
        self._path = path
        self._most = _READ_EVENTS * event_bytes
        self._seize = seize
        self._fd = -1

    def open(self) -> bool:
        self.close()
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            self._seize(self._fd)
        except OSError as error:
            self.trouble = trouble_of(error.errno, self._path, "keyboard")
            self.close()
            return False
        self.trouble = None
        return True

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)  # which lets go of the grab too

    async def read(self) -> bytes:
        """Whole events; b"": it is gone."""
        while self._fd >= 0:
            await self._ready()
            try:
                return os.read(self._fd, self._most)
            except BlockingIOError:
                continue
            except OSError:
                return b""
        return b""

    async def _ready(self) -> None:
        loop, fd = asyncio.get_running_loop(), self._fd
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(fd, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(fd)
