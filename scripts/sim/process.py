"""One child process: started, listened to, killed, and never left behind.

1. The kernel kills it when this process ends, however that comes about (PR_SET_PDEATHSIG): also after SIGKILL.
2. It has a session of its own: a Ctrl-C in the terminal reaches this process alone, which then stops things in order.
3. What it prints goes line by line to `on_line`, if there is one, and into a file; what it complains about, too.
4. An end that nobody ordered is told to `on_end`.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
LONGEST_LINE_BYTES = 1 << 20
_libc = ctypes.CDLL(None, use_errno=True)


def dies_with(parent_pid: int) -> Callable[[], None]:
    """For `preexec_fn`: this child does not outlive its parent, not even when that is killed right now."""

    def arrange() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:  # it has gone already, before the kernel was asked
            os._exit(1)

    return arrange


class Process:
    """`await start()`, then `send()`, `kill()`, `stop()`; may be started again."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        cwd: Path,
        log_path: Path,
        on_line: Callable[[bytes], None] | None = None,
        on_end: Callable[[str, int], None] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.environment = environment or {}
        self.name = name
        self.argv = argv
        self.cwd = cwd
        self.log_path = log_path
        self.starts = 0
        self._on_line = on_line
        self._on_end = on_end
        self._child: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._is_ordered = False

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def is_running(self) -> bool:
        return self._watch is not None and not self._watch.done()

    async def start(self) -> None:
        if self.is_running:
            raise RuntimeError(f"{self.name} runs already")
        with self.log_path.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *map(str, self.argv),
                cwd=self.cwd,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE if self._on_line else log,
                stderr=log,
                limit=LONGEST_LINE_BYTES,
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )
        self.starts += 1
        self._is_ordered = False
        self._watch = asyncio.create_task(self._listen(self._child), name=f"watch {self.name}")

    async def _listen(self, child: asyncio.subprocess.Process) -> None:
        if child.stdout is not None and self._on_line is not None:
            with self.log_path.with_suffix(".out").open("ab", buffering=0) as said:
                while line := await child.stdout.readline():
                    said.write(line)
                    self._on_line(line)
        code = await child.wait()
        if not self._is_ordered and self._on_end is not None:
            self._on_end(self.name, code)

    async def send(self, line: bytes) -> bool:
        """Write one line to its stdin; False when it is gone."""
        if self._child is None or self._child.stdin is None or not self.is_running:
            return False
        try:
            self._child.stdin.write(line + b"\n")
            await self._child.stdin.drain()
        except OSError:
            return False
        return True

    async def wait(self) -> int | None:
        """Until it has ended and its last line was handed on. -> exit code; negative: the signal that ended it."""
        if self._watch is not None:
            await asyncio.shield(self._watch)
        return self._child.returncode if self._child else None

    def expect_end(self) -> None:
        """From now on its end is no surprise."""
        self._is_ordered = True

    async def kill(self) -> int | None:
        """SIGKILL: what a power cut is to a program."""
        self._signal(signal.SIGKILL)
        return await self.wait()

    async def stop(self, patience_s: float = 10.0) -> int | None:
        """SIGTERM, and SIGKILL if that is not heeded. -> exit code."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience_s):
                return await self.wait()
        except TimeoutError:
            return await self.kill()

    def _signal(self, number: signal.Signals) -> None:
        self._is_ordered = True
        if self.is_running and self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)
