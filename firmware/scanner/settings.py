# How the reader should be set, and what has to be written to it to get there.
#
# 1. What is wanted is named in words; a word that is not known, or a value out of its range, is refused by name.
# 2. Only the bits that are ours are compared and changed: the rest of a zone differs between models and is kept.
# 3. The reader's own light and sound of success are off unless asked for: the reader cannot know what is kept, and
#    only the box may show green.
# 4. In protocol mode the tail is off, since models differ in whether they count it. Without protocol mode it is CR LF.
# 5. The pause between two reads is never shorter than what the framing needs to see them apart.

from .gm65 import (
    BAUD_DIVISORS,
    ZONE_FORMAT,
    ZONE_INTERVAL,
    ZONE_MODE,
    ZONE_OUTPUT,
    ZONE_SAME_CODE,
    ZONE_SETUP_CODES,
)
from .line import PROTOCOL, TAIL

READING = {"manual": 0, "command": 1, "continuous": 2, "sensing": 3}
_SWITCHES = ("protocol", "setup_codes", "sound", "success_light")
_RANGES = {"same_code_ms": (0, 12700), "interval_ms": (300, 25500), "verify_ms": (1000, 3600000)}
_TAILS = (b"\r", b"\r\n", b"\t", b"")

DEFAULTS = {
    "reading": "continuous",
    "protocol": True,
    "setup_codes": False,
    "same_code_ms": 500,  # 0: the reader gives the same code again and again
    "interval_ms": 500,
    "baud": 115200,  # None: leave it as it is
    "sound": False,
    "success_light": False,
    "verify_ms": 10000,
}


class SettingsError(Exception):
    def __init__(self, code: str, name: str) -> None:
        super().__init__(code + ": " + name)
        self.code = code
        self.name = name


def complete(wanted: dict) -> dict:
    for name, value in wanted.items():
        if name not in DEFAULTS:
            raise SettingsError("unknown", name)
        if not _fits(name, value):
            raise SettingsError("value", name)
    full = dict(DEFAULTS)
    full.update(wanted)
    return full


def _fits(name: str, value) -> bool:
    if name in _SWITCHES:
        return value is True or value is False
    if name == "reading":
        return isinstance(value, str) and value in READING
    if name == "baud":
        return value is None or (isinstance(value, int) and value in BAUD_DIVISORS)
    low, high = _RANGES[name]
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def targets(wanted: dict, protocol: bool) -> list:
    # [(name, zone, mask, value)]: the format first, so that codes read meanwhile are framed, and the reading mode last.
    same_code = 0x80 | wanted["same_code_ms"] // 100 if wanted["same_code_ms"] >= 100 else 0
    return [
        ("format", ZONE_FORMAT, 0xFF, 0x80) if protocol else ("format", ZONE_FORMAT, 0x7F, 0x21),
        ("output", ZONE_OUTPUT, 0x03, 0x00),
        ("setup_codes", ZONE_SETUP_CODES, 0x03, 0x00 if wanted["setup_codes"] else 0x02),
        ("interval_ms", ZONE_INTERVAL, 0xFF, wanted["interval_ms"] // 100),
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
        if zones[zone] & mask == value:
            continue
        names.append(name)
        values[zone] = values.get(zone, zones[zone]) & ~mask & 0xFF | value
        if zone not in writes:
            writes.append(zone)
    return [(zone, values[zone]) for zone in writes], names


def framing(format_zone: int) -> tuple:
    # (mode, tail) as zone 0060 tells.
    if format_zone & 0x80:
        return PROTOCOL, b""
    return TAIL, _TAILS[format_zone >> 5 & 3] if format_zone & 1 else b""
