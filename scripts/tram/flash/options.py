"""What a person wants of `tram flash`, and what comes of one board."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.tram.release import BoardPlan, Release, checked_files


@dataclass
class Wish:
    """`code`: a set-up code to be given to the box; a secret, so that it is in no repr."""

    folder: Path
    release: Release
    release_id: str
    board: str | None = None
    baud: int = 460_800
    overwrite: bool = False
    erase_scans: bool = False
    only_verify: bool = False
    start: bool = True
    reader: bool = True
    """Whether a reader is there, so that the self-test is to find it."""
    code: bytes = field(default=b"", repr=False)
    labels: Path | None = None
    label_size: str = ""
    patience_s: float = 40.0
    _files: dict[str, dict[str, bytes]] = field(default_factory=dict, repr=False)

    def files(self, board: BoardPlan) -> dict[str, bytes]:
        """The checked files of a board, read once."""
        if board.name not in self._files:
            self._files[board.name] = checked_files(self.folder, self.release, board)
        return self._files[board.name]


@dataclass
class Outcome:
    """One board that is done. `devices`: under which names it has shown up, also its serial number on USB."""

    chip_id: str
    board: str
    version: int
    box: str = ""
    written_bytes: int = 0
    wrong: list[str] = field(default_factory=list)
    label: str = ""
    seconds: float = 0.0
    devices: set[str] = field(default_factory=set)

    def facts(self) -> dict[str, object]:
        return {key: value for key, value in vars(self).items() if key != "devices"}
