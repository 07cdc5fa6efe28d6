"""A stand-in board in a process of its own, driven by lines of JSON.

    python -m scripts.sim.bare_board_main --folder DIR --board esp32s3 [--line net] [--ports FILE]

A line in, on standard input; each is answered with one line:

    {"show_code_base64": "MDg0…"}             hold a code before its reader
    {"fault": "cut", "value": 100000}         see BareBoard.fault
    {"plug": true}   {"plug": "elsewhere"}   {"unplug": true}   {"reset": true}   {"boot": true}
    {"quit": true}

Lines out: {"ready": entry}, {"mode": "app", "entry": entry} at each change, {"said": line of its firmware},
{"done": order, …}, {"error": "…"}.
"""

import argparse
import base64
import contextlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

from scripts.sim.bare_board import BareBoard
from scripts.sim.bare_board_ports import write_ports

_lock = threading.Lock()


def say(**facts: Any) -> None:
    """One line of JSON."""
    with _lock, contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()


def obey(board: BareBoard, order: dict[str, Any]) -> dict[str, Any]:
    """Do one order -> what is told of it. Raises KeyError, ValueError, OSError: it cannot be done."""
    if "show_code_base64" in order:
        return board.show(base64.b64decode(order["show_code_base64"], validate=True))
    if "fault" in order:
        board.fault(str(order["fault"]), order.get("value", True))
    elif "plug" in order:
        board.plug(order["plug"] == "elsewhere")
    elif "unplug" in order:
        board.unplug()
    elif "reset" in order:
        board.press_reset()
    elif "boot" in order:
        board.press_boot()
    else:
        raise ValueError(f"no order: {sorted(order)}")
    return {}


def watch(board: BareBoard, ports: Path | None) -> None:
    """Tell each change of mode and each line of the firmware, as long as the process lives."""
    told, mode = 0, ""
    while True:
        board.wait_for_news(lambda: board.mode != mode or len(board.lines) > told)  # noqa: B023  (called at once)
        if board.mode != mode:
            mode = board.mode
            if ports:
                write_ports(ports, [board.entry()] if mode != "off" else [])
            say(mode=mode, entry=board.entry())
        for line in board.lines[told:]:
            told += 1
            say(said=line)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bare_board", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", required=True, type=Path)
    parser.add_argument("--board", default="esp32s3")
    parser.add_argument("--line", choices=("pty", "net"), default="pty")
    parser.add_argument("--ports", type=Path)
    parser.add_argument(
        "--settings", type=json.loads, default={}, metavar="JSON", help="over its box.json; `world` too"
    )
    given = parser.parse_args()
    with BareBoard(given.folder, given.board, line=given.line, settings=given.settings) as board:
        say(ready=board.entry())
        threading.Thread(target=watch, args=(board, given.ports), daemon=True).start()
        for line in sys.stdin:
            try:
                order = json.loads(line)
                if order.get("quit"):
                    break
                say(done=order, **obey(board, order))
            except (ValueError, KeyError, TypeError, AttributeError, OSError) as bad:
                say(error=f"{type(bad).__name__}: {bad}")


if __name__ == "__main__":
    main()
