# What is typed at the board's USB or serial console. A line ends with CR or LF; terminals send either, or both.
#
# Pasted text comes faster than tasks take turns, and a serial console keeps no more than some 260 bytes: what has come
# is taken at once, byte by byte, as a read of more would wait for the rest.

import asyncio
import select
import sys
import time

_MOST_BYTES = 2048
_LISTENS_MS = 600000


class Console:
    def __init__(self):
        self._input = sys.stdin.buffer
        self._stream = asyncio.StreamReader(self._input)
        self._waiting = select.poll()
        self._waiting.register(self._input, select.POLLIN)
        self._line = b""
        self._heard_ms = time.ticks_ms()
        self.is_used = False  # somebody has typed something, and is not gone

    async def readline(self):
        # -> the next line that is not empty, with b"\n" at its end; b"" where nobody will ever type. What is longer
        # than _MOST_BYTES loses its beginning.
        while True:
            byte = await self._stream.read(1)
            if not byte:
                return b""
            self.is_used, self._heard_ms = True, time.ticks_ms()
            while byte:
                if byte in b"\r\n":
                    line, self._line = self._line, b""
                    if line:
                        return line + b"\n"
                else:
                    self._line = (self._line + byte)[-_MOST_BYTES:]
                byte = self._input.read(1) if self._waiting.poll(0) else b""

    def tell(self, line):
        # What happens, for whoever typed within _LISTENS_MS.
        if self.is_used and time.ticks_diff(time.ticks_ms(), self._heard_ms) < _LISTENS_MS:
            self.write(line)
        else:
            self.is_used = False

    def write(self, data):
        sys.stdout.write(data if isinstance(data, str) else data.decode())
