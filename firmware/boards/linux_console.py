# What is typed at the linux board: the terminal that it was started from, or a fifo, pty or file that stands for one.
# Answers go to a terminal only: what is written into a fifo would be read as if it had been typed.

import asyncio
import sys
import termios

from . import libc


def open_console(path):
    # -> Console, or None: nobody is there to type
    if not path:
        return Console(sys.stdin.buffer, True) if _is_terminal(sys.stdin.fileno()) else None
    try:
        fd = libc.open_tty(path)
    except OSError:
        return None
    return Console(open(fd, "r+b"), _is_terminal(fd))


def _is_terminal(fd):
    try:
        termios.tcgetattr(fd)
    except OSError:
        return False
    return True


class Console:
    def __init__(self, file, answers):
        self._file = file
        self._answers = answers
        self.readline = asyncio.StreamReader(
            file
        ).readline  # -> bytes with b"\n" at the end; b"": nobody types any more

    def write(self, data):
        if self._answers:
            self._file.write(data)
