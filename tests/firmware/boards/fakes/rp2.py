from blocks import Blocks
from chipside import ASKED, CHIP, given

_REGION_BYTES = given("REGION_BYTES", {"rp2040": 848 * 1024, "rp2350": 2560 * 1024}.get(CHIP, 0))


class Flash(Blocks):
    def __init__(self, *, start=-1, len=-1):
        if start % 4096 or len % 4096 or not 0 <= start < _REGION_BYTES or not 0 < len <= _REGION_BYTES - start:
            raise ValueError
        ASKED.append(("flash", start, len))
        super().__init__(len // 4096, 256, AssertionError("outside: the chip would take whatever lies there"))
