"""A buffer for the tests of readers: one SQLite file with FULL syncs, that says of each epoch what it holds.

It keeps to what the gateway's own promises: an answer comes after the commit, and the same number with other bytes is
a conflict.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from firmware.wire import ack, message, record
from firmware.wire.spans import Spans
from gateway.readers import House, Kept, NotKept


class Store:
    """`trouble` is what every commit says while it is set."""

    def __init__(self, path: Path, slow_s: float = 0.0) -> None:
        self.path = path
        self.trouble: NotKept | None = None
        self.slow_s = slow_s
        self.conflicts = 0
        self.calls = 0
        self._thread = ThreadPoolExecutor(1)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS t (box_id, epoch, seq, record, UNIQUE (box_id, epoch, seq))")
        self._db.execute("CREATE TABLE IF NOT EXISTS freed (box_id, epoch, first_held, UNIQUE (box_id, epoch))")

    async def keep(self, box_id: str, _topic: str, payload: bytes, _boot: str, _mono_ms: int) -> Kept | NotKept:
        self.calls += 1
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.trouble is not None:
            return self.trouble
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._put, box_id, payload)

    def _put(self, box_id: str, payload: bytes) -> Kept:
        stored = conflicts = 0
        if payload.startswith(b"1 scans "):
            pack = message.decode_pack(payload)
            epoch = pack.epoch
            if pack.first_held > 1:
                self._db.execute(
                    "INSERT INTO freed VALUES (?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET first_held = max(first_held, excluded.first_held)",
                    (box_id, epoch, pack.first_held),
                )
        else:
            scan = record.decode(payload)
            epoch = scan.epoch
            row = (box_id, epoch, scan.seq)
            known = self._db.execute("SELECT record FROM t WHERE (box_id, epoch, seq) = (?, ?, ?)", row).fetchone()
            if known is None:
                self._db.execute("INSERT INTO t VALUES (?, ?, ?, ?)", (*row, payload))
                stored = 1
            elif known[0] != payload:
                self.conflicts = conflicts = 1
        return Kept(stored, conflicts, [ack.of(box_id, epoch, self.spans(box_id, epoch))])

    def spans(self, box_id: str, epoch: str) -> Spans:
        spans = Spans()
        freed = self._db.execute(
            "SELECT first_held FROM freed WHERE (box_id, epoch) = (?, ?)", (box_id, epoch)
        ).fetchone()
        if freed:
            spans.add(1, freed[0] - 1)
        for (seq,) in self._db.execute(
            "SELECT seq FROM t WHERE (box_id, epoch) = (?, ?) ORDER BY seq", (box_id, epoch)
        ):
            spans.add(seq)
        return spans

    def scans(self) -> list[record.Scan]:
        return [record.decode(row[0]) for row in self._db.execute("SELECT record FROM t ORDER BY rowid")]

    def close(self) -> None:
        self._thread.shutdown()
        self._db.close()


class World:
    """A house of readers, and everything that they told."""

    def __init__(self, folder: Path, store: Store, mono_ms, **changes) -> None:
        self.enrolled: list[str] = []
        self.heard: list = []
        self.outcomes: list[tuple[str, str, str]] = []
        self.utc: tuple[int, int] | None = None
        self.house = House(
            "gw-1", folder / "readers", "0123456789ab", mono_ms, lambda: self.utc, store.keep,
            lambda heard, at_ms: self.heard.append((heard, at_ms)), self._on_enrolled,
            lambda *told: self.outcomes.append(told), True, 3000, "dir=in,gate=north",
        )._replace(**changes)  # fmt: skip
        self.house.folder.mkdir(parents=True, exist_ok=True)

    async def _on_enrolled(self, box_id: str) -> None:
        self.enrolled.append(box_id)

    def told(self, outcome: str) -> list[str]:
        return [reason for _, what, reason in self.outcomes if what == outcome]
