"""Which modules draw or look. Each has `GENERATORS`, or `wrong(root)`: sentences on what breaks a rule; or both.

The order is that of making: what a generator reads must be made before it. A module is imported for every look at what
is stale, so it imports what is slow, or is not everywhere, within its functions.
"""

import tomllib
from importlib import import_module
from pathlib import Path

from scripts.boards.data import BoardsError
from scripts.drawing.generator import DrawingError, Generator

ROOMS = ("pins", "wiring", "pages", "jig", "enclosure", "mounting", "rules")


def generators() -> list[Generator]:
    return [
        generator for room in ROOMS for generator in getattr(import_module(f"scripts.drawing.{room}"), "GENERATORS", ())
    ]


def wrong(root: Path) -> list[str]:
    """A sentence for each rule that is broken, by the checks of all rooms."""
    sentences: list[str] = []
    for room in ROOMS:
        look = getattr(import_module(f"scripts.drawing.{room}"), "wrong", None)
        try:
            sentences += look(root) if look else []
        except (BoardsError, DrawingError, tomllib.TOMLDecodeError) as bad:
            sentences.append(f"hardware: {bad}")
    return sentences
