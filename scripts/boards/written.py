"""The files that are written from hardware/boards.toml."""

from pathlib import Path

from scripts.boards.data import Board
from scripts.boards.facts import CHIPS

NOTE = "Written by scripts/draw from hardware/boards.toml: change it there."

BOOT = """\
# {title}: to be frozen into MicroPython as `_boot.py`, in the place of the stock one.
# {note}
#
# The stock one mounts all that is reserved for files, spool and all, and formats it where that fails for any reason.
# This one mounts the first part, and formats nothing: what cannot be mounted is left for somebody to look at.

import rp2
import vfs

try:
    vfs.mount(vfs.VfsLfs2(rp2.Flash(start=0, len={bytes}), progsize=256), "/")
except OSError as bad:
    print("the system volume cannot be mounted:", bad)
del rp2, vfs
"""


def files(boards: list[Board]) -> dict[Path, str]:
    """Path below the root -> content."""
    texts = {Path(f"firmware/boards/pins_{board.name}.py"): pins(board) for board in boards}
    for board in boards:
        if board.family == "esp":
            texts[Path(f"hardware/partitions/{board.name}.csv")] = partitions(board)
        else:
            texts[Path(f"hardware/boot/{board.name}/_boot.py")] = boot(board)
    texts[Path("hardware/wiring.md")] = wiring(boards)
    return texts


def pins(board: Board) -> str:
    lines = [f"# {board.title}.", f"# {NOTE}", "", f"UART = {board.uart_id}", f"I2C = {board.display_id}"]
    lines.append(f'LIGHT = "{board.light}"')
    lines += [f"{use.replace('.', '_').upper()} = {pin}" for use, pin in board.pins.items()]
    if board.light == "rgb":
        lines.append(f"LIGHT_ON_LOW = {board.on_low}")
    if board.family == "rp2":  # where rp2.Flash counts from: what MicroPython reserves for files
        start = board.parts["system"].offset
        lines += [
            f"SYSTEM_BYTES = {board.parts['system'].bytes}",
            f"SPOOL_START = {board.parts['spool'].offset - start}",
        ]
        lines.append(f"SPOOL_BYTES = {board.parts['spool'].bytes}")
    return "\n".join(lines) + "\n"


def partitions(board: Board) -> str:
    rows = [("nvs", "data", "nvs", 0x9000, 0x6000), ("phy_init", "data", "phy", 0xF000, 0x1000)]
    kinds = {
        "app": ("factory", "app", "factory"),
        "system": ("vfs", "data", "fat"),
        "spool": ("spool", "data", "undefined"),
    }
    rows += [(*kinds[name], part.offset, part.bytes) for name, part in board.parts.items()]
    head = [f"# {NOTE}", f"# {board.title}: the partition table to build or flash MicroPython with."]
    head.append("# Name, Type, SubType, Offset, Size")
    return "\n".join(head + [f"{n}, {t}, {s}, {offset:#x}, {size:#x}" for n, t, s, offset, size in rows]) + "\n"


def boot(board: Board) -> str:
    return BOOT.format(title=board.title, note=NOTE, bytes=board.parts["system"].bytes)


def wiring(boards: list[Board]) -> str:
    lines = ["# Wiring", "", f"<!-- {NOTE} -->", ""]
    lines.append("Numbers are the chip's GPIO numbers, all at 3.3 V.")
    lines.append("The reader's TX goes to our `uart.rx`, its RX to our `uart.tx`.")
    for board in boards:
        bus = f"UART {board.uart_id}, I2C {board.display_id}, light {board.light}"
        lines += ["", f"## {board.name}: {board.title}", "", f"{bus}.", "", "| for | GPIO |", "|---|---|"]
        lines += [f"| {use} | {pin} |" for use, pin in board.pins.items()]
        barred = "; ".join(_runs(CHIPS[board.chip].barred))
        lines += ["", f"Not to be used: {barred}."]
    return "\n".join(lines) + "\n"


def _runs(barred: dict[int, str]) -> list[str]:
    reasons: dict[str, list[int]] = {}
    for pin, reason in barred.items():
        reasons.setdefault(reason, []).append(pin)
    return [f"{', '.join(map(str, sorted(found)))} ({reason})" for reason, found in reasons.items()]
