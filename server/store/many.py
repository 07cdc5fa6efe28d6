"""Many rows at once, by their keys: the text of a statement is made once, and rows are what the driver takes and gives.

On SQLite many rows go into one statement: Python's lock is let go of once for each.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import Column, Connection, Table

from server.store.dialect import MOST_VALUES, is_postgres

ASKED_AT_ONCE = 500
STEPS = (1, 4, 16, 64, 250, ASKED_AT_ONCE)
"""Of SQLite: for so many keys there are statements; fewer keys are filled up with the last one."""


def rows(
    connection: Connection, columns: Sequence[Column[Any]], where: str, values: Sequence[Any], keys: Iterable[bytes]
) -> list[Sequence[Any]]:
    """These columns of the rows of which the first one is one of the keys. `where`: what else must hold, with a `?` for
    each of `values`; empty: nothing. Booleans may come as 0 and 1."""
    rest = iter(keys)
    found: list[Sequence[Any]] = []
    while some := tuple(islice(rest, ASKED_AT_ONCE)):
        if is_postgres(connection):
            words = _text(tuple(columns), where, 0).replace("?", "%s")
            asked: tuple[Any, ...] = (*values, list(some))
        else:
            count = next(one for one in STEPS if one >= len(some))
            words = _text(tuple(columns), where, count)
            asked = (*values, *some, *some[-1:] * (count - len(some)))
        found += connection.exec_driver_sql(words, asked).cursor.fetchall()
    return found


def put(connection: Connection, table: Table, found: Sequence[tuple[Any, ...]]) -> None:
    """INSERT rows that have all columns of the table in their order, or where the key is there, replace the others."""
    if is_postgres(connection):
        if found:
            connection.exec_driver_sql(_putting(table, 1).replace("?", "%s"), list(found))
        return
    together = MOST_VALUES // len(table.columns)
    whole = len(found) - len(found) % together
    for start in range(0, whole, together):
        values = tuple(chain.from_iterable(found[start : start + together]))
        connection.exec_driver_sql(_putting(table, together), values)
    if found[whole:]:
        connection.exec_driver_sql(_putting(table, 1), list(found[whole:]))


@cache
def _putting(table: Table, rows: int) -> str:
    columns = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    others = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    marks = ", ".join([f"({', '.join('?' * len(columns))})"] * rows)
    words = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {marks}"  # noqa: S608 - names of our own
    return f"{words} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}"


@cache
def _text(columns: tuple[Column[Any], ...], where: str, count: int) -> str:
    names = ", ".join(f'"{one.name}"' for one in columns)
    among = f"IN ({', '.join('?' * count)})" if count else "= ANY(?)"
    return f"SELECT {names} FROM {columns[0].table.name} WHERE {f'({where}) AND ' if where else ''}{columns[0].name} {among}"  # noqa: S608, E501 - names of our own
