"""`tram` in a process of its own, on a terminal, with a person who types. Linux and macOS."""

import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WAIT_S = 30


class Terminal:
    """A person at a terminal: `sees` waits for words, `types` answers."""

    def __init__(
        self,
        home: Path,
        *words: object,
        columns: int = 80,
        lines: int = 24,
        folder: Path | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.screen = ""
        self._at = 0
        self._pid, self._handle = pty.fork()
        if self._pid == 0:
            os.chdir(folder or ROOT)
            os.environ |= {"TRAM_HOME": str(home), "TRAM_LANG": "en", "PYTHONPATH": str(ROOT), "TERM": "xterm"}
            os.environ |= {"COLUMNS": str(columns), "LINES": str(lines), "PYTHONIOENCODING": encoding}
            os.execv(sys.executable, [sys.executable, "-m", "scripts.tram", *map(str, words)])

    def sees(self, words: str) -> str:
        """Wait for words behind those that were seen last. -> what came before them."""
        ends_s = time.monotonic() + _WAIT_S
        while (found := self.screen.find(words, self._at)) < 0:
            assert self._read(ends_s), f"no {words!r} on the screen: {self.screen[-600:]!r}"
        before, self._at = self.screen[self._at : found], found + len(words)
        return before

    def types(self, text: str) -> None:
        """A line, with Enter."""
        os.write(self._handle, text.encode() + b"\r")

    def ends(self) -> int:
        """Wait for the end. -> the exit code."""
        ends_s = time.monotonic() + _WAIT_S
        while self._read(ends_s):
            pass
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    @property
    def text(self) -> str:
        """What was on the screen, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.screen)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *reason: object) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._handle)

    def _read(self, ends_s: float) -> bool:
        if not select.select([self._handle], [], [], max(0.0, ends_s - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._handle, 65536)
        except OSError:
            return False
        self.screen += data.decode("utf-8", "replace")
        return bool(data)
