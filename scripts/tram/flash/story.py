"""One board, from its port to a box that is done: written, started, tested, given its code, labelled.

1. A step that fails ends it; the journal keeps how far it came, and the next run goes on there.
2. After its start a board may come back under another port name: it is looked for by what it says it is.
3. A box on the bench has no gateway and no clock yet: of the self-test only what can be right there counts.
"""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from scripts.tram import exits, out
from scripts.tram.flash import journal, on_esp, on_pico
from scripts.tram.flash.options import Outcome, Wish
from scripts.tram.flash.words import WORDS
from scripts.tram.ports import Port, listed, opened
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    import serial

    from scripts.tram.console import Console

BAUD = 115_200
_MEET_S = 4.0
_LOOK_S = 0.3
_TEST_S = 30.0
_READER_S = 20.0
"""So long a reader may take to be found: each family is asked at each speed."""
_NOT_YET = ("link", "clock")
_TAKEN = "taken"
_BOX_PREFIX = "box-"
_ID_DIGITS = 28


def flash(port: Port, wish: Wish) -> Outcome:
    """-> what came of it: done, though `wrong` may name what the self-test found. Raises Trouble."""
    begun_s = time.monotonic()
    outcome = on_pico.write(port, wish) if port.kind in ("pico", "uf2") else on_esp.write(port, wish)
    outcome.box = box_id_of(outcome.chip_id)
    if wish.start and not wish.only_verify:
        _bring_up(port, wish, outcome)
    if not wish.only_verify:
        if wish.labels is not None:
            outcome.label = _label(outcome, wish)
            out.event("label", WORDS("label_made", file=outcome.label), file=outcome.label)
        _note(outcome, wish, "done" if wish.start else "written")
    outcome.seconds = round(time.monotonic() - begun_s, 1)
    return outcome


def box_id_of(chip_id: str) -> str:
    """What the firmware makes of the chip's number (firmware/provision)."""
    return _BOX_PREFIX + chip_id.replace(":", "").lower()[:_ID_DIGITS]


def _bring_up(port: Port, wish: Wish, outcome: Outcome) -> None:
    with out.step("start", WORDS("step.start", mac=outcome.chip_id)):
        line, console = _meet(port, wish, outcome)
    with line:
        _note(outcome, wish, "started")
        with out.step("test", WORDS("step.test", box=outcome.box)):
            found = _tested(console, wish)
        ignored = _NOT_YET if wish.reader else (*_NOT_YET, "reader")
        outcome.wrong = [str(name) for name in found.get("wrong", ()) if name not in ignored]
        if _scans_of(console) == "unreadable":
            outcome.wrong.append("scans")
        out.event("self_test", "", box=outcome.box, found=found, wrong=outcome.wrong)
        _note(outcome, wish, "tested")
        if wish.code:
            with out.step("code", WORDS("step.code", box=outcome.box)):
                verdict = console.type_code(wish.code)
            if verdict != _TAKEN:
                raise Trouble("code_refused", exits.REFUSED, WORDS, box=outcome.box, verdict=verdict)
            out.event("code_taken", WORDS("code_taken"), box=outcome.box)


def _tested(console: "Console", wish: Wish) -> dict[str, Any]:
    """The self-test's answer; a reader that is still being looked for is given time."""
    end_s = time.monotonic() + _READER_S
    while True:
        found: dict[str, Any] = console.ask("self_test", timeout_s=_TEST_S)
        is_starting = found.get("reader") == "starting" and "reader" in found.get("wrong", ())
        if not wish.reader or not is_starting or time.monotonic() > end_s:
            return found
        time.sleep(1)


def _scans_of(console: "Console") -> str:
    """What lies in the part for scans: `blank`, `closed` (whole), `unreadable` (of another program, or damaged)."""
    try:
        return str(console.ask("unsent").get("state"))
    except Trouble as bad:
        if bad.code != "console_refused":
            raise
        return ""


def _meet(port: Port, wish: Wish, outcome: Outcome) -> tuple["serial.Serial", "Console"]:
    """The box's console, whichever of the ports it is at now. -> the open port, and the console on it."""
    from scripts.tram.console import Console

    end_s, why, says = time.monotonic() + wish.patience_s, "port_gone", ""
    while time.monotonic() < end_s:
        for device in _places(port, outcome):
            try:
                line = opened(device, BAUD, 1.0)
            except Trouble as bad:
                why = bad.code
                continue
            try:
                console = Console(line)
                says = str(console.meet(_MEET_S).get("box_id"))
            except Trouble as bad:
                why = bad.code
            else:
                if says == outcome.box:
                    outcome.devices.add(device)
                    return line, console
            with suppress(OSError):
                line.close()
        time.sleep(_LOOK_S)
    if says:
        raise Trouble("other_box", exits.REFUSED, WORDS, says=says, chip=outcome.chip_id)
    told = {"mac": outcome.chip_id, "why": why, "port": port.device}
    board = wish.release.boards[outcome.board]
    if board.frozen:
        inside = {"file": board.file("micropython").file, "version": outcome.version}
        raise Trouble("not_started_frozen", exits.NO_ANSWER, WORDS, **told, **inside)
    raise Trouble("not_started", exits.NO_ANSWER, WORDS, **told)


def _places(port: Port, outcome: Outcome) -> list[str]:
    """Where the box may be: the same port; else one with its serial number; else a chip's own USB that is new."""
    there = listed()
    known = [
        one.device for one in there if one.device in outcome.devices or (one.serial and one.serial in outcome.devices)
    ]
    if known or port.kind == "bridge":
        return known or [port.device]
    return [one.device for one in there if one.kind == port.kind] or [port.device]


def _note(outcome: Outcome, wish: Wish, state: str) -> None:
    chip_id = outcome.chip_id.replace(":", "")
    entry = journal.load(chip_id) or journal.Entry(chip_id, outcome.board, wish.release_id, outcome.version)
    journal.note(entry, state, 100)


def _label(outcome: Outcome, wish: Wish) -> str:
    import datetime

    from scripts.tram.label.draw import Label, drawn
    from scripts.tram.label.sizes import DEFAULT, SIZES
    from scripts.tram.paper.saving import saved

    size = SIZES[wish.label_size or DEFAULT]
    label = Label(outcome.box, outcome.board, datetime.date.today().isoformat())
    assert wish.labels is not None  # noqa: S101  (who calls has looked)
    return str(saved(drawn([label], size), wish.labels / f"{outcome.box}.pdf", size.dpi or 600)[0])
