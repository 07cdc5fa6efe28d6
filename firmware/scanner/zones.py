# What the zones of a GM65/GM861 should hold, and what has to be written to get there.
#
# 1. Only the bits that are ours are compared and changed: the rest of a zone differs between models and is kept.
# 2. In protocol mode the tail is off, since models differ in whether they count it. Without protocol mode it is CR LF.
# 3. A zone that was not read is not compared.

from .gm65 import (
    ZONE_FORMAT,
    ZONE_HEADER,
    ZONE_INTERVAL,
    ZONE_MODE,
    ZONE_OUTPUT,
    ZONE_SAME_CODE,
    ZONE_SETUP_CODES,
    ZONE_SLEEP,
)
from .settings import READING

# Only of a GM60 (gm65_apply.py, 4): codes begin with 03 and have no checksum; or all of the format is the tail's.
HEADER = ("header", ZONE_HEADER, 0xC1, 0x00)
TAIL_ALONE = ("format", ZONE_FORMAT, 0xFF, 0x21)


def targets(wanted: dict, protocol: bool) -> list:
    # [(name, zone, mask, value)]: the format first, so that codes read meanwhile are framed, and the reading mode last.
    same_code = 0x80 | wanted["same_code_ms"] // 100 if wanted["same_code_ms"] >= 100 else 0
    return [
        ("format", ZONE_FORMAT, 0xFF, 0x80) if protocol else ("format", ZONE_FORMAT, 0x7F, 0x21),
        ("output", ZONE_OUTPUT, 0x03, 0x00),
        ("setup_codes", ZONE_SETUP_CODES, 0x03, 0x00 if wanted["setup_codes"] else 0x02),
        ("interval_ms", ZONE_INTERVAL, 0xFF, wanted["interval_ms"] // 100),
        ("sleep", ZONE_SLEEP, 0x80, 0x00),
        ("same_code_ms", ZONE_SAME_CODE, 0xFF, same_code),
        ("sound", ZONE_MODE, 0x40, 0x40 if wanted["sound"] else 0),
        ("success_light", ZONE_MODE, 0x80, 0x80 if wanted["success_light"] else 0),
        ("reading", ZONE_MODE, 0x03, READING[wanted["reading"]]),
    ]


def different(zones: dict, goals: list) -> tuple:
    # What to write, [(zone, value)] in the order of the goals, and the names of what differs.
    writes = []
    names = []
    values = {}
    for name, zone, mask, value in goals:
        if zone not in zones or zones[zone] & mask == value:
            continue
        names.append(name)
        values[zone] = values.get(zone, zones[zone]) & ~mask & 0xFF | value
        if zone not in writes:
            writes.append(zone)
    return [(zone, values[zone]) for zone in writes], names
