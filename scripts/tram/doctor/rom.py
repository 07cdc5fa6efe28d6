"""A board that runs nothing: whether the chip's own loader is alive, and whether there is anything on its flash."""

from collections.abc import Mapping
from typing import Any

from scripts.tram import out
from scripts.tram.doctor.finding import Finding, bad
from scripts.tram.doctor.words import WORDS
from scripts.tram.ports import Port
from scripts.tram.trouble import Trouble

_BOOT_OFFSETS = {"esp32": 0x1000}
_SECTOR_BYTES = 4096


def look(port: Port) -> dict[str, Any]:
    """chip, mac, flash_bytes, is_blank, or locked; nothing: no chip of Espressif's answers. It starts anew after it."""
    from scripts.tram.flash.esp import FIRST_BAUD, Esp

    try:
        with out.step("rom", WORDS("step_rom")), Esp(port.device, FIRST_BAUD) as chip:
            found = chip.facts._asdict()
            found["is_blank"] = chip.is_blank(_BOOT_OFFSETS.get(chip.facts.chip, 0), _SECTOR_BYTES)
            chip.restart()
            return found
    except Trouble as none:
        if none.code == "chip_locked":
            return {"locked": True}
        if none.code.startswith("port_"):
            raise
        return {}


def judged(chip: Mapping[str, Any]) -> Finding:
    """Pure: what the loader said -> a finding."""
    if chip.get("locked"):
        return bad("rom_locked")
    facts = {"chip": chip["chip"], "mac": chip["mac"], "mib": chip["flash_bytes"] // (1024 * 1024)}
    return bad("rom_empty" if chip["is_blank"] else "rom_alive", **facts)
