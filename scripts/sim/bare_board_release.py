"""A release for stand-in boards: what ops hand to technicians, with files that a stand-in can run."""

import time
from collections.abc import Sequence
from pathlib import Path

from scripts.boards.data import load
from scripts.bundle import release
from scripts.provisioning.key import FleetKey
from scripts.sim.bare_board_image import micropython, system

MICROPYTHON_VERSION = "1.25.0"


def files_of(boards: Sequence[str], signer: FleetKey, version: int = 1, built_s: int | None = None) -> dict[str, bytes]:
    """-> file name: content of a release's folder. Raises KeyError: there is no board of that name."""
    known = {board.name: board for board in load()}
    made = []
    for name in boards:
        board = known[name]
        what = system(name, signer, version)
        suffix = "uf2" if board.family == "rp2" else "bin"
        file = (f"stand-in-{name}-v{MICROPYTHON_VERSION}.{suffix}", micropython(name))
        made.append(release.Made(board, file, what.image, what.bundle, MICROPYTHON_VERSION))
    built_s = int(time.time()) - 1 if built_s is None else built_s
    return release.files_of(made, version, 0, f"stand-in-{version}", signer, built_s)


def write(folder: Path, boards: Sequence[str], signer: FleetKey, version: int = 1) -> None:
    """The folder must be new or empty. FileExistsError: it is not."""
    release.write(folder, files_of(boards, signer, version))
