"""What relates the clocks: samples of box clocks on ours, and anchors of our clock to UTC. Kept for the clock's own
room.

Only what was handed over is kept, the newest first to stay: KEEP_PER_BOOT for one boot of a box, KEEP_ANCHORS for one
of ours.
"""

import sqlite3
from collections.abc import Callable, Iterable

from gateway.buffer.types import Anchor, Sample

KEEP_PER_BOOT = 32
KEEP_ANCHORS = 256
KEEP_SAMPLES = 50_000
TABLES = (
    """
    CREATE TABLE sample (id INTEGER PRIMARY KEY, box_id TEXT NOT NULL, epoch TEXT NOT NULL, boot INTEGER NOT NULL,
        uptime_ms INTEGER NOT NULL, gateway_boot TEXT NOT NULL, earliest_mono_ms INTEGER NOT NULL,
        latest_mono_ms INTEGER NOT NULL)
    """,
    """
    CREATE TABLE anchor (id INTEGER PRIMARY KEY, gateway_boot TEXT NOT NULL, mono_ms INTEGER NOT NULL,
        earliest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL)
    """,
)
COLUMNS = {
    "sample": "id, box_id, epoch, boot, uptime_ms, gateway_boot, earliest_mono_ms, latest_mono_ms",
    "anchor": "id, gateway_boot, mono_ms, earliest_ms, latest_ms",
}


def add_samples(db: sqlite3.Connection, rows: Iterable[Sample]) -> None:
    for row in rows:
        db.execute(
            "INSERT INTO sample (box_id, epoch, boot, uptime_ms, gateway_boot, earliest_mono_ms, latest_mono_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        db.execute(
            "DELETE FROM sample WHERE id IN (SELECT id FROM sample WHERE box_id = ? AND epoch = ? AND boot = ?"
            " ORDER BY id DESC LIMIT -1 OFFSET ?)",
            (row.box_id, row.epoch, row.boot, KEEP_PER_BOOT),
        )
    db.execute("DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?", (KEEP_SAMPLES,))


def add_anchor(db: sqlite3.Connection, row: Anchor) -> None:
    db.execute("INSERT INTO anchor (gateway_boot, mono_ms, earliest_ms, latest_ms) VALUES (?, ?, ?, ?)", row)
    db.execute("DELETE FROM anchor WHERE id <= (SELECT max(id) FROM anchor) - ?", (KEEP_ANCHORS,))


def read_samples(db: sqlite3.Connection) -> list[Sample]:
    """All of them, oldest first."""
    return [
        Sample(*row)
        for row in db.execute(
            "SELECT box_id, epoch, boot, uptime_ms, gateway_boot, earliest_mono_ms, latest_mono_ms"
            " FROM sample ORDER BY id"
        )
    ]


def read_anchors(db: sqlite3.Connection) -> list[Anchor]:
    return [
        Anchor(*row)
        for row in db.execute("SELECT gateway_boot, mono_ms, earliest_ms, latest_ms FROM anchor ORDER BY id")
    ]


def copy_of(old: sqlite3.Connection | None) -> Callable[[sqlite3.Connection], None]:
    """What goes from one segment to the next beside the state: what relates the clocks, as far as it can be read."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    for table, columns in COLUMNS.items():
        try:
            rows[table] = [] if old is None else old.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608
        except sqlite3.Error:
            rows[table] = []

    def fill(db: sqlite3.Connection) -> None:
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" * len(columns.split(", ")))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])  # noqa: S608 - names of ours

    return fill
