"""A bad line between two network namespaces: loses packets, delays them, lets them overtake, or goes dead, either way.

    async with Namespaces("a", "b") as names:          # made here, and gone with the process that holds them
        async with Wire(names.path("a"), "10.77.1.1", names.path("b"), "10.77.1.2") as wire:
            wire.manner = Manner(loss=0.05, delay_ms=80, jitter_ms=30)
            wire.dead = {"there"}                      # half-open: what goes that way vanishes, and nobody is told

1. Each end is a TUN device inside its namespace; this process carries the packets between them. So it needs no netem in
   the kernel, and the TCP of both ends is the kernel's own, with its real timers.
2. A packet is lost or not, and delayed, by a seeded draw of its own. What is delayed by another time overtakes.
3. `bytes_per_s` is a line that fills: what does not fit into QUEUE_S of it is dropped, as on a 4G stick.
Linux, and the right to make namespaces (root).
"""

import asyncio
import ctypes
import fcntl
import os
import random
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
MTU = 1500
QUEUE_S = 1.0
T = TypeVar("T")
_libc = ctypes.CDLL(None, use_errno=True)


class Manner(NamedTuple):
    """How a line behaves; the same both ways."""

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    bytes_per_s: int = 0
    """0: as fast as it comes."""


class Namespaces:
    """Named network namespaces, made on entering and deleted on leaving."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._prefix = f"tram-{os.getpid()}-"

    def name(self, name: str) -> str:
        return self._prefix + name

    def path(self, name: str) -> Path:
        return Path("/run/netns") / self.name(name)

    def words(self, name: str) -> list[str]:
        """What stands before a command that is to run in there."""
        return ["ip", "netns", "exec", self.name(name)]

    async def __aenter__(self) -> "Namespaces":
        for name in self._names:
            await asyncio.to_thread(_ip, "netns", "add", self.name(name))
            await asyncio.to_thread(_ip, "-n", self.name(name), "link", "set", "lo", "up")
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in self._names:
            await asyncio.to_thread(_ip, "netns", "delete", self.name(name))


class Wire:
    """Carries packets between two namespaces; `there` is from the first to the second, `back` the other way."""

    def __init__(self, first: Path, first_address: str, second: Path, second_address: str, seed: int = 1) -> None:
        self._ends = (first, first_address), (second, second_address)
        self._draw = random.Random(f"wire {seed}")
        self._handles: list[int] = []
        self._busy_until_s = [0.0, 0.0]
        self.manner = Manner()
        self.dead: set[str] = set()
        self.carried = 0
        self.lost = 0

    async def __aenter__(self) -> "Wire":
        for number, (path, address) in enumerate(self._ends):
            device = f"tram{number}{os.getpid() % 100000}{id(self) % 1000}"[:15]
            peer = self._ends[1 - number][1]
            self._handles.append(await asyncio.to_thread(_inside, path, lambda name=device: _open_tun(name)))
            await asyncio.to_thread(_ip, "-n", path.name, "addr", "add", address, "peer", peer, "dev", device)
            await asyncio.to_thread(_ip, "-n", path.name, "link", "set", device, "mtu", str(MTU), "up")
        loop = asyncio.get_running_loop()
        for number, handle in enumerate(self._handles):
            loop.add_reader(handle, self._carry, number)
        return self

    async def __aexit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for handle in self._handles:
            loop.remove_reader(handle)
            os.close(handle)
        self._handles = []

    def _carry(self, number: int) -> None:
        """Everything that waits at one end."""
        way = ("there", "back")[number]
        loop = asyncio.get_running_loop()
        for _ in range(64):
            try:
                packet = os.read(self._handles[number], MTU + 64)
            except OSError:  # nothing more; or the namespace is going away
                return
            if way in self.dead or self._draw.random() < self.manner.loss:
                self.lost += 1
                continue
            wait_s = self._wait_s(number, len(packet), loop.time())
            if wait_s is None:
                self.lost += 1
            elif wait_s <= 0:
                self._write(1 - number, packet)
            else:
                loop.call_later(wait_s, self._write, 1 - number, packet)

    def _wait_s(self, number: int, size: int, now_s: float) -> float | None:
        """How long this packet is on its way; None: the line is full."""
        manner = self.manner
        wait_s = max(0.0, manner.delay_ms + self._draw.uniform(-1, 1) * manner.jitter_ms) / 1000
        if manner.bytes_per_s:
            begins_s = max(now_s, self._busy_until_s[number])
            if begins_s - now_s > QUEUE_S:
                return None
            self._busy_until_s[number] = begins_s + size / manner.bytes_per_s
            wait_s += self._busy_until_s[number] - now_s
        return wait_s

    def _write(self, number: int, packet: bytes) -> None:
        if number < len(self._handles):
            try:
                os.write(self._handles[number], packet)
                self.carried += 1
            except OSError:  # the device is full or gone: lost, as on a line
                self.lost += 1


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=30)


def _open_tun(name: str) -> int:
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return handle


def _inside(namespace: Path, job: Callable[[], T]) -> T:
    """Do it in a thread that has entered the namespace, and ends."""
    done: list[T | BaseException] = []

    def work() -> None:
        try:
            with namespace.open() as there:
                if _libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
            done.append(job())
        except BaseException as error:
            done.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    found = done[0]
    if isinstance(found, BaseException):
        raise found
    return found
