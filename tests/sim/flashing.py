"""The real tools at a stand-in board: esptool as a library, mpremote as a program."""

import hashlib
import struct
import subprocess
import sys

import esptool
from esptool.logger import log

from scripts.sim.bare_board_image import TABLE, micropython, system_image
from scripts.sim.rom_chips import CHIPS

KINDS = {"nvs": (1, 2), "phy_init": (1, 1), "factory": (0, 0), "vfs": (1, 0x81), "spool": (1, 6)}


def table(board):
    """A partition table in binary, for a board of hardware/boards.toml."""
    places = {"nvs": (0x9000, 0x6000), "phy_init": (0xF000, 0x1000)}
    places |= {"factory": board.app, "vfs": board.system, "spool": board.spool}
    entries = b"".join(
        b"\xaa\x50" + bytes(KINDS[name]) + struct.pack("<II", *place) + name.encode().ljust(20, b"\0")
        for name, place in places.items()
    )
    return (entries + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(entries).digest()).ljust(0xC00, b"\xff")


def program(board):
    """What stands for MicroPython, with our table in it -> (offset, bytes)"""
    offset = CHIPS[board.chip].loader_offset
    data = bytearray(micropython(board.name))
    ours = table(board)
    data[TABLE - offset : TABLE - offset + len(ours)] = ours
    return offset, bytes(data)


def whole(board, key):
    """All that a board is flashed with: [(offset, bytes)]"""
    return [program(board), (board.system.offset, system_image(board.name, key))]


def connected(device, with_stub=True):
    """-> esptool's chip, its port open"""
    log.set_verbosity("silent")
    chip = esptool.detect_chip(device, connect_attempts=2)
    chip._port.timeout = 2  # without it esptool waits two minutes for a stub that does not start
    try:
        chip = esptool.run_stub(chip) if with_stub else chip
        esptool.attach_flash(chip)
    except BaseException:
        chip._port.close()
        raise
    return chip


def write(device, parts, with_stub=True):
    """Write and have esptool verify it."""
    with connected(device, with_stub) as chip:
        esptool.write_flash(chip, parts, flash_size="keep", flash_mode="keep", flash_freq="keep")
        esptool.reset_chip(chip, "hard-reset")


def mpremote(device, *words):
    """-> what it prints"""
    command = [sys.executable, "-m", "mpremote", "connect", device, "resume", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
