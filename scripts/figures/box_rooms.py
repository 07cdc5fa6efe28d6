"""How many bytes of `.mpy` each room of the firmware takes on a board."""

from collections.abc import Mapping
from pathlib import Path

from scripts.bundle import bundle, contents
from scripts.figures.figure import Figure
from scripts.firmware_build import build, is_data

BOARD = "esp32"
UNDER_NO_ROOM = "firmware"


def run() -> list[Figure]:
    """Of what is shipped to BOARD, the largest room first."""
    return figures(bundle.compiled(build(), contents.of_slot(BOARD)))


def by_room(files: Mapping[str, bytes]) -> dict[str, int]:
    """Room: bytes of its modules, the largest first. Pure."""
    rooms: dict[str, int] = {}
    for path, data in files.items():
        if not is_data(Path(path)):
            room = bundle.room_of(path)
            rooms[room] = rooms.get(room, 0) + len(data)
    return dict(sorted(rooms.items(), key=lambda pair: -pair[1]))


def figures(files: Mapping[str, bytes]) -> list[Figure]:
    """A row for each room, beside the whole. Pure."""
    rooms = by_room(files)
    whole = sum(rooms.values())
    data = sum(len(content) for path, content in files.items() if is_data(Path(path)))
    rows = [Figure(f"box: .mpy of {_title(room)} (limit: all)", size, "B", whole) for room, size in rooms.items()]
    return [*rows, Figure("box: .mpy altogether", whole, "B"), Figure("box: glyphs and texts", data, "B")]


def _title(room: str) -> str:
    return "what wires the rooms" if room == UNDER_NO_ROOM else f"{room}/"
