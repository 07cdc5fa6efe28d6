"""Who is told that something was committed: notices, as hints.

1. A notice is (channel, payload), both short text. A job leaves one with `dialect.notify`. It is told after the COMMIT
   of that very job, and where the job fails it is not.
2. It is a hint, never the only way: a listener may miss one (a node ends between COMMIT and telling, a line breaks),
   and so looks by itself from time to time. Where some may have been missed, it hears `MISSED`.
3. Equal notices that have not been fetched are one.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MOST_HELD = 1000
# a channel: what other nodes have to know of the fleet; a payload that begins so names a gateway that sent a batch
FLEET, HEARD = "fleet", "batch "


class Notice(NamedTuple):
    """What is told: which channel, and a short text."""

    channel: str
    payload: str


MISSED = Notice("", "")


class Heard:
    """What one listener has heard and not fetched yet."""

    def __init__(self, channels: frozenset[str]) -> None:
        self.channels = channels
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._held: dict[Notice, None] = {}

    async def wait(self, timeout_s: float) -> list[Notice]:
        """What has come since the last time, in that order; empty where nothing came within `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 can lose a cancellation (bpo-37658)
                await self._woken.wait()
        self._woken.clear()
        held, self._held = list(self._held), {}
        return held

    def tell(self, notices: list[Notice]) -> None:
        """From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hold, notices)

    def _hold(self, notices: list[Notice]) -> None:
        for one in notices:
            self._held[one] = None
        if len(self._held) > MOST_HELD:
            self._held = {MISSED: None}
        self._woken.set()


class Bell:
    """Every listener of this process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Heard] = []

    @contextlib.contextmanager
    def listen(self, *channels: str) -> Iterator[Heard]:
        """Hear these channels until the end of the block."""
        heard = Heard(frozenset(channels))
        with self._lock:
            self._listeners.append(heard)
        try:
            yield heard
        finally:
            with self._lock:
                self._listeners.remove(heard)

    def ring(self, notices: Iterable[Notice]) -> None:
        """Tell everybody here."""
        told = list(notices)
        with self._lock:
            listeners = list(self._listeners)
        for heard in listeners:
            if mine := [one for one in told if one.channel in heard.channels or one == MISSED]:
                heard.tell(mine)
