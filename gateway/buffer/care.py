"""Housekeeping, in small steps: write down what changed, begin the next segment, let go of one whose rows are done.

1. The next segment begins when the newest has its size, or is a day old by running time, or is finished.
2. A segment goes as a whole, when all its rows have been delivered for as long as they must be kept: its index first,
   so that a file that is missing with its index there is known to be damage. What it holds in quarantine is carried
   into the newest before. With a full disk it goes as soon as all is delivered: a scan that is not kept yet is worth
   more than the copy of one that the server has.
3. Room that has come back is seen here, too: the reserve is taken again.
4. Which numbers the closed segments have is summed up little by little (reads.py).
"""

import sqlite3

from gateway.buffer.errors import BufferFault
from gateway.buffer.quarantine import carry
from gateway.buffer.segment import Closed
from gateway.buffer.store import DAY_MS, FLUSH_EVERY_MS, STREAMS_EVERY_MS, STREAMS_EVERY_ROWS, Store


def tend(store: Store) -> None:
    """One step; call it about once a second."""
    now_ms = store.memory.ages.now_ms()
    _see_room(store)
    if _is_turn_due(store, now_ms):
        _begin_next(store)
    else:
        _let_go_of_one(store, now_ms)
    if now_ms - store.flushed_ms >= FLUSH_EVERY_MS and store.files.db is not None:
        rows = store.memory.last_id - store.rows_written_to
        is_time = rows > 0 and now_ms - store.streams_ms >= STREAMS_EVERY_MS
        store.flush(with_streams=rows >= STREAMS_EVERY_ROWS or is_time)
    store.carry_over()
    store.reads.tend()


def _see_room(store: Store) -> None:
    store.ballast.take(store.settings.min_free_bytes)
    if store.state != "disk_full":
        return
    try:
        store.look_for_room()
        store.state = "ok"
    except BufferFault as fault:
        store.state = fault.code


def _is_turn_due(store: Store, now_ms: int) -> bool:
    files = store.files
    if files.db is None:
        return True
    if store.memory.last_id < files.first_id:
        return False
    if store.state == "disk_full":  # worth its pages only where the newest can then go
        return store.memory.answered.covers(files.first_id, store.memory.last_id)
    return files.newest_bytes() >= store.settings.segment_bytes or now_ms - files.began_ms >= DAY_MS


def _begin_next(store: Store) -> None:
    """With a full disk out of the reserve, and the disk stays full until the one before has gone."""
    before = store.state
    try:
        store.begin_next()
    except BufferFault:
        if before != "disk_full" or not store.ballast.give_up():
            raise
        store.begin_next()
    if before == "disk_full":
        store.state = before


def _let_go_of_one(store: Store, now_ms: int) -> None:
    """Of the oldest segment of which nobody needs anything any more."""
    ready = _ready(store, now_ms)
    if ready is None or store.files.db is None:
        return
    if _carry_quarantine(store, ready):
        store.memory.answered.since_ms.pop(ready.no, None)
        store.files.drop(ready)


def _ready(store: Store, now_ms: int) -> Closed | None:
    answered, keep_ms = store.memory.answered, store.settings.keep_delivered_days * DAY_MS
    ready = None
    for one in store.files.shelf.all:
        if not answered.covers(one.first_id, one.last_id):
            continue
        since_ms = answered.since_ms.setdefault(one.no, now_ms)
        is_over = now_ms - since_ms >= keep_ms or store.state == "disk_full"
        if ready is None and (is_over or one.last_id < one.first_id):
            ready = one
    return ready


def _carry_quarantine(store: Store, one: Closed) -> bool:
    """-> whether all of it is carried; of a damaged segment what could be read."""
    is_all = True
    try:
        source = store.files.shelf.use(one)
        if source.execute("SELECT 1 FROM quarantine LIMIT 1").fetchone() is None:
            return True
    except (sqlite3.DatabaseError, BufferFault):
        return True

    def work(db: sqlite3.Connection) -> None:
        nonlocal is_all
        is_all = carry(source, db)

    store.transact(work)
    return is_all
