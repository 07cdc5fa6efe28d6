"""The serial line of a simulated reader: the master end of a pty, at the speed and with the faults of a wire.

1. Bytes go out at the set speed, ten bits each, in small pieces, on an absolute schedule: being late once makes nothing
   later. What is sent counts as sent when the line is done with it, not when the pty has taken it.
2. When host and module have different speeds, each sees what a receiver at its speed would sample from the other's
   signal. The host's speed is what it has set on its end of the pty.
3. While no host has the port open, bytes are lost. A host that does not read loses what does not fit: there is no
   flow control.
4. `unplug` hangs up on the host and takes the link away; `plug` brings a new pty under the same link.
"""

import asyncio
import contextlib
import os
import random
import select
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path

PIECE_S = 0.004
_ABSENT_POLL_S = 0.01
_SPEEDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}


def now_ms() -> int:
    """CLOCK_MONOTONIC in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def resample(data: bytes, from_baud: int, to_baud: int) -> bytes:
    """What a receiver at `to_baud` makes of `data` sent without pause at `from_baud` (8N1)."""
    bits = [bit for byte in data for bit in (0, *((byte >> at) & 1 for at in range(8)), 1)]
    step = from_baud / to_baud  # sent bits per sampled bit

    def level(at: float) -> int:
        index = int(at)
        return bits[index] if index < len(bits) else 1

    out = bytearray()
    at = 0.0
    while at < len(bits):
        if level(at):
            at = float(int(at) + 1)
            continue
        out.append(sum(level(at + step * (1.5 + bit)) << bit for bit in range(8)))
        at += step * 9.5
        while at < len(bits) and not level(at):
            at = float(int(at) + 1)  # a low stop bit: wait for the line to go high
    return bytes(out)


class PowerLost(Exception):
    """The module went dark in the middle of what it was sending."""


class SerialLine:
    """One pty. `on_bytes(data, host_baud)` gets what the host writes."""

    def __init__(self, link: Path, on_bytes: Callable[[bytes, int], None], seed: int) -> None:
        self.link = link
        self.dropped = 0
        self.hang_ups = 0
        self._on_bytes = on_bytes
        self._draw = random.Random(f"line {seed}")
        self._master = -1
        self._slave_name = ""
        self._lock = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_plugged(self) -> bool:
        return self._master >= 0

    @property
    def host_baud(self) -> int:
        return _SPEEDS.get(termios.tcgetattr(self._master)[5], 0) if self.is_plugged else 0

    def plug(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._slave_name = os.ttyname(slave)
        os.close(slave)  # the line now reads as hung up until a host opens it
        os.set_blocking(self._master, False)
        fresh = self.link.with_name(f"{self.link.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self._slave_name)
        fresh.replace(self.link)
        self._watch = asyncio.get_running_loop().create_task(self._await_host(), name=f"{self.link.name} host")

    def unplug(self) -> None:
        if not self.is_plugged:
            return
        if self._watch:
            self._watch.cancel()
        asyncio.get_running_loop().remove_reader(self._master)
        with contextlib.suppress(OSError):
            if os.readlink(self.link) == self._slave_name:
                self.link.unlink()
        os.close(self._master)
        self._master = -1

    async def send(self, data: bytes, baud: int, is_powered: Callable[[], bool]) -> int:
        """Put `data` on the line -> CLOCK_MONOTONIC ms at which its last bit left. Raises PowerLost.

        Looked up before the last piece is handed over: the host may have it before this process goes on.
        """
        async with self._lock:
            begin_s = time.monotonic()
            last_put_ms = now_ms()
            piece = max(1, int(baud / 10 * PIECE_S))
            done = 0
            while done < len(data):
                size = min(len(data) - done, self._draw.randint(1, piece * 2 - 1))
                due_s = begin_s + (done + size) * 10 / baud
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if not is_powered():
                    raise PowerLost
                last_put_ms = now_ms()
                self._put(data[done : done + size], baud)
                done += size
            return max(last_put_ms, int((begin_s + len(data) * 10 / baud) * 1000))

    def _has_host(self) -> bool:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _put(self, data: bytes, baud: int) -> None:
        if not self.is_plugged or not self._has_host():
            self.dropped += len(data)
            return
        if self.host_baud != baud:
            data = resample(data, baud, self.host_baud or 9600)
        try:
            written = os.write(self._master, data)
        except OSError:
            written = 0
        self.dropped += len(data) - written

    async def _await_host(self) -> None:
        while not self._has_host():
            await asyncio.sleep(_ABSENT_POLL_S)
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_bytes(data, self.host_baud)
            return
        # The host has closed its end. What it did not read must not wait for the next one.
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        with contextlib.suppress(OSError):
            slave = os.open(self._slave_name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            termios.tcflush(slave, termios.TCIOFLUSH)
            os.close(slave)
        self.hang_ups += 1
        self._watch = loop.create_task(self._await_host(), name=f"{self.link.name} host")
