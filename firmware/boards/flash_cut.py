# The moment in which the power goes while a flash image is written to: what is torn, and the end of the process.

import os

import ffi

EXIT_CUT = 87
# What the torn operation has done when the power goes: nothing, its first or second half, some of its bits, all of it.
MODES = ("nothing", "half", "other_half", "bits", "all")
_PIECE_BYTES = 256
_ERASED = b"\xff" * _PIECE_BYTES

_exit = ffi.open("libc.so.6").func("v", "_exit", "i")


def cut(file, mode, at, length, data):
    # `data`: what was to be programmed; None: `length` bytes were to be erased. By pieces: memory may be short.
    begin = length // 2 if mode == "other_half" else 0
    end = {"nothing": 0, "half": length // 2}.get(mode, length)
    for start in range(begin, end, _PIECE_BYTES):
        size = min(_PIECE_BYTES, end - start)
        piece = _ERASED[:size] if data is None else data[start : start + size]
        file.seek(at + start)
        if mode == "bits":
            old, draw = file.read(size), os.urandom(size)
            piece = bytes([(o & ~r) | (n & r) for o, n, r in zip(old, piece, draw)])
            file.seek(at + start)
        file.write(piece)
    _exit(EXIT_CUT)
