"""What follows from hardware/boards.toml alone: the firmware's pins, the partition tables, the RP2 boots, a page."""

from pathlib import Path

from scripts.boards.data import load
from scripts.boards.written import files
from scripts.drawing.generator import Generator


def make(root: Path) -> dict[str, bytes]:
    boards = load(root / "hardware" / "boards.toml")
    return {path.as_posix(): text.encode() for path, text in files(boards).items()}


GENERATORS = (
    Generator(
        "pins",
        inputs=("hardware/boards.toml", "scripts/boards/*.py"),
        outputs=(
            "firmware/boards/pins_*.py", "hardware/partitions/*.csv", "hardware/boot/*/_boot.py", "hardware/wiring.md",
        ),
        make=make,
        quick=True,
    ),
)  # fmt: skip
