"""What has been done to each chip: TRAM_HOME/flash/<chip>.json, so that a pulled cable is gone on with.

1. It is written before the first byte goes to a chip, and after each step.
2. `state` goes from begun over written, started and tested to done; nothing but `done` is called done.
3. What is on the flash is found out on the flash; the journal says only whose board it is and what was still to do.
"""

import hashlib
import json
import re
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from scripts.tram.home import home, write_whole

STATES = ("begun", "written", "started", "tested", "done")
_MOST_BYTES = 64 * 1024
_DAY_S = 86_400


@dataclass(frozen=True)
class Entry:
    chip_id: str
    """Of an ESP chip its MAC, of an RP2 board its flash's number, in lower hexadecimal."""
    board: str
    release: str
    """SHA-256 of the release.json."""
    version: int
    state: str = "begun"
    percent: int = 0
    erases_scans: bool = False
    """Its part for scans is to be erased: only while `state` is begun."""
    begun_s: int = field(default_factory=lambda: int(time.time()))
    changed_s: int = 0

    def is_underway(self, board: str, now_s: float | None = None) -> bool:
        """Whether going on needs no question: half written; or written within a day and not yet done, as that board.

        What was never called done here may have hung on a wall for months: then it is a box like any other.
        """
        if self.board != board or self.state == "done":
            return False
        age_s = (time.time() if now_s is None else now_s) - self.changed_s
        return self.state == "begun" or 0 <= age_s < _DAY_S


def release_id(release_json: bytes) -> str:
    return hashlib.sha256(release_json).hexdigest()


def load(chip_id: str) -> Entry | None:
    """What is known of a chip; None: nothing, or nothing that can be read."""
    try:
        with _file(chip_id).open("rb") as file:
            given = json.loads(file.read(_MOST_BYTES))
        entry = Entry(**given)
    except (OSError, ValueError, TypeError):
        return None
    return entry if entry.state in STATES and entry.chip_id == chip_id else None


def note(entry: Entry, state: str, percent: int = 0) -> Entry:
    """Write down how far it is. OSError: it cannot be (and then nothing goes on)."""
    erases = entry.erases_scans and state == "begun"
    entry = replace(entry, state=state, percent=percent, erases_scans=erases, changed_s=int(time.time()))
    write_whole(_file(entry.chip_id), (json.dumps(asdict(entry), indent=1) + "\n").encode())
    return entry


def _file(chip_id: str) -> Path:
    name = re.sub(r"[^0-9a-z]", "", chip_id.lower())
    return home() / "flash" / f"{name or 'unknown'}.json"
