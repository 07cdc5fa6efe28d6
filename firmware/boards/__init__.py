# Which board is this? One module per board, with a class Board of the same shape (see linux.py); the others are not
# loaded.

import sys


def here():
    if sys.platform == "linux":
        from .linux import Board

        return Board(sys.argv[1:])
    from .which import board_name, board_of

    return board_of(board_name())()
