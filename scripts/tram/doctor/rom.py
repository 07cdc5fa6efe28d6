"""A board that runs nothing: whether the chip's own loader is alive, and whether there is anything on its flash."""

from collections.abc import Mapping
from typing import Any, Protocol

from scripts.tram import out
from scripts.tram.doctor.finding import Finding, bad
from scripts.tram.doctor.words import WORDS
from scripts.tram.ports import Port
from scripts.tram.trouble import Trouble

_BOOT_OFFSETS = {"esp32": 0x1000}
_SECTOR_BYTES = 4096
_TABLE_OFFSET, _ENTRY_BYTES, _ENTRIES = 0x8000, 32, 16
_IMAGE, _ENTRY = b"\xe9", b"\xaa\x50"
_VOLUME = b"vfs"
EMPTY, HALF, NO_SYSTEM, ALIVE = "rom_empty", "rom_half", "rom_no_system", "rom_alive"


class Flash(Protocol):
    """What is asked of a chip (scripts/tram/flash/esp.py)."""

    def is_blank(self, offset: int, size: int) -> bool: ...

    def read(self, offset: int, size: int) -> bytes: ...


def look(port: Port) -> dict[str, Any]:
    """chip, mac, flash_bytes, state (EMPTY, …), or locked; nothing: no chip of Espressif's answers.

    It starts anew after it.
    """
    from scripts.tram.flash.esp import FIRST_BAUD, Esp

    try:
        with out.step("rom", WORDS("step_rom")), Esp(port.device, FIRST_BAUD) as chip:
            found = chip.facts._asdict()
            found["state"] = state(chip, _BOOT_OFFSETS.get(chip.facts.chip, 0))
            chip.restart()
            return found
    except Trouble as none:
        if none.code == "chip_locked":
            return {"locked": True}
        if none.code.startswith("port_"):
            raise
        return {}


def state(chip: Flash, boot_offset: int) -> str:
    """What is on the flash, as far as it tells why nothing runs. A boot loader is what `tram flash` writes last."""
    is_bare = chip.is_blank(boot_offset, _SECTOR_BYTES)
    if is_bare and chip.is_blank(_TABLE_OFFSET, _SECTOR_BYTES):
        return EMPTY
    if is_bare or chip.read(boot_offset, len(_IMAGE)) != _IMAGE:
        return HALF
    table = chip.read(_TABLE_OFFSET, _ENTRY_BYTES * _ENTRIES)
    entries = [table[at : at + _ENTRY_BYTES] for at in range(0, len(table), _ENTRY_BYTES)]
    if not entries[0].startswith(_ENTRY):
        return HALF
    for entry in entries:
        if entry.startswith(_ENTRY) and entry[12:28].rstrip(b"\0") == _VOLUME:
            offset, size = (int.from_bytes(entry[at : at + 4], "little") for at in (4, 8))
            if chip.is_blank(offset, min(size, 2 * _SECTOR_BYTES)):  # a volume begins with two sectors of its own
                return NO_SYSTEM
    return ALIVE


def judged(chip: Mapping[str, Any]) -> Finding:
    """Pure: what the loader said -> a finding."""
    if chip.get("locked"):
        return bad("rom_locked")
    facts = {"chip": chip["chip"], "mac": chip["mac"], "mib": chip["flash_bytes"] // (1024 * 1024)}
    return bad(chip["state"], **facts)
