"""Board after board, as they are plugged in: `tram flash --batch`.

1. A port that was looked at is left alone until it is unplugged, whatever came of it; so is every port under which the
   same board has shown up since.
2. One board's trouble ends that board, not the batch.
3. Each row is in the list, on the disk, before the next board is looked at: Ctrl-C loses nothing.
"""

import csv
import io
import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from scripts.tram import out
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.flash.words import WORDS
from scripts.tram.ports import BOARD_KINDS, Port, listed
from scripts.tram.trouble import Trouble

COLUMNS = ("box", "board", "date", "chip", "version", "state", "detail", "seconds", "port")
_LOOK_S = 0.3
_QUIET = ("no_loader", "port_gone")
"""What a bridge with something else behind it gives, a reader say: it is told, and is no failed board."""


class Tally:
    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: list[str] = []
        self.left_alone: list[str] = []

    def line(self) -> str:
        done, failed = len(self.done), len(self.failed)
        return WORDS("batch.tally", done=done, failed=failed, all=done + failed)

    def facts(self) -> dict[str, object]:
        return {"done": len(self.done), "failed": len(self.failed), "boxes": self.done, "left_alone": self.left_alone}


def run(wish: Wish, file: Path, most: int, flash: Callable[[Port, Wish], Outcome]) -> Tally:
    """Until Ctrl-C, or `most` boards (0: no end). OSError: the list cannot be written."""
    tally, handled = Tally(), set[str]()
    add(file, None)
    out.event("waiting", WORDS("batch.waiting"), csv=str(file))
    try:
        while not most or len(tally.done) + len(tally.failed) < most:
            ports = [port for port in listed() if port.kind in BOARD_KINDS]
            there = {port.device for port in ports} | {port.serial for port in ports if port.serial}
            handled &= there
            fresh = [port for port in ports if not {port.device, port.serial} & handled]
            if not fresh:
                time.sleep(_LOOK_S)
                continue
            handled |= _one(fresh[0], wish, file, tally, flash)
    except KeyboardInterrupt:
        out.event("stopped", "")
    return tally


def _one(port: Port, wish: Wish, file: Path, tally: Tally, flash: Callable[[Port, Wish], Outcome]) -> set[str]:
    """-> under which names this board has been seen."""
    try:
        outcome = flash(port, wish)
    except Trouble as bad:
        if port.kind == "bridge" and bad.code in _QUIET:
            tally.left_alone.append(port.device)
            told = {"port": port.device, "code": bad.code, "next": bad.next}
            out.event("left_alone", WORDS("batch.left_alone", port=port.device, text=bad.next), **told)
        else:
            add(
                file,
                {"state": "failed", "detail": bad.code, "port": port.device, "chip": str(bad.facts.get("mac", ""))},
            )
            tally.failed.append(port.device)
            told = {"port": port.device, "code": bad.code, "next": bad.next}
            out.event("failed", WORDS("batch.failed", port=port.device, sentence=bad.sentence), **told)
            out.event("tally", tally.line(), **tally.facts())
        return {port.device, port.serial} - {""}
    except KeyboardInterrupt:
        add(file, {"state": "cut", "port": port.device})
        tally.failed.append(port.device)
        raise
    state = "wrong" if outcome.wrong else "done"
    row = {"box": outcome.box, "board": outcome.board, "chip": outcome.chip_id, "version": str(outcome.version)}
    row |= {"state": state, "detail": " ".join(outcome.wrong), "seconds": f"{outcome.seconds:g}", "port": port.device}
    add(file, row)
    (tally.failed if outcome.wrong else tally.done).append(outcome.box)
    out.event("board_done", WORDS("batch.unplug", port=port.device), **outcome.facts())
    out.event("tally", tally.line(), **tally.facts())
    return outcome.devices - {""}


def add(file: Path, row: dict[str, str] | None) -> None:
    """Put a row at the end of the list, and on the disk; None: only see that there is one with its head."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    if not file.exists() or not file.stat().st_size:
        writer.writeheader()
    if row is not None:
        writer.writerow({"date": datetime.now().isoformat(timespec="seconds"), **row})
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", newline="") as list_file:
        list_file.write(text.getvalue())
        list_file.flush()
        os.fsync(list_file.fileno())
