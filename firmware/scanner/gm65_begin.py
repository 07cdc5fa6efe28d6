# What is done once with a GM65/GM861 that was found: which model it is, and its speed. Loaded for that, then let go.
#
# 1. A GM65 says so. Of the others only the newer ones answer a heartbeat: they are "gm861" here.
# 2. Reading is stopped first: a code sent while the speed changes would be garbled. The setting of the reading mode
#    begins it again. Where no answer comes at the new speed, the old one is tried.

import asyncio

from . import gm65
from .line import HEARTBEAT

_SETTLE_S = 0.08
_TRIES = 2


async def _read(talk, block: tuple) -> bytes | None:
    zone, count = block
    for _ in range(_TRIES):
        data = await talk.ask(gm65.read(zone, count), count)
        if data is not None:
            return data
    return None


async def model(talk) -> str:
    data = await _read(talk, gm65.BLOCK_MODEL)
    if data and data[0] == gm65.MODEL_GM65:
        return "gm65"
    return "unknown" if await talk.ask(gm65.heartbeat(), HEARTBEAT) is None else "gm861"


async def raise_speed(talk, listen_at, zones: dict, old_baud: int, baud: int) -> int | None:
    # -> the speed at which it answers; None: at neither
    await talk.ask(gm65.write(gm65.ZONE_MODE, bytes((zones[gm65.ZONE_MODE] & 0xFC,))), gm65.ACK_BYTES)
    await talk.ask(gm65.baud(baud), gm65.ACK_BYTES)
    for candidate in (baud, old_baud):
        await asyncio.sleep(_SETTLE_S)
        listen_at(candidate, True)
        if await _read(talk, gm65.BLOCK_BAUD) is not None:
            return candidate
    return None
