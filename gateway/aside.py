"""What was set aside, where it can be seen: the latest messages in quarantine, without their content, in a file.

1. The buffer has one opener, the running gateway. It writes down the latest MOST now and then, and `python -m gateway
   quarantine` reads that: when, topic, reason and length.
2. Written where the count has changed, EVERY_S apart at the least; what a full disk refuses is written the next time.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway import files
from gateway.buffer import Buffer, Stats
from gateway.buffer.types import Quarantined
from gateway.passing import passing_faults

FILE_NAME = "quarantine.json"
MOST = 200
EVERY_S = 30.0
LOOK_S = 1.0
Instant = Callable[[str, int], tuple[int, int] | None]
"""(boot, mono_ms of it) -> between which instants of UTC that was."""


class Aside:
    """run() is the task."""

    def __init__(self, buffer: Buffer, path: Path, stats: Callable[[], Stats | None], instant: Instant) -> None:
        self._buffer = buffer
        self._path = path
        self._stats = stats
        self._instant = instant
        self._written: dict[str, int] = {}

    async def run(self) -> None:
        while True:
            stats = self._stats()
            if stats is None or dict(stats.quarantined) == self._written:
                await asyncio.sleep(LOOK_S)
                continue
            with passing_faults(), suppress(OSError):
                await self._write(stats)
            await asyncio.sleep(EVERY_S)

    async def _write(self, stats: Stats) -> None:
        counts = dict(stats.quarantined)
        rows = [self._row(one) for one in await self._buffer.quarantined(MOST)]
        value = {"v": 1, "counts": counts, "dropped": stats.quarantine_dropped, "latest": rows}
        await asyncio.to_thread(files.write_json, self._path, value)
        self._written = counts

    def _row(self, one: Quarantined) -> dict[str, Any]:
        bounds = self._instant(one.received_boot, one.received_mono_ms)
        utc_ms = None if bounds is None else (bounds[0] + bounds[1]) // 2
        return {"utc_ms": utc_ms, "topic": one.topic, "reason": one.reason, "length": one.length}


def read(path: Path) -> tuple[Mapping[str, int], Sequence[Mapping[str, Any]]]:
    """-> (how many by reason, the latest first); nothing where nothing was written yet."""
    value = files.read_json(path)
    if value is None or value.get("v") != 1:
        return {}, []
    return value["counts"], value["latest"]
