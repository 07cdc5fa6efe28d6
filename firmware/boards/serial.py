# A serial port of linux, or a pty that stands for one: raw, 8N1, without flow control.
#
# 1. A read that gives b"" means that the line is gone: unplugged, or the other side of a pty closed. Then the port is
#    closed and a new one is opened when the path is there again.
# 2. A speed that linux has no name for (14,400) is not set: then the reader does not answer, and is looked for at
#    another.
# 3. The path may be a link: it is followed at each opening.

import asyncio
import termios

from . import libc

_SPEEDS = {1200: 9, 2400: 11, 4800: 12, 9600: 13, 19200: 14, 38400: 15, 57600: 0o10001, 115200: 0o10002}
_CLOCAL_CREAD = 0o4000 | 0o200
_CRTSCTS = 0o20000000000
_CSTOPB = 0o100


class SerialPort:
    def __init__(self, path, baud):
        self._path = path
        self.baud = baud
        self._file = None
        self.reopen()

    def reopen(self):
        # -> is the line there?
        self.close()
        try:
            self._fd = libc.open_tty(self._path)
        except OSError:
            return False
        self._file = open(self._fd, "r+b")
        self._stream = asyncio.StreamReader(self._file)
        try:
            termios.setraw(self._fd)
            self._set_line(self.baud)
        except OSError:
            self.close()
            return False
        return True

    def set_baud(self, baud):
        self.baud = baud
        if self._file and baud in _SPEEDS:
            try:
                self._set_line(baud)
            except OSError:
                pass  # the line is gone: the next read says so

    def _set_line(self, baud):
        attributes = termios.tcgetattr(self._fd)
        attributes[2] = (attributes[2] | _CLOCAL_CREAD) & ~(_CRTSCTS | _CSTOPB)
        attributes[4] = attributes[5] = _SPEEDS[baud]
        termios.tcsetattr(self._fd, termios.TCSANOW, attributes)

    async def read(self, most):
        if not self._file:
            return b""
        try:
            while True:
                data = await self._stream.read(most)
                if data is not None:
                    return data
        except OSError:
            return b""

    def write(self, data):
        if self._file:
            try:
                self._stream.write(data)
            except OSError:
                pass  # as above

    async def drain(self):
        if self._file:
            try:
                await self._stream.drain()
            except OSError:
                pass  # as above

    def close(self):
        file, self._file = self._file, None
        if file:
            file.close()
