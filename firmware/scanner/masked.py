# What a flash write that masks interrupts does to the line (RP2): the UART keeps UART_BYTES, and loses the rest without
# a word. So a code of which the middle is missing may look whole, even by its length, when the end of another follows.
#
# 1. Every such write stands between `hold` and `release` of the reader loop, and nothing is read between the two.
# 2. The UART keeps what comes first. So where nothing waits to be read behind the write, nothing came during it.
# 3. A write in which fewer than UART_BYTES could come has lost none. The clock may be a millisecond short.
# 4. In any other case bytes may be missing from what is on the line, begun before the write or during it: all of it, up
#    to the next silence, is refused as truncated. It does not matter how codes are framed. A code that follows without
#    silence is refused with it; one that came before, and was whole, has been given out.

UART_BYTES = 32
_BITS = 10


def may_be_torn(port, held_ms: int, is_under_way: bool) -> bool:
    if (held_ms + 1) * port.baud < UART_BYTES * _BITS * 1000:
        return False
    return is_under_way or not hasattr(port, "waiting") or port.waiting() > 0
