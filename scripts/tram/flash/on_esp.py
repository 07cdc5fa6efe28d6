"""An ESP board, from its port to a flash that holds the release, and nothing else.

1. Nothing is written before the chip has said which it is, the release was checked, and what is on the board is known.
2. What a board holds: `blank`; `ours`, with our partition table and something on its system volume; or `other`. What
   would be lost is asked about, except where the journal says that this board was begun here and is not done.
3. The part for scans is erased only where another program left something in it, or a person wants it and says so.
4. The board can start only when all but the boot loader's first sector has been read back: that one is written last.
"""

import time
from itertools import pairwise

from scripts.tram import exits, out
from scripts.tram.flash import journal
from scripts.tram.flash.esp import SECTOR_BYTES, TABLE_OFFSET, Esp, Piece, pieces_of
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.flash.which import agree, agree_to_erase, board_of, check_size
from scripts.tram.flash.words import WORDS
from scripts.tram.ports import Port
from scripts.tram.release import BoardPlan, boot_offset_of, image_of_board
from scripts.tram.release.check import APP_OFFSET, system_files
from scripts.tram.trouble import Trouble

Parts = list[tuple[str, int, bytes]]
TABLE, NVS, SYSTEM = "partition table", "nvs", "system"
CHANGED_BY_THE_BOX = ("slot",)
"""Files of the image that the box itself writes anew. The chip's own notes (NVS) change too."""
_NO_PIECE = Piece(-1, b"")


def write(port: Port, wish: Wish) -> Outcome:
    """Write it, compare it, and let it start; or, where only that is wished, compare it. Raises Trouble."""
    begun_s = time.monotonic()
    with out.step("connect", WORDS("step.connect", port=port.device)):
        chip = Esp(port.device, wish.baud)
    with chip:
        board = board_of(wish.release, chip.facts.chip, port.device, wish.board)
        check_size(board, chip.facts.flash_bytes)
        parts = image_of_board(board, wish.files(board))
        told = {"title": board.title, "chip": board.chip, "mac": chip.facts.mac, "port": port.device}
        out.event("board", WORDS("found", **told), **told, board=board.name)
        outcome = Outcome(chip.facts.mac, board.name, wish.release.version, devices={port.device, port.serial})
        if wish.only_verify:
            verify(chip, board, parts)
        else:
            _write(chip, board, parts, wish, outcome)
        outcome.seconds = round(time.monotonic() - begun_s, 1)
    return outcome


def _write(chip: Esp, board: BoardPlan, parts: Parts, wish: Wish, outcome: Outcome) -> None:
    mac = chip.facts.mac
    entry = journal.load(_chip_id(mac))
    is_begun = entry is not None and entry.is_underway(board.name)
    holds = "begun" if is_begun else _holds(chip, board, parts)
    if is_begun and entry is not None and entry.state == "begun":
        out.event("resumed", WORDS("resumed", percent=entry.percent), percent=entry.percent)
    if holds in ("other", "ours"):
        agree(wish, f"ask.{holds}", mac, chip.device)
    has_scans = not chip.is_blank(*board.spool)
    if wish.erase_scans and has_scans and holds != "other":
        agree_to_erase(mac)
    erases = wish.erase_scans or holds in ("other", "blank") or (entry is not None and entry.erases_scans)
    fresh = journal.Entry(
        _chip_id(mac), board.name, wish.release_id, wish.release.version, erases_scans=erases and has_scans
    )
    entry = journal.note(fresh, "begun", _percent(entry))
    pieces = pieces_of(parts, boot_offset_of(board.chip))
    boot = pieces[-1]
    with out.step("write", WORDS("step.write", mac=mac)) as bar:
        noted = [0]

        def keep(percent: int) -> None:
            if percent >= noted[0] + 5:
                noted[0] = percent
                journal.note(entry, "begun", percent)

        outcome.written_bytes = chip.write(pieces, bar, keep)
        if entry.erases_scans:
            chip.erase(*board.spool)
    if has_scans and not entry.erases_scans:
        out.event("scans_kept", WORDS("spool_kept"))
    with out.step("compare", WORDS("step.compare", mac=mac)) as bar:
        chip.compare(split(parts, boot), (TABLE, SYSTEM), bar)
        chip.finish(boot)
    journal.note(entry, "written", 100)
    out.event("written", WORDS("written", bytes=outcome.written_bytes), bytes=outcome.written_bytes)


def split(parts: Parts, boot: Piece) -> Parts:
    """The same by what has to be compared how, without the boot loader's first sector."""
    found: Parts = []
    for name, offset, data in parts:
        edges = sorted({offset, offset + len(data), boot.offset, boot.offset + len(boot.data), *_table_edges()})
        edges = [edge for edge in edges if offset <= edge <= offset + len(data)]
        for begin, end in pairwise(edges):
            own = {TABLE_OFFSET: TABLE, TABLE_OFFSET + SECTOR_BYTES: NVS}.get(begin, name)
            if begin != boot.offset:
                found.append((own, begin, data[begin - offset : end - offset]))
    return found


def verify(chip: Esp, board: BoardPlan, parts: Parts) -> None:
    """Whether a board, that may have run since, holds the release. Raises Trouble readback_differs."""
    from littlefs import LittleFSError

    program = [part for part in split(parts, _NO_PIECE) if part[0] not in (NVS, SYSTEM)]
    with out.step("compare", WORDS("step.compare", mac=chip.facts.mac)) as bar:
        chip.compare(program, (), bar)
        wanted = system_files(next(data for name, _, data in parts if name == SYSTEM))
        try:
            there = system_files(chip.read_volume(*board.system, bar))
        except LittleFSError:
            there = {}
    for path, data in sorted(wanted.items()):
        if path not in CHANGED_BY_THE_BOX and there.get(path) != data:
            raise Trouble("file_on_box_differs", exits.REFUSED, WORDS, path=path, mac=chip.facts.mac)
    for path in must_lack(board):
        if path in there:
            raise Trouble("file_too_many", exits.REFUSED, WORDS, path=path, mac=chip.facts.mac)


def must_lack(board: BoardPlan) -> tuple[str, ...]:
    """Files that would be started in the place of the firmware that is inside MicroPython."""
    return ("boot.py",) if board.frozen else ()


def _holds(chip: Esp, board: BoardPlan, parts: Parts) -> str:
    table = next(data for name, offset, data in split(parts, _NO_PIECE) if name == TABLE)
    if chip.has(TABLE_OFFSET, table):
        return "begun" if chip.is_blank(*board.system) else "ours"
    boot = boot_offset_of(board.chip)
    is_blank = chip.is_blank(TABLE_OFFSET, SECTOR_BYTES) and chip.is_blank(boot, SECTOR_BYTES)
    return "blank" if is_blank else "other"


def _table_edges() -> tuple[int, ...]:
    return TABLE_OFFSET, TABLE_OFFSET + SECTOR_BYTES, APP_OFFSET


def _chip_id(mac: str) -> str:
    return mac.replace(":", "")


def _percent(entry: journal.Entry | None) -> int:
    return entry.percent if entry is not None else 0
