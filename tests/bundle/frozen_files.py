"""MicroPython files with our firmware inside, as ops build them: of the stand-ins' shape, with the texts that count."""

from scripts.boards.data import Board, load
from scripts.bundle import frozen
from scripts.sim.bare_board_image import micropython
from scripts.tram.release.frozen import OWN_BOOT


def board(name: str) -> Board:
    return next(one for one in load() if one.name == name)


def inside(name: str, version: int, without: str = "") -> bytes:
    """What `manifest.py` of that board's folder puts into MicroPython, but for what is called `without`."""
    files = frozen.to_freeze(name, version, board(name).family)
    names = [path for path in files if path.endswith(".py") and path not in (frozen.MANIFEST, without)]
    text = b"" if without == frozen.MARK_MODULE else files[frozen.MARK_MODULE]
    boot = b"" if board(name).family == "esp" or without == "_boot.py" else OWN_BOOT
    return b"\0".join([path.encode() for path in names] + [text, boot]) + b"\0"


def made(name: str, version: int, without: str = "") -> bytes:
    """The file for a board whose firmware is frozen."""
    return micropython(name, inside(name, version, without))
