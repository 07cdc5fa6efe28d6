"""Which files go to which board.

1. Everything under `firmware/` that a box uses, compiled; data files as they are. What only gateways and servers use
   stays behind (NOT_ON_A_BOX), and so do the other boards (what `firmware/boards/<board>.py` does not import).
2. Safe mode has only what `firmware/safe.py` imports, directly or not, and no data files: its screen does with less.
3. boot.py and main.py are no part of a slot: they lie at the root, and are never updated.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from scripts.firmware_build import FIRMWARE, STAYS_SOURCE, is_data

NOT_ON_A_BOX = ("firmware.wire.answer", "firmware.wire.batch", "firmware.wire.envelope")
AT_THE_ROOT = tuple(f"firmware.{Path(name).stem}" for name in STAYS_SOURCE)
SAFE = "firmware.safe"


class ContentsError(Exception):
    """A board or a module that is not there."""


def boards(firmware: Path = FIRMWARE) -> list[str]:
    """The boards there are: every module in `firmware/boards/` with a class Board."""
    found = (firmware / "boards").glob("*.py")
    return sorted(path.stem for path in found if "\nclass Board" in path.read_text(encoding="utf-8"))


def of_slot(board: str, firmware: Path = FIRMWARE) -> list[str]:
    """Paths below the tree's root, sorted, as sources: `firmware/app.py`, `firmware/face/glyphs.bin`."""
    modules = _modules(firmware)
    ours = _reached([f"firmware.boards.{_known(board, firmware)}"], modules, _others(board, firmware))
    chosen = {
        name
        for name in modules
        if name not in (*NOT_ON_A_BOX, *AT_THE_ROOT, SAFE) and (not name.startswith("firmware.boards.") or name in ours)
    }
    return _paths(chosen, modules, firmware)


def of_safe(board: str, firmware: Path = FIRMWARE) -> list[str]:
    """The same for the slot of safe mode."""
    modules = _modules(firmware)
    chosen = _reached([SAFE, f"firmware.boards.{_known(board, firmware)}"], modules, _others(board, firmware))
    return [path for path in _paths(chosen, modules, firmware) if path.endswith(".py")]


def _known(board: str, firmware: Path) -> str:
    if board not in boards(firmware):
        raise ContentsError(f"no board {board!r}: there are {', '.join(boards(firmware))}")
    return board


def _others(board: str, firmware: Path) -> set[str]:
    return {f"firmware.boards.{name}" for name in boards(firmware) if name != board}


def _modules(firmware: Path) -> dict[str, Path]:
    found = {}
    for path in firmware.rglob("*.py"):
        parts = path.relative_to(firmware.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _reached(start: Iterable[str], modules: dict[str, Path], without: Iterable[str] = ()) -> set[str]:
    """Everything that these import, wherever in their code, and the packages above it."""
    todo, found = list(start), set(without)
    while todo:
        name = todo.pop()
        if name not in found and name in modules:
            found.add(name)
            todo += imported(name, modules[name])
            todo += [name.rpartition(".")[0]]
    return found - set(without)


def imported(name: str, path: Path) -> list[str]:
    """Dotted names that a module may import; of `from a import b` both a and a.b."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*base, *(node.module.split(".") if node.module else [])])
            found += [whole, *(f"{whole}.{alias.name}" for alias in node.names)]
    return found


def _paths(chosen: Iterable[str], modules: dict[str, Path], firmware: Path) -> list[str]:
    paths = {modules[name] for name in chosen}
    folders = {path.parent for path in paths}
    paths |= {path for path in firmware.rglob("*") if is_data(path) and path.parent in folders}
    return sorted(path.relative_to(firmware.parent).as_posix() for path in paths)
