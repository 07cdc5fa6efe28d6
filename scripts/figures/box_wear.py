"""What a scan costs in flash on each board's own spool, and how many years that flash lasts.

1. The size of the spool and the least that its flash programs come from hardware/boards.toml and the chip.
2. Years are until every block has been erased CYCLES times, at SCANS_A_DAY, each scan acked before the next. They take
   the wear levelling for perfect. What is written often stays in its blocks for 100 erases and then moves on, so that
   the most used block is about that much ahead of the mean, however long it lasts (64,000 scans on the smallest board:
   303 erases, mean 230); four blocks (two of the marker, littlefs's first two) are hardly written at all.
"""

import json
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from scripts.figures.figure import Figure
from scripts.firmware_build import ROOT, build, run_micropython

SCRIPT = Path(__file__).with_name("box_wear_run.py")
BOARDS = ROOT / "hardware" / "boards.toml"
BLOCK_BYTES = 4096
PROG_BYTES = {"esp32": 32, "rp2": 256}
CODE_BYTES = 110
CYCLES = 100_000
SCANS_A_DAY = 5_000
DAYS_A_YEAR = 365.25
HEAP = "64M"  # the flash itself lies in the interpreter's memory here


class Geometry(NamedTuple):
    """A spool's flash, and the boards that have it."""

    blocks: int
    prog_bytes: int
    boards: tuple[str, ...]

    @property
    def name(self) -> str:
        """How it is called in the table."""
        return ", ".join(self.boards)


def geometries(boards_toml: str) -> list[Geometry]:
    """The different ones, in the order of the file. Pure."""
    found: dict[tuple[int, int], list[str]] = {}
    for name, board in tomllib.loads(boards_toml)["boards"].items():
        prog_bytes = PROG_BYTES["rp2" if board["chip"].startswith("rp2") else "esp32"]
        found.setdefault((board["flash"]["spool"]["bytes"] // BLOCK_BYTES, prog_bytes), []).append(name)
    return [Geometry(*key, tuple(names)) for key, names in found.items()]


def years(erases_per_scan: float, blocks: int) -> float:
    """Rule 2. Pure."""
    return CYCLES * blocks / (erases_per_scan * SCANS_A_DAY * DAYS_A_YEAR)


def run(scans: int) -> list[Figure]:
    """Measure every geometry. Raises RuntimeError."""
    found = [(one, measured(one, scans)) for one in geometries(BOARDS.read_text(encoding="utf-8"))]
    return figures(found, scans)


def figures(found: list[tuple[Geometry, dict[str, Any]]], scans: int) -> list[Figure]:
    """The rows. The limit is a plain file on the same flash, appended to and flushed. Pure."""
    rows = []
    for one, said in found:
        live, backlog, plain = (said[key] / scans for key in ("live", "backlog", "plain"))
        rows.append(Figure(f"box: erases per scan, live, {one.name}", live, "", plain))
        rows.append(Figure(f"box: erases per scan, backlog, {one.name}", backlog, "", plain))
        rows.append(Figure(f"box: flash life, {one.name}", years(live, one.blocks), "years", years(plain, one.blocks)))
    one, said = min(found, key=lambda pair: pair[0].blocks)
    ahead = said["most"] - said["live"] / one.blocks
    rows.append(Figure(f"box: most used block ahead of the mean, {one.name}", ahead, "erases"))
    return rows


def measured(one: Geometry, scans: int) -> dict[str, Any]:
    """-> {"live", "backlog", "plain", "most"}: erases; the last of one block."""
    folder = build()
    path = f"{folder}:{ROOT / 'scripts' / 'spool'}"
    arguments = [str(value) for value in (SCRIPT, one.blocks, one.prog_bytes, scans, CODE_BYTES)]
    done = run_micropython(arguments, HEAP, path=path, cwd=folder, timeout_s=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return dict(json.loads(done.stdout))
