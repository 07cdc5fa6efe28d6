"""`backup` and `restore`: all zones of a module in a file of TOML, and back.

1. A copy says of which model and version it is, and has a check sum of its zones: one that was damaged is not
   written.
2. Written are only zones that are known and are settings. The ways out (UART or USB) and the speed stay as they are:
   with another one the module could not be asked whether it has kept the rest.
3. Each zone is read back. Only then all is saved.
"""

import datetime
import tomllib
from binascii import crc32
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.scanner import gm65
from scripts.tram import exits, out
from scripts.tram.home import write_whole
from scripts.tram.reader.session import Found, Target, found
from scripts.tram.reader.table import ZONES, Model
from scripts.tram.reader.words import WORDS
from scripts.tram.trouble import Trouble

FORMAT = "tram-reader-1"
_MOST_BYTES = 64 * 1024
_OUTPUT_BITS = 0x03
_VERSION = slice(gm65.ZONE_MODEL, gm65.ZONE_MODEL + 6)


@dataclass(frozen=True)
class Copy:
    model: str
    zones: bytes


async def backup(target: Target, file: Path) -> int:
    async with found(target) as it:
        zones = await it.zoned().read_all()
        write_whole(file, written(it.model, zones, it.bench.line.baud).encode())
        out.result({**it.facts, "file": str(file), "zones": zones.hex()}, it.line, WORDS("copied", file=file))
    return exits.OK


async def restore(target: Target, file: Path, is_edited: bool) -> int:
    copy = read(file, is_edited)
    async with found(target) as it:
        zoned = it.zoned()
        before = await zoned.read_all()
        _check(it, copy, before)
        wants, left = planned(it.model, before, copy.zones)
        if wants and not out.confirm(WORDS("ask_restore", n=len(wants), file=file, title=it.model.title)):
            out.result({**it.facts, "done": False}, WORDS("declined"))
            return exits.OK
        _, ignored = await zoned.write(before, wants)
        if ignored:
            raise Trouble("ignored", exits.REFUSED, WORDS, names=", ".join(f"{zone:04X}" for zone in ignored))
        if wants:
            await zoned.save()
        names = [f"{zone:04X}" for zone in left]
        lines = [WORDS("restored", n=len(wants)) if wants else WORDS("nothing_to_set")]
        if names:
            lines.append(WORDS("left", names=", ".join(names)))
        facts = {"done": True, "written": [f"{zone:04X}" for zone in sorted(wants)], "left": names}
        out.result({**it.facts, **facts}, it.line, *lines)
    return exits.OK


def written(model: Model, zones: bytes, baud: int) -> str:
    """A copy as TOML, with what is known of each zone behind it."""
    taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    lines = [
        f'format = "{FORMAT}"',
        f'model = "{model.name}"',
        f'version = "{zones[_VERSION].hex()}"',
        f"baud = {baud}",
        f"taken = {taken.replace('+00:00', 'Z')}",
        f'crc32 = "{crc32(zones):08x}"',
        "",
        "[zones]",
    ]
    for at, value in enumerate(zones):
        zone = model.of_zone.get(at)
        names = ", ".join(one.name for one in zone.fields) if zone else ""
        lines.append(f'"{at:04X}" = "{value:02X}"' + (f" # {names}" if names else ""))
    return "\n".join(lines) + "\n"


def read(file: Path, is_edited: bool) -> Copy:
    """Raises Trouble copy_form, copy_changed; OSError."""
    with open(file, "rb") as opened:
        data = opened.read(_MOST_BYTES + 1)
    try:
        said = tomllib.loads(data.decode())
        if len(data) > _MOST_BYTES or said["format"] != FORMAT:
            raise ValueError("format")
        zones = _zones(said["zones"])
        copy = Copy(str(said["model"]), zones)
        is_whole = said["crc32"] == f"{crc32(zones):08x}" and said["version"] == zones[_VERSION].hex()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError, AttributeError) as bad:
        raise Trouble("copy_form", exits.REFUSED, WORDS, file=str(file), why=_why(bad)) from bad
    if not is_whole and not is_edited:
        raise Trouble("copy_changed", exits.REFUSED, WORDS, file=str(file))
    return copy


def planned(model: Model, before: bytes, copy: bytes) -> tuple[dict[int, int], list[int]]:
    """-> what to write to which zone, and the zones that differ and are not written."""
    wants: dict[int, int] = {}
    left: list[int] = []
    for at in range(ZONES):
        zone = model.of_zone.get(at)
        value = copy[at]
        if at == gm65.ZONE_OUTPUT:
            value = value & ~_OUTPUT_BITS | before[at] & _OUTPUT_BITS
        if value != before[at]:
            if zone is None or zone.fixed or zone.at == gm65.ZONE_BAUD:
                left.append(at)
            else:
                wants[at] = value
        elif value != copy[at]:
            left.append(at)
    return wants, left


def _zones(said: Mapping[str, Any]) -> bytes:
    if len(said) != ZONES:
        raise ValueError("zones")
    values = [said[f"{at:04X}"] for at in range(ZONES)]
    if not all(isinstance(value, str) and len(value) == 2 for value in values):
        raise ValueError("zones")
    return bytes.fromhex("".join(values))


def _check(it: Found, copy: Copy, now: bytes) -> None:
    theirs, ours = copy.zones[_VERSION], now[_VERSION]
    if copy.model != it.model.name or theirs[0] != ours[0]:
        facts = {"theirs": f"{copy.model} ({theirs[:1].hex()})", "ours": f"{it.model.name} ({ours[:1].hex()})"}
        raise Trouble("copy_other", exits.REFUSED, WORDS, **facts)
    if theirs != ours:
        said = WORDS("other_version", theirs=theirs.hex(), ours=ours.hex())
        out.event("other_version", said, theirs=theirs.hex(), ours=ours.hex())


def _why(bad: Exception) -> str:
    return str(bad).strip("'\"")[:80] or type(bad).__name__
