"""A pty in the place of a cable: one end for a box's console, the other with what `Console` asks of a serial port."""

import os
import select
import tty


class PtyLine:
    """`path`: the box's end. This object is ours, as a serial port of pyserial's."""

    def __init__(self) -> None:
        self.timeout = 0.05
        self._master, self._slave = os.openpty()  # the slave stays open: otherwise the line hangs up
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.heard = b""

    @property
    def in_waiting(self) -> int:
        return 4096 if select.select([self._master], [], [], 0)[0] else 0

    def read(self, most: int) -> bytes:
        if not select.select([self._master], [], [], self.timeout)[0]:
            return b""
        data = os.read(self._master, max(most, 4096))
        self.heard += data
        return data

    def write(self, data: bytes) -> int:
        return os.write(self._master, data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
