"""What happened and the server has not confirmed yet: numbered, in a file of its own (SPEC §16).

    <crc> {"v":1,"epoch":"…","from":1}     the first line: what the numbers belong to, and the number of the first event
    <crc> {"kind":…,"body":…,"at":…,"boot":…,"mono":…}
    <crc> {"offered":n}                    up to here the server may have been told
    <crc> {"to":n}                         up to here it has confirmed

1. An event's number is its place in the file. It is given for good when it is first offered, and that is on the disk
   before it is said: the server never sees two events under one number, nor a gap.
2. `put` returns when the event is on the disk. `add` never waits and never raises; it is on the disk a moment later.
3. At most MOST events and MOST_BYTES: then the oldest alerts that were never offered become one, which counts them.
   What is no alert is never given up; where there is no room for it, `put` raises.
4. A line that a power cut tore is no event: nobody was told that it was kept. Any other damage, and whatever was
   offered must be there: else what can be read goes on in a new epoch, and an alert says so.
5. What is confirmed is cut off the file when there is much of it, by writing it anew.
"""

import asyncio
import errno
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway import files
from gateway.downlink.journal import Found, Row, encoded, line_of, read_line, records_of, row_of, torn_at

MOST = 10_000
MOST_BYTES = 32 * 1024 * 1024
MOST_BODY_BYTES = 262_144
MERGE = 1_000
"""So many alerts become one."""
CUT_OFF = 500
MOST_PENDING = 1_000
KINDS = ("result", "alert", "enrolled", "damage")

_PLAIN = ("box_id", "id", "name", "outcome", "part", "state", "epoch", "gone", "gone_unknown")
"""What of a body says which event it is."""

Bounds = tuple[int, int]
Instant = Callable[[str, int], Bounds | None]


class Event(NamedTuple):
    no: int
    said: dict[str, Any]
    """As it goes into a report."""
    size: int


class Events:
    def __init__(self, path: Path, boot: str, mono_ms: Callable[[], int]) -> None:
        """Raises OSError where the file cannot be read or made."""
        self._path = path
        self._boot = boot
        self._mono_ms = mono_ms
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._pending: list[dict[str, Any]] = []
        self._in_hand = 0
        self.epoch = ""
        self.confirmed = 0
        """Up to here the server has them."""
        self._offered = 0
        self._dead = 0
        self.merged = 0
        """Alerts that became part of another one, since this start."""
        self.dropped = 0
        """Alerts that never got onto the disk, since this start."""
        self.was_damaged = False
        self.news = asyncio.Event()
        self._load()

    @property
    def waiting(self) -> int:
        return len(self._rows) + len(self._pending) + self._in_hand

    def holds(self, command_id: str) -> bool:
        """Whether the result of that command waits here."""
        return any(row.mark == command_id for row in self._rows)

    # --- taking in

    def add(self, kind: str, body: Mapping[str, Any], at_ms: Bounds | None = None) -> None:
        """From the loop; for what may be lost with the power of this very moment."""
        if len(self._pending) >= MOST_PENDING:
            del self._pending[0]
            self.dropped += 1
        self._pending.append(self._record(kind, body, at_ms))
        self.news.set()

    async def put(self, kind: str, body: Mapping[str, Any], at_ms: Bounds | None = None) -> None:
        """On the disk when this returns. Raises OSError."""
        record = self._record(kind, body, at_ms)
        await asyncio.to_thread(self._append, [record])
        self.news.set()

    async def flush(self) -> None:
        """Have on the disk what was added. Raises OSError."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        self._in_hand = len(pending)
        try:
            await asyncio.to_thread(self._append, pending)
        except BaseException:  # also where it is cancelled: twice on the disk is better than not at all
            kept = pending + self._pending
            self._pending = kept[-MOST_PENDING:]
            self.dropped += len(kept) - len(self._pending)
            raise
        finally:
            self._in_hand = 0

    # --- giving out

    async def offer(self, most: int, most_bytes: int, instant: Instant) -> list[Event]:
        """The oldest ones, numbered for good. At least one, where there is any. Raises OSError."""
        return await asyncio.to_thread(self._offer, most, most_bytes, instant)

    async def confirm(self, to: int) -> None:
        """The server has them up to this number. Raises OSError, ValueError where they were never offered."""
        await asyncio.to_thread(self._confirm, to)

    async def blunt(self) -> bool:
        """Empty the body of the oldest one, whatever it is that the server cannot take; False: it is empty already."""
        return await asyncio.to_thread(self._blunt)

    async def begin_anew(self) -> None:
        """What waits here goes under another epoch: the server does not know any more what it has confirmed."""
        await asyncio.to_thread(self._renumber)

    @property
    def offered(self) -> int:
        """Up to here the server may have been told."""
        return self._offered

    # --- in another thread

    def _append(self, records: list[dict[str, Any]]) -> None:
        with self._lock:
            lines = [line_of(record) for record in records]
            self._make_room(sum(map(len, lines)), any(record["kind"] != "alert" for record in records), len(lines))
            offset = self._write(lines)
            for record, line in zip(records, lines, strict=True):
                self._rows.append(row_of(offset, len(line), record))
                offset += len(line)

    def _offer(self, most: int, most_bytes: int, instant: Instant) -> list[Event]:
        with self._lock:
            found: list[Event] = []
            used = 0
            for record, row in self._read(self._rows[:most]):
                if found and used + row.size > most_bytes:
                    break
                used += row.size
                found.append(Event(self.confirmed + len(found) + 1, _said(record, instant), row.size))
            last = self.confirmed + len(found)
            if last > self._offered:
                self._write([line_of({"offered": last})])
                self._offered = last
            return [one._replace(said={"no": one.no, **one.said}) for one in found]

    def _confirm(self, to: int) -> None:
        with self._lock:
            if to > self._offered:
                raise ValueError("confirmed what was never offered")
            if to <= self.confirmed:
                return
            count = to - self.confirmed
            self._write([line_of({"to": to})])
            del self._rows[:count]
            self.confirmed = to
            self._dead += count
            if self._dead >= CUT_OFF:
                self._rewrite(self._path, list(self._read(self._rows)))

    def _blunt(self) -> bool:
        with self._lock:
            content = list(self._read(self._rows))
            if not content or content[0][0].get("blunted"):
                return False
            record, row = content[0]
            body = {key: value for key, value in record["body"].items() if key in _PLAIN and _is_plain(value)}
            if record["kind"] == "result":
                body["body"] = None
            elif record["kind"] == "alert":
                body["reason"] = "left out"
            content[0] = {**record, "body": body, "blunted": True}, row
            self._rewrite(self._path, content)
            return True

    def _renumber(self) -> None:
        with self._lock:
            content, before = list(self._read(self._rows)), (self.epoch, self.confirmed, self._offered)
            self.epoch, self.confirmed, self._offered = secrets.token_hex(6), 0, 0
            try:
                self._rewrite(self._path, content)
            except OSError:
                self.epoch, self.confirmed, self._offered = before
                raise

    def _make_room(self, size: int, must: bool, count: int) -> None:
        held = sum(row.size for row in self._rows) if self._rows else 0
        if len(self._rows) + count <= MOST and held + size <= MOST_BYTES:
            return
        first = self._offered - self.confirmed
        alerts = [number for number, row in enumerate(self._rows) if row.is_alert and number >= first][:MERGE]
        if len(alerts) >= 2:
            self._merge(alerts)
        elif held + size > MOST_BYTES or not must:
            raise OSError(errno.ENOSPC, "too many events wait for the server")

    def _merge(self, alerts: list[int]) -> None:
        """These rows become one, in the place of the first."""
        content = list(self._read(self._rows))
        gone = [content[number][0] for number in alerts]
        left_out = set(alerts[1:])
        content[alerts[0]] = _merged(gone), content[alerts[0]][1]
        self._rewrite(self._path, [pair for number, pair in enumerate(content) if number not in left_out])
        self.merged += len(alerts) - 1

    # --- the file

    def _write(self, lines: list[bytes]) -> int:
        """Append and sync; -> where the first of them begins. What failed is taken back, as far as that goes."""
        with open(self._path, "r+b") as file:
            offset = file.seek(0, os.SEEK_END)
            try:
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), offset)
                raise
        return offset

    def _read(self, rows: list[Row]) -> Iterator[tuple[dict[str, Any], Row]]:
        with open(self._path, "rb") as file:
            for row in rows:
                file.seek(row.offset)
                record = read_line(file.read(row.size))
                if record is None:
                    raise OSError(errno.EIO, "an event cannot be read any more")
                yield record, row

    def _rewrite(self, path: Path, content: list[tuple[dict[str, Any], Row]]) -> None:
        """The file anew with these events; numbers stay what they are."""
        lines = [line_of({"v": 1, "epoch": self.epoch, "from": self.confirmed + 1})]
        rows, offset = [], len(lines[0])
        for record, _ in content:
            line = line_of(record)
            rows.append(row_of(offset, len(line), record))
            lines.append(line)
            offset += len(line)
        if self._offered > self.confirmed:
            lines.append(line_of({"offered": self._offered}))
        files.write(path, b"".join(lines))
        self._rows, self._dead = rows, 0

    # --- the start

    def _load(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        whole = data[: torn_at(data)]
        records, is_sound = records_of(whole)
        found = Found()
        for offset, size, record in records:
            is_sound = found.take(offset, size, record) and is_sound
        if found.epoch and is_sound and found.is_consistent:
            self.epoch, self.confirmed, self._offered = found.epoch, found.confirmed, found.offered
            self._rows, self._dead = found.rows, found.dead
            if len(whole) < len(data):
                os.truncate(self._path, len(whole))
            return
        self._begin_epoch(data, found)

    def _begin_epoch(self, data: bytes, found: "Found") -> None:
        self.epoch = secrets.token_hex(6)
        content = [(read_line(data[row.offset : row.offset + row.size]) or {}, row) for row in found.rows]
        files.make_folder(self._path.parent)
        if data:
            self.was_damaged = True
            reason = f"the file of events was damaged; {len(content)} of them could be read and go on in a new epoch"
            body = {"part": "events", "state": "damaged", "reason": reason, "box_id": None}
            content.append((self._record("alert", body, None), Row(0, 0, True, "")))
        self._rewrite(self._path, content)

    def _record(self, kind: str, body: Mapping[str, Any], at_ms: Bounds | None) -> dict[str, Any]:
        if kind not in KINDS:
            raise ValueError(f"no kind of event: {kind}")
        return {"kind": kind, "body": _fit(dict(body)), "at": at_ms, "boot": self._boot, "mono": self._mono_ms()}


def _said(record: Mapping[str, Any], instant: Instant) -> dict[str, Any]:
    at = record["at"] if record["at"] is not None else instant(record["boot"], record["mono"])
    return {"kind": record["kind"], "at_ms": None if at is None else list(at), "body": record["body"]}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, str) and len(value) <= 64 and value.isascii())


def _merged(records: list[dict[str, Any]]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for record in records:
        body = record["body"]
        counts.update(record.get("counts") or {f"{body.get('part')} {body.get('state')}"[:64]: 1})
    total = sum(counts.values())
    most = ", ".join(f"{what} {count}" for what, count in counts.most_common(20))
    body = {"part": "alerts", "state": "merged", "reason": f"{total} alerts in one: {most}", "box_id": None}
    first, last = records[0], records[-1]
    at = None if first["at"] is None or last["at"] is None else [first["at"][0], last["at"][1]]
    counts = Counter(dict(counts.most_common(100)))
    return {"kind": "alert", "body": body, "at": at, "boot": last["boot"], "mono": last["mono"], "counts": dict(counts)}


def _fit(body: dict[str, Any]) -> dict[str, Any]:
    """What would not fit into a report is cut: a log of a box that is nothing but control characters, say."""
    text = body.get("body")
    if isinstance(text, str) and len(encoded(text)) > MOST_BODY_BYTES:
        body["body"] = text[: MOST_BODY_BYTES // 6]
    elif len(encoded(body)) > MOST_BODY_BYTES:
        body["body"] = None
    return body
