"""The boards' own modules on the real interpreter, with stand-ins for what only a chip has."""

import json
import os
import textwrap
from pathlib import Path

from scripts.boards.data import Board, load
from scripts.firmware_build import DEFAULT_HEAP, run_micropython

FAKES = Path(__file__).parent / "fakes"
BOARDS = {board.name: board for board in load()}
NAMES = list(BOARDS)
ESP = [name for name in NAMES if BOARDS[name].family == "esp"]
RP2 = [name for name in NAMES if BOARDS[name].family == "rp2"]

HEAD = """
import sys
fakes = sys.argv[1]
sys.path.insert(0, fakes)
import asyncio, json
from chipside import ASKED
import machine
def say(*values): print(json.dumps(values[0] if len(values) == 1 else values))
def refused(call, *arguments):
    from firmware.boards.errors import BoardError
    try:
        call(*arguments)
    except BoardError as bad:
        return bad.code
from firmware.boards.which import board_name, board_of
"""
MADE = HEAD + "board = board_of(board_name())()\n"


def board_of(name: str) -> Board:
    return BOARDS[name]


def run(
    folder: Path,
    name: str,
    body: str,
    head: str = MADE,
    input: bytes | None = None,
    heap: str = DEFAULT_HEAP,
    **facts: object,
) -> list:
    """What `body` says, line by line, on the board `name`; `facts` are FAKE_… of the stand-ins."""
    script = folder / "script.py"
    script.write_text(head + textwrap.dedent(body))
    env = {**os.environ, "FAKE_CHIP": BOARDS[name].chip, **{f"FAKE_{key}": str(value) for key, value in facts.items()}}
    options = {"input": input} if input is not None else {}
    done = run_micropython([script, str(FAKES)], heap, cwd=folder, env=env, **options)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]
