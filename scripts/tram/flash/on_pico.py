"""A Pico, from its port or its drive to a flash that holds the release, and nothing else.

1. Where MicroPython answers, it is asked what it is and what it holds, as on an ESP board; then it goes to its loader.
   A board that is in its loader already cannot be asked: whoever held BOOTSEL is asked instead.
2. One UF2 file has MicroPython, the system volume and, where the part for scans is to be erased, that. The loader
   starts the board by itself as soon as it has all of it, and not before: a file cut off leaves it in the loader.
3. What was written is compared file by file through the REPL, before anybody calls it done.
"""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from scripts.tram import exits, out
from scripts.tram.flash import journal
from scripts.tram.flash.on_esp import CHANGED_BY_THE_BOX, must_lack
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.flash.repl import Repl
from scripts.tram.flash.which import agree, agree_to_erase, board_of
from scripts.tram.flash.words import WORDS
from scripts.tram.ports import Port, info_of, listed
from scripts.tram.release import BoardPlan, uf2
from scripts.tram.release.check import system_files
from scripts.tram.trouble import Trouble

BLOCK_BYTES = 4096
_COPY_BYTES = 64 * 1024
_CHIP_OF_DRIVE = {"RPI-RP2": "rp2040", "RP2350": "rp2350"}
_LOOK_S = 0.2


def write(port: Port, wish: Wish) -> Outcome:
    """Write it, compare it, and let it start; or, where only that is wished, compare it. Raises Trouble."""
    begun_s = time.monotonic()
    erases = wish.erase_scans
    if port.kind == "uf2":
        board = _board_of_drive(port, wish)
        if wish.only_verify:
            raise Trouble("no_repl", exits.NO_ANSWER, WORDS, port=port.device)
        agree(wish, "ask.drive", "", port.device)
        if wish.erase_scans:
            agree_to_erase(port.device)
        outcome = Outcome("", board.name, wish.release.version, devices={port.device})
        drive = Path(port.device)
    else:
        board, outcome, erases = _ask(port, wish)
        if wish.only_verify:
            return outcome
        drive = _drive_of(board, wish.patience_s)
    before = {one.device for one in listed() if one.kind == "pico"}
    outcome.written_bytes = _copy(drive, board, wish, erases)
    back = _back(before - {port.device}, wish.patience_s)
    outcome.devices |= {str(drive), back.device, back.serial}
    with Repl(back.device) as repl:
        _settle(repl, board, wish, outcome)
        repl.leave("reset")
    outcome.seconds = round(time.monotonic() - begun_s, 1)
    return outcome


def _ask(port: Port, wish: Wish) -> tuple[BoardPlan, Outcome, bool]:
    """A board on which MicroPython runs -> what it is, and whether its part for scans is to be erased."""
    with out.step("connect", WORDS("step.connect", port=port.device)):
        repl = Repl(port.device)
    with repl:
        who = repl.who()
        chip = who["machine"].rpartition(" with ")[2].lower()
        board = board_of(wish.release, chip, port.device, wish.board)
        outcome = Outcome(who["id"], board.name, wish.release.version, devices={port.device, port.serial})
        told = {"title": board.title, "chip": chip, "mac": who["id"], "port": port.device}
        out.event("board", WORDS("found", **told), **told, board=board.name)
        if wish.only_verify:
            _check_version(who, board)
            compare(repl, board, wish, who["id"])
            repl.leave("reset")
            return board, outcome, False
        entry = journal.load(who["id"])
        is_begun = entry is not None and entry.is_underway(board.name)
        is_ours = bool(repl.digests(["fleet.key"])["fleet.key"])
        start, size = (number // BLOCK_BYTES for number in (board.spool[0] - board.system[0], board.spool[1]))
        has_scans = not repl.is_blank(start, size)
        if not is_begun:
            agree(wish, "ask.ours" if is_ours else "ask.other", who["id"], port.device)
        if wish.erase_scans and has_scans and is_ours:
            agree_to_erase(who["id"])
        erases = has_scans and (wish.erase_scans or not is_ours)
        if has_scans and not erases:
            out.event("scans_kept", WORDS("spool_kept"))
        journal.note(journal.Entry(who["id"], board.name, wish.release_id, wish.release.version), "begun")
        repl.leave("bootloader")
    return board, outcome, erases


def _board_of_drive(port: Port, wish: Wish) -> BoardPlan:
    chip = _CHIP_OF_DRIVE.get(info_of(Path(port.device)).get("Board-ID", ""), "?")
    board = board_of(wish.release, chip, port.device, wish.board)
    told = {"title": board.title, "chip": chip, "mac": "?", "port": port.device}
    out.event("board", WORDS("found", **told), **told, board=board.name)
    return board


def _copy(drive: Path, board: BoardPlan, wish: Wish, erases: bool) -> int:
    files = wish.files(board)
    pages = uf2.parse(files["micropython"], board.chip) | uf2.pages_of(files["system"], board.system[0])
    if erases:
        pages |= uf2.pages_of(b"\xff" * board.spool[1], board.spool[0])
    data = uf2.absolute_blocks(files["micropython"]) + uf2.make(pages, board.chip)
    with out.step("drive", WORDS("step.drive", port=drive)) as bar:
        done = 0
        try:
            with (drive / "tram.uf2").open("wb") as file:
                for done in range(0, len(data), _COPY_BYTES):
                    file.write(data[done : done + _COPY_BYTES])
                    bar(done, len(data))
                file.flush()
                os.fsync(file.fileno())
        except OSError as bad:  # the drive goes away as soon as it has the last block: that is no trouble
            if drive.is_dir() and done + _COPY_BYTES < len(data):
                raise Trouble("drive_full", exits.CUT, WORDS, drive=str(drive), text=str(bad)) from bad
            if done + _COPY_BYTES < len(data):
                raise Trouble(
                    "cable_pulled", exits.CUT, WORDS, port=str(drive), percent=100 * done // len(data)
                ) from bad
        bar(len(data), len(data))
    if not _until(lambda: not (drive / "INFO_UF2.TXT").exists(), wish.patience_s):
        raise Trouble("drive_stays", exits.REFUSED, WORDS, drive=str(drive))
    return len(pages) * uf2.PAYLOAD_BYTES


def _drive_of(board: BoardPlan, patience_s: float) -> Path:
    found: list[Port] = []

    def is_there() -> bool:
        found[:] = [
            port
            for port in listed()
            if port.kind == "uf2" and _CHIP_OF_DRIVE.get(info_of(Path(port.device)).get("Board-ID", "")) == board.chip
        ]
        return bool(found)

    if not _until(is_there, patience_s):
        raise Trouble("no_drive", exits.CUT, WORDS)
    return Path(found[0].device)


def _back(before: set[str], patience_s: float) -> Port:
    found: list[Port] = []

    def is_there() -> bool:
        found[:] = [port for port in listed() if port.kind == "pico" and port.device not in before]
        return bool(found)

    if not _until(is_there, patience_s):
        raise Trouble("not_back", exits.CUT, WORDS)
    return found[0]


def _settle(repl: Repl, board: BoardPlan, wish: Wish, outcome: Outcome) -> None:
    who = repl.who()
    if outcome.chip_id not in ("", who["id"]):
        raise Trouble("other_box", exits.REFUSED, WORDS, says=who["id"], chip=outcome.chip_id)
    outcome.chip_id = who["id"]
    entry = journal.Entry(who["id"], board.name, wish.release_id, wish.release.version)
    journal.note(entry, "begun", 100)
    _check_version(who, board)
    with out.step("compare", WORDS("step.compare", mac=who["id"])):
        compare(repl, board, wish, who["id"])
    journal.note(entry, "written", 100)
    out.event("written", WORDS("written", bytes=outcome.written_bytes), bytes=outcome.written_bytes)


def _check_version(who: dict[str, str], board: BoardPlan) -> None:
    wanted = board.file("micropython").version
    if wanted not in ("", "?", who["version"]):
        facts = {"mac": who["id"], "version": who["version"], "wanted": wanted}
        raise Trouble("micropython_differs", exits.REFUSED, WORDS, **facts)


def compare(repl: Repl, board: BoardPlan, wish: Wish, chip_id: str) -> None:
    """Every file of the image, on the board. Raises Trouble file_on_box_differs."""
    wanted = system_files(wish.files(board)["system"])
    paths = [path for path in sorted(wanted) if path not in CHANGED_BY_THE_BOX]
    there = repl.digests([*paths, *must_lack(board)])
    for path in paths:
        if there[path] != hashlib.sha256(wanted[path]).hexdigest():
            raise Trouble("file_on_box_differs", exits.REFUSED, WORDS, path=path, mac=chip_id)
    for path in must_lack(board):
        if there[path]:
            raise Trouble("file_too_many", exits.REFUSED, WORDS, path=path, mac=chip_id)


def _until(is_so: Callable[[], bool], patience_s: float) -> bool:
    end_s = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > end_s:
            return False
        time.sleep(_LOOK_S)
    return True
