"""The ways in which the bytes of a code come to harm. Pure, and drawn from a seed."""

import random

EXTREMES = [b"", b"|", b"||", b"<", b"$", b"*", b"0", b"\x00", b"\xff", "Ầ".encode(), "\u202e".encode(), b"99999999"]


def harmed(draw: random.Random, code: bytes, first: int = 0) -> bytes:
    """The code with one or two harms to it, none in front of `first`."""
    data = bytearray(code)
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.randrange(first, len(data) + 1)
        what = draw.randrange(7)
        if what == 0:
            del data[at:]
        elif what == 1:
            del data[at : at + draw.randrange(1, 9)]
        elif what == 2 and at < len(data):
            data[at] = draw.randrange(256)
        elif what == 3 and at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        elif what == 4:
            data[at:at] = draw.choice(EXTREMES)
        elif what == 5:
            data[at:at] = data[draw.randrange(first, len(data) + 1) :][:40]
        else:
            low, high = sorted((at, draw.randrange(first, len(data) + 1)))
            data[low:high] = data[low:high][::-1][:20]
    return bytes(data)
