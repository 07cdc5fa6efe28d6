"""A copy of what scripts/draw reads and writes, to be broken."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("firmware/boards", "firmware/face", "firmware/scanner", "hardware", "scripts/boards", "scripts/drawing")
FILES = ("scripts/tram/flash/words.py", "scripts/tram/release/known.py")
ELSEWHERE = ("__pycache__", "enclosure", "mounting")  # large, and looked at by tests of their own
ROOMS = ("pins", "wiring", "pages", "jig", "rules")  # what needs nothing of that


def copied(to: Path) -> Path:
    for name in FOLDERS:
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns(*ELSEWHERE))
    for name in FILES:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, to / name)
    return to


def change(root: Path, name: str, old: str, new: str) -> None:
    """Replace the first place only, which has to be there."""
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
