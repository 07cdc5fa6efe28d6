# What is typed at the linux board: the terminal that it was started from, or a fifo, pty or file that stands for one.

import asyncio
import sys
import termios

from . import libc


def open_console(path):
    # -> a stream with readline() and write(), or None: nobody is there to type
    if path:
        try:
            return asyncio.StreamReader(open(libc.open_tty(path), "r+b"))
        except OSError:
            return None
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except (OSError, AttributeError):
        return None
    return asyncio.StreamReader(sys.stdin.buffer)
