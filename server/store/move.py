"""A SQLite database becomes a PostgreSQL one: every table, page by page, and compared at the end.

1. The server is stopped: the source is locked as a server would lock it, and only read. It stays as it is.
2. A page of rows and the mark how far its table has come (`moving`) are one transaction. So it may be cut off at any
   point and is begun again where it stood; nothing is there twice.
3. While `moving` is there a server refuses to start on the target (`store_moving`). It goes when everything was
   compared: the rows of each table are counted and hashed on both sides, in the form in which the server reads them.
4. A target in which something is already, and no mark of ours, is left alone (`store_not_empty`).
5. All that is in `metadata` is moved, whoever's it is, but for the record of migrations: both sides have their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Integer, Table, create_engine, delete, func, inspect, select, text, tuple_

from server.errors import Unusable
from server.store import partitions, postgres, sqlite
from server.store.dialect import insert_many
from server.store.migrations import migrate
from server.store.postgres import MOVING, Cluster
from server.store.postgres_workers import prepare
from server.store.tables import metadata, migrations, scans

PAGE_ROWS = 2000
Tell = Callable[[str, int, int], None]
"""(what is being done, rows done, rows in all)"""


class Moved(NamedTuple):
    """A table after the move: its rows, and their hash, on both sides."""

    name: str
    rows: int
    digest: str


def move(source: Path, target: Cluster, now_ms: Callable[[], int], tell: Tell) -> list[Moved]:
    """Move it all, or what is left to be moved. Raises `Unusable`: `store_not_empty`, `store_differs`, and what opening
    either side raises."""
    with _opened(source, now_ms) as old:
        prepare(target, 0, now_ms)
        engine = postgres.engine(target, 0)
        with engine.connect() as new:
            try:
                return _move(old, new, tell)
            finally:
                new.rollback()


def _move(old: Connection, new: Connection, tell: Tell) -> list[Moved]:
    tables = [table for table in metadata.sorted_tables if table is not migrations]
    with old.begin(), _long(new):
        total = sum(_count(old, table) for table in tables)
        _begin(new, tables)
        span = old.execute(select(func.min(scans.c.received_ms), func.max(scans.c.received_ms))).one()
    if span[0] is not None:
        with new.begin():
            partitions.cover(new, *span)
    done = 0
    for table in tables:
        for rows in _copy(old, new, table):
            done += rows
            tell(f"moving {table.name}", done, total)
    moved, done = [], 0
    for table in tables:
        moved.append(_compare(old, new, table))
        done += moved[-1].rows
        tell(f"comparing {table.name}", done, total)
    with _long(new):
        for table in tables:
            _number_on(new, table)
        new.execute(text(f"DROP TABLE {MOVING}"))
    return moved


@contextmanager
def _opened(path: Path, now_ms: Callable[[], int]) -> Iterator[Connection]:
    with sqlite.lock(path):
        if sqlite.is_new(path):
            raise Unusable("store_damaged", f"{path} is not there")
        engine = sqlite.engine(path, 0)
        with engine.connect() as connection:

            def begin(job: Callable[[Connection], None]) -> None:
                with connection.begin():
                    job(connection)

            begin(sqlite.check)
            migrate(begin, now_ms)
            yield connection
        engine.dispose()


@contextmanager
def _long(connection: Connection) -> Iterator[None]:
    with connection.begin():
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        yield


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _begin(new: Connection, tables: list[Table]) -> None:
    if inspect(new).has_table(MOVING):
        return
    born_with = _born_with(tables)
    for table in tables:
        if _count(new, table) > born_with[table.name]:
            raise Unusable("store_not_empty", f"the target has rows in {table.name} already")
    for table in tables:
        new.execute(delete(table))
    new.execute(text(f"CREATE TABLE {MOVING} (name VARCHAR(64) PRIMARY KEY, after BYTEA NOT NULL)"))


def _born_with(tables: list[Table]) -> dict[str, int]:
    """How many rows each table of a new database has."""
    with create_engine("sqlite://").connect() as connection:

        def begin(job: Callable[[Connection], None]) -> None:
            with connection.begin():
                job(connection)

        migrate(begin, lambda: 0)
        return {table.name: _count(connection, table) for table in tables}


def _copy(old: Connection, new: Connection, table: Table) -> Iterator[int]:
    """Page by page; gives the rows of each, those of an earlier run too."""
    keys = list(table.primary_key.columns)
    names = tuple(column.name for column in table.columns)
    at = [names.index(key.name) for key in keys]
    with new.begin():
        mark = new.execute(text(f"SELECT after FROM {MOVING} WHERE name = :name"), {"name": table.name}).scalar()  # noqa: S608
    after = None if mark is None else msgspec.msgpack.decode(mark)
    if after is not None:
        with old.begin():
            yield _rows_to(old, table, after)
    while True:
        asked = select(table).order_by(*keys).limit(PAGE_ROWS)
        if after is not None:
            asked = asked.where(tuple_(*keys) > tuple_(*after))
        with old.begin():
            rows = [tuple(row) for row in old.execute(asked)]
        if not rows:
            return
        after = [rows[-1][index] for index in at]
        with _long(new):
            insert_many(new, table, names, rows)
            values = {"name": table.name, "after": msgspec.msgpack.encode(after)}
            new.execute(text(f"DELETE FROM {MOVING} WHERE name = :name"), {"name": table.name})  # noqa: S608
            new.execute(text(f"INSERT INTO {MOVING} VALUES (:name, :after)"), values)  # noqa: S608
        yield len(rows)


def _rows_to(old: Connection, table: Table, after: list[Any]) -> int:
    keys = list(table.primary_key.columns)
    asked = select(func.count()).select_from(table).where(tuple_(*keys) <= tuple_(*after))
    return int(old.execute(asked).scalar_one())


def _compare(old: Connection, new: Connection, table: Table) -> Moved:
    with old.begin(), _long(new):
        ours, theirs = hashed(old, table), hashed(new, table)
    if ours != theirs:
        detail = f"{table.name}: {ours.rows} rows here, {theirs.rows} there; make an empty database and move again"
        raise Unusable("store_differs", detail)
    return theirs


def hashed(connection: Connection, table: Table) -> Moved:
    """The rows of a table, counted, and hashed without regard to their order."""
    count, total = 0, 0
    for row in connection.execute(select(table).execution_options(yield_per=PAGE_ROWS)):
        found = blake2b(msgspec.msgpack.encode(tuple(row)), digest_size=16).digest()
        total = (total + int.from_bytes(found, "big")) % (1 << 128)
        count += 1
    return Moved(table.name, count, f"{total:032x}")


def _number_on(new: Connection, table: Table) -> None:
    """New rows are numbered on from those that came."""
    keys = list(table.primary_key.columns)
    if len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    sequence = "scans_arrival" if table is scans else None
    if sequence is None:
        asked = text("SELECT pg_get_serial_sequence(:name, :key)")
        sequence = new.execute(asked, {"name": table.name, "key": keys[0].name}).scalar()
    highest = new.execute(select(func.max(keys[0]))).scalar()
    if sequence is not None and highest is not None:
        new.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :highest)"), {"sequence": sequence, "highest": highest}
        )
