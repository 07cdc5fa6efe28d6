"""What a list of ports says of stand-ins, and the file that lists them: TRAM_PORTS, or stand-ins.json of `tram`."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.sim.bare_board_image import Board

USB: dict[str, tuple[int | None, int | None, str, str]] = {
    "esp32": (0x10C4, 0xEA60, "CP2102 USB to UART Bridge Controller", "bridge"),
    "esp32s3": (0x1A86, 0x55D3, "USB Single Serial", "bridge"),
    "esp32c3": (0x303A, 0x1001, "USB JTAG/serial debug unit", "esp"),
    "rp2": (0x2E8A, 0x0005, "MicroPython Board in FS mode", "pico"),
}
"""Vendor, product, what it calls itself, and its kind in scripts/tram/ports."""


def entry_of(board: Board, device: str, mac: str, is_drive: bool) -> dict[str, Any]:
    """One stand-in board: its port, or the drive of its boot loader."""
    if is_drive:
        return {"device": device, "vid": None, "pid": None, "serial": "", "title": board.title, "kind": "uf2"}
    vid, pid, title, kind = USB["rp2" if board.is_rp2 else board.name]
    return {"device": device, "vid": vid, "pid": pid, "serial": mac, "title": title, "kind": kind}


def write_ports(file: Path, entries: Iterable[dict[str, Any]]) -> None:
    """Write it whole. `entries`: as BareBoard.entry() gives them; this process's number is added to each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([{**entry, "pid_of": os.getpid()} for entry in entries], indent=1, ensure_ascii=False)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as fresh:
        fresh.write(text)
    Path(name).replace(file)
