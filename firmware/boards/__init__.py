# Which board is this? One module per board, with a class Board of the same shape (see linux.py).

import sys


def here():
    if sys.platform == "linux":
        from .linux import Board

        return Board(sys.argv[1:])
    raise RuntimeError("no board for " + sys.platform)
