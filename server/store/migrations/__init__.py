"""Numbered migrations: each runs once, in one transaction with the record that it ran.

A migration that has been released is never edited; a change is a new file with the next number. A database that is
newer than this server is refused: an old server would write what the new one can no longer trust. So is one that
lacks a column that this server uses, whatever its record of migrations says.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, inspect, select

from server.errors import Unusable
from server.store import access_tables as access_tables
from server.store import derive_tables as derive_tables
from server.store import fleet_tables as fleet_tables
from server.store import person_tables as person_tables
from server.store import place_tables as place_tables
from server.store import trace_tables as trace_tables
from server.store import visit_tables as visit_tables
from server.store.migrations import (
    m0001_first,
    m0002_fleet,
    m0003_meaning,
    m0004_persons,
    m0005_visits,
    m0006_places,
    m0007_tracing,
    m0008_access,
    m0009_deriving,
    m0010_parts,
)
from server.store.tables import metadata, migrations

STEPS: list[tuple[int, str, Callable[[Connection], None]]] = [
    (1, "first", m0001_first.up),
    (2, "fleet", m0002_fleet.up),
    (3, "meaning", m0003_meaning.up),
    (4, "persons", m0004_persons.up),
    (5, "visits", m0005_visits.up),
    (6, "places", m0006_places.up),
    (7, "tracing", m0007_tracing.up),
    (8, "access", m0008_access.up),
    (9, "deriving", m0009_deriving.up),
    (10, "parts", m0010_parts.up),
]


def newest() -> int:
    """The number of the last migration that this server knows."""
    return STEPS[-1][0]


def version(connection: Connection) -> int:
    """The number of the last migration that the database has had; 0 before the first."""
    if not inspect(connection).has_table(migrations.name):
        return 0
    return max(connection.execute(select(migrations.c.number)).scalars(), default=0)


def migrate(begin: Callable[[Callable[[Connection], None]], None], now_ms: Callable[[], int]) -> list[str]:
    """Bring a database up to date; `begin` runs a job in a transaction.

    Returns what was done. Raises `Unusable`: `store_newer`, `store_schema`.
    """
    found: list[int] = []
    begin(lambda connection: found.append(version(connection)))
    if found[0] > newest():
        raise Unusable("store_newer", f"the database has migration {found[0]}, this server knows {newest()}")
    done: list[str] = []
    for number, name, up in STEPS:
        if number > found[0]:
            begin(partial(_apply, number=number, name=name, up=up, now_ms=now_ms()))
            done.append(f"{number} {name}")
    begin(verify)
    return done


def verify(connection: Connection) -> None:
    """Whether every column that this server uses is there. Raises `Unusable`: `store_schema`."""
    found = inspect(connection)
    for table in metadata.sorted_tables:
        have = {column["name"] for column in found.get_columns(table.name)} if found.has_table(table.name) else set()
        lacking = [column.name for column in table.columns if column.name not in have]
        if lacking:
            raise Unusable("store_schema", f"table {table.name} lacks {', '.join(lacking)}")


def _apply(connection: Connection, number: int, name: str, up: Callable[[Connection], None], now_ms: int) -> None:
    up(connection)
    connection.execute(migrations.insert().values(number=number, name=name, applied_ms=now_ms))
