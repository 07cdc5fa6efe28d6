"""Notices between nodes, over PostgreSQL's LISTEN and NOTIFY, on a line of their own.

NOTIFY inside a transaction makes every such COMMIT of the cluster wait for every other, sync and all. So what a
transaction leaves to be told is told right after it, by one thread of each node, equal notices within `GATHER_S` once.
What is told here is heard here at once; other nodes hear it over the line. When the line was away, everybody hears
`MISSED` once it is back.
"""

import contextlib
import os
import select
import threading
import time
from collections.abc import Iterable

import psycopg

from server.errors import TramError
from server.store import postgres
from server.store.bell import MISSED, MOST_HELD, Bell, Notice
from server.store.postgres import Cluster

CHANNEL = "tram"
GATHER_S = 0.02
AGAIN_S = 1.0
MOST_BYTES = 7000


class FarBell:
    """The bell of this process, joined to those of the other nodes."""

    def __init__(self, cluster: Cluster, busy_timeout_ms: int, here: Bell) -> None:
        self._cluster = cluster
        self._busy_timeout_ms = busy_timeout_ms
        self._here = here
        self._lock = threading.Lock()
        self._told: dict[Notice, None] = {}
        self._is_open = False
        self._thread: threading.Thread | None = None
        self._wake = (-1, -1)

    def start(self) -> None:
        """Listen from now on."""
        self._is_open = True
        self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="store-bell", daemon=True)
        self._thread.start()

    def ring(self, notices: Iterable[Notice]) -> None:
        """Tell everybody here and elsewhere."""
        told = list(notices)
        if not told:
            return
        self._here.ring(told)
        with self._lock:
            is_first = not self._told
            self._told.update(dict.fromkeys(told))
            if len(self._told) > MOST_HELD:
                self._told = {MISSED: None}
        if is_first:
            self._waken()

    def close(self) -> None:
        """Tell what is left, and end."""
        if self._thread is not None:
            self._is_open = False
            self._waken()
            self._thread.join()
            self._thread = None
            for end in self._wake:
                os.close(end)

    def _waken(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it is awake
            os.write(self._wake[1], b"!")

    def _run(self) -> None:
        was_away = False
        while self._is_open:
            try:
                with postgres.connect(self._cluster, self._busy_timeout_ms, "tram-bell", autocommit=True) as line:
                    line.execute(f"LISTEN {CHANNEL}")
                    if was_away:
                        self._here.ring([MISSED])
                    self._talk(line)
            except (psycopg.Error, TramError, OSError):
                was_away = True
                self._sleep(AGAIN_S)

    def _talk(self, line: "psycopg.Connection[object]") -> None:
        while True:
            ready, _, _ = select.select([line.fileno(), self._wake[0]], [], [])
            if line.fileno() in ready:
                self._here.ring(
                    _read(one.payload) for one in line.notifies(timeout=0) if one.pid != line.info.backend_pid
                )
                if line.broken or line.closed:
                    raise psycopg.OperationalError("the line broke")
            if self._wake[0] in ready:
                os.read(self._wake[0], 4096)
                is_open = self._is_open  # after the read: whoever closes says so first, and wakes us then
                if is_open:
                    time.sleep(GATHER_S)
                with self._lock:
                    told, self._told = list(self._told), {}
                for one in told:
                    line.execute("SELECT pg_notify(%s, %s)", (CHANNEL, _written(one)))
                if not is_open:
                    return

    def _sleep(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while self._is_open and (left_s := until_s - time.monotonic()) > 0:
            if select.select([self._wake[0]], [], [], left_s)[0]:
                os.read(self._wake[0], 4096)


def _written(one: Notice) -> str:
    text = f"{one.channel} {one.payload}"
    return text if len(text.encode()) <= MOST_BYTES else f"{one.channel} "


def _read(text: str) -> Notice:
    channel, _, payload = text.partition(" ")
    return Notice(channel, payload)
