"""MicroPython's raw REPL on a board, through mpremote.

1. Ctrl-C ends the firmware. Its watchdog runs on: what takes longer than a moment feeds it (`feed`), else the board
   starts anew in the middle of a question.
2. Nothing that comes back is executed or trusted: answers are one line of JSON.
"""

import io
import json
from contextlib import redirect_stdout, suppress
from typing import Any

from scripts.tram import exits
from scripts.tram.flash.words import WORDS
from scripts.tram.ports import opened
from scripts.tram.trouble import Trouble

_FEED = """
import machine
try:
    _dog = machine.WDT(timeout=8000)
except (AttributeError, ValueError, OSError):
    _dog = None
def feed():
    if _dog:
        _dog.feed()
"""
_WHO = """
import json, sys
from binascii import hexlify
import machine
print(json.dumps({"id": hexlify(machine.unique_id()).decode(), "machine": sys.implementation._machine,
    "version": ".".join(str(n) for n in sys.implementation.version[:3])}))
"""
_BLANK = """
import json, rp2
_flash = rp2.Flash()
_page = bytearray(4096)
_blank = b"\\xff" * 4096
_found = True
for _n in range(FIRST, FIRST + COUNT):
    feed()
    _flash.readblocks(_n, _page)
    if _page != _blank:
        _found = False
        break
print(json.dumps({"blank": _found}))
"""
_DIGESTS = """
import json, hashlib
from binascii import hexlify
_found = {}
for _path in PATHS:
    _hash = hashlib.sha256()
    try:
        with open("/" + _path, "rb") as _file:
            while True:
                feed()
                _data = _file.read(4096)
                if not _data:
                    break
                _hash.update(_data)
        _found[_path] = hexlify(_hash.digest()).decode()
    except OSError:
        _found[_path] = ""
print(json.dumps(_found))
"""
_PATHS_AT_ONCE = 8
_READ_S = 1.0
"""On a pseudo-terminal mpremote reads without asking whether there is anything: without it, for ever."""
_PROMPT_S = 5.0
"""A prompt comes at once; a program that catches Ctrl-C has had its time then."""


class Repl:
    """`with Repl(device) as board:` Raises Trouble port_*, no_repl."""

    def __init__(self, device: str) -> None:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        self.device = device
        opened(device, 115_200, 1.0).close()  # says in our words why it cannot be
        try:
            with redirect_stdout(io.StringIO()):  # mpremote prints what it met where there is no REPL
                self._board = SerialTransport(device, baudrate=115_200, timeout=_READ_S)
                self._board.enter_raw_repl(soft_reset=False, timeout_overall=_PROMPT_S)
                self._board.exec(_FEED)
        except (TransportError, OSError) as bad:
            self.close()
            raise Trouble("no_repl", exits.NO_ANSWER, WORDS, port=device) from bad

    def __enter__(self) -> "Repl":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """A board that was only asked, and something came in between, goes back to what it did."""
        if kind is not None:
            self.leave("reset")
        self.close()

    def close(self) -> None:
        board = getattr(self, "_board", None)
        if board is not None:
            with suppress(OSError):
                board.close()

    def who(self) -> dict[str, str]:
        """-> `id` of the chip, `machine` ("Raspberry Pi Pico 2 W with RP2350"), `version` of MicroPython."""
        return {key: str(value) for key, value in self._ask(_WHO).items()}

    def is_blank(self, first_block: int, blocks: int) -> bool:
        """Whether these blocks of 4 KiB of what MicroPython reserves for files are all FF."""
        return self._ask(_BLANK.replace("FIRST", str(first_block)).replace("COUNT", str(blocks))).get("blank") is True

    def digests(self, paths: list[str]) -> dict[str, str]:
        """-> path: SHA-256 in hexadecimal, "" where there is no such file."""
        found: dict[str, str] = {}
        for at in range(0, len(paths), _PATHS_AT_ONCE):
            found |= self._ask(_DIGESTS.replace("PATHS", repr(paths[at : at + _PATHS_AT_ONCE])))
        return {key: str(value) for key, value in found.items()}

    def leave(self, how: str) -> None:
        """`reset` or `bootloader`: the port is gone then."""
        with suppress(Exception):  # it answers, or is gone before it does
            self._board.exec_raw_no_follow(f"import machine\nmachine.{how}()")
        self.close()

    def _ask(self, script: str) -> dict[str, Any]:
        from mpremote.transport import TransportError

        try:
            said = self._board.exec(script).decode("utf-8", "replace").strip().splitlines()
            answer = json.loads(said[-1])
        except (TransportError, OSError, ValueError, IndexError) as bad:
            raise Trouble("no_repl", exits.NO_ANSWER, WORDS, port=self.device) from bad
        if not isinstance(answer, dict):
            raise Trouble("no_repl", exits.NO_ANSWER, WORDS, port=self.device)
        return answer
