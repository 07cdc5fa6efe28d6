# Bringing a GM65/GM861 to what is wanted. Loaded when its zones are not what they should be, and let go after.
#
# 1. First the model: a GM65 says so; of the others only the newer ones answer a heartbeat, and are "gm861" here.
# 2. Then the speed. Reading is stopped before it changes: a code sent at that moment would be garbled. Where no answer
#    comes at the new speed, the old one is kept.
# 3. Everything is read first. What differs is written, then read back: an acknowledgement alone means nothing. What is
#    ignored twice is named, and the reader is used as it is.
# 4. A reader that ignores protocol mode is used in tail mode. A GM60 ships with 04 in front of its codes, which would
#    all be noise: zone 001A is set to 03, without a checksum, and where that is ignored, tail mode is used. The zone is
#    read only in a module that is none of the two which say what they are, and that keeps protocol mode: elsewhere
#    nobody knows what it means.
# 5. Reading is stopped while the framing changes, too: a code would be framed by guess. The reading mode is therefore
#    written last, when the rest has been read back.
# 6. It is saved only if it is now set otherwise than it was found, and again until the save is acknowledged.

import asyncio

from firmware.modules import forget

from . import gm65, zones
from .line import HEARTBEAT, HOLD

_ROUNDS = 5
_HEARTBEATS = 2
_SETTLE_S = 0.08


async def run(driver, found: dict, is_again: bool) -> dict | None:
    # -> the zones when all is right, {}: to be tried again next time; None: it does not answer any more.
    # driver.names: what it does not keep.
    if driver.model == "unknown":
        driver.model = await _model(driver)
    if is_again:
        driver.protocol = driver.wanted["protocol"]
        driver.baud_ignored = driver.format_ignored = False
    if not await _change_baud(driver, found):
        return None
    await driver.add_header(found)
    first = found
    names = []
    for attempt in range(_ROUNDS):
        was = names
        if attempt:
            found = await driver.zones()
            if found is None:
                return None
        writes, names = _differences(driver, found)
        if (attempt and "format" in names) or ("header" in names and "header" in was):
            _give_way(driver)
            writes, names = _differences(driver, found)
        if not writes or attempt == _ROUNDS - 1:
            break
        if "format" in names or "header" in names:
            writes = _quietly(found, writes)
        for zone, value in writes:
            await _write(driver, zone, value)
    driver.is_dirty = driver.is_dirty or found != first
    if driver.is_dirty:
        driver.count("saves")
        driver.is_dirty = not await driver.order(gm65.save())
    driver.names = names + _without(driver)
    forget(zones.__name__)
    return {} if names else found


async def _model(driver) -> str:
    data = await driver.check()
    if data and data[0] == gm65.MODEL_GM65:
        return "gm65"
    for _ in range(_HEARTBEATS):
        if await driver.talk.ask(gm65.heartbeat(), HEARTBEAT) is not None:
            return "gm861"
    driver.has_header = data is not None
    return "unknown"


async def _change_baud(driver, found: dict) -> bool:
    baud, old_baud = driver.wanted["baud"], driver.port.baud
    if not baud or baud == old_baud or driver.baud_ignored:
        return True
    await _write(driver, gm65.ZONE_MODE, found[gm65.ZONE_MODE] & 0xFC)
    await driver.order(gm65.baud(baud))
    for candidate in (baud, old_baud):
        await asyncio.sleep(_SETTLE_S)
        driver.listen_at(candidate, True)
        if await driver.read(gm65.BLOCK_BAUD) is not None:
            driver.good_baud = candidate
            driver.is_dirty = driver.is_dirty or candidate == baud
            driver.baud_ignored = candidate != baud
            # The reading was stopped: it counts as a difference that must be put right.
            found[gm65.ZONE_MODE] &= 0xFC
            return True
    return False


def _differences(driver, found: dict) -> tuple:
    goals = zones.targets(driver.wanted, driver.protocol)
    if driver.has_header and not driver.protocol:
        goals[0] = zones.TAIL_ALONE
    elif driver.has_header:
        goals.append(zones.HEADER)
    return zones.different(found, goals[1:] if driver.format_ignored else goals)


def _quietly(found: dict, writes: list) -> list:
    # The same writes with the reading stopped first, and not begun again.
    stop = (gm65.ZONE_MODE, found[gm65.ZONE_MODE] & 0xFC)
    return [stop] + [write for write in writes if write[0] != gm65.ZONE_MODE]


def _give_way(driver) -> None:
    # It has ignored the framing that was written, or what codes begin with.
    if driver.protocol:
        driver.protocol = False
    else:
        driver.format_ignored = True


def _without(driver) -> list:
    names = ["baud"] if driver.baud_ignored else []
    if driver.format_ignored:
        names.append("format")
    elif driver.protocol != driver.wanted["protocol"]:
        names.append("protocol")
    return names


async def _write(driver, zone: int, value: int) -> None:
    is_format = zone == gm65.ZONE_FORMAT
    driver.count("writes")
    if not await driver.order(gm65.write(zone, bytes((value,))), is_format) and is_format:
        # Written or not: what comes next may be in either framing.
        driver.handle(driver.frames.set_mode(HOLD))
