"""SQLite: the one thread that writes, the one that reads, each with its connection; and group commit.

1. Jobs that write wait together and share one transaction, so that many requests pay for one sync.
2. Where a group fails for the sake of one of them, nothing of it was kept, and each then gets a transaction of its own.
   Where the store itself fails, all of them fail with its code.
3. Jobs that read run beside the groups, one after another (`sqlite`, rules 1 and 5). They are opened last and closed
   first: there is no reader without a writer.
4. A job that is to be alone runs between the groups, while the reader rests; so is the WAL emptied where a reader was
   in the way of it so often that it has grown.
"""

import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from server.errors import Unusable
from server.store import sqlite
from server.store.bell import Bell
from server.store.dialect import notices_of
from server.store.migrations import migrate
from server.store.task import Job, Task, hand_back

MAX_GROUP_JOBS = 32
REST_LOOK_S = 0.1
_Opened = queue.SimpleQueue[BaseException | None]


class _Rest(NamedTuple):
    """The reader is asked to rest: it says when it does, and is told when that is over."""

    begun: threading.Event
    over: threading.Event


class OneThread:
    """A `Face` of `Database`. Closing it empties the WAL."""

    def __init__(self, path: Path, now_ms: Callable[[], int], busy_timeout_ms: int, bell: Bell) -> None:
        self.path = path
        self._migrated: list[str] = []
        self._now_ms = now_ms
        self._busy_timeout_ms = busy_timeout_ms
        self._bell = bell
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[Task | _Rest | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._reader: threading.Thread | None = None
        self._lock: IO[bytes] | None = None

    def start(self, check: bool) -> list[str]:
        """Open, check, migrate. Raises `Unusable`."""
        self._lock = sqlite.lock(self.path)
        opened: _Opened = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(check, opened), name="store", daemon=True)
        self._reader = threading.Thread(target=self._read, args=(opened,), name="store-reader", daemon=True)
        for thread in (self._thread, self._reader):
            thread.start()
            error = opened.get()
            if error is not None:
                self.close()
                raise error
        return self._migrated

    def is_open(self) -> bool:
        """Whether the threads are there."""
        return all(thread is not None and thread.is_alive() for thread in (self._thread, self._reader))

    def put(self, task: Task) -> None:
        """Have it done."""
        if task.writes or task.alone:
            self._tasks.put(task)
        else:
            self._asked.put(task)

    def close(self) -> None:
        """Finish what waits, then close the database and let others in."""
        for thread, tasks in ((self._reader, self._asked), (self._thread, self._tasks)):
            if thread is not None and thread.is_alive():
                tasks.put(None)
                thread.join()
        if self._lock is not None:
            self._lock.close()

    def _read(self, opened: _Opened) -> None:
        try:
            engine = sqlite.reader(self.path, self._busy_timeout_ms)
            connection = engine.connect()
        except BaseException as err:  # as in `_run`
            opened.put(_unusable(err))
            return
        opened.put(None)
        while (task := self._asked.get()) is not None:
            if isinstance(task, _Rest):
                task.begun.set()
                task.over.wait()
            else:
                _answer(connection, task)
                hand_back([task])
        connection.close()
        engine.dispose()

    def _run(self, check: bool, opened: _Opened) -> None:
        try:
            engine, connection = self._open(check)
        except BaseException as err:  # the caller of `start` waits for whatever this is, and raises it
            opened.put(_unusable(err))
            return
        opened.put(None)
        try:
            self._work(connection)
        finally:
            _close(connection, engine)

    def _open(self, check: bool) -> tuple[Engine, Connection]:
        if not sqlite.is_new(self.path):
            engine = sqlite.engine(self.path, self._busy_timeout_ms)
            connection = engine.connect()
            if check:
                _in_transaction(connection, sqlite.check)
            self._migrated = self._migrate(connection)
            return engine, connection
        made = self.path.with_name(self.path.name + ".new")
        for left_over in (made, made.with_name(made.name + "-wal"), made.with_name(made.name + "-shm")):
            left_over.unlink(missing_ok=True)
        engine = sqlite.engine(made, self._busy_timeout_ms)
        connection = engine.connect()
        self._migrated = self._migrate(connection)
        _close(connection, engine)
        sqlite.publish(made, self.path)
        engine = sqlite.engine(self.path, self._busy_timeout_ms)
        return engine, engine.connect()

    def _migrate(self, connection: Connection) -> list[str]:
        return migrate(lambda job: _in_transaction(connection, job), self._now_ms)

    def _work(self, connection: Connection) -> None:
        open_for_work = True
        while open_for_work:
            waiting = [self._tasks.get()]
            while len(waiting) < MAX_GROUP_JOBS and not self._tasks.empty():
                waiting.append(self._tasks.get())
            tasks = [task for task in waiting if task is not None]
            open_for_work = len(tasks) == len(waiting)
            writers = [task for task in tasks if task.writes]
            if writers:
                self._run_together(connection, writers)
            hand_back(writers)
            for task in tasks:
                if task.alone:
                    self._while_reader_rests(partial(_answer, connection, task))
                    hand_back([task])
            if sqlite.wal_bytes(self.path) > sqlite.WAL_KEPT_BYTES:
                self._while_reader_rests(partial(_empty_wal, connection))

    def _while_reader_rests(self, work: Callable[[], None]) -> None:
        rest = _Rest(threading.Event(), threading.Event())
        self._asked.put(rest)
        while not rest.begun.wait(REST_LOOK_S) and self._reader is not None and self._reader.is_alive():
            continue
        try:
            work()
        finally:
            rest.over.set()

    def _run_together(self, connection: Connection, tasks: list[Task]) -> None:
        """One transaction for all; where that fails for the sake of one of them, one for each."""
        connection.info[sqlite.READS] = False
        notices_of(connection).clear()
        try:
            with connection.begin():
                for task in tasks:
                    task.error = None
                    task.result = task.job(connection)
        except Exception as err:  # whatever it is goes to those who wait for it; the thread lives on
            ours = sqlite.explain(err)
            if ours is None and len(tasks) > 1:
                for task in tasks:
                    self._run_together(connection, [task])
                return
            for task in tasks:
                task.error = ours or err
            return
        self._bell.ring(notices_of(connection))


def _answer(connection: Connection, task: Task) -> None:
    """A job that reads, or is alone."""
    connection.info[sqlite.READS] = True
    try:
        with connection.begin():
            task.result = task.job(connection)
    except Exception as err:  # whatever it is goes to who waits for it; the thread lives on
        task.error = sqlite.explain(err) or err


def _empty_wal(connection: Connection) -> None:
    try:
        connection.rollback()
        connection.info[sqlite.READS] = True  # no checkpoint inside a transaction that writes
        sqlite.checkpoint(connection)
        connection.rollback()
    except SQLAlchemyError:
        # What is committed is in the WAL and stays there: it is tried again, at the next start at the latest.
        pass


def _in_transaction(connection: Connection, job: Job) -> None:
    connection.info[sqlite.READS] = False
    with connection.begin():
        job(connection)


def _close(connection: Connection, engine: Engine) -> None:
    _empty_wal(connection)
    connection.close()
    engine.dispose()


def _unusable(err: BaseException) -> BaseException:
    ours = sqlite.explain(err)
    return Unusable(ours.code, ours.detail) if ours else err
