"""How the folder is found at start, and what is done about it.

1. Nothing there: a first segment is made; the rows of the single file of earlier gateways go into it (takeover.py).
2. The newest segment is looked through at every start, row by row; a closed one is looked at (its size, its log), and
   its rows when they are sent.
3. A segment that cannot be read is never used further or deleted: it is salvaged and moved aside (salvage.py). Damage
   in one costs no other's rows.
4. A folder of a newer gateway, of another machine, or that another process has open, is left as it is, and the start
   refused.
"""

import gc
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from traceback import clear_frames
from typing import NamedTuple

from gateway.buffer import index, instance, mark, names, quarantine, row, segment, state, takeover, wal
from gateway.buffer.disk import sync_folder, wipe
from gateway.buffer.errors import BufferFault, fault_of
from gateway.buffer.files import Files, head
from gateway.buffer.memory import Memory, Span
from gateway.buffer.plan import GONE
from gateway.buffer.quarantine import Quarantine
from gateway.buffer.reading import LOST, last_in
from gateway.buffer.reads import Reads
from gateway.buffer.salvage import Ask, finish_move, salvage
from gateway.buffer.source import Source
from gateway.buffer.state import Entries
from gateway.buffer.store import NAMES, Store
from gateway.buffer.types import Damage, Opening, Sealer, Settings

OLD_FILE = "buffer.sqlite"


class Opened(NamedTuple):
    store: Store
    lock: instance.Lock
    opening: Opening


def open_folder(folder: Path, settings: Settings, boot: str, mono_ms: Callable[[], int], sealer: Sealer) -> Opened:
    """Raises BufferFault."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)  # what is synced in a folder is there only if the folder is
        lock = instance.Lock(folder)
        try:
            instance.check(folder)
            store, opening = _Start(folder, settings, boot, mono_ms, sealer).run()
        except BaseException as err:
            _let_go(err)
            lock.close()
            raise
    except (sqlite3.Error, OSError) as err:
        raise fault_of(err) from err
    return Opened(store, lock, opening)


def _let_go(err: BaseException) -> None:
    """A cursor in a frame of this exception, or of one that it came from, would keep its file locked for the next
    try."""
    chain: list[BaseException] = [err]
    for one in chain:
        clear_frames(one.__traceback__)
        chain += [other for other in (one.__cause__, one.__context__) if other is not None and other not in chain]
    gc.collect()


class _Start:
    def __init__(self, folder: Path, settings: Settings, boot: str, mono_ms: Callable[[], int], sealer: Sealer) -> None:
        self._folder = folder
        self._settings = settings
        self._sealer = sealer
        self._memory = Memory(boot, mono_ms)
        self._files = Files(folder)
        self._names, self._names_are_whole = names.read(folder / NAMES)
        self._salvaged: list[int] = []

    def run(self) -> tuple[Store, Opening]:
        try:
            return self._run()
        except BaseException:
            self._files.close()
            raise

    def _run(self) -> tuple[Store, Opening]:
        found = self._look()
        newest = segment.numbers(self._folder)[-1]
        entries, spans = self._entries_of_newest(newest)
        self._look_at_closed(spans, entries)
        self._load(newest, entries, spans)
        held, last = self._quarantined()
        store = Store(
            self._settings,
            self._sealer,
            self._memory,
            self._files,
            Quarantine(self._settings.quarantine_bytes, held, last),
        )
        if not self._names_are_whole or self._names != self._memory.names():
            names.write(self._folder / NAMES, self._memory.names())
        if "segments" not in entries:
            store.write_state({"segments": state.dump(spans)})
        damage = self._settle_damages(store)
        taken = takeover.take_over(store, self._folder.parent / OLD_FILE)
        damage = _joined([one for one in (damage, taken) if one is not None])
        return store, Opening("salvaged" if damage is not None else found, damage)

    # --- looking

    def _look(self) -> str:
        """Finish what was begun; see that there is a newest segment that can be opened -> how it was found."""
        folder = self._folder
        for fresh in list(folder.glob(f"*{segment.ENDING}{segment.SALVAGED}")):
            finish_move(folder, int(fresh.name[:8]))
        for leftover in [
            *folder.glob("*.making"),
            *folder.glob("*.making-journal"),
            *folder.glob("*.old-wal"),
            *folder.glob("*.old"),
            *folder.glob("*.counted"),
        ]:
            wipe(leftover)
        numbers = segment.numbers(folder)
        if not numbers:
            self._make_first(1)
            return "new"
        newest = numbers[-1]
        path = segment.path_of(folder, newest)
        log = segment.beside(path, "-wal")
        has_log = log.exists() and log.stat().st_size > 0
        if segment.beside(path, segment.SUSPECT).exists() or not self._is_sound(newest):
            before = self._before(newest)
            salvage(Ask(folder, newest, self._first_known(newest, before), None, before, self._names.streams))
            self._salvaged.append(newest)
        return "unclean" if has_log else "clean"

    def _make_first(self, no: int) -> None:
        entries = self._memory.small() | self._memory.all_streams()
        own = {"head": head(no, 1, 0), "segments": "[]"}
        segment.make(segment.path_of(self._folder, no), lambda db: state.write(db, entries | own))
        for leftover in self._folder.glob("*.idx"):
            leftover.unlink()

    def _is_sound(self, no: int) -> bool:
        """Look through the newest without writing. Raises for what must be left alone."""
        path = segment.path_of(self._folder, no)
        if not segment.has_head(path):
            return False
        try:
            db = segment.open_closed(path)
            with closing(db):
                if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    return False
                entries = state.read(db)
                if not state.is_complete(entries, self._names.streams) or "segments" not in entries:
                    return False
                schema = json.loads(entries["head"])["schema"]
                if schema > segment.SCHEMA:
                    raise BufferFault(
                        "newer_schema", f"the file has schema {schema}, this gateway knows {segment.SCHEMA}"
                    )
                return self._rows_are_whole(db, no, entries)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as err:
            if isinstance(err, sqlite3.Error) and fault_of(err).code in ("in_use", "disk_full"):
                raise
            return False
        finally:
            segment.beside(path, "-shm").unlink(missing_ok=True)

    def _rows_are_whole(self, db: sqlite3.Connection, no: int, entries: Entries) -> bool:
        """Whether ids follow each other, each row is as it was written, and none is missing that the index knows."""
        first_id = json.loads(entries["head"])["first_id"]
        lost = state.parse_spans(json.loads(entries.get("damage", '{"lost":"-"}'))["lost"])
        next_id = first_id
        for chunk_id, data in db.execute("SELECT id, data FROM chunk ORDER BY id"):
            while next_id < chunk_id and next_id in lost:
                next_id += 1
            pieces = row.split(data)
            if chunk_id != next_id or not all(map(row.is_whole, pieces)):
                return False
            next_id += len(pieces)
        while next_id in lost:
            next_id += 1
        if mark.read(self._folder) > next_id - 1:
            return False
        log = segment.beside(segment.path_of(self._folder, no), "-wal")
        if wal.strays(log, segment.PAGE_BYTES, first_id, next_id - 1):
            return False
        data = index.read(segment.index_path_of(self._folder, no))
        last_id = first_id + len(data) // index.ENTRY_BYTES - 2
        # without a head it still counts: each entry has a check of its own, over its id
        return index.first_id_of(data) not in (first_id, None) or all(
            id_ in lost
            or index.unpack(id_, data[(at := (id_ - first_id + 1) * index.ENTRY_BYTES) : at + index.ENTRY_BYTES])
            is None
            for id_ in range(next_id, last_id + 1)
        )

    def _before(self, newest: int) -> Entries:
        """The state of the segment before, as far as it can be read."""
        for no in reversed(segment.numbers(self._folder)[:-1]):
            with Source(segment.path_of(self._folder, no)) as source:
                wanted = [*state.NEEDED, "segments", *(f"stream.{one}" for one in self._names.streams)]
                entries = state.whole(source.entries(wanted))
            if "head" in entries and "rows_to" in entries:
                return entries
        return {}

    def _first_known(self, no: int, before: Entries) -> int | None:
        """Where it begins, if that can be told from outside: by its index, or by where the one before ends."""
        known = index.first_id_of(index.read(segment.index_path_of(self._folder, no)))
        others = [one for one in segment.numbers(self._folder) if one < no]
        if known is not None or not others:
            return 1 if known is None and not before and no == 1 else known
        data = index.read(segment.index_path_of(self._folder, others[-1]))
        first_id = index.first_id_of(data)
        last_id = 0 if first_id is None else first_id + len(data) // index.ENTRY_BYTES - 2
        with Source(segment.path_of(self._folder, others[-1])) as source:
            for chunk_id, rows in source.rows("chunk", "id", "id, data"):
                last_id = max(last_id, chunk_id + len(row.split(rows)) - 1)
        return last_id + 1

    # --- loading

    def _entries_of_newest(self, newest: int) -> tuple[Entries, list[Span]]:
        with closing(segment.open_closed(segment.path_of(self._folder, newest))) as db:
            entries = state.read(db)
        segment.beside(segment.path_of(self._folder, newest), "-shm").unlink(missing_ok=True)
        first_id = json.loads(entries["head"])["first_id"]
        if "segments" in entries:
            spans = [(no, first, last) for no, first, last in json.loads(entries["segments"])]
        else:
            spans = self._spans_by_index(newest, first_id)
        return entries, spans

    def _spans_by_index(self, newest: int, newest_first_id: int) -> list[Span]:
        """What the newest does not say any more: from the closed ones themselves."""
        spans: list[Span] = []
        after = newest_first_id
        for no in reversed(segment.numbers(self._folder)):
            if no == newest:
                continue
            data = index.read(segment.index_path_of(self._folder, no))
            first_id = index.first_id_of(data)
            if first_id is None:
                with Source(segment.path_of(self._folder, no)) as source:
                    entries = state.whole(source.entries(["head"]))
                first_id = json.loads(entries["head"])["first_id"] if "head" in entries else 1
            spans.insert(0, (no, first_id, after - 1))
            after = first_id
        return spans

    def _look_at_closed(self, spans: list[Span], entries: Entries) -> None:
        """See that each closed segment can be read as far as can be told without reading it."""
        done, _ = json.loads(entries.get("answered", '["-",[]]'))
        answered = state.parse_spans(done)
        for no, first_id, last_id in list(spans):
            path = segment.path_of(self._folder, no)
            log = segment.beside(path, "-wal")
            if not path.exists() and not log.exists():
                is_done = last_id < first_id or any(a <= first_id and last_id <= b for a, b in answered.ranges)
                if is_done or not self._is_named(no):
                    segment.index_path_of(self._folder, no).unlink(missing_ok=True)
                    spans.remove((no, first_id, last_id))
                    continue
            if path.exists() and segment.has_head(path) and log.exists() and log.stat().st_size:
                with suppress(sqlite3.Error):
                    segment.settle_log(path)
            is_suspect = segment.beside(path, segment.SUSPECT).exists()
            if is_suspect or not path.exists() or not (log.exists() or segment.has_its_size(path)):
                salvage(Ask(self._folder, no, first_id, last_id, {}, self._names.streams))
                self._salvaged.append(no)

    def _is_named(self, no: int) -> bool:
        """Whether a file that is not there was there when the last program ended, by what it left behind."""
        return segment.index_path_of(self._folder, no).exists()

    def _load(self, newest: int, entries: Entries, spans: list[Span]) -> None:
        memory, files = self._memory, self._files
        own = json.loads(entries["head"])
        first_id = own["first_id"]
        rows_to = memory.load(entries, self._names)
        for span in spans:
            files.put_aside(span)
        db = files.open(newest, first_id, own["began_ms"])
        last = db.execute("SELECT max(id) FROM chunk").fetchone()[0]
        if last is not None:
            data = db.execute("SELECT data FROM chunk WHERE id = ?", (last,)).fetchone()[0]
            last += len(row.split(data)) - 1
        lost = json.loads(entries.get("damage", "{}")).get("last_id", 0)
        memory.last_id = max(first_id - 1, last or 0, lost)
        self._replay(rows_to)
        self._mend_index(db, first_id)
        newest_row = None
        if last is not None:
            newest_row = row.unpack(segment.read_ids(db, [last]).get(last, b""))
        memory.begin(spans, first_id, newest_row, int(json.loads(entries.get("times", "0"))))

    def _replay(self, rows_to: int) -> None:
        reads = Reads(self._files)
        self._memory.replay(reads.each(rows_to, self._memory.last_id))

    def _mend_index(self, db: sqlite3.Connection, first_id: int) -> None:
        """The newest's index may lag behind its rows after a power cut."""
        writer = self._files.index
        if writer is None:
            return
        writer.cut(self._memory.last_id)
        missing = [id_ for id_ in range(first_id, self._memory.last_id + 1) if writer.index.entry(id_) is None]
        found = [
            (id_, index.Entry(one.stream, one.seq, _extent(one)))
            for id_, packed in segment.read_ids(db, missing).items()
            if (one := row.unpack(packed)) is not None
        ]
        if not found:
            return
        writer.mend(found)

    def _quarantined(self) -> tuple[int, int]:
        held, last = 0, 0
        for one in [None, *self._files.shelf.all]:
            try:
                db = self._files.db if one is None else self._files.shelf.use(one)
                if db is not None:
                    held, last = held + quarantine.size(db), max(last, quarantine.newest(db))
            except (sqlite3.Error, BufferFault):
                continue  # found out when its rows are asked for
        return held, last

    # --- damage

    def _settle_damages(self, store: Store) -> Damage | None:
        """What salvages found, now that everything is open: which numbers are gone, said once."""
        found: list[Damage] = []
        for one in [*self._files.shelf.all, None]:
            try:
                db = self._files.db if one is None else self._files.shelf.use(one)
                values = (
                    db.execute("SELECT name, value, \"check\" FROM state WHERE name = 'damage'").fetchall()
                    if db
                    else []
                )
            except (sqlite3.Error, BufferFault):
                continue
            entries = state.whole(values)
            if "damage" not in entries:
                continue
            report = json.loads(entries["damage"])
            if report["moved_to"] in self._memory.declared:
                continue
            lost = state.parse_spans(report["lost"])
            ids = [id_ for first, last in lost.ranges for id_ in range(first, last + 1)]
            damage = store.lose(ids, report["moved_to"], report["saved"])
            found.append(damage._replace(moved_to=str(self._folder / report["moved_to"])))
        store.damages.clear()
        return _joined(found)


def _extent(one: row.Row) -> int:
    """How many numbers beyond its own a row covers."""
    if one.note not in (LOST, GONE):
        return 0
    return min(last_in(one.data, one.seq) - one.seq, index.MAX_EXTENT)


def _joined(damages: list[Damage]) -> Damage | None:
    """Several as one."""
    if not damages:
        return None
    gone: dict[tuple[str, str], str] = {}
    for one in damages:
        for name, text in one.gone.items():
            spans = state.parse_spans(gone.get(name, "-"))
            for first, last in state.parse_spans(text).ranges:
                spans.add(first, last)
            gone[name] = str(spans)
    return Damage(
        ", ".join(one.moved_to for one in damages if one.moved_to),
        sum(one.rows_saved for one in damages),
        sum(one.rows_unreadable for one in damages),
        gone,
        any(one.gone_unknown for one in damages),
    )
