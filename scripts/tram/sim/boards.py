"""`tram sim board` and `tram sim box`: a stand-in board, and what its owner can do to it."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scripts.tram import out
from scripts.tram.sim import practice
from scripts.tram.sim.words import WORDS

if TYPE_CHECKING:
    from scripts.sim.bare_board import BareBoard

NUMBERED = ("cut", "late_ms", "flip")


def run(name: str, is_flashed: bool) -> None:
    """Until Ctrl-C. Raises Trouble not_here, no_tree, board_unknown."""
    practice.needs_linux()
    practice.needs_tree("micropython")
    with out.step("prepare", WORDS("preparing")):
        practice.release(name)
    from scripts.sim.bare_board import BareBoard

    with practice.workplace() as folder, BareBoard(folder / "board", name) as board:
        watched(board)
        if is_flashed:
            flashed(board)
        facts = {"board": board.board.title, "device": board.device, "practice": str(practice.folder())}
        key = "practise_box" if is_flashed else "practise_board"
        practice.tell("ready", "\n".join(_welcome(key, **facts)), **facts)
        practice.orders(lambda order: act(board, order), WORDS("help"))
    practice.ended()


def _welcome(key: str, **facts: object) -> list[str]:
    return [WORDS("home", line=practice.line_for_terminal()), WORDS(key, **facts), WORDS("limits"), WORDS("help")]


def flashed(board: "BareBoard") -> None:
    """Put the firmware of practising into its flash, without any tool."""
    from scripts.sim.bare_board_image import flashed_with

    board.load(flashed_with(board.board, practice.key()))
    board.wait_for("app")


def watched(board: "BareBoard") -> None:
    """Announce its port, and tell what changes, from now on."""
    practice.announce([board.entry()])
    threading.Thread(target=_watch, args=(board,), name="watch", daemon=True).start()


def _watch(board: "BareBoard") -> None:
    mode, told = "", 0
    while True:
        board.wait_for_news(lambda: board.mode != mode or len(board.lines) > told)  # noqa: B023  (called at once)
        if board.mode != mode:
            mode = board.mode
            practice.announce([] if mode == "off" else [board.entry()])
            practice.tell("mode", WORDS(f"mode.{mode}", device=board.device), mode=mode, device=board.device)
        while told < len(board.lines):
            line = board.lines[told]
            told += 1
            practice.tell("said", WORDS("face", face=line["face"]) if "face" in line else "", said=line)


def act(board: "BareBoard", order: str) -> None:
    """One typed line. What does not work is told, and one goes on."""
    try:
        if order.startswith("/"):
            _obey(board, order[1:].split())
        elif board.mode != "app":
            practice.tell("reader_off", WORDS("reader_off"))
        else:
            practice.told(board.show(practice.code_of(order)))
    except (OSError, ValueError, TypeError, KeyError, IndexError) as bad:
        practice.tell("order_failed", WORDS("order_failed", why=bad), why=str(bad))


def _obey(board: "BareBoard", words: list[str]) -> None:
    known: dict[str, Callable[[], Any]] = {
        "unplug": board.unplug,
        "plug": lambda: board.plug(words[1:] == ["elsewhere"]),
        "reset": board.press_reset,
        "boot": board.press_boot,
        "fault": lambda: board.fault(words[1], _value(words[1], words[2:])),
    }
    if words and words[0] in known:
        known[words[0]]()
    else:
        practice.tell("order_unknown", WORDS("order_unknown", order="/" + " ".join(words)))


def _value(name: str, words: list[str]) -> Any:
    if name not in NUMBERED:
        return words != ["off"]
    numbers = [int(word, 0) for word in words]
    return tuple(numbers) if name == "flip" else numbers[0]
