"""The builds under hardware/builds, each with its board, the parts that it names and its bill of materials.

`Facts` are the tables of hardware/parts.toml as they stand there: what a part needs and can do, with its source.
"""

import csv
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.boards.data import Board
from scripts.boards.data import load as load_boards
from scripts.drawing.generator import DrawingError

Facts = dict[str, Any]
INPUTS = ("hardware/boards.toml", "hardware/parts.toml", "hardware/builds/*/build.toml", "scripts/boards/*.py")
BOM_COLUMNS = (
    "ref", "part", "quantity", "price_vnd", "price_usd", "price_kind", "as_of", "pins", "for_vi", "for_en",
    "alternatives_vi", "alternatives_en",
)  # fmt: skip
_KEYS = {"order", "board", "reader", "light", "buzzer", "button", "supply", "cable", "title"}
_MAY = {"regulator", "display"}


@dataclass(frozen=True)
class Row:
    """A line of a bill of materials. `refs` are the names in the wiring; prices are for one piece."""

    refs: tuple[str, ...]
    part: str
    quantity: int
    price_vnd: int
    price_usd: float
    price_kind: str
    as_of: str
    pins: tuple[tuple[str, int], ...]  # what hangs on the board's pins by it: ("uart.rx", 6)
    use: dict[str, str]  # by language
    alternatives: dict[str, str]


@dataclass(frozen=True)
class Build:
    """`reader`, `light`, `buzzer`, `display` are what build.toml says of them; `…_part` is what parts.toml says."""

    name: str
    order: int
    title: dict[str, str]
    board: Board
    board_part: Facts
    chip: Facts
    reader: Facts
    reader_part: Facts
    regulator: Facts | None
    light: Facts
    light_part: Facts
    light_drive: Facts
    buzzer: Facts
    buzzer_part: Facts
    buzzer_drive: Facts
    display: Facts | None
    display_part: Facts | None
    supply: Facts
    fuse: Facts
    bulk_uf: int
    button: bool
    awg: int
    length_m: float
    bom: tuple[Row, ...]

    def pin_of(self, use: str) -> tuple[str, str]:
        """Where a use ("uart.tx") comes out: the number on the board's header and what is printed beside it."""
        for label, number in self.board_part["header"].items():
            if gpio_of(label) == self.board.pins[use]:
                return str(number), str(label)
        raise DrawingError("data", f"{self.name}: GPIO {self.board.pins[use]} ({use}) is not on the board's header")


def gpio_of(label: str) -> int:
    """ "IO10", "GP0" or "48" -> the GPIO."""
    return int(label.removeprefix("IO").removeprefix("GP"))


def load(root: Path) -> list[Build]:
    """All builds in their order. Raises DrawingError "data" where one names what is not there."""
    parts = _toml(root / "hardware" / "parts.toml")
    boards = {board.name: board for board in load_boards(root / "hardware" / "boards.toml")}
    folders = sorted(path.parent for path in (root / "hardware" / "builds").glob("*/build.toml"))
    builds = [_build(folder, parts, boards) for folder in folders]
    return sorted(builds, key=lambda build: build.order)


def rate(root: Path) -> float:
    """VND for a dollar."""
    return float(_toml(root / "hardware" / "parts.toml")["rates"]["vnd_per_usd"])


def cable_ohm(root: Path) -> tuple[dict[int, float], float]:
    """Ohms of one conductor for a metre, by gauge; and of the contacts, to and fro."""
    cables = _toml(root / "hardware" / "parts.toml")["cables"]
    return {int(awg): float(ohm) for awg, ohm in cables["ohm_per_m"].items()}, float(cables["contact_ohm"])


def _toml(path: Path) -> Facts:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as bad:
        raise DrawingError("data", f"{path.name}: {bad}") from None


def _build(folder: Path, parts: Facts, boards: dict[str, Board]) -> Build:
    given = _toml(folder / "build.toml")
    if odd := (_KEYS - set(given)) | (set(given) - _KEYS - _MAY):
        raise DrawingError("data", f"{folder.name}: missing or unknown: {', '.join(sorted(odd))}")

    def part(kind: str, name: str) -> Facts:
        if name not in parts.get(kind, {}):
            raise DrawingError("data", f"{folder.name}: parts.toml has no {kind}.{name}")
        return dict(parts[kind][name])

    if given["board"] not in boards:
        raise DrawingError("data", f"{folder.name}: boards.toml has no {given['board']}")
    board = boards[given["board"]]
    display = given.get("display")
    return Build(
        name=folder.name,
        order=int(given["order"]),
        title=given["title"],
        board=board,
        board_part=part("boards", board.name),
        chip=part("chips", board.chip),
        reader=given["reader"],
        reader_part=part("readers", given["reader"]["part"]),
        regulator=part("regulators", given["regulator"]) if "regulator" in given else None,
        light=given["light"],
        light_part=part("lights", given["light"]["part"]),
        light_drive=part("drives", given["light"]["drive"]),
        buzzer=given["buzzer"],
        buzzer_part=part("buzzers", given["buzzer"]["part"]),
        buzzer_drive=part("drives", given["buzzer"]["drive"]),
        display=display,
        display_part=part("displays", display["part"]) if display else None,
        supply=part("supplies", given["supply"]["part"]),
        fuse=part("fuses", given["supply"]["fuse"]),
        bulk_uf=int(given["supply"]["bulk_uf"]),
        button=bool(given["button"]),
        awg=int(given["cable"]["awg"]),
        length_m=float(given["cable"]["length_m"]),
        bom=tuple(_rows(folder / "bom.csv")),
    )


def _rows(path: Path) -> Iterator[Row]:
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    except OSError as bad:
        raise DrawingError("data", str(bad)) from None
    if tuple(reader.fieldnames or ()) != BOM_COLUMNS:
        raise DrawingError("data", f"{path.parent.name}/bom.csv: its columns are to be {', '.join(BOM_COLUMNS)}")
    for number, row in enumerate(reader, start=2):
        try:
            pins = tuple((use, int(pin)) for use, pin in (word.split("=") for word in row["pins"].split()))
            yield Row(
                tuple(row["ref"].split()), row["part"], int(row["quantity"]), int(row["price_vnd"]),
                float(row["price_usd"]), row["price_kind"], row["as_of"], pins,
                {"vi": row["for_vi"], "en": row["for_en"]},
                {"vi": row["alternatives_vi"], "en": row["alternatives_en"]},
            )  # fmt: skip
        except (ValueError, AttributeError, TypeError):
            raise DrawingError("data", f"{path.parent.name}/bom.csv, line {number}: it cannot be read") from None
