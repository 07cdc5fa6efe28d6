"""`listen`: each code as it comes. What is in a code is somebody's: it is shown only where that was asked for."""

import asyncio
from binascii import crc32

from firmware.codes import kind_of
from firmware.scanner.text import Text
from scripts.tram import exits, out
from scripts.tram.reader.bench import Bench
from scripts.tram.reader.session import Target, found, line_of
from scripts.tram.reader.words import KIND_WORDS, WORDS
from scripts.tram.trouble import Trouble

_TEXT_BAUD = 9600
_QUICK_BAUD = 57600


class Listener:
    """`on_code` and `on_refused` for a Bench; `full` is set once `most` codes have come."""

    def __init__(self, most: int | None, is_shown: bool) -> None:
        self.codes = 0
        self.full = asyncio.Event()
        self._most = most
        self._is_shown = is_shown

    def on_code(self, code: bytes, at_ms: int) -> None:
        if self.full.is_set():
            return
        self.codes += 1
        kind = kind_of(code)
        facts = {"n": self.codes, "kind": kind, "length": len(code), "crc": f"{crc32(code):08x}"}
        line = WORDS("code_is", **{**facts, "kind": WORDS(KIND_WORDS.get(kind, "kind_other"))})
        if self._is_shown:
            facts["code"] = text_of(code)
            line += f"\n   {facts['code']}"
        out.event("code", line, **facts)
        if self.codes == self._most:
            self.full.set()

    def on_refused(self, reason: str, length: int) -> None:
        out.event("refused", WORDS("refused_is", reason=reason, length=length), reason=reason, length=length)


def text_of(code: bytes) -> str:
    """What a terminal can show of any bytes without being told to do something."""
    text = code.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


async def listen(target: Target, seconds: float | None, most: int | None, is_shown: bool) -> int:
    """Until the time is over, enough codes have come, or Ctrl-C. Raises Trouble gone."""
    listener = Listener(most, is_shown)
    if target.model == "text":
        async with line_of(target) as (_, line), Bench(line, listener.on_code, listener.on_refused) as bench:
            line.set_baud(target.baud or _TEXT_BAUD)
            frames = Text(lambda data, awaited: (None, data, True), False)
            frames.set_quick(line.baud >= _QUICK_BAUD)
            bench.talk.frames = frames
            await _listen(bench, listener, seconds)
    else:
        async with found(target, listener.on_code, listener.on_refused) as it:
            await _listen(it.bench, listener, seconds)
    out.result({"codes": listener.codes}, WORDS("heard", n=listener.codes))
    return exits.OK


async def _listen(bench: Bench, listener: Listener, seconds: float | None) -> None:
    out.event("listening", WORDS("listening", baud=bench.line.baud), baud=bench.line.baud)
    waiting = {asyncio.ensure_future(listener.full.wait()), asyncio.ensure_future(bench.gone.wait())}
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        pass  # Ctrl-C is how one stops listening
    finally:
        for future in waiting:
            future.cancel()
    if bench.gone.is_set():
        raise Trouble("gone", exits.CUT, WORDS)
