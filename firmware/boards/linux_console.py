# What is typed at the linux board: the terminal that it was started from, or a fifo, pty or file that stands for one.
# Answers go to a terminal only: what is written into a fifo would be read as if it had been typed.

import asyncio
import select
import sys
import termios

from . import libc

_PATIENCE_MS = 300


def open_console(path):
    # -> Console, or None: nobody is there to type
    if not path:
        return Console(sys.stdin.buffer, True) if _is_terminal(sys.stdin.fileno()) else None
    try:
        fd = libc.open_tty(path)
    except OSError:
        return None
    return Console(open(fd, "r+b"), _is_terminal(fd), True)


def _is_terminal(fd):
    try:
        termios.tcgetattr(fd)
    except OSError:
        return False
    return True


class Console:
    # `is_apart`: what happens is printed there too once somebody has typed, as on a chip, whose only output it is.
    def __init__(self, file, answers, is_apart=False):
        self._file = file
        self._answers = answers
        self._is_apart = is_apart
        self._stream = asyncio.StreamReader(file)
        self._out = select.poll()
        self._out.register(file, select.POLLOUT)
        self.is_used = False

    async def readline(self):
        # -> bytes with b"\n" at the end; b"": nobody types, now
        try:
            line = await self._stream.readline()
        except OSError:
            return b""  # the other side of a pty has been closed
        self.is_used = self._is_apart and self._answers
        return line

    def tell(self, line):
        if self._out.poll(0):
            self.write(line)

    def write(self, data):
        # Who does not read cannot hold the box up for long: what does not go out in time is dropped.
        if not self._answers:
            return
        data = data.encode() if isinstance(data, str) else data
        while data and self._out.poll(_PATIENCE_MS):
            try:
                data = data[self._file.write(data) or 0 :]
            except OSError:
                return
