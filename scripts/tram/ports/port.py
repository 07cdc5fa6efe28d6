"""One serial port, and what its USB ids tell of it.

1. esp: the chip's own USB. Espressif's number (303A) is on the ROM loader, on MicroPython, on boards of other makers.
2. bridge: a USB-to-serial chip. A board, a reader or anything else may be behind it: only asking tells.
3. pico: MicroPython on an RP2040 or RP2350 (2E8A:0005). Its loader is no serial port but a drive.
4. reader: a reader module on its own USB, set to be a serial port. The makers of the cheap ones share no number, so a
   reader is known by its maker's number where there is one, else by what it calls itself.
5. uf2: such a loader's drive. `device` is then the folder where it is mounted.
6. other: everything else. It is never opened unless a person names it.

Sources: Espressif's table of USB product ids (github.com/espressif/usb-pids); mpconfigport.h of MicroPython's ports rp2
and esp32; the id tables of Linux's drivers/usb/serial/ cp210x.c, ch341.c, ftdi_sio.c, pl2303.c, and of WCH's ch343.c;
Newland's VID in its manuals.
"""

import re
from typing import NamedTuple

KINDS = ("esp", "bridge", "pico", "uf2", "reader", "other")
BOARD_KINDS = frozenset({"esp", "bridge", "pico", "uf2"})
"""Behind which a board of ours may be."""

ESPRESSIF = 0x303A
MICROPYTHON_RP2 = (0x2E8A, 0x0005)
_BRIDGES = {
    (0x10C4, 0xEA60): "CP210x",
    (0x10C4, 0xEA70): "CP2105",
    (0x10C4, 0xEA71): "CP2108",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x7522): "CH340",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D2): "CH342",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x1A86, 0x55D5): "CH344",
    (0x1A86, 0x55D8): "CH9101",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6011): "FT4232",
    (0x0403, 0x6014): "FT232H",
    (0x0403, 0x6015): "FT230X",
    (0x067B, 0x2303): "PL2303",
    (0x067B, 0x23A3): "PL2303GC",
}
_READER_MAKERS = {0x1EAB: "Newland", 0x0C2E: "Honeywell", 0x05E0: "Zebra"}
_READER_NAME = re.compile(r"bar ?code|scanner|qr ?code|\bGM6[0-9]\b|\bGM8[0-9]{2}", re.IGNORECASE)


class Port(NamedTuple):
    """A port as it is now. `vid`, `pid`: USB numbers, None where it is not on USB. `title`: for people."""

    device: str
    """What opens it: /dev/ttyUSB0, COM5, /dev/cu.usbmodem1101, or a URL of pyserial's."""
    vid: int | None
    pid: int | None
    serial: str
    title: str
    kind: str
    """One of KINDS."""

    @property
    def ids(self) -> str:
        """Such as `303a:1001`; empty where it is not on USB."""
        return "" if self.vid is None or self.pid is None else f"{self.vid:04x}:{self.pid:04x}"


def kind_of(vid: int | None, pid: int | None, name: str = "") -> str:
    """-> one of KINDS. `name`: what the device says of itself, with its maker."""
    if vid is None or pid is None:
        return "other"
    if vid == ESPRESSIF:
        return "esp"
    if (vid, pid) == MICROPYTHON_RP2:
        return "pico"
    if vid in _READER_MAKERS or _READER_NAME.search(name):
        return "reader"
    return "bridge" if (vid, pid) in _BRIDGES else "other"


def title_of(vid: int | None, pid: int | None, name: str) -> str:
    """What a person is told of it: the chip where we know it, and what the device calls itself."""
    chip = _BRIDGES.get((vid or 0, pid or 0)) or _READER_MAKERS.get(vid or 0, "")
    if not chip or chip.lower() in name.lower():
        return name
    return f"{chip} · {name}" if name else chip
