"""What differs between the databases, asked of a connection: replacing rows, adding those that are new, many at once;
locks; notices; work that takes long.

A job that uses no more than SQLAlchemy's own statements and these verbs runs on both. It never catches an error of a
statement and goes on: on PostgreSQL the transaction is over then.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from itertools import chain
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Insert, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.exc import IntegrityError

from server.store.bell import Notice
from server.store.postgres import quiet

MAKERS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect, "postgresql": psycopg_dialect.PGDialect_psycopg}
POSTGRES = "postgresql"
NOTICES = "notices"
# Advisory locks: the first number of a pair says what kind of thing is locked. More names than this at once lock
# everything of that kind: the table of locks in the server's memory is of a fixed size.
ALL_OF, ONE_OF, MOST_LOCKS = 0x7472616D, 0x74726D31, 64
# So many values in one statement of SQLite: older ones take no more.
MOST_VALUES = 999


def is_postgres(connection: Connection) -> bool:
    """Whether this is PostgreSQL; else it is SQLite."""
    return connection.dialect.name == POSTGRES


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]] | dict[str, Any]) -> None:
    """INSERT, or where the primary key is there already, replace the other columns."""
    if rows:
        _run(connection, _upsert(connection.dialect.name, table), [rows] if isinstance(rows, dict) else rows)


def insert_new(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """INSERT those rows whose keys are not there yet."""
    if found := list(rows):
        _run(connection, _insert_new(connection.dialect.name, table), found)


def count_up(connection: Connection, table: Table, row: dict[str, Any], keys: Sequence[str], counter: str) -> None:
    """INSERT, or where these keys are there already, one more in this column."""
    statement = MAKERS[connection.dialect.name](table).values(**row)
    more = {counter: table.c[counter] + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=more))


def insert_many(connection: Connection, table: Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """INSERT many rows of plain values, by COPY or many to a statement: for the tables that get thousands a second.
    Raises IntegrityError where one of them is there already, and nothing works on this connection after it."""
    if not is_postgres(connection):
        _insert_together(connection, table, columns, rows)
        return
    statement, types = _copy_text(table, columns)
    raw = cast(psycopg.Connection, connection.connection.driver_connection)
    try:
        with quiet(), raw.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
    except psycopg.errors.UniqueViolation as err:
        raise IntegrityError("COPY", None, err) from err


def lock(connection: Connection, names: Iterable[str]) -> None:
    """Alone on these names until the end of the transaction; to be the first act of its job.

    On PostgreSQL the job is READ COMMITTED from here on: each statement sees all that was committed before it, so what
    the names stand for may be read after this, and only that. On SQLite a job that writes is alone already.
    """
    if is_postgres(connection):
        keys = sorted({_key(name) for name in names})
        if len(keys) > MOST_LOCKS:
            lock_all(connection)
            return
        array = ",".join(map(str, keys))
        taken = f"SELECT pg_advisory_xact_lock({ONE_OF}, key) FROM unnest('{{{array}}}'::int[]) key"  # noqa: S608 - numbers
        _lock(connection, f"SELECT pg_advisory_xact_lock_shared({ALL_OF}, 0); {taken}")


def lock_all(connection: Connection) -> None:
    """As `lock`, alone on every name."""
    if is_postgres(connection):
        _lock(connection, f"SELECT pg_advisory_xact_lock({ALL_OF}, 0)")


def take_time(connection: Connection) -> None:
    """The rest of this transaction may take as long as it does."""
    if is_postgres(connection):
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def notify(connection: Connection, channel: str, payload: str = "") -> None:
    """Tell the listeners of this channel, on every node, once this transaction is committed. See `bell`."""
    notices_of(connection).append(Notice(channel, payload))


def notices_of(connection: Connection) -> list[Notice]:
    """What the transaction under way has left to be told."""
    return cast("list[Notice]", connection.info.setdefault(NOTICES, []))


def _run(connection: Connection, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of plain values that all have the same columns. SQLAlchemy makes the statement, once; the rows go to the
    driver as they are."""
    words, order = _text(statement, connection.dialect.name, tuple(rows[0]))
    connection.exec_driver_sql(words, [tuple(row[name] for name in order) for row in rows] if order else list(rows))


def _lock(connection: Connection, statement: str) -> None:
    # One string without parameters is one round trip.
    connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED; {statement}")


def _key(name: str) -> int:
    """A 32-bit number for a name; two names that share one wait for each other, and that is all."""
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "big", signed=True)


@cache
def _text(statement: Insert, name: str, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """-> (the statement, in which order its values go; empty: by their names)"""
    compiled = statement.compile(dialect=DIALECTS[name](), column_keys=list(columns))
    return str(compiled), tuple(compiled.positiontup or ())


@cache
def _upsert(name: str, table: Table) -> Insert:
    statement = MAKERS[name](table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    if not others:
        return _insert_new(name, table)
    made: Insert = statement.on_conflict_do_update(index_elements=keys, set_=others)
    return made


@cache
def _insert_new(name: str, table: Table) -> Insert:
    made: Insert = MAKERS[name](table).on_conflict_do_nothing()
    return made


def _insert_together(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    """As many rows to a statement as it takes, the rest by the driver's loop. Python's lock is let go of once a
    statement: with a row to each, every other thread wants it between two of them."""
    together = MOST_VALUES // len(columns)
    whole = len(rows) - len(rows) % together
    for start in range(0, whole, together):
        values = tuple(chain.from_iterable(rows[start : start + together]))
        connection.exec_driver_sql(_insert_text(table, columns, together), values)
    if rows[whole:]:
        connection.exec_driver_sql(_insert_text(table, columns, 1), rows[whole:])


@cache
def _insert_text(table: Table, columns: tuple[str, ...], rows: int) -> str:
    one = str(sqlite.insert(table).compile(dialect=sqlite.dialect(), column_keys=list(columns)))
    return one + f", ({', '.join('?' * len(columns))})" * (rows - 1)


@cache
def _copy_text(table: Table, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    """-> (the statement, the type of each column as the server calls it)"""
    names = ", ".join(f'"{name}"' for name in columns)
    compiled = [str(table.c[name].type.compile(cast(Any, postgresql).dialect())) for name in columns]
    kinds = [kind.partition("(")[0].lower() for kind in compiled]
    return f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)", kinds
