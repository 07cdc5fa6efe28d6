"""What a check finds, and where it looks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

Level = Literal["ok", "note", "warning", "fault"]
LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "fault")


class Finding(NamedTuple):
    """`code` is stable, and has its words in texts.py; `values` fill them in and hold neither secrets nor names."""

    code: str
    level: Level
    values: Mapping[str, object] = {}


class Around(NamedTuple):
    """The machine as the checks see it; tests show them another one."""

    root: Path = Path("/")
    """Above sys, proc and dev."""
    fsync_limit_s: float = 2.0
    """So long may the disk be measured."""
    network_s: float = 5.0

    def text(self, path: str) -> str | None:
        """A small file of the kernel's; None where there is none."""
        try:
            with open(self.root / path, "rb") as file:
                return file.read(65_536).decode(errors="replace").strip()
        except OSError:
            return None
