"""Questions to a box over its serial console, and what it says by itself.

1. A question goes out in small pieces with pauses: a chip keeps some 260 bytes, and reads them when its tasks allow.
2. An answer counts whole: its lines are joined, and their checksum must be right, or it is asked for again. `wipe` and
   `reboot` are never said twice.
3. What comes in between is kept: JSON for `lines()`, anything else as a sign of who is talking instead of a box.
"""

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from zlib import crc32

from scripts.tram import exits
from scripts.tram.console.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    import serial

Facts = dict[str, Any]
BAUD = 115_200
_PIECE_BYTES = 64
_PAUSE_S = 0.012
_READ_S = 0.05
_TRIES = 3
_ONCE = ("wipe", "reboot")
_BUSY_S = 15.0
_MOST_EVENTS = 1000
_MOST_LINE_BYTES = 8192
_SIGN_BYTES = 4096
_HELLO_EVERY_S = 1.5
_BOOT_SIGNS = (b"rst:0x", b"ESP-ROM:", b"invalid header: 0x", b"waiting for download", b"Guru Meditation")


class _Silence(Exception):
    """Nothing that belongs to the answer came in time."""


class _Garbled(Exception):
    """The answer is not what the box sent."""


class Console:
    """One box behind an open serial port. `line`: as pyserial's Serial."""

    def __init__(self, line: "serial.Serial", clock: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._line.timeout = _READ_S
        self._clock = clock
        self._buffer = b""
        self._events: deque[Facts] = deque(maxlen=_MOST_EVENTS)
        self._verdicts: deque[str] = deque(maxlen=8)
        self._name = secrets.token_hex(2)
        self._asked = 0
        self.signs = b""
        """The last of what came and is nothing that a box of ours says."""

    def meet(self, timeout_s: float = 20.0) -> Facts:
        """Ask who is there until a box answers: it may be starting just now. -> the answer to `hello`.

        Raises Trouble console_silent, console_repl, console_boot, console_noise, console_cut.
        """
        end = self._clock() + timeout_s
        while True:
            left = end - self._clock()
            try:
                return self._once("hello", None, min(_HELLO_EVERY_S, max(left, _READ_S)), None)
            except _Garbled:
                pass
            except _Silence:
                if left <= _HELLO_EVERY_S:
                    raise self._silent() from None

    def ask(
        self,
        word: str,
        argument: Facts | None = None,
        timeout_s: float = 5.0,
        on_line: Callable[[Facts], None] | None = None,
    ) -> Facts:
        """-> what the box answers, joined. `timeout_s`: of silence. `on_line` sees each line as it comes.

        Raises Trouble as `meet` does, and console_refused (its fact `refused` is the box's code), console_busy,
        console_garbled.
        """
        busy_end = self._clock() + _BUSY_S
        tries = 1 if word in _ONCE else _TRIES
        while True:
            try:
                return self._once(word, argument, timeout_s, on_line)
            except _Silence:
                raise self._silent() from None
            except _Garbled:
                tries -= 1
                if not tries:
                    raise Trouble("console_garbled", exits.NO_ANSWER, WORDS) from None
            except Trouble as bad:
                if bad.code != "console_busy" or self._clock() > busy_end:
                    raise
                time.sleep(1)

    def type_code(self, code: bytes, timeout_s: float = 20.0) -> str:
        """Type a set-up code. -> the box's verdict, such as `taken` or `expired`."""
        verdict = ""
        for _ in range(_TRIES):
            self._verdicts.clear()
            self._send(code.strip())
            end = self._clock() + timeout_s
            while not self._verdicts:
                if self._clock() > end:
                    raise self._silent()
                self._take_in()
            verdict = self._verdicts[-1]
            if verdict not in ("form", "not_wanted"):  # a byte may have been lost on the way
                break
        return verdict

    def wipe(self, box_id: str, unsent: int | None) -> Facts:
        """Make it a new box. `unsent`: the number that the person was shown; the box compares it with its own.

        None: the box could not tell it.
        """
        return self.ask("wipe", {"box": box_id, "unsent": -1 if unsent is None else unsent}, timeout_s=30)

    def lines(self, limit_s: float | None = None) -> Iterator[Facts]:
        """What the box says by itself, as it comes. `limit_s`: ends after so long without anything."""
        end = None if limit_s is None else self._clock() + limit_s
        while True:
            while self._events:
                yield self._events.popleft()
                end = None if limit_s is None else self._clock() + limit_s
            if end is not None and self._clock() > end:
                return
            self._take_in()

    def _once(
        self, word: str, argument: Facts | None, timeout_s: float, on_line: Callable[[Facts], None] | None
    ) -> Facts:
        self._asked += 1
        name = f"{self._name}{self._asked % 1000:03d}"
        text = f"tram {name} {word}"
        if argument is not None:
            text += " " + json.dumps(argument, ensure_ascii=False, separators=(",", ":"))
        self._send(text.encode())
        answer: Facts = {}
        crc = 0
        head, end = f"tram {name} ".encode(), self._clock() + timeout_s
        while True:
            if self._clock() > end:
                raise _Silence
            for said in self._take_in(head):
                end = self._clock() + timeout_s
                if said.startswith(b"end "):
                    return self._ended(word, answer, crc, said[4:])
                crc = crc32(said, crc)
                facts = _object(said)
                if facts is None:
                    continue  # the checksum at the end will tell
                join(answer, facts)
                if on_line:
                    on_line(facts)

    def _ended(self, word: str, answer: Facts, crc: int, said: bytes) -> Facts:
        end = _object(said)
        if end is None or end.get("crc") != f"{crc:08x}":
            raise _Garbled
        if end.get("ok") is True:
            return answer
        code = str(end.get("code"))
        if code == "form":  # the box could not read the question
            raise _Garbled
        if code == "busy":
            raise Trouble("console_busy", exits.NO_ANSWER, WORDS)
        facts = {key: value for key, value in end.items() if key not in ("ok", "crc", "code")}
        raise Trouble("console_refused", exits.REFUSED, WORDS, word=word, refused=code, box_says=facts)

    def _send(self, text: bytes) -> None:
        import serial

        data = b"\r\n" + text + b"\r\n"  # what stood there before is no part of it
        try:
            for at in range(0, len(data), _PIECE_BYTES):
                self._line.write(data[at : at + _PIECE_BYTES])
                self._line.flush()
                if len(data) > _PIECE_BYTES:
                    time.sleep(_PAUSE_S)
        except serial.SerialTimeoutException:
            raise self._silent() from None
        except OSError as bad:
            raise Trouble("console_cut", exits.CUT, WORDS) from bad

    def _take_in(self, head: bytes = b"") -> list[bytes]:
        """Read what there is. -> what follows `head` in the lines that begin with it; all else is put away."""
        try:
            data = self._line.read(max(1, self._line.in_waiting))
        except (OSError, TypeError) as bad:  # TypeError: pyserial's, of a port that has been closed meanwhile
            raise Trouble("console_cut", exits.CUT, WORDS) from bad
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > _MOST_LINE_BYTES:
            lines.append(self._buffer)
            self._buffer = b""
        found = []
        for line in lines:
            line = line.strip(b"\r\0 ")
            if head and line.startswith(head):
                said = line[len(head) :]
                if said[:1] == b"{" or said.startswith(b"end {"):  # else it is our own question that comes back
                    found.append(said)
            elif line.startswith(b"-> "):
                self._verdicts.append(line[3:].decode("ascii", "replace"))
            elif not line.startswith(b"tram "):
                self._overhear(line)
        return found

    def _overhear(self, line: bytes) -> None:
        facts = _object(line)
        if facts is not None and ("event" in facts or "face" in facts):
            self._events.append(facts)
        elif line:
            self.signs = (self.signs + line + b"\n")[-_SIGN_BYTES:]

    def _silent(self) -> Trouble:
        """Why nobody answers, as far as what came tells."""
        seen = self.signs + self._buffer
        if b">>>" in seen:
            return Trouble("console_repl", exits.NO_ANSWER, WORDS)
        if any(sign in seen for sign in _BOOT_SIGNS):
            return Trouble("console_boot", exits.NO_ANSWER, WORDS)
        return Trouble("console_noise" if seen.strip(b"\r\n\0 ") else "console_silent", exits.NO_ANSWER, WORDS)


def join(answer: Facts, more: Facts) -> None:
    """Put the facts of one line to those of the lines before: objects key by key, lists end to end."""
    for key, value in more.items():
        known = answer.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            join(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        else:
            answer[key] = value


def _object(text: bytes) -> Facts | None:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None
