"""What runs on a stand-in board: a process with a pty for its input and output, as a chip has its serial line."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.firmware_build import micropython_command, micropython_env
from scripts.sim.process import ROOT, dies_with

REPL = Path(__file__).with_name("repl_device.py")
RESET, BOOTLOADER = 75, 76
"""How the REPL's process ends after machine.reset() and machine.bootloader()."""
INTERRUPT = b"\x03"
INTERRUPTS_APART_S = 0.05
POLL_S = 0.2


class Program:
    """`on_output(data)` and `on_end(code)` come from a thread of its own; `write` and `kill` may be called from any."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        environment: dict[str, str],
        cwd: Path,
        on_output: Callable[[bytes], None],
        on_end: Callable[[int], None],
    ) -> None:
        self._on_output, self._on_end = on_output, on_end
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._interrupted_s = 0.0
        self._is_ordered = self._has_spoken = False
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self._wake_read, self._wake_write = os.pipe()
        with (cwd / "program.log").open("ab") as log:
            self._child = subprocess.Popen(
                [str(word) for word in argv],
                stdin=slave,
                stdout=slave,
                stderr=log,
                cwd=cwd,
                env={**os.environ, **environment},
                start_new_session=True,
                preexec_fn=dies_with(os.getpid()),
            )
        os.close(slave)
        self._thread = threading.Thread(target=self._run, name="board program", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """What the host has sent."""
        with self._lock:
            self._waiting += data
        os.write(self._wake_write, b"!")

    def interrupt(self) -> None:
        """Ctrl-C: the interrupt, and its byte after what was written before, so that the REPL knows their order.

        Not two at once: a second one that finds the first pending makes the interpreter die; and none before it has
        greeted, which nothing handles yet.
        """
        if self._has_spoken:
            time.sleep(max(0.0, self._interrupted_s + INTERRUPTS_APART_S - time.monotonic()))
            self._interrupted_s = time.monotonic()
            self._child.send_signal(signal.SIGINT)
        self.write(INTERRUPT)

    def kill(self) -> None:
        """As when the power goes. Not to be called by its own thread."""
        self._is_ordered = True
        self._child.kill()
        self._thread.join()

    def _run(self) -> None:
        while self._turn():
            pass
        code = self._child.wait()
        for number in (self._master, self._wake_read, self._wake_write):
            os.close(number)
        if not self._is_ordered:
            self._on_end(code)

    def _turn(self) -> bool:
        """False: it has ended, and all that it said was handed on."""
        read, write, _ = select.select(
            [self._master, self._wake_read], [self._master] if self._waiting else [], [], POLL_S
        )
        if self._wake_read in read:
            os.read(self._wake_read, 4096)
        try:
            if self._master in read:
                self._on_output(os.read(self._master, 65536))
                self._has_spoken = True
            if write:
                with self._lock:
                    del self._waiting[: os.write(self._master, self._waiting[:1024])]
        except BlockingIOError:
            return True
        except OSError:  # EIO: nobody has the other end open any more
            return False
        return True


def firmware_argv(folder: Path) -> list[str | Path]:
    """The firmware of board `linux`, out of the folder's system.img."""
    files = {"--uart": "reader", "--flash": "spool.img", "--system": "system.img", "--config": "box.json"}
    options = [word for name, file in files.items() for word in (name, folder / file)]
    return [sys.executable, ROOT / "scripts" / "sim" / "box.py", *options, "--broker", "-"]


def repl_argv(folder: Path, facts: str) -> tuple[list[str], dict[str, str]]:
    """The interpreter with the folder's system.img at / -> its command and environment."""
    command = micropython_command([REPL, folder / "system.img", folder / "spool.img", facts])
    return [str(word) for word in command], micropython_env()
