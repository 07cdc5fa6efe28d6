"""What the buffer tells of itself."""

from gateway.buffer import disk
from gateway.buffer.claim import each
from gateway.buffer.counters import group
from gateway.buffer.quarantine import newest_of
from gateway.buffer.store import Store
from gateway.buffer.types import Damage, Quarantined, Stats, Tip


def tips(store: Store) -> list[Tip]:
    """The latest statement of every stream that made one."""
    return [Tip(s.box_id, s.epoch, s.first_held, s.last_seq) for s in store.memory.streams if s.last_seq]


def take_damages(store: Store) -> list[Damage]:
    found, store.damages = store.damages, []
    return found


def quarantined(store: Store, limit: int) -> list[Quarantined]:
    found: list[tuple[int, Quarantined]] = []
    for one in [None, *reversed(store.files.shelf.all)]:
        db = store.files.db if one is None else store.files.shelf.use(one)
        if db is not None:
            found += newest_of(db, limit)
    unique = dict(found)
    return [unique[id_] for id_ in sorted(unique, reverse=True)[:limit]]


def stats(store: Store) -> Stats:
    memory, counts = store.memory, store.memory.counters
    file_bytes, wal_bytes = store.files.sizes()
    spans = store.files.spans()
    newest = memory.last_id - store.files.first_id + 1
    return Stats(
        state=store.state,
        waiting=memory.waiting(),
        oldest_waiting_s=_oldest_s(store),
        parked=len(memory.parked),
        rows=max(0, newest) + sum(last - first + 1 for _, first, last in spans),
        stored=memory.last_id,
        duplicates=counts["duplicates"],
        conflicts=counts["conflicts"],
        unreadable=counts["unreadable"],
        deferred=counts["deferred"],
        quarantined=group(counts, "quarantined"),
        quarantine_dropped=counts["quarantine_dropped"],
        verdicts=group(counts, "verdict"),
        file_bytes=file_bytes,
        wal_bytes=wal_bytes,
        segments=len(spans) + 1,
        finished_files=counts["finished_files"],
        rotten=counts["rotten"],
        ballast_bytes=store.ballast.held,
        free_bytes=_free_bytes(store),
    )


def _oldest_s(store: Store) -> float:
    memory = store.memory
    ranges = memory.answered.open_ranges(memory.last_id)
    id_ = next(each(ranges, memory.parked.__contains__), None)
    if id_ is None or store.files.db is None:
        return 0.0
    one = store.reads.rows([id_], all_are_there=False)[id_]
    received_ms = None if one is None else memory.ages.of(one.boot, one.mono_ms)
    return 0.0 if received_ms is None else max(0, memory.ages.now_ms() - received_ms) / 1000


def _free_bytes(store: Store) -> int:
    try:
        return disk.free_bytes(store.files.folder)
    except OSError:
        return 0
