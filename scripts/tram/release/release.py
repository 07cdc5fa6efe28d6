"""release.json: bytes to typed values and back, refused by name where it says what cannot be.

1. It is one JSON object: `form` "tram-release-1", `version`, `floor`, `name`, `built_s` (when, in UTC seconds),
   `fleet_key` (SHA-256 of the public half), `boards`.
2. A board has `title`, `chip`, `flash_bytes`, the parts `system` and `spool` of its flash (`offset`, `bytes`), and
   `files`: one for each of PARTS, but for `partitions`, which ESP chips have and RP2 have not. `frozen`: its firmware
   is inside MicroPython; it has no `update` then, and its system volume holds the fleet's key alone.
3. A file has `part`, `file` (a plain name), `sha256`, `bytes`; and where it is written, `offset`, from the start of
   the flash. What is not written (the update's bundle) has none; nor has a UF2 file, which says so itself.
   MicroPython's has `version` and `where` it is to be had too.
4. What is written lies inside the flash, outside the spool, and no two overlap, but for the partition table, which
   takes the place of the one inside MicroPython's file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORM = "tram-release-1"
PARTS = ("micropython", "partitions", "system", "update")
MOST_BYTES = 256 * 1024
MOST_FLASH_BYTES = 256 * 1024 * 1024
CHIPS = ("esp32", "esp32s3", "esp32c3", "rp2040", "rp2350")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_BOARD = re.compile(r"[a-z0-9_]{1,32}")
_BOARD_KEYS = {"title", "chip", "flash_bytes", "system", "spool", "files", "frozen"}
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ReleaseError(ValueError):
    """`code` is stable: form, number, text, name, sha256, chip, part, twice, missing, overlap, outside, spool."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class FileFacts:
    part: str
    file: str
    sha256: str
    bytes: int
    offset: int | None = None
    version: str = ""
    where: str = ""


@dataclass(frozen=True)
class BoardPlan:
    """What one kind of board gets. `system` and `spool`: (offset, bytes) in its flash."""

    name: str
    title: str
    chip: str
    flash_bytes: int
    system: tuple[int, int]
    spool: tuple[int, int]
    files: tuple[FileFacts, ...]
    frozen: bool = False

    @property
    def is_rp2(self) -> bool:
        return self.chip.startswith("rp2")

    def file(self, part: str) -> FileFacts:
        return next(facts for facts in self.files if facts.part == part)


@dataclass(frozen=True)
class Release:
    version: int
    floor: int
    name: str
    built_s: int
    fleet_key: str
    boards: Mapping[str, BoardPlan]

    def of_chip(self, chip: str) -> list[BoardPlan]:
        return [board for board in self.boards.values() if board.chip == chip]


def encode(release: Release) -> bytes:
    """The content of release.json: the same release gives the same bytes. Raises ReleaseError, as `parse`."""
    boards = {}
    for name, board in sorted(release.boards.items()):
        facts = {key: value for key, value in asdict(board).items() if key != "name"}
        facts["files"] = [{key: one for key, one in file.items() if one not in (None, "")} for file in facts["files"]]
        facts |= {part: dict(zip(("offset", "bytes"), facts[part])) for part in ("system", "spool")}
        boards[name] = facts
    whole = {"form": FORM, **{k: v for k, v in vars(release).items() if k != "boards"}, "boards": boards}
    data = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
    parse(data)
    return data


def parse(data: bytes) -> Release:
    """What a release.json says. Raises ReleaseError."""
    if len(data) > MOST_BYTES:
        raise ReleaseError("form", "too long")
    try:
        given = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as bad:
        raise ReleaseError("form", "no JSON") from bad
    keys = {"form", "version", "floor", "name", "built_s", "fleet_key", "boards"}
    if type(given) is not dict or set(given) != keys or given["form"] != FORM:
        raise ReleaseError("form", "not a release of this kind")
    if type(given["boards"]) is not dict or not given["boards"]:
        raise ReleaseError("form", "no boards")
    boards = {name: _board(name, facts) for name, facts in given["boards"].items()}
    version, floor = _number(given, "version", 1), _number(given, "floor", 0)
    if floor > version:
        raise ReleaseError("number", "floor")
    key = _matching(given, "fleet_key", _SHA256, "sha256")
    return Release(version, floor, _text(given, "name"), _number(given, "built_s", 0), key, boards)


def _board(name: str, given: Any) -> BoardPlan:
    if not _BOARD.fullmatch(name):
        raise ReleaseError("name", name)
    if type(given) is not dict or set(given) != _BOARD_KEYS or type(given["frozen"]) is not bool:
        raise ReleaseError("form", name)
    if given["chip"] not in CHIPS:
        raise ReleaseError("chip", name)
    if type(given["files"]) is not list:
        raise ReleaseError("form", name)
    files = tuple(_file(facts) for facts in given["files"])
    flash_bytes = _number(given, "flash_bytes", 1 << 20, MOST_FLASH_BYTES)
    if flash_bytes & (flash_bytes - 1):
        raise ReleaseError("number", f"{name}: flash_bytes")
    parts = _area(given["system"]), _area(given["spool"])
    board = BoardPlan(name, _text(given, "title"), given["chip"], flash_bytes, *parts, files, given["frozen"])
    _check(board)
    return board


def _file(given: Any) -> FileFacts:
    if type(given) is not dict or not set(given) <= {"part", "file", "sha256", "bytes", "offset", "version", "where"}:
        raise ReleaseError("form", "a file")
    if given.get("part") not in PARTS:
        raise ReleaseError("part", str(given.get("part"))[:40])
    return FileFacts(
        given["part"],
        _matching(given, "file", _NAME, "name"),
        _matching(given, "sha256", _SHA256, "sha256"),
        _number(given, "bytes", 1, MOST_FLASH_BYTES),
        _number(given, "offset", 0, MOST_FLASH_BYTES) if "offset" in given else None,
        _text(given, "version") if "version" in given else "",
        _text(given, "where") if "where" in given else "",
    )


def _check(board: BoardPlan) -> None:
    parts = [facts.part for facts in board.files]
    without = {"partitions"} if board.is_rp2 else set()
    without |= {"update"} if board.frozen else set()
    wanted = [part for part in PARTS if part not in without]
    if len(parts) != len(set(parts)):
        raise ReleaseError("twice", board.name)
    if sorted(parts) != sorted(wanted):
        raise ReleaseError("missing", f"{board.name}: {', '.join(sorted(set(wanted) ^ set(parts)))}")
    for facts in board.files:
        is_placed = facts.part != "update" and not (board.is_rp2 and facts.part == "micropython")
        if is_placed != (facts.offset is not None):
            raise ReleaseError("form", f"{board.name}: offset of {facts.part}")
    if (board.file("system").offset, board.file("system").bytes) != board.system:
        raise ReleaseError("outside", f"{board.name}: system")
    _check_places(board)


def _check_places(board: BoardPlan) -> None:
    placed = [
        (facts.offset, facts.bytes, facts.part)
        for facts in board.files
        if facts.offset is not None and facts.part != "partitions"
    ]
    end, before = 0, ""
    for offset, size, part in sorted([*placed, (*board.spool, "spool")]):
        if offset < end:
            raise ReleaseError("spool" if "spool" in (part, before) else "overlap", f"{board.name}: {part}")
        if offset + size > board.flash_bytes:
            raise ReleaseError("outside", f"{board.name}: {part}")
        end, before = offset + size, part


def _area(given: Any) -> tuple[int, int]:
    if type(given) is not dict or set(given) != {"offset", "bytes"}:
        raise ReleaseError("form", "a part of the flash")
    return _number(given, "offset", 0, MOST_FLASH_BYTES), _number(given, "bytes", 4096, MOST_FLASH_BYTES)


def _number(given: dict[str, Any], key: str, least: int, most: int = 1 << 48) -> int:
    value = given.get(key)
    if type(value) is not int or not least <= value <= most:
        raise ReleaseError("number", key)
    return value


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key)
    if type(value) is not str or not 1 <= len(value) <= 200 or not value.isprintable():
        raise ReleaseError("text", key)
    return value


def _matching(given: dict[str, Any], key: str, pattern: re.Pattern[str], code: str) -> str:
    value = given.get(key)
    if type(value) is not str or not pattern.fullmatch(value):
        raise ReleaseError(code, key)
    return value
